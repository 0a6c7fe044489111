"""The newest posts."""

from pyramid.view import view_config
from sqlalchemy import func, select

from boneyard_blog.models import Post


@view_config(route_name="home", renderer="home.jinja2")
def home(request):
    """A reader gets the newest posts."""
    posts = request.dbsession.scalars(
        select(Post)
        .where(Post.published_at <= func.now(), Post.deleted_at.is_(None))
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(10)
    ).all()
    return {"posts": posts}
