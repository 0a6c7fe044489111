"""The desk: an author's list of all posts, in any state."""

from pyramid.httpexceptions import HTTPMovedPermanently
from pyramid.view import view_config
from sqlalchemy import func, select

from boneyard_blog.models import Post
from boneyard_blog.web.parameters import page_number

_SIZE = 50

_STATES = {
    "all": Post.deleted_at.is_(None),
    "drafts": Post.deleted_at.is_(None) & Post.published_at.is_(None),
    "scheduled": Post.deleted_at.is_(None) & (Post.published_at > func.now()),
    "published": Post.deleted_at.is_(None) & (Post.published_at <= func.now()),
    "bin": Post.deleted_at.is_not(None),
}


@view_config(route_name="bare_desk")
def bare_desk(request):
    """An author who types the address without its slash is redirected."""
    return HTTPMovedPermanently(request.route_path("desk"))


@view_config(route_name="desk", permission="write", renderer="author/desk.jinja2")
def desk(request):
    """An author gets the posts in one state, last changed first."""
    state = request.GET.get("state", "all")
    state = state if state in _STATES else "all"
    number = page_number(request)
    posts = request.dbsession.execute(
        select(
            Post.id, Post.title, Post.slug, Post.revision, Post.published_at, Post.updated_at, Post.deleted_at,
            (Post.published_at > func.now()).label("is_scheduled"),
        )
        .where(_STATES[state])
        .order_by(Post.updated_at.desc(), Post.id.desc())
        .offset((number - 1) * _SIZE)
        .limit(_SIZE + 1)
    ).all()  # fmt: skip
    return {
        "states": tuple(_STATES),
        "state": state,
        "posts": posts[:_SIZE],
        "number": number,
        "has_more": len(posts) > _SIZE,
        "messages": request.session.pop_flash(),
    }
