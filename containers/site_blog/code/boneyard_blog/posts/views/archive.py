"""Posts by date."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config

from boneyard_blog.posts.listing import Pager, timeline_page


@view_config(route_name="archive", renderer="posts/archive.jinja2", public=True)
def archive(request):
    """A reader gets all years and months that have posts, with the number of posts."""
    return {}


@view_config(route_name="year", renderer="posts/listing.jinja2", public=True)
@view_config(route_name="year_page", renderer="posts/listing.jinja2", public=True)
@view_config(route_name="month", renderer="posts/listing.jinja2", public=True)
@view_config(route_name="month_page", renderer="posts/listing.jinja2", public=True)
def period(request):
    """A reader gets the posts of a year or of a month."""
    year = int(request.matchdict["year"])
    number = request.matchdict.get("month")
    months = [m for m in request.site.months if m.year == year and (number is None or m.number == int(number))]
    if not months:
        raise HTTPNotFound
    heading = f"{months[0].first_day:%B %Y}" if number else str(year)
    return {"page": timeline_page(request, months, Pager(request)), "heading": heading, "kicker": "Posts from"}
