"""Devices on which an author has signed in before: failed sign-ins elsewhere do not lock the author out there.

A signed cookie marks the device. It does not authenticate: it only selects a separate counter of failed sign-ins.
"""

from __future__ import annotations

from secrets import token_hex

from webob.cookies import SignedCookieProfile

from boneyard_blog.models import Author

_YEAR = 365 * 24 * 3600


def known_device(request, author: Author | None) -> str | None:
    """Return the id of the device if this author has signed in on it before, else None."""
    value = request.registry.devices.bind(request).get_value()
    if author is None or value is None:
        return None
    author_id, device = value
    return device if author_id == author.id else None


def remember_device(request, author: Author) -> list[tuple[str, str]]:
    """Return the response headers that mark the device as known to this author."""
    value = [author.id, known_device(request, author) or token_hex(8)]
    return request.registry.devices.bind(request).get_headers(value, secure=request.scheme == "https")


def includeme(config):
    """Set up the cookie that marks known devices."""
    config.registry.devices = SignedCookieProfile(
        config.registry.blog.session_secret, "boneyard device", "boneyard_device",
        max_age=_YEAR, httponly=True, samesite="Lax", path="/sign-in",
    )  # fmt: skip
