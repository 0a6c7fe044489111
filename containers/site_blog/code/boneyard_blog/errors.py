"""What a visitor sees when something is not there or does not work."""

import logging

from pyramid.view import exception_view_config, notfound_view_config
from sqlalchemy.exc import DBAPIError, TimeoutError

log = logging.getLogger(__name__)


@notfound_view_config(renderer="not_found.jinja2", append_slash=False)
def not_found(request):
    """A visitor with a wrong address gets ways on from here."""
    request.response.status = 404
    return {}


@exception_view_config(DBAPIError, renderer="unavailable.jinja2")
@exception_view_config(TimeoutError, renderer="unavailable.jinja2")
def unavailable(request):
    """A visitor is asked to come back in a moment, because the database does not answer."""
    log.error("No answer from the database for %s: %s", request.path, request.exception)
    request.response.status = 503
    request.response.headers["Retry-After"] = "5"
    request.response.cache_control = "no-store"
    return {}


def includeme(config):
    config.scan(__name__)
