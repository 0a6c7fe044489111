"""The newest posts."""

from pyramid.view import view_config

from boneyard_blog.listing import Pager, timeline_page


@view_config(route_name="home", renderer="home.jinja2", public=True)
@view_config(route_name="home_page", renderer="home.jinja2", public=True)
def home(request):
    """A reader gets the newest posts, a page at a time."""
    return {"page": timeline_page(request, request.site.months, Pager(request))}
