"""The libraries that every worker needs."""

import gc
import importlib

# Slow to import and the same for every worker: the master imports them once and each worker inherits them.
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
    """Import the libraries in the master, so that a worker's start takes only as long as our own code."""
    for name in _LIBRARIES + (_TELEMETRY if sends_telemetry else ()):
        importlib.import_module(name)
    # What is there now stays for good: a worker that looked through it for garbage would copy the memory that it shares.
    gc.freeze()
