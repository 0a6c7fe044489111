"""Refuses requests that are too large before anything of them is read, and forms that cannot be read."""

import logging
import tempfile
from urllib.parse import unquote_to_bytes

from pyramid.httpexceptions import HTTPLengthRequired
from pyramid.response import Response
from pyramid.tweens import EXCVIEW, INGRESS, MAIN
from webob.request import DisconnectionError

from boneyard_blog.sessions import is_an_authors

log = logging.getLogger(__name__)

KILOBYTE, MEGABYTE = 1024, 1024 * 1024

_UPLOADS = {"/author/imports": 64 * MEGABYTE, "/author/media": 11 * MEGABYTE}
# A text of the greatest length, each of its characters of the longest kind, as a form is written.
_USUAL = 3 * MEGABYTE
# A name and a password: strangers may make us take in more only where it may be an author's work.
_STRANGERS = 64 * KILOBYTE
# No form of ours has a tenth of that; reading very many takes seconds.
_FIELDS = 1000


def limits_tween_factory(handler, registry):
    """Answer 413 to a body that is too large, and 411 to one that does not say how large it is."""

    def limits_tween(request):
        length = request.content_length
        if length is None:
            return handler(request) if "HTTP_TRANSFER_ENCODING" not in request.environ else HTTPLengthRequired()
        if length > _STRANGERS and not _holds_a_post(request) and not is_an_authors(request):
            return _too_large(f"{_STRANGERS // KILOBYTE} kB, the most that is taken of who has not signed in")
        most = _UPLOADS.get(request.environ.get("PATH_INFO"), _USUAL)
        if length > most:
            return _too_large(f"{most // MEGABYTE} MB, the most that is taken here")
        return handler(request)

    return limits_tween


def _holds_a_post(request) -> bool:
    # Nginx takes it in first, and an author who was signed out gets it back.
    return request.method == "POST" and request.environ.get("PATH_INFO", "").startswith("/author/posts/")


def _attempts(request) -> int | None:
    """Allow a single try for what is large or will be refused: for a second one, pyramid_retry takes it all in before us."""
    is_small = (request.content_length or 0) <= _STRANGERS and "HTTP_TRANSFER_ENCODING" not in request.environ
    return None if is_small and not _will_be_refused(request) else 1


def _will_be_refused(request) -> bool:
    # What a stranger sends there is not even read: Nginx lets it through as it comes, which may take any time.
    is_for_authors = request.environ.get("PATH_INFO", "").startswith("/author/")
    return is_for_authors and not _holds_a_post(request) and not is_an_authors(request)


def _too_large(than: str) -> Response:
    message = f"This is larger than {than}.\n"
    return Response(message, status=413, content_type="text/plain", headers={"Connection": "close"})


class UnreadableForm(Exception):
    """A form cannot be taken; the message says why."""

    status = 400
    heading = "This cannot be read"


class NoRoom(UnreadableForm):
    """A form cannot be taken because there is nowhere to put it."""

    status = 507
    heading = "This cannot be kept"


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
        if request.method == "POST" and not _will_be_refused(request):
            _check_form(request)
        return handler(request)

    return forms_tween


def _check_form(request) -> None:
    try:
        if request.content_type != "multipart/form-data" and request.body.count(b"&") >= _FIELDS:
            raise UnreadableForm(f"The form has more than {_FIELDS:,} fields.")
        fields = list(request.POST.items())
    except (DisconnectionError, ConnectionError, TimeoutError) as error:
        raise UnreadableForm("The form did not come as a whole.") from error
    except OSError as error:
        log.error("No file can be made in %s for what is uploaded: %s", tempfile.gettempdir(), error)
        raise NoRoom("Nothing was uploaded: there may be no room left. The log says more.") from error
    except (ValueError, LookupError, EOFError, DeprecationWarning) as error:
        # WebOb raises DeprecationWarning, an exception here, for a charset other than UTF-8.
        raise UnreadableForm("The form is not what its headers promise, or not valid UTF-8 text.") from error
    for name, value in fields:
        if not isinstance(value, str):
            if name != "file" or request.environ["PATH_INFO"] not in _UPLOADS:
                raise UnreadableForm("A file came where a text belongs.")
    if not _is_utf8(request, [value for _, value in fields]):
        raise UnreadableForm("The form is not valid UTF-8 text.")


def includeme(config):
    config.get_settings()["retry.activate_hook"] = _attempts
    config.add_tween("boneyard_blog.limits.limits_tween_factory", under=INGRESS)
    config.add_tween("boneyard_blog.limits.forms_tween_factory", under=EXCVIEW, over=MAIN)
