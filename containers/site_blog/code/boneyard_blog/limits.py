"""Refuses requests that are too large before anything of them is read, and forms that cannot be read."""

from urllib.parse import unquote_to_bytes

from pyramid.httpexceptions import HTTPLengthRequired
from pyramid.response import Response
from pyramid.tweens import EXCVIEW, INGRESS, MAIN

MEGABYTE = 1024 * 1024

_LARGE = {"/author/imports": 64 * MEGABYTE, "/author/media": 11 * MEGABYTE}
_USUAL = 2 * MEGABYTE


def limits_tween_factory(handler, registry):
    """Answer 413 to a body that is too large, and 411 to one that does not say how large it is."""

    def limits_tween(request):
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return handler(request)
        length = request.content_length
        if length is None:
            return handler(request) if "HTTP_TRANSFER_ENCODING" not in request.environ else HTTPLengthRequired()
        most = _LARGE.get(request.environ.get("PATH_INFO"), _USUAL)
        if length > most:
            message = f"This is larger than {most // MEGABYTE} MB, the most that is taken here.\n"
            return Response(message, status=413, content_type="text/plain", headers={"Connection": "close"})
        return handler(request)

    return limits_tween


class UnreadableForm(Exception):
    """The body is not the form that its headers promise, or not UTF-8."""


def _is_utf8(request, values) -> bool:
    if request.content_type == "multipart/form-data":
        # What was not UTF-8 has become this character. These forms upload files and hold no text.
        return not any("\ufffd" in value for value in values if isinstance(value, str))
    if not values:
        return True
    # In a text that was pasted or imported the same character may be meant: only the bytes tell.
    try:
        unquote_to_bytes(request.body).decode()
    except UnicodeDecodeError:
        return False
    return True


def forms_tween_factory(handler, registry):
    """Read the form before any view does, so that a broken one is refused in one place."""

    def forms_tween(request):
        if request.method == "POST":
            try:
                values = list(request.POST.values())
            except (ValueError, LookupError, EOFError, DeprecationWarning) as error:
                # WebOb raises DeprecationWarning, an exception here, for a charset other than UTF-8.
                raise UnreadableForm(str(error)) from error
            if not _is_utf8(request, values):
                raise UnreadableForm("not UTF-8")
        return handler(request)

    return forms_tween


def includeme(config):
    config.add_tween("boneyard_blog.limits.limits_tween_factory", under=INGRESS)
    config.add_tween("boneyard_blog.limits.forms_tween_factory", under=EXCVIEW, over=MAIN)
