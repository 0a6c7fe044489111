"""A save that fails gives back what its author wrote."""

from pyramid.csrf import check_csrf_origin
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.view import exception_view_config

from boneyard_blog import errors
from boneyard_blog.forms import PostForm
from boneyard_blog.views.edit import form_page

_SIGNED_OUT = "You are signed out. Sign in in another tab, come back to this one and save again."
_TOO_OLD = "The form was too old: you have signed in again since. Save once more."
_GONE = "Somebody has erased the post meanwhile. Saving makes a new one of what you wrote."
_BUSY = "The blog is busy with something large, most likely an import. Save again in a moment."
_QUERY_CANCELED = "57014"


@exception_view_config(Exception, route_name="new_post", request_method="POST", renderer="edit.jinja2")
@exception_view_config(Exception, route_name="edit_post", request_method="POST", renderer="edit.jinja2")
def unsaved(request):
    """An author whose save failed gets the text back in a form that can be saved, and is told why and what to do."""
    # What another site makes a browser send is nobody's text.
    is_ours = check_csrf_origin(request, raises=False)
    form = PostForm.of_request(request.POST) if is_ours else PostForm()
    # Whatever is wrong with the fields is for the next attempt to tell.
    form.errors.clear()
    failure = {
        "message": _explain(request),
        "signed_out": isinstance(request.exception, HTTPForbidden),
        "is_gone": isinstance(request.exception, HTTPNotFound),
    }
    return form_page(form, failure=failure)


def _explain(request) -> str:
    """Set the status of the answer, and say what went wrong."""
    error = request.exception
    for kinds, status, message in (
        (HTTPForbidden, 403, _SIGNED_OUT),
        ((BadCSRFToken, BadCSRFOrigin), 400, _TOO_OLD),
        (HTTPNotFound, 404, _GONE),
    ):
        if isinstance(error, kinds):
            request.response.status = status
            return message
    if errors.is_outage(request, error):
        message = errors.unavailable(request)["message"]
        return _BUSY if errors.sqlstate(error) == _QUERY_CANCELED else message
    return errors.broken(request)["message"]
