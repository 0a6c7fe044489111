"""Signing in and out, and changing the password."""

import logging

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import forget, remember
from pyramid.view import view_config
from sqlalchemy import select

from boneyard_blog import authors, lockout, passwords
from boneyard_blog.devices import known_device, remember_device
from boneyard_blog.models import Author
from boneyard_blog.server.visitor import visitor_address, visitor_network

log = logging.getLogger(__name__)


def _local(path: str, otherwise: str) -> str:
    """Return a path on this site: an address that leads elsewhere is not followed."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    # More than that, no header can say.
    return path if is_local and path.isascii() and path.isprintable() else otherwise


def _refusal(request, attempt: lockout.Attempt) -> str | None:
    """Return why an attempt may not be made now, having made the response say so too; None if it may."""
    seconds = lockout.seconds_to_wait(request.dbsession, attempt)
    if not seconds:
        return None
    request.response.status = 429
    request.response.headers["Retry-After"] = str(seconds)
    return f"Too many attempts. Please try again in {seconds} seconds."


@view_config(route_name="sign_in", request_method="GET", renderer="sign_in.jinja2")
def sign_in_form(request):
    """An author gets the form to sign in."""
    return {"name": "", "next": _local(request.GET.get("next", ""), request.route_path("desk")), "error": None}


@view_config(route_name="sign_in", request_method="POST", renderer="sign_in.jinja2")
def sign_in(request):
    """An author signs in; after several failures only after a wait."""
    name = request.POST.get("name", "").strip()[:60].replace("\x00", "")
    password = request.POST.get("password", "")
    next_path = _local(request.POST.get("next", ""), request.route_path("desk"))

    author = request.dbsession.scalar(select(Author).where(Author.name == name))
    attempt = lockout.Attempt(name, visitor_network(request.environ), known_device(request, author))
    if refusal := _refusal(request, attempt):
        return {"name": name, "next": next_path, "error": refusal}

    if not passwords.matches(password, author.password_hash if author else None):
        lockout.note_failure(request.dbsession, attempt)
        log.warning("A sign-in failed from %s", visitor_address(request.environ))
        request.response.status = 422
        return {"name": name, "next": next_path, "error": "Name and password do not belong together."}

    lockout.note_success(request.dbsession, attempt)
    log.info("%s signed in", author.name)
    return HTTPSeeOther(next_path, headers=remember(request, author) + remember_device(request, author))


@view_config(route_name="sign_out", request_method="POST")
def sign_out(request):
    """An author signs out on this device: the session ends, here and for whoever has kept its cookie."""
    return HTTPSeeOther(request.route_path("home"), headers=forget(request))


@view_config(route_name="password", request_method="GET", permission="write", renderer="password.jinja2")
def password_form(request):
    """An author gets the form to change the password."""
    return {"errors": {}}


@view_config(route_name="password", request_method="POST", permission="write", renderer="password.jinja2")
def change_password(request):
    """An author changes the password; every other session of theirs ends."""
    author = request.identity
    new = request.POST.get("new", "")
    errors = {}
    # Who sits at somebody else's open browser may not guess for ever either.
    attempt = lockout.Attempt(author.name, visitor_network(request.environ), device="the page for a new password")
    if refusal := _refusal(request, attempt):
        return {"errors": {"current": refusal}}
    if not passwords.matches(request.POST.get("current", ""), author.password_hash):
        lockout.note_failure(request.dbsession, attempt)
        errors["current"] = "This is not your current password."
    if problem := passwords.problem_with(new):
        errors["new"] = problem
    if new != request.POST.get("again", ""):
        errors["again"] = "The two do not agree."
    if errors:
        request.response.status = 422
        return {"errors": errors}
    authors.change_password(request.dbsession, author, new)
    headers = remember(request, author)
    request.session.flash("Your password is changed.")
    return HTTPSeeOther(request.route_path("desk"), headers=headers)
