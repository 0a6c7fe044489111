"""The gallery: uploading and deleting images."""

import logging

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import delete, func, select, text, union_all

from boneyard_blog.media import gallery, images, storage
from boneyard_blog.models import Media, Post, PostRevision
from boneyard_blog.web.parameters import page_number

log = logging.getLogger(__name__)

_SIZE = 60


def _gallery(request, error=None):
    number = page_number(request, 99_999)
    newest = select(Media).order_by(Media.id.desc()).offset((number - 1) * _SIZE).limit(_SIZE + 1)
    images = request.dbsession.scalars(newest).all()
    return {
        "images": images[:_SIZE],
        "number": number,
        "has_more": len(images) > _SIZE,
        "error": error,
        "messages": request.session.pop_flash(),
    }


@view_config(route_name="media", request_method="GET", permission="write", renderer="author/media.jinja2")
def list_images(request):
    """An author gets the images, newest first, with the Markdown that shows them."""
    return _gallery(request)


@view_config(route_name="media", request_method="POST", permission="write", renderer="author/media.jinja2")
def upload(request):
    """An author uploads an image; other files are refused with the reason."""
    field = request.POST.get("file")
    if not hasattr(field, "file"):
        request.response.status = 422
        return _gallery(request, "Choose a file.")
    session = request.dbsession
    try:
        picture = images.read_picture(field.file.read(images.MAX_BYTES + 1))
        with session.begin_nested():
            gallery.add_images(session, [picture.row(field.filename) | {"author_id": request.identity.id}])
            storage.keep(request.registry.blog.media_folder, picture)
    except images.NotAnImage as error:
        request.response.status = 422
        return _gallery(request, str(error))
    except OSError as error:
        log.error("Storing an uploaded image failed: %s", error)
        request.response.status = 507
        return _gallery(request, "The image could not be stored. The disk may be full; see the log.")
    request.session.flash("The image was uploaded.")
    return HTTPSeeOther(request.route_path("media"))


def _title_of_post_with(session, path: str) -> str | None:
    """Return the title of a post that shows the image now or in one of its revisions, or None."""
    # Reads the text of every post and revision, which may take seconds.
    session.execute(text("SET LOCAL statement_timeout = '20s'"))
    now = select(Post.title).where(func.strpos(Post.body, path) > 0)
    once = select(Post.title).join(PostRevision, PostRevision.post_id == Post.id)
    return session.scalar(union_all(now, once.where(func.strpos(PostRevision.body, path) > 0)).limit(1))


@view_config(route_name="delete_image", request_method="POST", permission="write", renderer="author/media.jinja2")
def delete_image(request):
    """An author deletes an image that no post or revision shows."""
    session = request.dbsession
    path = session.scalar(select(Media.path).where(Media.id == int(request.matchdict["id"])).with_for_update())
    if path is None:
        raise HTTPNotFound
    title = _title_of_post_with(session, path)
    if title is not None:
        request.response.status = 409
        return _gallery(request, f"The image is used in the post “{title}” or one of its revisions and cannot be deleted.")
    session.execute(delete(Media).where(Media.path == path))
    registry = request.registry

    def remove(committed):
        if committed:
            gallery.remove_file(registry.session_factory, registry.blog.media_folder, path)

    # After the commit, so that a rollback cannot leave the row without its file.
    request.tm.get().addAfterCommitHook(remove)
    log.info("%s deleted the image %s", request.identity.name, path)
    request.session.flash("The image was deleted.")
    return HTTPSeeOther(request.route_path("media"))
