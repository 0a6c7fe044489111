"""Posts by tag."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from boneyard_blog.posts.listing import Pager, listed_posts, posts_with_tag, tag_total
from boneyard_blog.posts.site import read_tags


@view_config(route_name="tags", renderer="posts/tags.jinja2", public=True)
def tags(request):
    """A reader gets all tags, each with its number of posts."""
    return {"tags": read_tags(request.dbsession)}


@view_config(route_name="tag", renderer="posts/tag.jinja2", public=True)
@view_config(route_name="tag_page", renderer="posts/tag.jinja2", public=True)
def tag(request):
    """A reader gets the posts with a tag."""
    name = request.matchdict["tag"]
    pager = Pager(request)
    chosen = posts_with_tag(name).offset(pager.offset).limit(pager.size)
    posts = request.dbsession.execute(listed_posts(chosen).add_columns(tag_total(name))).all()
    if not posts:
        raise HTTPNotFound
    return {"page": pager.page(posts, posts[0].total), "tag": name}
