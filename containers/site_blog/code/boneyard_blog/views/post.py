"""One post."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config
from sqlalchemy import func, select

from boneyard_blog.models import Post


@view_config(route_name="post", renderer="post.jinja2")
def post(request):
    """A reader gets one post."""
    found = request.dbsession.scalar(
        select(Post).where(
            Post.slug == request.matchdict["slug"], Post.published_at <= func.now(), Post.deleted_at.is_(None)
        )
    )
    if found is None:
        raise HTTPNotFound
    return {"post": found}
