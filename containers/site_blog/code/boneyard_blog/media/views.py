"""Images: a gallery, and uploads."""

import logging

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import delete, func, select, text, union_all

from boneyard_blog import gallery, media
from boneyard_blog.forms import whole_number
from boneyard_blog.models import Media, Post, PostRevision

log = logging.getLogger(__name__)

_SIZE = 60
_LAST_PAGE = 99_999


def _gallery(request, error=None):
    number = whole_number(request.GET.get("page", ""), 1, _LAST_PAGE)
    newest = select(Media).order_by(Media.id.desc()).offset((number - 1) * _SIZE).limit(_SIZE + 1)
    images = request.dbsession.scalars(newest).all()
    return {
        "images": images[:_SIZE],
        "number": number,
        "has_more": len(images) > _SIZE,
        "error": error,
        "messages": request.session.pop_flash(),
    }


@view_config(route_name="media", request_method="GET", permission="write", renderer="media.jinja2")
def images(request):
    """An author gets the images, those uploaded last first, with what to write to show them."""
    return _gallery(request)


@view_config(route_name="media", request_method="POST", permission="write", renderer="media.jinja2")
def upload(request):
    """An author uploads an image; whatever is not one is refused with the reason."""
    field = request.POST.get("file")
    if not hasattr(field, "file"):
        request.response.status = 422
        return _gallery(request, "Choose a file first.")
    session = request.dbsession
    try:
        picture = media.read_picture(field.file.read(media.MAX_BYTES + 1))
        with session.begin_nested():
            gallery.add_images(session, [picture.row(field.filename) | {"author_id": request.identity.id}])
            media.keep(request.registry.blog.media_folder, picture)
    except media.NotAnImage as problem:
        request.response.status = 422
        return _gallery(request, str(problem))
    except OSError as problem:
        log.error("An upload could not be kept: %s", problem)
        request.response.status = 507
        return _gallery(request, "The image could not be kept: there may be no room left.")
    request.session.flash("The image is here.")
    return HTTPSeeOther(request.route_path("media"))


def _title_of_user(session, path: str) -> str | None:
    """Return the title of a post that shows an image, or did so in one of its revisions."""
    # Every text is looked through, which takes as long as there are texts.
    session.execute(text("SET LOCAL statement_timeout = '20s'"))
    now = select(Post.title).where(func.strpos(Post.body, path) > 0)
    once = select(Post.title).join(PostRevision, PostRevision.post_id == Post.id)
    return session.scalar(union_all(now, once.where(func.strpos(PostRevision.body, path) > 0)).limit(1))


@view_config(route_name="delete_image", request_method="POST", permission="write", renderer="media.jinja2")
def delete_image(request):
    """An author deletes an image that no post shows, nor any revision of one."""
    session = request.dbsession
    path = session.scalar(select(Media.path).where(Media.id == int(request.matchdict["id"])).with_for_update())
    if path is None:
        raise HTTPNotFound
    title = _title_of_user(session, path)
    if title is not None:
        request.response.status = 409
        return _gallery(request, f"“{title}”, or a revision of it, shows this image: it stays as long as they do.")
    session.execute(delete(Media).where(Media.path == path))
    registry = request.registry

    def remove(committed):
        if committed:
            gallery.remove_file(registry.session_factory, registry.blog.media_folder, path)

    # If there were no commit, the row would be there still, and without its file.
    request.tm.get().addAfterCommitHook(remove)
    log.info("%s deleted the image %s", request.identity.name, path)
    request.session.flash("The image is deleted.")
    return HTTPSeeOther(request.route_path("media"))
