"""One post."""

from pyramid.httpexceptions import HTTPMovedPermanently, HTTPNotFound
from pyramid.view import view_config
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import aliased

from boneyard_blog.posts.listing import tags_of_post
from boneyard_blog.models import FormerSlug, Post, is_visible

_Neighbour = aliased(Post)


def _neighbour(newer: bool):
    """Select slug and title of the next newer or older visible post, as JSON."""
    position = tuple_(_Neighbour.published_at, _Neighbour.id)
    here = tuple_(Post.published_at, Post.id)
    query = select(func.json_build_array(_Neighbour.slug, _Neighbour.title)).where(
        _Neighbour.deleted_at.is_(None),
        _Neighbour.published_at <= func.now(),
        position > here if newer else position < here,
    )
    order = [_Neighbour.published_at, _Neighbour.id]
    order = order if newer else [column.desc() for column in order]
    return query.order_by(*order).limit(1).correlate(Post).scalar_subquery()


@view_config(route_name="post", renderer="posts/post.jinja2", public=True)
def post(request):
    """A reader gets a visible post with links to its neighbours; an author gets a post in any state."""
    found = request.dbsession.execute(
        select(
            Post.id, Post.title, Post.slug, Post.summary, Post.body, Post.published_at, Post.updated_at, Post.deleted_at,
            is_visible().label("is_visible"), tags_of_post(),
            _neighbour(newer=False).label("older"), _neighbour(newer=True).label("newer"),
        ).where(Post.slug == request.matchdict["slug"])
    ).one_or_none()  # fmt: skip
    if found is None or not (found.is_visible or request.author):
        raise _moved(request) or HTTPNotFound()
    return {"post": found}


def _moved(request) -> HTTPMovedPermanently | None:
    """Return a redirect to the post that had this slug before, if there is one."""
    slug = request.dbsession.scalar(
        select(Post.slug)
        .join(FormerSlug, FormerSlug.post_id == Post.id)
        .where(FormerSlug.slug == request.matchdict["slug"], is_visible())
    )
    return HTTPMovedPermanently(request.route_path("post", slug=slug)) if slug else None
