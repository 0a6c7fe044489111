"""Sessions in a signed cookie: HttpOnly, SameSite, and Secure whenever the visitor came by HTTPS.

Only authors who have signed in have one. It holds the key of a row in the database, and is worth nothing without it: so a
session can be ended, whoever has kept its cookie.
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

# Even one that is used every day.
_LONGEST = timedelta(days=90)


def is_an_authors(request) -> bool:
    """Tell, without the database, whether a session is that of an author, though it may have ended."""
    return _KEY in request.session


def author_of(request) -> Author | None:
    """Return the author who has signed in, in a session that has not ended; a cookie of no such session goes."""
    author = None
    if is_an_authors(request):
        author = request.dbsession.scalar(
            select(Author)
            .join(AuthorSession)
            .where(AuthorSession.id == UUID(request.session[_KEY]), AuthorSession.started_at > func.now() - _LONGEST)
        )
    if author is None:
        _forget(request)
    return author


def begin(request, author: Author) -> None:
    """Begin an author's session: whatever an earlier one held must not carry over."""
    request.dbsession.execute(delete(AuthorSession).where(AuthorSession.started_at < func.now() - _LONGEST))
    row = AuthorSession(author_id=author.id)
    request.dbsession.add(row)
    request.dbsession.flush()
    request.session.invalidate()
    request.session[_KEY] = str(row.id)


def end(request) -> None:
    """End the session, on our side and in the browser."""
    if is_an_authors(request):
        request.dbsession.execute(delete(AuthorSession).where(AuthorSession.id == UUID(request.session[_KEY])))
    _forget(request)


def _forget(request) -> None:
    request.session.invalidate()
    # After the session's own callback, which would set an empty cookie: with one, no cache answers.
    request.add_response_callback(_delete_cookie)


def _delete_cookie(request, response) -> None:
    if not is_an_authors(request):
        response.unset_cookie(COOKIE, strict=False)
        response.delete_cookie(COOKIE)


def end_all(session, author: Author) -> None:
    """End all sessions of an author."""
    session.execute(delete(AuthorSession).where(AuthorSession.author_id == author.id))


def includeme(config):
    """Choose the cookie's Secure flag for each request: on plain HTTP a browser would drop a Secure cookie."""
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
