"""Signing in and out, and changing the password."""

import logging

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import forget, remember
from pyramid.view import view_config
from sqlalchemy import select

from boneyard_blog.auth import accounts, lockout, passwords
from boneyard_blog.auth.devices import known_device, remember_device
from boneyard_blog.models import Author
from boneyard_blog.server.visitor import visitor_address, visitor_network

log = logging.getLogger(__name__)


def _local_path(path: str, default: str) -> str:
    """Return `path` if it is a path on this site, else `default`: redirects never lead to another site."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    # Headers hold printable ASCII only.
    return path if is_local and path.isascii() and path.isprintable() else default


def _refusal(request, attempt: lockout.Attempt) -> str | None:
    """Return why an attempt must wait, and set the status and Retry-After of the response; None if it may be made now."""
    seconds = lockout.seconds_to_wait(request.dbsession, attempt)
    if not seconds:
        return None
    request.response.status = 429
    request.response.headers["Retry-After"] = str(seconds)
    return f"Too many failed attempts. Try again in {seconds} seconds."


@view_config(route_name="sign_in", request_method="GET", renderer="author/sign_in.jinja2")
def sign_in_form(request):
    """An author gets the sign-in form."""
    return {"name": "", "next": _local_path(request.GET.get("next", ""), request.route_path("desk")), "error": None}


@view_config(route_name="sign_in", request_method="POST", renderer="author/sign_in.jinja2")
def sign_in(request):
    """An author signs in; after several failures there is a wait."""
    name = request.POST.get("name", "").strip()[:60].replace("\x00", "")
    password = request.POST.get("password", "")
    next_path = _local_path(request.POST.get("next", ""), request.route_path("desk"))

    author = request.dbsession.scalar(select(Author).where(Author.name == name))
    attempt = lockout.Attempt(name, visitor_network(request.environ), known_device(request, author))
    if refusal := _refusal(request, attempt):
        return {"name": name, "next": next_path, "error": refusal}

    if not passwords.matches(password, author.password_hash if author else None):
        lockout.note_failure(request.dbsession, attempt)
        log.warning("Failed sign-in from %s", visitor_address(request.environ))
        request.response.status = 422
        return {"name": name, "next": next_path, "error": "Wrong name or password."}

    lockout.note_success(request.dbsession, attempt)
    log.info("%s signed in", author.name)
    return HTTPSeeOther(next_path, headers=remember(request, author) + remember_device(request, author))


@view_config(route_name="sign_out", request_method="POST")
def sign_out(request):
    """An author signs out on this device; a copy of the session cookie is no longer valid."""
    return HTTPSeeOther(request.route_path("home"), headers=forget(request))


@view_config(route_name="password", request_method="GET", permission="write", renderer="author/password.jinja2")
def password_form(request):
    """An author gets the form for a new password."""
    return {"errors": {}}


@view_config(route_name="password", request_method="POST", permission="write", renderer="author/password.jinja2")
def change_password(request):
    """An author changes the password; all other sessions of this author end."""
    author = request.identity
    new = request.POST.get("new", "")
    errors = {}
    # Guessing is limited here too: the browser may have been left open.
    attempt = lockout.Attempt(author.name, visitor_network(request.environ), device="the page for a new password")
    if refusal := _refusal(request, attempt):
        return {"errors": {"current": refusal}}
    if not passwords.matches(request.POST.get("current", ""), author.password_hash):
        lockout.note_failure(request.dbsession, attempt)
        errors["current"] = "The current password is wrong."
    if error := passwords.error_in(new):
        errors["new"] = error
    if new != request.POST.get("again", ""):
        errors["again"] = "The two passwords are different."
    if errors:
        request.response.status = 422
        return {"errors": errors}
    accounts.change_password(request.dbsession, author, new)
    headers = remember(request, author)
    request.session.flash("Your password was changed.")
    return HTTPSeeOther(request.route_path("desk"), headers=headers)
