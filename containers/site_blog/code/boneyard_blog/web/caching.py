"""Public pages may be kept by caches and are confirmed with 304; an author's pages are never kept."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from pyramid.events import NewResponse
from pyramid.httpexceptions import HTTPNotModified
from pyramid.settings import asbool

from boneyard_blog.sessions import COOKIE


@cache
def _source_digest() -> bytes:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".jinja2"):
            digest.update(path.read_bytes())
    return digest.digest()


def _look_digest(registry) -> str:
    """Return what tells apart two pages about the same posts: another template or title must give new ETags."""
    settings = registry.settings
    shown = [settings[f"blog.{name}"] for name in ("title", "tagline", "language", "posts_per_page")]
    shown += [registry.blog.site_url, registry.blog.contact_links]
    return hashlib.sha256(_source_digest() + repr(shown).encode()).hexdigest()[:12]


def _public_view(view, info):
    """Confirm what the visitor's cache holds before a view with `public=True` does any work."""
    if not info.options.get("public"):
        return view
    if asbool(info.settings["blog.development"]):
        return _unkept(view)
    look = _look_digest(info.registry)
    # For those who know a page by its date only: it may look otherwise since the settings were read.
    since = datetime.now(UTC).replace(microsecond=0)
    cache_control = f"public, max-age=0, s-maxage={info.settings['blog.shared_max_age']}"

    def kept(context, request):
        if COOKIE in request.cookies:
            return view(context, request)
        site = request.site
        newest = site.newest_at.timestamp() if site.newest_at else 0
        etag = f"{site.version:x}-{newest:.0f}-{look}"
        modified_at = max(site.modified_at, since)
        lifetime = {"Cache-Control": cache_control, "Vary": "Cookie"}
        validators = {"ETag": f'W/"{etag}"', "Last-Modified": format_datetime(modified_at, usegmt=True)}
        if _is_current(request, etag, modified_at):
            return HTTPNotModified(headers=list((lifetime | validators).items()))

        def allow(request, response):
            # What says that a page went or moved is kept too: nothing else takes the place of the page in a cache.
            if response.status_code in (200, 301, 404):
                response.headers.update(lifetime)
            if response.status_code == 200:
                response.headers.update(validators)

        # Not on what the view returns: a page that is not there is an exception, and becomes a response later.
        request.add_response_callback(allow)
        return view(context, request)

    return kept


_public_view.options = ("public",)


def _is_current(request, etag: str, modified_at) -> bool:
    if request.headers.get("If-None-Match"):
        return etag in request.if_none_match
    since = request.if_modified_since
    return since is not None and modified_at <= since


def _unkept(view):
    def unkept(context, request):
        response = view(context, request)
        response.headers["Cache-Control"] = "no-cache"
        return response

    return unkept


def _keep_private(event: NewResponse) -> None:
    """What is shown to someone with a session no cache keeps, nor anything that says nothing about caches."""
    headers = event.response.headers
    if COOKIE in event.request.cookies or "Set-Cookie" in headers:
        headers["Cache-Control"] = "private, no-store"
    headers.setdefault("Cache-Control", "no-store")


def includeme(config):
    config.add_view_deriver(_public_view)
    config.add_subscriber(_keep_private, NewResponse)
