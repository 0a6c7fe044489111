"""Imports the libraries before the fork, so that the workers share them."""

import gc
import importlib
import socket

from boneyard_blog.settings import DatabaseSettings

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

# Imported if telemetry is sent; importing them starts no threads.
_TELEMETRY = (
    "opentelemetry.exporter.otlp.proto.http._log_exporter",
    "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._logs.export",
    "opentelemetry.sdk.metrics.export",
    "opentelemetry.sdk.trace.export",
)


# Imported if the database does not answer yet: then it is probably new and needs its schema, and time is left.
_MIGRATIONS = ("alembic.command", "alembic.config")


def import_libraries(*, sends_telemetry: bool, database: DatabaseSettings) -> None:
    """Import the libraries in the master; a worker then only imports the application itself."""
    for name in _LIBRARIES + (_TELEMETRY if sends_telemetry else ()):
        importlib.import_module(name)
    if not _accepts_connections(database):
        for name in _MIGRATIONS:
            importlib.import_module(name)
    # These objects are never garbage: a worker whose collector visited them would copy the shared memory.
    gc.freeze()


def _accepts_connections(database: DatabaseSettings) -> bool:
    try:
        with socket.create_connection((database.host, database.port), timeout=0.2):
            return True
    except OSError:
        return False
