"""Posts by tag."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from boneyard_blog.listing import Pager, listed_posts, posts_with_tag, tag_total
from boneyard_blog.site import read_tags


@view_config(route_name="tags", renderer="tags.jinja2", public=True)
def tags(request):
    """A reader gets all tags with the number of their posts."""
    return {"tags": read_tags(request.dbsession)}


@view_config(route_name="tag", renderer="tag.jinja2", public=True)
@view_config(route_name="tag_page", renderer="tag.jinja2", public=True)
def tag(request):
    """A reader gets the posts with a tag."""
    name = request.matchdict["tag"]
    pager = Pager(request)
    chosen = posts_with_tag(name).offset(pager.offset).limit(pager.size)
    posts = request.dbsession.execute(listed_posts(chosen).add_columns(tag_total(name))).all()
    if not posts:
        raise HTTPNotFound
    return {"page": pager.page(posts, posts[0].total), "tag": name}
