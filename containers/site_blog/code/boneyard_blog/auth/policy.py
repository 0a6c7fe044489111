"""Authentication and authorization."""

from __future__ import annotations

from pyramid.authorization import ACLHelper, Allow, Authenticated, Everyone
from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import RequestLocalCache
from pyramid.view import forbidden_view_config

from boneyard_blog.auth import sessions
from boneyard_blog.auth.csrf import CSRFStoragePolicy
from boneyard_blog.models import Author
from boneyard_blog.auth.sessions import COOKIE


class Root:
    """The only resource: every author may write."""

    __acl__ = [(Allow, Authenticated, "write")]

    def __init__(self, request):
        pass


class SecurityPolicy:
    """Identifies the author by the session cookie; a request without the cookie needs no query."""

    def __init__(self):
        self._acl = ACLHelper()
        self.identity = RequestLocalCache(self._identity).get_or_create

    def _identity(self, request) -> Author | None:
        return sessions.author_of(request) if COOKIE in request.cookies else None

    def authenticated_userid(self, request) -> int | None:
        author = request.identity
        return author.id if author is not None else None

    def permits(self, request, context, permission):
        principals = [Everyone]
        if request.identity is not None:
            principals.append(Authenticated)
        return self._acl.permits(context, principals, permission)

    def remember(self, request, author, **options):
        sessions.begin(request, author)
        return []

    def forget(self, request, **options):
        sessions.end(request)
        return []


@forbidden_view_config()
def forbidden(request):
    """A visitor gets the sign-in form, and returns to this page afterwards; an author without permission gets 403."""
    if request.identity is not None:
        return HTTPForbidden()
    next_path = request.path_qs if request.method == "GET" else request.route_path("desk")
    return HTTPSeeOther(request.route_path("sign_in", _query={"next": next_path}))


def includeme(config):
    """Set the security policy, and require a CSRF token for every form."""
    config.set_root_factory(Root)
    config.set_security_policy(SecurityPolicy())
    config.set_csrf_storage_policy(CSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True)
    config.scan(__name__)
