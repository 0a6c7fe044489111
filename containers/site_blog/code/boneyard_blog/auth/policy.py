"""Who someone is, and what they may do."""

from __future__ import annotations

from pyramid.authorization import ACLHelper, Allow, Authenticated, Everyone
from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import RequestLocalCache
from pyramid.view import forbidden_view_config

from boneyard_blog import sessions
from boneyard_blog.form_tokens import FormTokens
from boneyard_blog.models import Author
from boneyard_blog.sessions import COOKIE


class Everything:
    """The root of all there is: authors write."""

    __acl__ = [(Allow, Authenticated, "write")]

    def __init__(self, request):
        pass


class SecurityPolicy:
    """Finds the author in the signed session cookie; a request without the cookie costs no query."""

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
    """A visitor who must be an author is asked to sign in, and comes back here afterwards."""
    if request.identity is not None:
        return HTTPForbidden()
    next_path = request.path_qs if request.method == "GET" else request.route_path("desk")
    return HTTPSeeOther(request.route_path("sign_in", _query={"next": next_path}))


def includeme(config):
    """Set the policy, and demand a CSRF token of every form."""
    config.set_root_factory(Everything)
    config.set_security_policy(SecurityPolicy())
    config.set_csrf_storage_policy(FormTokens())
    config.set_default_csrf_options(require_csrf=True)
    config.scan(__name__)
