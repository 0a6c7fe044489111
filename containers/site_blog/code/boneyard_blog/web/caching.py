"""Cache headers: public pages can be cached and revalidated with 304, authors' pages are never stored."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from pathlib import Path

from pyramid.events import NewResponse
from pyramid.httpexceptions import HTTPNotModified
from pyramid.settings import asbool

from boneyard_blog.auth.sessions import COOKIE


@cache
def _source_digest() -> bytes:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*")):
        if path.suffix in (".py", ".jinja2"):
            digest.update(path.read_bytes())
    return digest.digest()


def _appearance_digest(registry) -> str:
    """Return a hash of all that changes pages without a change of posts: the source, templates and settings."""
    settings = registry.settings
    shown = [settings[f"blog.{name}"] for name in ("title", "tagline", "language", "posts_per_page")]
    shown += [registry.blog.site_url, registry.blog.contact_links]
    return hashlib.sha256(_source_digest() + repr(shown).encode()).hexdigest()[:12]


def _public_view(view, info):
    """Add cache headers to views with `public=True`, and answer 304 before the view runs if the page has not changed."""
    if not info.options.get("public"):
        return view
    if asbool(info.settings["blog.development"]):
        return _not_cached(view)
    appearance = _appearance_digest(info.registry)
    # For clients that send only a date: the appearance may have changed until the start of this process.
    since = datetime.now(UTC).replace(microsecond=0)
    cache_control = f"public, max-age=0, s-maxage={info.settings['blog.shared_max_age']}"

    def cached(context, request):
        if COOKIE in request.cookies:
            return view(context, request)
        site = request.site
        newest = site.newest_at.timestamp() if site.newest_at else 0
        etag = f"{site.version:x}-{newest:.0f}-{appearance}"
        modified_at = max(site.modified_at, since)
        lifetime = {"Cache-Control": cache_control, "Vary": "Cookie"}
        validators = {"ETag": f'W/"{etag}"', "Last-Modified": format_datetime(modified_at, usegmt=True)}
        if _is_current(request, etag, modified_at):
            return HTTPNotModified(headers=list((lifetime | validators).items()))

        def allow(request, response):
            # 301 and 404 are cached too: they replace a page that was moved or deleted.
            if response.status_code in (200, 301, 404):
                response.headers.update(lifetime)
            if response.status_code == 200:
                response.headers.update(validators)

        # As a callback, because a 404 is an exception here and becomes a response later.
        request.add_response_callback(allow)
        return view(context, request)

    return cached


_public_view.options = ("public",)


def _is_current(request, etag: str, modified_at) -> bool:
    if request.headers.get("If-None-Match"):
        return etag in request.if_none_match
    since = request.if_modified_since
    return since is not None and modified_at <= since


def _not_cached(view):
    def not_cached(context, request):
        response = view(context, request)
        response.headers["Cache-Control"] = "no-cache"
        return response

    return not_cached


def _keep_private(event: NewResponse) -> None:
    """Forbid caches to store responses to requests with a session, and responses without a Cache-Control header."""
    headers = event.response.headers
    if COOKIE in event.request.cookies or "Set-Cookie" in headers:
        headers["Cache-Control"] = "private, no-store"
    headers.setdefault("Cache-Control", "no-store")


def includeme(config):
    """Add the view option `public`, and the default cache headers."""
    config.add_view_deriver(_public_view)
    config.add_subscriber(_keep_private, NewResponse)
