"""Public pages may be kept by caches and are confirmed with 304; an author's pages are never kept."""

from __future__ import annotations

import hashlib
from email.utils import format_datetime
from pathlib import Path

from pyramid.events import NewResponse
from pyramid.httpexceptions import HTTPNotModified
from pyramid.settings import asbool

from boneyard_blog.sessions import COOKIE


def _source_digest() -> str:
    """Return what tells one version of the source from another: a new template must give new ETags."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".jinja2"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _public_view(view, info):
    """Confirm what the visitor's cache holds before a view with `public=True` does any work."""
    if not info.options.get("public"):
        return view
    if asbool(info.settings["blog.development"]):
        return _unkept(view)
    digest = _source_digest()
    cache_control = f"public, max-age=0, s-maxage={info.settings['blog.shared_max_age']}"

    def kept(context, request):
        if COOKIE in request.cookies:
            return view(context, request)
        site = request.site
        newest = site.newest_at.timestamp() if site.newest_at else 0
        etag = f"{site.version:x}-{newest:.0f}-{digest}"
        headers = {
            "Cache-Control": cache_control,
            "ETag": f'W/"{etag}"',
            "Last-Modified": format_datetime(site.modified_at, usegmt=True),
            "Vary": "Cookie",
        }
        if _is_current(request, etag, site.modified_at):
            return HTTPNotModified(headers=list(headers.items()))
        response = view(context, request)
        if response.status_code == 200:
            response.headers.update(headers)
        return response

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
