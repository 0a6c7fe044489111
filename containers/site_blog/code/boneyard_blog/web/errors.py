"""What a visitor sees when something is not there or does not work."""

import logging
import re

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken, URLDecodeError
from pyramid.response import Response
from pyramid.settings import asbool
from pyramid.view import exception_view_config, notfound_view_config
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError, TimeoutError

from boneyard_blog import schema
from boneyard_blog.limits import UnreadableForm
from boneyard_blog.search import nearest_tags, tags_asked_for
from boneyard_blog.server.broken_source import broken_page

log = logging.getLogger(__name__)

_CHARACTER_NOT_IN_REPERTOIRE = "22021"
# Of a table, a column, a function.
_UNDEFINED = ("42P01", "42703", "42883")


def sqlstate(error: Exception) -> str | None:
    """Return PostgreSQL's own number of an error."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def is_outage(request, error: Exception) -> bool:
    """Tell whether an error passes by itself: the database is away or too busy, or its schema not there yet."""
    if isinstance(error, OperationalError | InterfaceError | TimeoutError):
        return True
    if not isinstance(error, ProgrammingError) or sqlstate(error) not in _UNDEFINED:
        return False
    try:
        with request.registry.engine.connect() as connection:
            return not schema.is_usable(schema.current_version(connection))
    except SQLAlchemyError:
        return True


@notfound_view_config(renderer="not_found.jinja2")
def not_found(request):
    """A visitor with a wrong address gets ways on from here, and a search for what the address says."""
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
    """A visitor whose text is not UTF-8, or holds what no database keeps, is told so."""
    request.response.status = 400
    return {
        "heading": "This cannot be read",
        "message": "The address or the form is not valid UTF-8 text without NUL characters.",
    }


@exception_view_config(DataError, renderer="message.jinja2")
def unfit_data(request):
    """A visitor whose text no database keeps is told so; any other value that does not fit is a fault of ours."""
    error = request.exception
    # NUL is refused before it gets to PostgreSQL, and has no number.
    is_no_text = sqlstate(error) == _CHARACTER_NOT_IN_REPERTOIRE or "NUL (0x00)" in str(error.orig)
    return not_text(request) if is_no_text else broken(request)


@exception_view_config(UnreadableForm, renderer="message.jinja2")
def unreadable_form(request):
    """A visitor whose form cannot be taken is told why."""
    problem = request.exception
    request.response.status = problem.status
    return {"heading": problem.heading, "message": str(problem)}


@exception_view_config(BadCSRFToken, renderer="message.jinja2")
@exception_view_config(BadCSRFOrigin, renderer="message.jinja2")
def bad_csrf(request):
    """An author whose form is not ours, or too old, is told how to go on."""
    request.response.status = 400
    message = "The form was too old, or came from another site. Go back, load the page again, and send it once more."
    return {"heading": "Nothing was changed", "message": message}


@exception_view_config(OperationalError, renderer="message.jinja2")
@exception_view_config(InterfaceError, renderer="message.jinja2")
@exception_view_config(TimeoutError, renderer="message.jinja2")
@exception_view_config(ProgrammingError, renderer="message.jinja2")
def unavailable(request):
    """A visitor is asked to come back in a moment, because the database does not answer."""
    error = request.exception
    if not is_outage(request, error):
        return broken(request)
    log.error("No answer from the database for %s: %s", request.path, str(getattr(error, "orig", error)).strip())
    request.response.status = 503
    request.response.headers["Retry-After"] = "5"
    message = "The shelves cannot be reached just now. Please try again in a few seconds."
    return {"heading": "In a moment", "message": message}


@exception_view_config(Exception, renderer="message.jinja2")
def broken(request):
    """A visitor who meets a fault of ours is told that it is ours, and the log what it is; a developer sees it on the page."""
    log.error("A fault in answering %s %s", request.method, request.path_info, exc_info=request.exc_info)
    # Who sent a form is given back what was in it, even there.
    if asbool(request.registry.settings["blog.development"]) and request.method in ("GET", "HEAD"):
        return Response(broken_page(request.exception), status=500, cache_control="no-store")
    request.response.status = 500
    return {"heading": "Something broke here", "message": "It is our fault, and it has been noted."}


def includeme(config):
    config.scan(__name__)
