"""The WSGI application that Gunicorn loads."""

import logging
import os

from boneyard_blog.server.configuration import ini_path
from boneyard_blog.server.observed import Observed

log = logging.getLogger(__name__)


def application():
    """Return the blog; in development, when its source is broken, a page that shows the error instead."""
    from pyramid.paster import get_app, setup_logging

    path = ini_path()
    setup_logging(path)
    try:
        return Observed(get_app(path))
    except (Exception, SystemExit):
        if os.path.basename(path) != "development.ini":
            raise
        log.exception("The blog's source is broken; waiting for it to be saved again")
        from boneyard_blog.server.broken_source import BrokenSource

        return BrokenSource()
