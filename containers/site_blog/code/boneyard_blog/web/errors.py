"""Error pages."""

import logging
import re
import time

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken, URLDecodeError
from pyramid.response import Response
from pyramid.settings import asbool
from pyramid.view import exception_view_config, notfound_view_config
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError, TimeoutError

from boneyard_blog import schema
from boneyard_blog.web.limits import UnreadableForm
from boneyard_blog.posts.search import nearest_tags, tags_asked_for
from boneyard_blog.server.broken_source import broken_page

log = logging.getLogger(__name__)

_CHARACTER_NOT_IN_REPERTOIRE = "22021"
# Undefined table, column, function.
_UNDEFINED = ("42P01", "42703", "42883")
# In seconds; no request takes longer.
_MIGRATION_MARGIN = 5


def sqlstate(error: Exception) -> str | None:
    """Return the SQLSTATE of a database error, None if it has none."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def is_outage(request, error: Exception) -> bool:
    """Return whether an error is temporary: the database is unreachable or busy, or its schema is not ready yet."""
    if isinstance(error, OperationalError | InterfaceError | TimeoutError):
        return True
    if not isinstance(error, ProgrammingError) or sqlstate(error) not in _UNDEFINED:
        return False
    # The statement may have failed just before the migration was committed.
    if time.monotonic() < request.registry.schema_ready_at + _MIGRATION_MARGIN:
        return True
    try:
        with request.registry.engine.connect() as connection:
            return not schema.is_usable(schema.current_version(connection))
    except SQLAlchemyError:
        return True


@notfound_view_config(renderer="not_found.jinja2")
def not_found(request):
    """A visitor gets links, similar tags, and a search for the words in the address."""
    request.response.status = 404
    wanted_tag = (request.matchdict or {}).get("tag")
    tags = []
    try:
        _ = request.site
        if wanted_tag:
            tags = nearest_tags(request.dbsession, tags_asked_for(wanted_tag))
    except SQLAlchemyError:
        request.site = None
    last = request.path_info.rstrip("/").rpartition("/")[2] if request.path_info else ""
    return {"guess": re.sub(r"[\W_]+", " ", last).strip()[:100], "tags": tags}


@exception_view_config(URLDecodeError, renderer="message.jinja2")
@exception_view_config(UnicodeDecodeError, renderer="message.jinja2")
def not_text(request):
    """A visitor whose text is not UTF-8 or contains NUL gets the reason."""
    request.response.status = 400
    return {
        "heading": "Invalid text",
        "message": "The address or the form must be valid UTF-8 text without NUL characters.",
    }


@exception_view_config(DataError, renderer="message.jinja2")
def invalid_data(request):
    """A visitor whose text PostgreSQL cannot store gets the reason; other data errors are faults of the application."""
    error = request.exception
    # Psycopg refuses NUL itself, without an SQLSTATE.
    is_bad_text = sqlstate(error) == _CHARACTER_NOT_IN_REPERTOIRE or "NUL (0x00)" in str(error.orig)
    return not_text(request) if is_bad_text else internal_error(request)


@exception_view_config(UnreadableForm, renderer="message.jinja2")
def unreadable_form(request):
    """A visitor whose form cannot be read gets the reason."""
    error = request.exception
    request.response.status = error.status
    return {"heading": error.heading, "message": str(error)}


@exception_view_config(BadCSRFToken, renderer="message.jinja2")
@exception_view_config(BadCSRFOrigin, renderer="message.jinja2")
def bad_csrf(request):
    """A visitor whose form has a wrong CSRF token or origin gets the remedy."""
    request.response.status = 400
    message = "The form has expired or was sent from another site. Go back, reload the page and send the form again."
    return {"heading": "Nothing was changed", "message": message}


@exception_view_config(OperationalError, renderer="message.jinja2")
@exception_view_config(InterfaceError, renderer="message.jinja2")
@exception_view_config(TimeoutError, renderer="message.jinja2")
@exception_view_config(ProgrammingError, renderer="message.jinja2")
def unavailable(request):
    """A visitor is asked to try again, because the database is unavailable."""
    error = request.exception
    if not is_outage(request, error):
        return internal_error(request)
    log.error("Database unavailable for %s: %s", request.path, str(getattr(error, "orig", error)).strip())
    request.response.status = 503
    request.response.headers["Retry-After"] = "5"
    message = "The service is temporarily unavailable. Try again in a few seconds."
    return {"heading": "Temporarily unavailable", "message": message}


@exception_view_config(Exception, renderer="message.jinja2")
def internal_error(request):
    """A visitor gets a short message and the log the traceback; in development the page shows it."""
    log.error("Unhandled exception for %s %s", request.method, request.path_info, exc_info=request.exc_info)
    # Not for forms: unsaved.py returns the author's text, in development too.
    if asbool(request.registry.settings["blog.development"]) and request.method in ("GET", "HEAD"):
        return Response(broken_page(request.exception), status=500, cache_control="no-store")
    request.response.status = 500
    return {"heading": "Internal error", "message": "The page could not be shown because of an error on the server. The error was logged."}


def includeme(config):
    """Add the error pages."""
    config.scan(__name__)
