"""Posts and their tags."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, and_, func
from sqlalchemy.orm import Mapped, mapped_column

from .meta import Base, BigInt, CreatedAt, Key, Moment


class Post(Base):
    """A post. Without `published_at` it is a draft, with a future one scheduled, with `deleted_at` in the bin."""

    __tablename__ = "posts"

    id: Mapped[Key]
    title: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    summary: Mapped[str] = mapped_column(server_default="")
    body: Mapped[str] = mapped_column(server_default="")
    revision: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    published_at: Mapped[Moment | None]
    deleted_at: Mapped[Moment | None]
    author_id: Mapped[BigInt | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    atom_id: Mapped[UUID | None] = mapped_column(unique=True)


def is_visible() -> ColumnElement[bool]:
    """Return the condition for posts that readers can see, by the clock of the database."""
    return and_(Post.published_at <= func.now(), Post.deleted_at.is_(None))


class Tag(Base):
    """A word that groups posts."""

    __tablename__ = "tags"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)


class PostTag(Base):
    """A tag of a post. A trigger copies the date of the post to `live_at`; in the bin it is NULL."""

    __tablename__ = "post_tags"

    post_id: Mapped[BigInt] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[BigInt] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    live_at: Mapped[Moment | None]


class TagCount(Base):
    """The number of posts with a date for each tag; maintained by triggers."""

    __tablename__ = "tag_counts"

    tag_id: Mapped[BigInt] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    posts: Mapped[int]
