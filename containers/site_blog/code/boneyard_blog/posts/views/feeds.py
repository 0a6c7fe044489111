"""Atom feeds, sitemaps and robots.txt."""

from pyramid.httpexceptions import HTTPNotFound
from pyramid.view import view_config
from sqlalchemy import func, select

from boneyard_blog.posts.listing import listed_posts, month_start, newest_posts, posts_with_tag
from boneyard_blog.models import Post, is_visible
from boneyard_blog.posts.site import read_tags

_ENTRIES = 20

# A scheduled post counts as changed when it is published, even if it was written long before.
_CHANGED_AT = func.greatest(Post.updated_at, Post.published_at)


def _entries(request, chosen):
    query = listed_posts(chosen.limit(_ENTRIES)).add_columns(
        Post.body.label("whole_body"), Post.atom_id, _CHANGED_AT.label("changed_at")
    )
    return request.dbsession.execute(query).all()


@view_config(route_name="feed", renderer="feeds/feed.atom.jinja2", public=True)
def feed(request):
    """A feed reader gets the newest posts in full."""
    request.response.content_type = "application/atom+xml"
    return {"posts": _entries(request, newest_posts()), "tag": None}


@view_config(route_name="tag_feed", renderer="feeds/feed.atom.jinja2", public=True)
def tag_feed(request):
    """A feed reader gets the newest posts with a tag."""
    tag = request.matchdict["tag"]
    posts = _entries(request, posts_with_tag(tag))
    if not posts:
        raise HTTPNotFound
    request.response.content_type = "application/atom+xml"
    return {"posts": posts, "tag": tag}


@view_config(route_name="sitemap", renderer="feeds/sitemap_index.xml.jinja2", public=True)
def sitemap(request):
    """A search engine gets the index of the sitemaps: one for pages, and one for each month of posts."""
    request.response.content_type = "application/xml"
    return {}


@view_config(route_name="sitemap_pages", renderer="feeds/sitemap.xml.jinja2", public=True)
def sitemap_pages(request):
    """A search engine gets the pages that are not posts."""
    request.response.content_type = "application/xml"
    names = [tag.name for tag in read_tags(request.dbsession)]
    urls = [request.public_url(name) for name in ("home", "archive", "tags")]
    return {"urls": [(url, None) for url in urls + [request.public_url("tag", tag=name) for name in names]]}


@view_config(route_name="sitemap_month", renderer="feeds/sitemap.xml.jinja2", public=True)
def sitemap_month(request):
    """A search engine gets the posts of a month."""
    year, month = int(request.matchdict["year"]), int(request.matchdict["month"])
    if not any(known.year == year and known.number == month for known in request.site.months):
        raise HTTPNotFound
    request.response.content_type = "application/xml"
    rows = request.dbsession.execute(
        select(Post.slug, _CHANGED_AT)
        .where(is_visible(), Post.published_at >= month_start(year, month))
        .where(Post.published_at < month_start(year, month + 1))
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(50_000)
    )
    return {"urls": [(request.public_url("post", slug=slug), changed_at) for slug, changed_at in rows]}


@view_config(route_name="robots", renderer="string", public=True)
def robots(request):
    """A robot gets the paths that it must not crawl, and the address of the sitemap."""
    request.response.content_type = "text/plain"
    return f"User-agent: *\nDisallow: /author\nDisallow: /search\nSitemap: {request.public_url('sitemap')}\n"
