"""Refuses requests that are too large, before the body is read, and forms that cannot be parsed."""

import logging
import tempfile
from urllib.parse import unquote_to_bytes

from pyramid.httpexceptions import HTTPLengthRequired
from pyramid.response import Response
from pyramid.tweens import EXCVIEW, INGRESS, MAIN
from webob.request import DisconnectionError

from boneyard_blog.auth.sessions import has_author

log = logging.getLogger(__name__)

KILOBYTE, MEGABYTE = 1024, 1024 * 1024

# The maximum body sizes in bytes.
_UPLOADS = {"/author/imports": 64 * MEGABYTE, "/author/media": 11 * MEGABYTE}
# The longest post, with every character percent-encoded.
_DEFAULT = 3 * MEGABYTE
# Enough for the sign-in form. Without a session, larger bodies are accepted only where they may be an author's work.
_ANONYMOUS = 64 * KILOBYTE
# The forms have less than a tenth of these; parsing very many takes seconds.
_MAX_FIELDS = 1000


def limits_tween_factory(handler, registry):
    """Answer 413 if the body is too large, and 411 if its length is not given."""

    def limits_tween(request):
        length = request.content_length
        if length is None:
            return handler(request) if "HTTP_TRANSFER_ENCODING" not in request.environ else HTTPLengthRequired()
        if length > _ANONYMOUS and not _is_post_form(request) and not has_author(request):
            return _too_large(f"{_ANONYMOUS // KILOBYTE} kB, the maximum without signing in")
        maximum = _UPLOADS.get(request.environ.get("PATH_INFO"), _DEFAULT)
        if length > maximum:
            return _too_large(f"{maximum // MEGABYTE} MB, the maximum for this page")
        return handler(request)

    return limits_tween


def _is_post_form(request) -> bool:
    # Nginx buffers the body, and an author who was signed out gets the text back.
    return request.method == "POST" and request.environ.get("PATH_INFO", "").startswith("/author/posts/")


def _attempts(request) -> int | None:
    """Do not retry requests that are large or will be refused: for a retry, pyramid_retry reads the whole body first."""
    is_small = (request.content_length or 0) <= _ANONYMOUS and "HTTP_TRANSFER_ENCODING" not in request.environ
    return None if is_small and not _will_be_refused(request) else 1


def _will_be_refused(request) -> bool:
    # Without a session the body is not read: Nginx passes uploads on unbuffered, which a slow client could delay for long.
    is_for_authors = request.environ.get("PATH_INFO", "").startswith("/author/")
    return is_for_authors and not _is_post_form(request) and not has_author(request)


def _too_large(limit: str) -> Response:
    message = f"The request is larger than {limit}.\n"
    return Response(message, status=413, content_type="text/plain", headers={"Connection": "close"})


class UnreadableForm(Exception):
    """A form cannot be read; the message gives the reason."""

    status = 400
    heading = "Invalid form"


class InsufficientStorage(UnreadableForm):
    """An uploaded file cannot be stored."""

    status = 507
    heading = "Upload failed"


def _is_utf8(request, values) -> bool:
    if request.content_type == "multipart/form-data":
        # The parser replaces invalid bytes with this character. These forms upload files and contain no text.
        return not any("\ufffd" in value for value in values if isinstance(value, str))
    if not values:
        return True
    # The replacement character may also be in a valid text, so check the bytes.
    try:
        unquote_to_bytes(request.body).decode()
    except UnicodeDecodeError:
        return False
    return True


def forms_tween_factory(handler, registry):
    """Parse the form before the views, so that invalid forms are refused in one place."""

    def forms_tween(request):
        if request.method == "POST" and not _will_be_refused(request):
            _check_form(request)
        return handler(request)

    return forms_tween


def _check_form(request) -> None:
    try:
        if request.content_type != "multipart/form-data" and request.body.count(b"&") >= _MAX_FIELDS:
            raise UnreadableForm(f"The form has more than {_MAX_FIELDS:,} fields.")
        fields = list(request.POST.items())
    except (DisconnectionError, ConnectionError, TimeoutError) as error:
        raise UnreadableForm("The form was not received completely.") from error
    except OSError as error:
        log.error("Cannot create a temporary file for an upload in %s: %s", tempfile.gettempdir(), error)
        raise InsufficientStorage("The upload could not be stored. The disk may be full; see the log.") from error
    except (ValueError, LookupError, EOFError, DeprecationWarning) as error:
        # WebOb raises DeprecationWarning as an exception for a charset other than UTF-8.
        raise UnreadableForm("The form does not match its headers or is not valid UTF-8 text.") from error
    for name, value in fields:
        if not isinstance(value, str):
            if name != "file" or request.environ["PATH_INFO"] not in _UPLOADS:
                raise UnreadableForm("A text field contains a file.")
    if not _is_utf8(request, [value for _, value in fields]):
        raise UnreadableForm("The form is not valid UTF-8 text.")


def includeme(config):
    """Add the tweens, and set the number of attempts of pyramid_retry."""
    config.get_settings()["retry.activate_hook"] = _attempts
    config.add_tween("boneyard_blog.web.limits.limits_tween_factory", under=INGRESS)
    config.add_tween("boneyard_blog.web.limits.forms_tween_factory", under=EXCVIEW, over=MAIN)
