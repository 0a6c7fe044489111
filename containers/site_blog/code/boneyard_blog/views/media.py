"""Images: a gallery, and uploads."""

import logging

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from boneyard_blog import media
from boneyard_blog.models import Media

log = logging.getLogger(__name__)

_SHOWN = 60


def _gallery(request, error=None):
    images = request.dbsession.scalars(select(Media).order_by(Media.id.desc()).limit(_SHOWN)).all()
    return {"images": images, "error": error, "messages": request.session.pop_flash()}


@view_config(route_name="media", request_method="GET", permission="write", renderer="media.jinja2")
def gallery(request):
    """An author gets the images that were uploaded last, with what to write to show them."""
    return _gallery(request)


@view_config(route_name="media", request_method="POST", permission="write", renderer="media.jinja2")
def upload(request):
    """An author uploads an image; whatever is not one is refused with the reason."""
    field = request.POST.get("file")
    if not hasattr(field, "file"):
        request.response.status = 422
        return _gallery(request, "Choose a file first.")
    try:
        picture = media.read_picture(field.file.read(media.MAX_BYTES + 1))
        media.keep(request.registry.blog.media_folder, picture)
    except media.NotAnImage as problem:
        request.response.status = 422
        return _gallery(request, str(problem))
    except OSError as problem:
        log.error("An upload could not be kept: %s", problem)
        request.response.status = 507
        return _gallery(request, "The image could not be kept: there may be no room left.")
    row = picture.row(field.filename) | {"author_id": request.identity.id}
    request.dbsession.execute(insert(Media).values(row).on_conflict_do_nothing())
    request.session.flash("The image is here.")
    return HTTPSeeOther(request.route_path("media"))
