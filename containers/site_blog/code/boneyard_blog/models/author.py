"""Authors, their sessions, revisions, images and imports."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from .meta import Base, BigInt, CreatedAt, Key, Moment


class Author(Base):
    """A person who can sign in and write."""

    __tablename__ = "authors"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    created_at: Mapped[CreatedAt]


class AuthorSession(Base):
    """A session of an author on one device."""

    __tablename__ = "author_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    author_id: Mapped[BigInt] = mapped_column(ForeignKey("authors.id", ondelete="CASCADE"))
    started_at: Mapped[CreatedAt]


class SignInFailure(Base):
    """A counter of failed sign-ins, see auth/lockout.py."""

    __tablename__ = "sign_in_failures"

    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_failed_at: Mapped[Moment]
    locked_until: Mapped[Moment]


class PostRevision(Base):
    """A saved version of a post."""

    __tablename__ = "post_revisions"

    post_id: Mapped[BigInt] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    slug: Mapped[str]
    summary: Mapped[str]
    body: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    author_id: Mapped[BigInt | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    saved_at: Mapped[CreatedAt]


class FormerSlug(Base):
    """A slug that a post had before; its address redirects to the post."""

    __tablename__ = "former_slugs"

    slug: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[BigInt] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))


class Media(Base):
    """An uploaded image."""

    __tablename__ = "media"

    id: Mapped[Key]
    path: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    author_id: Mapped[BigInt | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    uploaded_at: Mapped[CreatedAt]


class Import(Base):
    """A running or finished import."""

    __tablename__ = "imports"

    id: Mapped[Key]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="running")
    step: Mapped[str] = mapped_column(server_default="Waiting")
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    message: Mapped[str] = mapped_column(server_default="")
    author_id: Mapped[BigInt | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    started_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
