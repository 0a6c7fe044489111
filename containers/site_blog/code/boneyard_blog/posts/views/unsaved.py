"""After a failed save the author gets the form back with the text in it."""

from pyramid.csrf import check_csrf_origin
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.view import exception_view_config

from boneyard_blog.web import errors
from boneyard_blog.posts.forms import PostForm
from boneyard_blog.posts.views.edit import form_page

_SIGNED_OUT = "You are signed out. Sign in in another tab, return to this one and save again."
_TOO_OLD = "The form has expired because you have signed in again. Save again."
_GONE = "The post was deleted in the meantime. Saving creates a new post with your text."
_BUSY = "The blog is busy, probably with an import. Try again in a few seconds."
_QUERY_CANCELED = "57014"


@exception_view_config(Exception, route_name="new_post", request_method="POST", renderer="author/edit.jinja2")
@exception_view_config(Exception, route_name="edit_post", request_method="POST", renderer="author/edit.jinja2")
def unsaved(request):
    """An author gets the form with the submitted text, the reason of the failure and the remedy."""
    # A form that another site has made the browser send is dropped.
    is_own = check_csrf_origin(request, raises=False)
    form = PostForm.of_request(request.POST) if is_own else PostForm()
    # The next save validates the fields.
    form.errors.clear()
    failure = {
        "message": _explain(request),
        "signed_out": isinstance(request.exception, HTTPForbidden),
        "is_gone": isinstance(request.exception, HTTPNotFound),
    }
    return form_page(form, failure=failure)


def _explain(request) -> str:
    """Set the status of the response; return the reason and the remedy."""
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
    return errors.internal_error(request)["message"]
