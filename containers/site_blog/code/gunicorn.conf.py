"""How Gunicorn serves the blog. Read by Gunicorn itself, from its working directory."""

import logging
import os
import signal
import sys
import time

# Process 1 of a container ignores what it has no handler for, and Gunicorn sets its own only after all that follows.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

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

# The heartbeat files of the workers: memory, so that neither a slow disk nor a read-only root file system matters.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True

# Only Nginx speaks to this port, and it overwrites what a client may have sent.
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

import_libraries(sends_telemetry=_server.sends_telemetry)


def post_fork(server, worker):
    """Let the worker be stopped from its first moment; in development, let it import the source as it is on disk now."""
    # Until Gunicorn sets the worker's own handler, the master's is inherited, which would lose the signal: a container
    # stopped while it starts would take the whole of graceful_timeout.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if _server.development:
        worker.loading_since = time.time()
        forget_source()


def worker_int(worker):
    """Let a worker whose source was changed end at once."""
    worker.wake()


def post_worker_init(worker):
    """Tell the application that it may start threads and open connections."""
    if _server.development:
        reload_if_changed_since(worker.loading_since, _server.source)
    registry = getattr(worker.wsgi, "registry", None)
    if registry is not None:
        registry.notify(WorkerStarted(registry))


def worker_exit(server, worker):
    """Let the application send what it still holds back."""
    registry = getattr(getattr(worker, "wsgi", None), "registry", None)
    if registry is not None:
        registry.notify(WorkerStopping(registry))
    if _server.development and worker.booted and os.getpid() == worker.pid:
        # Its successor waits, and taking the interpreter apart takes longer than to load the source.
        logging.shutdown()
        os._exit(0)
