"""In development: importing our source as it is on disk now, and missing no change to it."""

import gc
import importlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

# Slow to import and the same for every reload: the master imports them once and each worker inherits them.
_LIBRARIES = (
    "boneyard_blog.server.wsgi",
    "jinja2.ext",
    "markdown_it",
    "nh3",
    "PIL.Image",
    "psycopg",
    "pygments.lexers",
    "pyramid.config",
    "pyramid.paster",
    "pyramid.session",
    "pyramid.view",
    "pyramid_jinja2",
    "pyramid_retry",
    "pyramid_tm",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.orm",
    "yaml",
    "zope.sqlalchemy",
)

# The same, where telemetry is sent. Importing them starts nothing yet.
_TELEMETRY = (
    "opentelemetry.exporter.otlp.proto.http._log_exporter",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._logs.export",
    "opentelemetry.sdk.metrics.export",
    "opentelemetry.sdk.trace.export",
)


def import_libraries(*, sends_telemetry: bool) -> None:
    """Import the libraries in the master, so that a reload takes only as long as our own code."""
    for name in _LIBRARIES + (_TELEMETRY if sends_telemetry else ()):
        importlib.import_module(name)
    # What is there now stays for good: a worker that looked through it for garbage would copy the memory that it shares.
    gc.freeze()


def forget_source() -> None:
    """Drop our modules, except the server's: a broken one must fail where BrokenSource can show it."""
    for name in list(sys.modules):
        package, _, module = name.partition(".")
        if package == "boneyard_blog" and module.partition(".")[0] != "server":
            del sys.modules[name]


def reload_if_changed_since(moment: float, source: Path) -> None:
    """End this worker, to be replaced, if a file was saved while it was loading and nobody watched yet."""

    def look():
        # By then Gunicorn's own watch is in place.
        time.sleep(0.3)
        if any(path.stat().st_mtime > moment for path in source.rglob("*.py")):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="catch-up", daemon=True).start()
