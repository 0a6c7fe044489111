"""Creating, editing, previewing and deleting posts; revisions."""

import logging
from datetime import UTC, datetime

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import func, select

from boneyard_blog.posts import writing
from boneyard_blog.posts.differences import Differences, FieldDifference
from boneyard_blog.posts.forms import MAX_REVISION, PostForm
from boneyard_blog.models import Author, PostRevision
from boneyard_blog.web.parameters import whole_number

log = logging.getLogger(__name__)


def _post(request, *, lock: bool = False):
    post = writing.find_post(request.dbsession, int(request.matchdict["id"]), lock=lock)
    if post is None:
        raise HTTPNotFound
    return post


def form_page(form, post=None, **more):
    """Return the variables of the form's template."""
    return {"form": form, "post": post, "preview": None, "conflict": None, "failure": None, "messages": []} | more


def _publication(request, form: PostForm, before):
    """Return the date to store: the one in the form, else the current one if it is in the past, else now."""
    if form.state == "draft":
        return None
    if form.published_on is None:
        now = request.dbsession.scalar(select(func.now()))
        return before if before is not None and before <= now else now
    # The field has no seconds: an unchanged date stays exactly as it was.
    if before is not None and before.replace(second=0, microsecond=0) == form.published_on:
        return before
    return form.published_on


def _invalid(request, form, post=None, **more):
    request.response.status = 422
    return form_page(form, post, **more)


@view_config(route_name="new_post", request_method="GET", permission="write", renderer="author/edit.jinja2")
def new_post(request):
    """An author gets an empty form."""
    return form_page(PostForm())


@view_config(route_name="new_post", request_method="POST", permission="write", renderer="author/edit.jinja2")
def create_post(request):
    """An author saves or previews a new post."""
    form = PostForm.of_request(request.POST)
    if form.errors:
        return _invalid(request, form)
    if "preview" in request.POST:
        return form_page(form, preview=form)
    publication = _publication(request, form, None)
    try:
        post = writing.create_post(request.dbsession, request.identity, form.content(form.slug), publication)
    except writing.SlugTaken as error:
        form.errors["slug"] = f"Choose another address: {error}."
        return _invalid(request, form)
    log.info("%s created post %s", request.identity.name, post.id)
    request.session.flash("Saved.")
    return HTTPSeeOther(request.route_path("edit_post", id=post.id))


@view_config(route_name="edit_post", request_method="GET", permission="write", renderer="author/edit.jinja2")
def edit_post(request):
    """An author gets a post to edit."""
    post = _post(request)
    form = PostForm.of_post(post, writing.content_of(request.dbsession, post))
    return form_page(form, post, messages=request.session.pop_flash())


@view_config(route_name="edit_post", request_method="POST", permission="write", renderer="author/edit.jinja2")
def save_post(request):
    """An author saves or previews a post; after a conflict both versions are shown and can be saved."""
    session = request.dbsession
    post = _post(request, lock="preview" not in request.POST)
    form = PostForm.of_request(request.POST, post.published_at)
    form.slug = form.slug or post.slug
    if form.errors:
        return _invalid(request, form, post)
    if "preview" in request.POST:
        return form_page(form, post, preview=form)
    content = form.content(form.slug)
    publication = _publication(request, form, post.published_at)
    try:
        writing.save_post(session, request.identity, post, content, publication, form.base)
    except writing.SlugTaken as error:
        form.errors["slug"] = f"Choose another address: {error}."
        return _invalid(request, form, post)
    except writing.EditConflict as conflict:
        return _conflict_page(request, conflict, form, post, content, publication)
    log.info("%s saved post %s", request.identity.name, post.id)
    request.session.flash("Saved.")
    return HTTPSeeOther(request.route_path("edit_post", id=post.id))


def _conflict_page(request, conflict: writing.EditConflict, form, post, content, publication):
    """Return the form with the author's version, and its differences from the saved one."""
    request.response.status = 409
    theirs = conflict.current
    form.base = theirs.number
    differences = Differences.between(
        theirs, content, FieldDifference("Published", _as_text(post.published_at), _as_text(publication))
    )
    other = _author_name(request.dbsession, theirs.author_id)
    return form_page(form, post, conflict={"revision": theirs, "differences": differences, "author": other})


def _author_name(session, author_id) -> str:
    author = session.get(Author, author_id) if author_id is not None else None
    return author.name if author is not None else "Another author"


def _as_text(published_at: datetime | None) -> str:
    return f"{published_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if published_at else "no (draft)"


def _done(request, done: bool, message: str):
    request.session.flash(message if done else "Nothing was changed: another author has changed this post in the meantime.")
    return HTTPSeeOther(request.route_path("desk"))


@view_config(route_name="bin_post", request_method="POST", permission="write")
def bin_post(request):
    """An author moves a post to the bin."""
    done = writing.bin_post(request.dbsession, int(request.matchdict["id"]))
    return _done(request, done, "The post was moved to the bin.")


@view_config(route_name="take_back_post", request_method="POST", permission="write")
def take_back_post(request):
    """An author restores a post from the bin."""
    done = writing.take_back_post(request.dbsession, int(request.matchdict["id"]))
    return _done(request, done, "The post was restored.")


@view_config(route_name="erase_post", request_method="POST", permission="write")
def erase_post(request):
    """An author deletes a post in the bin permanently."""
    done = writing.erase_post(request.dbsession, int(request.matchdict["id"]))
    return _done(request, done, "The post was deleted permanently.")


@view_config(route_name="revisions", permission="write", renderer="author/revisions.jinja2")
def revisions(request):
    """An author gets the revisions of a post, and a comparison of two of them."""
    session = request.dbsession
    post = _post(request)
    rows = session.execute(
        select(PostRevision.number, PostRevision.title, PostRevision.saved_at, Author.name)
        .outerjoin(Author, Author.id == PostRevision.author_id)
        .where(PostRevision.post_id == post.id)
        .order_by(PostRevision.number.desc())
        .limit(500)
    ).all()
    numbers = [row.number for row in rows]
    new = _chosen(request, "to", numbers, 0)
    old = _chosen(request, "from", numbers, 1)
    compared = None
    if old is not None and new is not None:
        before, after = (session.get(PostRevision, (post.id, number)) for number in (old, new))
        compared = {"before": before, "after": after, "differences": Differences.between(before, after)}
    return {"post": post, "revisions": rows, "compared": compared}


def _chosen(request, name: str, numbers: list[int], default: int) -> int | None:
    number = whole_number(request.GET.get(name, ""), 0, MAX_REVISION)
    if number in numbers:
        return number
    return numbers[default] if default < len(numbers) else None


@view_config(route_name="restore_revision", request_method="POST", permission="write", renderer="author/edit.jinja2")
def restore_revision(request):
    """An author restores an earlier revision as a new one; after a conflict both versions are shown."""
    session = request.dbsession
    post = _post(request, lock=True)
    number = whole_number(request.POST.get("number", ""), 0, MAX_REVISION)
    kept = session.get(PostRevision, (post.id, number))
    if kept is None:
        raise HTTPNotFound
    # The address stays: readers may have bookmarked it.
    content = writing.Content(kept.title, post.slug, kept.summary, kept.body, tuple(kept.tags))
    base = whole_number(request.POST.get("base", ""), 0, MAX_REVISION)
    try:
        writing.save_post(session, request.identity, post, content, post.published_at, base)
    except writing.EditConflict as conflict:
        form = PostForm.of_post(post, content)
        return _conflict_page(request, conflict, form, post, content, post.published_at)
    request.session.flash(f"Revision {number} was restored as revision {post.revision}.")
    return HTTPSeeOther(request.route_path("edit_post", id=post.id))
