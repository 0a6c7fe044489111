"""Where uploads wait: on the media volume, for /tmp is memory and counts against what the container may take."""

import tempfile

from pyramid.request import Request

from boneyard_blog.limits import MEGABYTE


class SpoolingRequest(Request):
    """Keeps a text in memory, so that it can be saved even when the volume is full; only larger bodies become files."""

    request_body_tempfile_limit = 4 * MEGABYTE


def includeme(config):
    config.set_request_factory(SpoolingRequest)
    # WebOb and the parser of forms both ask here; a file so made has no name, and is gone with whoever holds it.
    tempfile.tempdir = config.registry.blog.media_folder
