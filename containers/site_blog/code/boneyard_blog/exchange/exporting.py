"""Exports all posts and images as a zip file with posts/SLUG.md and media/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from boneyard_blog.posts.site import entry_id
from boneyard_blog.exchange.front_matter import MAX_ALIASES, ExchangedPost, format_post
from boneyard_blog.posts.listing import tags_of_post
from boneyard_blog.models import FormerSlug, Media, Post
from boneyard_blog.posts.site import read_site
from boneyard_blog.posts.writing import Content

# In bytes.
_CHUNK = 64 * 1024


class _StreamBuffer:
    """A write-only file whose content is taken out in chunks while a zip is written to it."""

    def __init__(self):
        self._chunks: list[bytes] = []
        self._size = 0

    def write(self, data) -> int:
        self._chunks.append(bytes(data))
        self._size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def take(self, minimum: int = 1) -> Iterator[bytes]:
        """Yield what was written since the last call, if that is at least `minimum` bytes."""
        if self._size >= minimum:
            yield b"".join(self._chunks)
            self._chunks.clear()
            self._size = 0


def exported(session: Session, media_folder: str, progress=lambda posts: None) -> Iterator[bytes]:
    """Yield a zip of all posts, with drafts and the bin, and of all images, in chunks.

    `progress` is called with the number of posts so far.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    site = read_site(session)
    buffer = _StreamBuffer()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for count, post in enumerate(_posts(session), 1):
            content = Content(post.title, post.slug, post.summary, post.body, tuple(post.tags))
            exchanged = ExchangedPost(
                content, post.published_at, post.deleted_at, tuple(post.aliases), entry_id(site, post.id, post.atom_id)
            )
            archive.writestr(f"posts/{post.slug}.md", format_post(exchanged))
            progress(count)
            yield from buffer.take(_CHUNK)
        for path in session.scalars(select(Media.path).order_by(Media.id)):
            source = Path(media_folder, path)
            if source.is_file():
                # Images are compressed already.
                archive.write(source, f"media/{path}", ZIP_STORED)
                yield from buffer.take(_CHUNK)
    yield from buffer.take()


def _posts(session: Session):
    former = select(FormerSlug.slug).where(FormerSlug.post_id == Post.id).order_by(FormerSlug.slug).limit(MAX_ALIASES)
    query = select(
        Post.id, Post.title, Post.slug, Post.summary, Post.body, Post.published_at, Post.deleted_at, Post.atom_id,
        tags_of_post(), func.array(former.correlate(Post).scalar_subquery()).label("aliases"),
    )  # fmt: skip
    return session.execute(query.order_by(Post.id), execution_options={"yield_per": 500})
