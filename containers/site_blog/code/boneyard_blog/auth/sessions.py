"""Sessions in a signed cookie: HttpOnly, SameSite, and Secure if the request came over HTTPS.

Only authors who have signed in have a session. The cookie holds the key of a row in the database: without the row the
cookie is not valid, so that the server can end a session even if someone has kept a copy of the cookie.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from pyramid.session import JSONSerializer, SignedCookieSessionFactory
from sqlalchemy import delete, func, select

from boneyard_blog.models import Author, AuthorSession

COOKIE = "boneyard_session"
_WEEK = 7 * 24 * 3600
_KEY = "signed_in"

# The maximum lifetime, also for a session that is used every day.
_MAX_LIFETIME = timedelta(days=90)


def has_author(request) -> bool:
    """Return whether the cookie names an author's session. Does not use the database: the session may have ended."""
    return _KEY in request.session


def author_of(request) -> Author | None:
    """Return the author of the session, None if it has ended; the cookie is then deleted."""
    author = None
    if has_author(request):
        author = request.dbsession.scalar(
            select(Author)
            .join(AuthorSession)
            .where(AuthorSession.id == UUID(request.session[_KEY]), AuthorSession.started_at > func.now() - _MAX_LIFETIME)
        )
    if author is None:
        _forget(request)
    return author


def begin(request, author: Author) -> None:
    """Begin a session for an author. Data of an earlier session are dropped, against session fixation."""
    request.dbsession.execute(delete(AuthorSession).where(AuthorSession.started_at < func.now() - _MAX_LIFETIME))
    row = AuthorSession(author_id=author.id)
    request.dbsession.add(row)
    request.dbsession.flush()
    request.session.invalidate()
    request.session[_KEY] = str(row.id)


def end(request) -> None:
    """End the session, on the server and in the browser."""
    if has_author(request):
        request.dbsession.execute(delete(AuthorSession).where(AuthorSession.id == UUID(request.session[_KEY])))
    _forget(request)


def _forget(request) -> None:
    request.session.invalidate()
    # Runs after the session's own callback, which sets an empty cookie; a request with a cookie bypasses caches.
    request.add_response_callback(_delete_cookie)


def _delete_cookie(request, response) -> None:
    if not has_author(request):
        response.unset_cookie(COOKIE, strict=False)
        response.delete_cookie(COOKIE)


def end_all(session, author: Author) -> None:
    """End all sessions of an author."""
    session.execute(delete(AuthorSession).where(AuthorSession.author_id == author.id))


def includeme(config):
    """Add `request.session`; the cookie is Secure over HTTPS only, because over HTTP browsers drop Secure cookies."""
    options = {
        "cookie_name": COOKIE,
        "httponly": True,
        "samesite": "Lax",
        "timeout": _WEEK,
        "max_age": _WEEK,
        "reissue_time": 3600,
        "serializer": JSONSerializer(),
    }
    secret = config.registry.blog.session_secret
    over_https = SignedCookieSessionFactory(secret, secure=True, **options)
    over_http = SignedCookieSessionFactory(secret, secure=False, **options)
    config.set_session_factory(lambda request: (over_https if request.scheme == "https" else over_http)(request))
