"""The configuration of Gunicorn."""

import gc
import logging
import os
import signal
import sys
import time

# Process 1 of a container ignores signals without a handler, and Gunicorn sets its handlers after the imports below.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
# The imports create objects that stay: looking for garbage among them would only slow down the start.
gc.disable()

from boneyard_blog.server.configuration import ServerConfiguration
from boneyard_blog.server.events import WorkerStarted, WorkerStopping
from boneyard_blog.server.libraries import import_libraries
from boneyard_blog.server.reloading import forget_source, reload_if_changed_since
from boneyard_blog.settings import SettingError

try:
    _server = ServerConfiguration.from_environment()
except SettingError as error:
    print(f"boneyard-blog: {error}", file=sys.stderr)
    raise SystemExit(78)  # EX_CONFIG

wsgi_app = "boneyard_blog.server.wsgi:application()"
bind = _server.bind
worker_class = "boneyard_blog.server.worker.PromptWorker"
workers = _server.workers
threads = _server.threads
timeout = 30
graceful_timeout = 5
keepalive = 15

# The heartbeat files of the workers: in memory, independent of slow disks and of a read-only root file system.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True

# Only Nginx connects to this port, and it overwrites the forwarding headers of clients.
forwarded_allow_ips = "*"
limit_request_line = 8190

logger_class = "boneyard_blog.server.access_log.JsonAccessLogger"
accesslog = "-"
errorlog = "-"
loglevel = "info" if _server.development else "warning"

preload_app = not _server.development
reload = _server.development
reload_engine = "inotify"
reload_extra_files = [f"{_server.source}/**/*.py"]

import_libraries(sends_telemetry=_server.sends_telemetry, database=_server.database)
gc.enable()


def post_fork(server, worker):
    """Make SIGTERM stop a worker that is starting; in development, make it import the current source."""
    # The worker inherits the master's handler until Gunicorn sets its own. That handler loses the signal, and stopping a
    # container that is starting would take the whole graceful_timeout.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _server.development:
        worker.loading_since = time.time()
        forget_source()


def worker_int(worker):
    """Stop a worker at once when its source has changed."""
    worker.wake()


def post_worker_init(worker):
    """Tell the application that it can start threads and open connections."""
    if _server.development:
        reload_if_changed_since(worker.loading_since, _server.source)
    registry = getattr(worker.wsgi, "registry", None)
    if registry is not None:
        registry.notify(WorkerStarted(registry))


def worker_exit(server, worker):
    """Let the application send the telemetry that is waiting."""
    registry = getattr(getattr(worker, "wsgi", None), "registry", None)
    if registry is not None:
        registry.notify(WorkerStopping(registry))
    if worker.booted and os.getpid() == worker.pid:
        # Finalizing the interpreter takes a second, for which a reload and the stop of the container would wait.
        logging.shutdown()
        os._exit(0)
