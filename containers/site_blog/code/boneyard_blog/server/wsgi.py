"""The WSGI application that Gunicorn loads."""

import logging
import os

from boneyard_blog.server.configuration import ini_path
from boneyard_blog.server.observed import Observed

log = logging.getLogger(__name__)


def application():
    """Return the blog. In development, if the source cannot be loaded, return a page that shows the error."""
    from pyramid.paster import get_app, setup_logging

    path = ini_path()
    setup_logging(path)
    try:
        return Observed(get_app(path))
    except (Exception, SystemExit):
        if os.path.basename(path) != "development.ini":
            raise
        log.exception("The source cannot be loaded; waiting for a change")
        from boneyard_blog.server.broken_source import BrokenSource

        return BrokenSource()
