"""Imports the zip file of an export, or of another blog: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from boneyard_blog.exchange import statements
from boneyard_blog.exchange.archive import MAX_UNPACKED, BadArchive, ImportRefused, list_entries, open_archive, read_entry
from boneyard_blog.exchange.front_matter import BadFile, parse_post
from boneyard_blog.media import gallery, images, storage
from boneyard_blog.models import Post
from boneyard_blog.posts import writing
from boneyard_blog.posts.site import entry_id, read_site

# A character takes up to four bytes in UTF-8; the rest is for the front matter.
MAX_POST_BYTES = 4 * writing.MAX_BODY + 20_000

# The key of the advisory lock that an import holds until its transaction ends: one import runs at a time, and a
# running import without the lock has lost its process.
LOCK = 0x696D706F

# Called with the name of the step, the number of items done and the total number of items.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class ImportResult:
    """The numbers of posts and images that an import has stored."""

    added: int
    changed: int
    unchanged: int
    images: int

    def __str__(self) -> str:
        return f"{self.added} posts added, {self.changed} changed, {self.unchanged} unchanged; {self.images} images."


def import_all(
    session: Session,
    media_folder: str,
    file: BinaryIO,
    author_id: int | None,
    progress: Progress,
    max_unpacked: int | None = MAX_UNPACKED,
) -> ImportResult:
    """Import a zip file of Markdown files and images, in the session's transaction.

    A post whose slug exists already becomes a new revision of that post. `max_unpacked` is in bytes, None for no limit.
    Raises ImportRefused if the file cannot be imported or another import is running.

    Posts are copied to a temporary table and images to a folder on the media volume first: nothing large is kept in
    memory, and other authors can save until the whole file has been read.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}):
        raise ImportRefused("Another import is running. Try again when it has finished.")
    with storage.staging_folder(media_folder) as staging:
        with open_archive(file, max_unpacked) as archive:
            entries = list_entries(archive, max_unpacked)
            posts = [entry for entry in entries if entry.filename.endswith(".md")]
            pictures = [entry for entry in entries if _is_picture(entry.filename)]
            if not posts and not pictures:
                raise BadArchive("The zip file contains no .md files and no images. See an export for an example.")
            _stage_posts(session, archive, posts, progress)
            rows = _stage_pictures(archive, pictures, staging, progress)
        added, changed = _store(session, len(posts), author_id, progress)
        if rows:
            gallery.add_images(session, [row | {"author_id": author_id} for row in rows])
        storage.move_in(staging, media_folder)
    return ImportResult(added, changed, len(posts) - added - changed, len(rows))


def _is_picture(name: str) -> bool:
    return name.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))


def _stage_posts(session: Session, archive: ZipFile, entries: list[ZipInfo], progress: Progress) -> None:
    """Copy the posts to the temporary table `incoming`."""
    session.execute(text(statements.INCOMING))
    slugs = set()
    with session.connection().connection.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
        for done, entry in enumerate(entries, 1):
            try:
                post = parse_post(read_entry(archive, entry, MAX_POST_BYTES), entry.filename)
            except BadFile as error:
                raise BadArchive(str(error)) from error
            content = post.content
            if content.slug in slugs:
                raise BadArchive(f"{entry.filename}: another file has the same slug, {content.slug}.")
            slugs.add(content.slug)
            copy.write_row(
                (content.title, content.slug, content.summary, content.body, sorted(content.tags),
                 post.published_at, post.deleted_at, list(post.aliases), post.atom_id)
            )  # fmt: skip
            progress("Reading posts", done, len(entries))


def _stage_pictures(archive: ZipFile, entries: list[ZipInfo], staging: str, progress: Progress) -> list[dict]:
    """Write the images to the staging folder; return their rows for the table `media`."""
    rows = {}
    for done, entry in enumerate(entries, 1):
        try:
            data = read_entry(archive, entry, images.MAX_KEPT_BYTES)
            picture = images.read_picture(data, path=f"/{entry.filename}".rpartition("/media/")[2])
        except images.NotAnImage as error:
            raise BadArchive(f"{entry.filename}: {error}") from error
        storage.keep(staging, picture)
        rows[picture.path] = picture.row(entry.filename)
        progress("Checking images", done, len(entries))
    return list(rows.values())


def _drop_known_ids(session: Session) -> None:
    """Drop the feed ids that belong to a post already: a post's own id need not be stored, another post's must not be."""
    brought = session.execute(text("SELECT slug, atom_id FROM incoming WHERE atom_id IS NOT NULL ORDER BY slug")).all()
    if not brought:
        return
    site = read_site(session)
    rows = session.execute(select(Post.id, Post.atom_id), execution_options={"yield_per": 5_000})
    known = {entry_id(site, *row) for row in rows}
    dropped = []
    for slug, atom_id in brought:
        if atom_id in known:
            dropped.append(slug)
        known.add(atom_id)
    session.execute(text("UPDATE incoming SET atom_id = NULL WHERE slug = ANY(:slugs)"), {"slugs": dropped})


def _store(session: Session, total: int, author_id: int | None, progress: Progress) -> tuple[int, int]:
    """Move the posts from `incoming` to their tables; return how many were added and how many changed."""
    progress("Storing", 0, total)
    writing.lock_posts(session, timeout="0")
    author = {"author": author_id}
    _drop_known_ids(session)
    session.execute(text(statements.TAGS))
    session.execute(text(statements.CHANGED))
    session.execute(text(statements.REVISIONS_BEFORE))
    changed = session.execute(text(statements.UPDATE_POSTS)).rowcount
    session.execute(text(statements.SET_ATOM_IDS))
    session.execute(text(statements.ADDED))
    added = session.execute(text(statements.INSERT_POSTS), author).rowcount
    session.execute(text(statements.FORMER_SLUGS))
    progress("Tagging", added + changed, total)
    session.execute(text(statements.REMOVE_TAGS))
    session.execute(text(statements.ADD_TAGS))
    session.execute(text(statements.REVISIONS_AFTER), author)
    return added, changed
