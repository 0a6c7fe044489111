"""Large request bodies: stored on the media volume, because /tmp is in memory and counts against the container's limit."""

import tempfile

from pyramid.request import Request

from boneyard_blog.web.limits import MEGABYTE


class SpoolingRequest(Request):
    """Keeps bodies up to 4 MB in memory, so that posts can be saved even if the volume is full."""

    request_body_tempfile_limit = 4 * MEGABYTE


def includeme(config):
    """Set the request class and the folder for temporary files."""
    config.set_request_factory(SpoolingRequest)
    # WebOb and the form parser use it. The files have no name, so they disappear when they are closed.
    tempfile.tempdir = config.registry.blog.media_folder
