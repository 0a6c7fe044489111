"""The devices on which an author has signed in before: strangers who fail elsewhere cannot lock them out.

A cookie says so, for signing in only. It opens nothing: without the password it is worth a counter of its own.
"""

from __future__ import annotations

from secrets import token_hex

from webob.cookies import SignedCookieProfile

from boneyard_blog.models import Author

_YEAR = 365 * 24 * 3600


def known_device(request, author: Author | None) -> str | None:
    """Return the name of the device if this author has signed in on it before."""
    value = request.registry.devices.bind(request).get_value()
    if author is None or value is None:
        return None
    author_id, device = value
    return device if author_id == author.id else None


def remember_device(request, author: Author) -> list[tuple[str, str]]:
    """Return the headers by which a browser will be known again."""
    value = [author.id, known_device(request, author) or token_hex(8)]
    return request.registry.devices.bind(request).get_headers(value, secure=request.scheme == "https")


def includeme(config):
    config.registry.devices = SignedCookieProfile(
        config.registry.blog.session_secret, "boneyard device", "boneyard_device",
        max_age=_YEAR, httponly=True, samesite="Lax", path="/sign-in",
    )  # fmt: skip
