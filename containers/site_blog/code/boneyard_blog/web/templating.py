"""Variables, filters and request attributes for the templates."""

from datetime import UTC, datetime

from pyramid.events import BeforeRender
from sqlalchemy.exc import SQLAlchemyError

from boneyard_blog.posts.markdown import render, summarise, xml_text
from boneyard_blog.posts.site import entry_id


def _day(moment: datetime) -> str:
    """Return a date for readers: 3 March 2026."""
    return f"{moment.astimezone(UTC).day} {moment.astimezone(UTC):%B %Y}"


def _iso(moment: datetime) -> str:
    """Return a time for machines: 2026-03-03T12:00:00Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _public_url(request, route_name: str, **parts) -> str:
    """Return the absolute URL of a page, based on SITE_URL or else on the host of the request."""
    base = request.registry.blog.site_url
    path = request.route_path(route_name, **parts)
    return (base or request.host_url) + path


def _author(request):
    """Return the signed-in author, or None for readers and if the database is unavailable (on error pages)."""
    try:
        return request.identity
    except SQLAlchemyError:
        return None


def _before_render(event):
    request = event["request"]
    event["site_title"] = request.registry.settings["blog.title"]
    event["site_tagline"] = request.registry.settings["blog.tagline"]
    event["site_language"] = request.registry.settings["blog.language"]
    event["contact_links"] = request.registry.blog.contact_links


def includeme(config):
    """Set up Jinja2, `request.author` and `request.public_url`."""
    config.add_jinja2_search_path("boneyard_blog:templates")
    config.add_request_method(_author, "author", property=True)
    config.add_request_method(_public_url, "public_url")
    config.add_subscriber(_before_render, BeforeRender)
    config.commit()
    environment = config.get_jinja2_environment()
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals["entry_id"] = entry_id
    environment.filters.update(
        day=_day, iso=_iso, markdown=render, plural=_plural, summarise=summarise, xml_text=xml_text
    )
