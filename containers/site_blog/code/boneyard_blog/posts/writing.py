"""What authors do to posts. Each save is kept as a revision, and nobody overwrites what they have not seen."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, literal, select, text, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from boneyard_blog.models import Author, FormerSlug, Post, PostRevision, PostTag, Tag

MAX_TITLE, MAX_SLUG, MAX_SUMMARY, MAX_BODY, MAX_TAG, MAX_TAGS = 200, 100, 500, 200_000, 40, 20


# Longer than any page waits: an import of thousands of posts may come first.
_PATIENCE = "20s"


@dataclass(frozen=True)
class Content:
    """What an author writes; a new post without a slug gets one that is free."""

    title: str
    slug: str
    summary: str
    body: str
    tags: tuple[str, ...]


class EditConflict(Exception):
    """Someone else has saved the post since its author began to edit it."""

    def __init__(self, current: PostRevision):
        super().__init__(f"revision {current.number} was saved meanwhile")
        self.current = current


class SlugTaken(Exception):
    """Another post has this address."""

    def __init__(self, slug: str, title: str):
        super().__init__(f"“{title}” has the address {slug} already")


def take_turn(session: Session, patience: str | None = None) -> None:
    """Wait until nobody else changes posts; each statement from here on may take as long as `patience`.

    Every change of a post moves `site_state` and thereby excludes all others until its end. Whoever locks anything else
    before that can be in another's way, and wait for it in turn: so this comes first.
    """
    session.execute(text("SELECT set_config('statement_timeout', :patience, true)"), {"patience": patience or _PATIENCE})
    session.execute(text("SELECT FROM site_state FOR UPDATE"))


def slugify(title: str) -> str:
    """Return an address made of a title, empty if nothing in it can be part of one."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:80].strip("-")


def free_slug(session: Session, wanted: str) -> str:
    """Return the wanted address, or the first of its numbered variants, that no post has or once had."""
    wanted = wanted or "post"
    pattern = wanted + "-%"
    alike = (select(slug).where((slug == wanted) | slug.like(pattern)) for slug in (Post.slug, FormerSlug.slug))
    taken = set(session.scalars(union(*alike)))
    number = 2
    slug = wanted
    while slug in taken:
        slug = f"{wanted}-{number}"
        number += 1
    return slug


def split_tags(names: str) -> tuple[str, ...]:
    """Return the tags that an author typed, separated by commas: lower case, spaces as hyphens, each once."""
    cleaned = (re.sub(r"[\s/]+", "-", name.strip().lower()).strip("-") for name in names.split(","))
    return tuple(dict.fromkeys(name for name in cleaned if name))


def _check_slug(session: Session, slug: str, but: int | None) -> None:
    title = session.scalar(select(Post.title).where(Post.slug == slug, Post.id.is_distinct_from(but)))
    if title is not None:
        raise SlugTaken(slug, title)


def _set_tags(session: Session, post_id: int, names: tuple[str, ...]) -> None:
    if names:
        session.execute(insert(Tag).values([{"name": name} for name in sorted(names)]).on_conflict_do_nothing())
    wanted = select(Tag.id).where(Tag.name.in_(names))
    session.execute(delete(PostTag).where(PostTag.post_id == post_id, PostTag.tag_id.not_in(wanted)))
    rows = select(literal(post_id), Tag.id).where(Tag.name.in_(names))
    session.execute(insert(PostTag).from_select(["post_id", "tag_id"], rows).on_conflict_do_nothing())


def tag_names(session: Session, post_id: int) -> tuple[str, ...]:
    query = select(Tag.name).join(PostTag, PostTag.tag_id == Tag.id).where(PostTag.post_id == post_id)
    return tuple(session.scalars(query.order_by(Tag.name)))


def content_of(session: Session, post: Post) -> Content:
    """Return what a post says now."""
    return Content(post.title, post.slug, post.summary, post.body, tag_names(session, post.id))


def _keep_revision(session: Session, post: Post, content: Content, author_id: int | None) -> None:
    session.add(
        PostRevision(
            post_id=post.id, number=post.revision, title=content.title, slug=content.slug, summary=content.summary,
            body=content.body, tags=list(content.tags), author_id=author_id,
        )
    )  # fmt: skip
    session.flush()


def create_post(session: Session, author: Author, content: Content, published_at: datetime | None) -> Post:
    """Add a post and its first revision."""
    take_turn(session)
    content = replace(content, slug=content.slug or free_slug(session, slugify(content.title)))
    _check_slug(session, content.slug, None)
    post = Post(
        title=content.title, slug=content.slug, summary=content.summary, body=content.body,
        revision=1, author_id=author.id, published_at=published_at,
    )  # fmt: skip
    session.add(post)
    session.flush()
    session.execute(delete(FormerSlug).where(FormerSlug.slug == content.slug))
    _set_tags(session, post.id, content.tags)
    _keep_revision(session, post, content, author.id)
    return post


def find_post(session: Session, post_id: int, *, lock: bool = False) -> Post | None:
    """Return a post, whatever its state; locked, so that two saves come one after the other."""
    query = select(Post).where(Post.id == post_id)
    if lock:
        take_turn(session)
        query = query.with_for_update()
    return session.scalar(query)


def save_post(
    session: Session, author: Author, post: Post, content: Content, published_at: datetime | None, base: int
) -> None:
    """Save a locked post that was edited from revision `base`."""
    if post.revision != base:
        raise EditConflict(latest_revision(session, post))
    before = content_of(session, post)
    if content.slug != before.slug:
        _check_slug(session, content.slug, post.id)
    if session.get(PostRevision, (post.id, post.revision)) is None:
        # It came by plain SQL or by an import: keep what it said before anybody edits it.
        _keep_revision(session, post, before, post.author_id)
    if content != before or published_at != post.published_at:
        post.revision += 1
        _keep_revision(session, post, content, author.id)
    if content.slug != before.slug:
        session.execute(delete(FormerSlug).where(FormerSlug.slug == content.slug))
        # Of a draft too: it may have been out before it was withdrawn.
        session.merge(FormerSlug(slug=before.slug, post_id=post.id))
    post.title, post.slug, post.summary, post.body = content.title, content.slug, content.summary, content.body
    if content != before or published_at != post.published_at:
        post.updated_at = func.now()
    post.published_at = published_at
    session.flush()
    _set_tags(session, post.id, content.tags)


def latest_revision(session: Session, post: Post) -> PostRevision:
    """Return the newest revision, made up for a post that has none yet."""
    kept = session.get(PostRevision, (post.id, post.revision))
    if kept is not None:
        return kept
    content = content_of(session, post)
    return PostRevision(
        post_id=post.id, number=post.revision, title=content.title, slug=content.slug, summary=content.summary,
        body=content.body, tags=list(content.tags), author_id=post.author_id, saved_at=post.updated_at,
    )  # fmt: skip


def bin_post(session: Session, post_id: int) -> bool:
    """Put a post in the bin; False if it is not there to be binned."""
    take_turn(session)
    change = update(Post).where(Post.id == post_id, Post.deleted_at.is_(None)).values(deleted_at=func.now())
    return bool(session.execute(change).rowcount)


def take_back_post(session: Session, post_id: int) -> bool:
    """Take a post out of the bin again, as it was."""
    take_turn(session)
    change = update(Post).where(Post.id == post_id, Post.deleted_at.is_not(None)).values(deleted_at=None)
    return bool(session.execute(change).rowcount)


def erase_post(session: Session, post_id: int) -> bool:
    """Remove a post that is in the bin, with its revisions, for good."""
    take_turn(session)
    return bool(session.execute(delete(Post).where(Post.id == post_id, Post.deleted_at.is_not(None))).rowcount)
