"""The newest posts."""

from pyramid.view import view_config

from boneyard_blog.posts.listing import Pager, timeline_page


@view_config(route_name="home", renderer="posts/home.jinja2", public=True)
@view_config(route_name="home_page", renderer="posts/home.jinja2", public=True)
def home(request):
    """A reader gets a page of the newest posts."""
    return {"page": timeline_page(request, request.site.months, Pager(request))}
