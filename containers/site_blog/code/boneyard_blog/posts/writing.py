"""Creates, saves, bins and deletes posts. Each save is stored as a revision; edit conflicts are detected."""

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


# How long a save waits for others: an import of thousands of posts may come first.
_LOCK_TIMEOUT = "20s"


@dataclass(frozen=True)
class Content:
    """The fields of a post that an author edits; a new post with an empty slug gets one from its title."""

    title: str
    slug: str
    summary: str
    body: str
    tags: tuple[str, ...]


class EditConflict(Exception):
    """Another author has saved the post since this author opened it; `current` is the newest revision."""

    def __init__(self, current: PostRevision):
        super().__init__(f"revision {current.number} was saved in the meantime")
        self.current = current


class SlugTaken(Exception):
    """Another post has this slug."""

    def __init__(self, slug: str, title: str):
        super().__init__(f"the post “{title}” has the address {slug}")


def lock_posts(session: Session, timeout: str | None = None) -> None:
    """Wait until no other transaction changes posts, and exclude others until this one ends.

    `timeout` is the statement timeout from here on, as PostgreSQL writes it (`20s`; `0` for none); the default is 20 s.
    Every change of a post updates `site_state`. To avoid deadlocks, lock its row before any other row.
    """
    session.execute(text("SELECT set_config('statement_timeout', :timeout, true)"), {"timeout": timeout or _LOCK_TIMEOUT})
    session.execute(text("SELECT FROM site_state FOR UPDATE"))


def slugify(title: str) -> str:
    """Return a slug made of a title; empty if the title has no letter or digit that a slug can hold."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:80].strip("-")


def free_slug(session: Session, wanted: str) -> str:
    """Return the wanted slug, or the first of its numbered variants, that no post has or had."""
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
    """Return the tags in a comma-separated list: in lower case, with hyphens for spaces, each once."""
    cleaned = (re.sub(r"[\s/]+", "-", name.strip().lower()).strip("-") for name in names.split(","))
    return tuple(dict.fromkeys(name for name in cleaned if name))


def _check_slug(session: Session, slug: str, own_id: int | None) -> None:
    title = session.scalar(select(Post.title).where(Post.slug == slug, Post.id.is_distinct_from(own_id)))
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
    """Return the current content of a post."""
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
    """Add a post and its first revision; without `published_at` it is a draft. Raises SlugTaken."""
    lock_posts(session)
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
    """Return a post in any state, or None; with `lock`, other saves wait for this transaction."""
    query = select(Post).where(Post.id == post_id)
    if lock:
        lock_posts(session)
        query = query.with_for_update()
    return session.scalar(query)


def save_post(
    session: Session, author: Author, post: Post, content: Content, published_at: datetime | None, base: int
) -> None:
    """Save a locked post that was edited from revision `base`. Raises EditConflict or SlugTaken."""
    if post.revision != base:
        raise EditConflict(latest_revision(session, post))
    before = content_of(session, post)
    if content.slug != before.slug:
        _check_slug(session, content.slug, post.id)
    if session.get(PostRevision, (post.id, post.revision)) is None:
        # The post was inserted with plain SQL: keep its content before the first edit.
        _keep_revision(session, post, before, post.author_id)
    if content != before or published_at != post.published_at:
        post.revision += 1
        _keep_revision(session, post, content, author.id)
    if content.slug != before.slug:
        session.execute(delete(FormerSlug).where(FormerSlug.slug == content.slug))
        # Also for a draft: it may have been published before.
        session.merge(FormerSlug(slug=before.slug, post_id=post.id))
    post.title, post.slug, post.summary, post.body = content.title, content.slug, content.summary, content.body
    if content != before or published_at != post.published_at:
        post.updated_at = func.now()
    post.published_at = published_at
    session.flush()
    _set_tags(session, post.id, content.tags)


def latest_revision(session: Session, post: Post) -> PostRevision:
    """Return the newest revision; for a post without revisions one made of its content."""
    kept = session.get(PostRevision, (post.id, post.revision))
    if kept is not None:
        return kept
    content = content_of(session, post)
    return PostRevision(
        post_id=post.id, number=post.revision, title=content.title, slug=content.slug, summary=content.summary,
        body=content.body, tags=list(content.tags), author_id=post.author_id, saved_at=post.updated_at,
    )  # fmt: skip


def bin_post(session: Session, post_id: int) -> bool:
    """Move a post to the bin; False if there is no such post or it is in the bin already."""
    lock_posts(session)
    change = update(Post).where(Post.id == post_id, Post.deleted_at.is_(None)).values(deleted_at=func.now())
    return bool(session.execute(change).rowcount)


def take_back_post(session: Session, post_id: int) -> bool:
    """Restore a post from the bin; False if it is not in the bin."""
    lock_posts(session)
    change = update(Post).where(Post.id == post_id, Post.deleted_at.is_not(None)).values(deleted_at=None)
    return bool(session.execute(change).rowcount)


def erase_post(session: Session, post_id: int) -> bool:
    """Delete a post that is in the bin, with its revisions; False if it is not in the bin."""
    lock_posts(session)
    return bool(session.execute(delete(Post).where(Post.id == post_id, Post.deleted_at.is_not(None))).rowcount)
