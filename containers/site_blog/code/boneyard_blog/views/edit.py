"""Writing: new posts, edits, previews, the bin, revisions."""

import difflib
import logging

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.view import view_config
from sqlalchemy import func, select

from boneyard_blog import writing
from boneyard_blog.forms import PostForm
from boneyard_blog.models import Author, PostRevision

log = logging.getLogger(__name__)


def _post(request, *, lock: bool = False):
    post = writing.find_post(request.dbsession, int(request.matchdict["id"]), lock=lock)
    if post is None:
        raise HTTPNotFound
    return post


def _page(form, post=None, **more):
    return {"form": form, "post": post, "preview": None, "conflict": None, "messages": []} | more


def _publication(request, form: PostForm, before):
    """Return when the post is to be published: as asked, or else as before, or else now by the database's clock."""
    if form.state == "draft":
        return None
    if form.published_on is not None:
        # The field has no seconds: a date that was not touched stays as it was.
        if before is not None and before.replace(second=0, microsecond=0) == form.published_on:
            return before
        return form.published_on
    return before or request.dbsession.scalar(select(func.now()))


def _invalid(request, form, post=None, **more):
    request.response.status = 422
    return _page(form, post, **more)


@view_config(route_name="new_post", request_method="GET", permission="write", renderer="edit.jinja2")
def new_post(request):
    """An author gets an empty sheet."""
    return _page(PostForm())


@view_config(route_name="new_post", request_method="POST", permission="write", renderer="edit.jinja2")
def create_post(request):
    """An author saves a new post, or looks at it first."""
    form = PostForm.of_request(request.POST)
    if form.errors:
        return _invalid(request, form)
    if "preview" in request.POST:
        return _page(form, preview=form)
    session = request.dbsession
    slug = form.slug or writing.free_slug(session, writing.slugify(form.title))
    try:
        post = writing.create_post(session, request.identity, form.content(slug), _publication(request, form, None))
    except writing.SlugTaken as problem:
        form.errors["slug"] = f"{problem}: choose another address."
        return _invalid(request, form)
    log.info("%s created post %s", request.identity.name, post.id)
    request.session.flash("Saved.")
    return HTTPSeeOther(request.route_path("edit_post", id=post.id))


@view_config(route_name="edit_post", request_method="GET", permission="write", renderer="edit.jinja2")
def edit_post(request):
    """An author gets a post to edit."""
    post = _post(request)
    form = PostForm.of_post(post, writing.content_of(request.dbsession, post))
    return _page(form, post, messages=request.session.pop_flash())


@view_config(route_name="edit_post", request_method="POST", permission="write", renderer="edit.jinja2")
def save_post(request):
    """An author saves a post; if another was faster, both versions are shown and nothing is lost."""
    session = request.dbsession
    post = _post(request, lock="preview" not in request.POST)
    form = PostForm.of_request(request.POST)
    form.slug = form.slug or post.slug
    if form.errors:
        return _invalid(request, form, post)
    if "preview" in request.POST:
        return _page(form, post, preview=form)
    try:
        publication = _publication(request, form, post.published_at)
        writing.save_post(session, request.identity, post, form.content(form.slug), publication, form.base)
    except writing.SlugTaken as problem:
        form.errors["slug"] = f"{problem}: choose another address."
        return _invalid(request, form, post)
    except writing.EditConflict as conflict:
        request.response.status = 409
        form.base = conflict.current.number
        lines = compare(conflict.current.body, form.body)
        other = _author_name(session, conflict.current.author_id)
        return _page(form, post, conflict={"revision": conflict.current, "lines": lines, "author": other})
    log.info("%s saved post %s", request.identity.name, post.id)
    request.session.flash("Saved.")
    return HTTPSeeOther(request.route_path("edit_post", id=post.id))


def _author_name(session, author_id) -> str:
    author = session.get(Author, author_id) if author_id is not None else None
    return author.name if author is not None else "Someone"


def compare(old: str, new: str) -> list[tuple[str, str]]:
    """Return the lines of two texts, each marked as kept, removed or added; long stretches of kept ones are left out."""
    marks = {" ": "kept", "-": "removed", "+": "added"}
    lines = []
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=3, lineterm=""):
        if line.startswith(("---", "+++")) and not lines:
            continue
        lines.append(("gap", "…") if line.startswith("@@") else (marks.get(line[:1], "kept"), line[1:]))
    return lines


def _done(request, done: bool, message: str):
    request.session.flash(message if done else "Nothing was changed: someone else was faster.")
    return HTTPSeeOther(request.route_path("desk"))


@view_config(route_name="bin_post", request_method="POST", permission="write")
def bin_post(request):
    """An author puts a post in the bin."""
    done = writing.bin_post(request.dbsession, int(request.matchdict["id"]))
    return _done(request, done, "The post is in the bin.")


@view_config(route_name="take_back_post", request_method="POST", permission="write")
def take_back_post(request):
    """An author takes a post out of the bin."""
    done = writing.take_back_post(request.dbsession, int(request.matchdict["id"]))
    return _done(request, done, "The post is back.")


@view_config(route_name="erase_post", request_method="POST", permission="write")
def erase_post(request):
    """An author erases a binned post for good."""
    done = writing.erase_post(request.dbsession, int(request.matchdict["id"]))
    return _done(request, done, "The post is erased.")


@view_config(route_name="revisions", permission="write", renderer="revisions.jinja2")
def revisions(request):
    """An author gets the revisions of a post, and two of them compared."""
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
        compared = {"before": before, "after": after, "lines": compare(before.body, after.body)}
    return {"post": post, "revisions": rows, "compared": compared}


def _chosen(request, name: str, numbers: list[int], otherwise: int) -> int | None:
    value = request.GET.get(name, "")
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else None
    if number in numbers:
        return number
    return numbers[otherwise] if otherwise < len(numbers) else None


@view_config(route_name="restore_revision", request_method="POST", permission="write")
def restore_revision(request):
    """An author brings back an earlier revision, as a new one."""
    session = request.dbsession
    post = _post(request, lock=True)
    value = request.POST.get("number", "")
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 0
    kept = session.get(PostRevision, (post.id, number))
    if kept is None:
        raise HTTPNotFound
    # The address stays: readers may have it already.
    content = writing.Content(kept.title, post.slug, kept.summary, kept.body, tuple(kept.tags))
    writing.save_post(session, request.identity, post, content, post.published_at, post.revision)
    request.session.flash(f"Revision {number} is back, as revision {post.revision}.")
    return HTTPSeeOther(request.route_path("edit_post", id=post.id))
