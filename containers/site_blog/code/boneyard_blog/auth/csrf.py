"""The tokens that tell our own forms from those of other sites.

An author's is in the session. The form to sign in is there before any session, and no reader is to have a session's cookie,
for with it no cache answers: so its token is in a cookie of its own, which comes back to that form alone.
"""

from __future__ import annotations

from hmac import compare_digest
from secrets import token_hex

from pyramid.csrf import CookieCSRFStoragePolicy, SessionCSRFStoragePolicy
from pyramid.interfaces import ICSRFStoragePolicy
from zope.interface import implementer

from boneyard_blog.sessions import is_an_authors


def _sign_in_policy(*, secure: bool) -> CookieCSRFStoragePolicy:
    return CookieCSRFStoragePolicy("boneyard_sign_in", secure=secure, httponly=True, path="/sign-in", samesite="Lax")


@implementer(ICSRFStoragePolicy)
class _NowhereCSRFStoragePolicy:
    """Keeps nothing: a stranger has no other form whose token could be right."""

    def new_csrf_token(self, request) -> str:
        return token_hex(16)

    get_csrf_token = new_csrf_token


@implementer(ICSRFStoragePolicy)
class FormTokens:
    """Keeps a token where the form's reader has it."""

    _of_authors = SessionCSRFStoragePolicy()
    _over_https = _sign_in_policy(secure=True)
    _over_http = _sign_in_policy(secure=False)
    _nowhere = _NowhereCSRFStoragePolicy()

    def _policy(self, request):
        if is_an_authors(request):
            return self._of_authors
        if request.matched_route is None or request.matched_route.name != "sign_in":
            return self._nowhere
        return self._over_https if request.scheme == "https" else self._over_http

    def new_csrf_token(self, request) -> str:
        return self._policy(request).new_csrf_token(request)

    def get_csrf_token(self, request) -> str:
        return self._policy(request).get_csrf_token(request)

    def check_csrf_token(self, request, supplied_token: str) -> bool:
        return compare_digest(self.get_csrf_token(request).encode(), supplied_token.encode())
