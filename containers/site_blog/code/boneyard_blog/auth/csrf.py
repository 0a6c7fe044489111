"""CSRF tokens.

An author's token is in the session. The sign-in form comes before any session, and readers must not get a session cookie,
because requests with one bypass caches: its token is in a cookie of its own, limited to the path of that form.
"""

from __future__ import annotations

from hmac import compare_digest
from secrets import token_hex

from pyramid.csrf import CookieCSRFStoragePolicy, SessionCSRFStoragePolicy
from pyramid.interfaces import ICSRFStoragePolicy
from zope.interface import implementer

from boneyard_blog.auth.sessions import has_author


def _sign_in_policy(*, secure: bool) -> CookieCSRFStoragePolicy:
    return CookieCSRFStoragePolicy("boneyard_sign_in", secure=secure, httponly=True, path="/sign-in", samesite="Lax")


@implementer(ICSRFStoragePolicy)
class _NoStoragePolicy:
    """Stores nothing, so that no token is ever valid: a visitor without a session has no other form."""

    def new_csrf_token(self, request) -> str:
        return token_hex(16)

    get_csrf_token = new_csrf_token


@implementer(ICSRFStoragePolicy)
class CSRFStoragePolicy:
    """Chooses where the token of a request is stored."""

    _session = SessionCSRFStoragePolicy()
    _https_cookie = _sign_in_policy(secure=True)
    _http_cookie = _sign_in_policy(secure=False)
    _none = _NoStoragePolicy()

    def _policy(self, request):
        if has_author(request):
            return self._session
        if request.matched_route is None or request.matched_route.name != "sign_in":
            return self._none
        return self._https_cookie if request.scheme == "https" else self._http_cookie

    def new_csrf_token(self, request) -> str:
        return self._policy(request).new_csrf_token(request)

    def get_csrf_token(self, request) -> str:
        return self._policy(request).get_csrf_token(request)

    def check_csrf_token(self, request, supplied_token: str) -> bool:
        return compare_digest(self.get_csrf_token(request).encode(), supplied_token.encode())
