"""Everything as a zip file: posts/SLUG.md and media/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from boneyard_blog.entry_ids import entry_id
from boneyard_blog.exchange.front_matter import MAX_ALIASES, ExchangedPost, format_post
from boneyard_blog.listing import tags_of_post
from boneyard_blog.models import FormerSlug, Media, Post
from boneyard_blog.site import read_site
from boneyard_blog.writing import Content

_PIECE = 64 * 1024


class _Outlet:
    """A file that a zip is written to and pieces are taken from: it never holds much, and cannot be wound back."""

    def __init__(self):
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data) -> int:
        self._pieces.append(bytes(data))
        self._size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def take(self, least: int = 1) -> Iterator[bytes]:
        """Give what was written since, if that is as much as `least` bytes."""
        if self._size >= least:
            yield b"".join(self._pieces)
            self._pieces.clear()
            self._size = 0


def exported(session: Session, media_folder: str, progress=lambda posts: None) -> Iterator[bytes]:
    """Give a zip of all posts, drafts and those in the bin too, and of all images, piece by piece as it is made."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    site = read_site(session)
    outlet = _Outlet()
    with ZipFile(outlet, "w", ZIP_DEFLATED) as archive:
        for count, post in enumerate(_posts(session), 1):
            content = Content(post.title, post.slug, post.summary, post.body, tuple(post.tags))
            moved = ExchangedPost(
                content, post.published_at, post.deleted_at, tuple(post.aliases), entry_id(site, post.id, post.atom_id)
            )
            archive.writestr(f"posts/{post.slug}.md", format_post(moved))
            progress(count)
            yield from outlet.take(_PIECE)
        for path in session.scalars(select(Media.path).order_by(Media.id)):
            source = Path(media_folder, path)
            if source.is_file():
                # Images are compressed already.
                archive.write(source, f"media/{path}", ZIP_STORED)
                yield from outlet.take(_PIECE)
    yield from outlet.take()


def _posts(session: Session):
    former = select(FormerSlug.slug).where(FormerSlug.post_id == Post.id).order_by(FormerSlug.slug).limit(MAX_ALIASES)
    query = select(
        Post.id, Post.title, Post.slug, Post.summary, Post.body, Post.published_at, Post.deleted_at, Post.atom_id,
        tags_of_post(), func.array(former.correlate(Post).scalar_subquery()).label("aliases"),
    )  # fmt: skip
    return session.execute(query.order_by(Post.id), execution_options={"yield_per": 500})
