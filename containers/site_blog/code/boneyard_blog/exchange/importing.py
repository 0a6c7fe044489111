"""Bringing in what an export, or another blog, has written: all of it or nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from lzma import LZMAError
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from boneyard_blog import gallery, media, writing
from boneyard_blog.entry_ids import entry_id
from boneyard_blog.exchange.front_matter import BadFile, parse_post
from boneyard_blog.models import Post
from boneyard_blog.site import read_site

MAX_ENTRIES = 50_000
MAX_UNPACKED = 1024 * 1024 * 1024
# The zip's own list of its files is read as a whole: this is far more than the names of as many files take.
MAX_DIRECTORY = 16 * 1024 * 1024
# UTF-8 takes up to four bytes a character; front matter comes on top.
MAX_POST_BYTES = 4 * writing.MAX_BODY + 20_000

# Held from an import's begin to its end: there is one at a time, and whoever holds it is alive.
LOCK = 0x696D706F

Progress = Callable[[str, int, int], None]


class ImportRefused(Exception):
    """Nothing was imported, and the message says why."""


class BadArchive(ImportRefused):
    """An upload is not an archive that can be imported."""


@dataclass(frozen=True)
class Imported:
    """What an import did."""

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
    most_unpacked: int | None = MAX_UNPACKED,
) -> Imported:
    """Import a zip of Markdown files. A post whose address is known already becomes a new revision of that post.

    Posts go straight to a table of the session's own, and images to a folder beside the others, so that nothing is held
    in memory, and nobody is kept waiting until all has been read. `most_unpacked` is in bytes, None for any number.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}):
        raise ImportRefused("Another import is under way. Try again when it is done.")
    with media.staging_folder(media_folder) as staging:
        with _opened(file, most_unpacked) as archive:
            entries = _entries(archive, most_unpacked)
            posts = [entry for entry in entries if entry.filename.endswith(".md")]
            pictures = [entry for entry in entries if _is_picture(entry.filename)]
            if not posts and not pictures:
                raise BadArchive("The zip file holds neither .md files nor images: see an export for an example.")
            _stage_posts(session, archive, posts, progress)
            rows = _stage_pictures(archive, pictures, staging, progress)
        added, changed = _store(session, len(posts), author_id, progress)
        if rows:
            gallery.add_images(session, [row | {"author_id": author_id} for row in rows])
        media.move_in(staging, media_folder)
    return Imported(added, changed, len(posts) - added - changed, len(rows))


def _is_picture(name: str) -> bool:
    return name.lower().endswith((".png", ".jpg", ".jpeg", ".gif", ".webp"))


@contextmanager
def _reading(failure: str) -> Iterator[None]:
    """Turn the many ways in which a zip file can be broken into one."""
    try:
        yield
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error, LZMAError) as error:
        raise BadArchive(f"{failure}: {error}") from error


class _Guarded:
    """An upload as ZipFile sees it while it opens: a list of files that takes too much memory is not handed out."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.is_open = False

    def __getattr__(self, name: str):
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        if self.is_open:
            return self._file.read(size)
        if not 0 <= size <= MAX_DIRECTORY:
            raise BadArchive(f"The zip file's list of files takes more than {MAX_DIRECTORY // 2**20} MB.")
        data = self._file.read(size)
        # Each file in the list begins with these bytes, whatever the zip says of their number.
        if data.count(b"PK\x01\x02") > MAX_ENTRIES:
            raise BadArchive(f"The zip file holds more than {MAX_ENTRIES:,} files.")
        return data


def _opened(file: BinaryIO, most_unpacked: int | None) -> ZipFile:
    guarded = _Guarded(file)
    guarded.is_open = most_unpacked is None
    with _reading("This is no zip file that can be read"):
        archive = ZipFile(guarded)
    guarded.is_open = True
    return archive


def _entries(archive: ZipFile, most_unpacked: int | None) -> list[ZipInfo]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if most_unpacked is None:
        return entries
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > most_unpacked:
        raise BadArchive(f"The zip file unpacks to {unpacked // 2**20:,} MB; {most_unpacked // 2**20:,} MB is the most.")
    return entries


def _read(archive: ZipFile, entry: ZipInfo, most: int) -> bytes:
    # What the directory says of a size may be a lie: never read more than is allowed.
    with _reading(f"{entry.filename} cannot be read"), archive.open(entry) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise BadArchive(f"{entry.filename} is larger than {most // 1024:,} kB.")
    return data


_INCOMING = """
    CREATE TEMPORARY TABLE incoming (
        title text, slug text, summary text, body text, tags text[], published_at timestamptz, deleted_at timestamptz,
        aliases text[], atom_id uuid
    ) ON COMMIT DROP
"""

# One statement for all posts of a kind: the triggers that count then run once and not ten thousand times.
_KNOWN = """
    CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
    SELECT posts.id, incoming.*
    FROM incoming JOIN posts USING (slug)
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(name ORDER BY name), '{}') AS names
        FROM tags JOIN post_tags ON tag_id = tags.id WHERE post_id = posts.id
    ) AS present
    WHERE (posts.title, posts.summary, posts.body, posts.published_at, posts.deleted_at)
          IS DISTINCT FROM (incoming.title, incoming.summary, incoming.body, incoming.published_at, incoming.deleted_at)
       OR names <> ARRAY(SELECT unnest(incoming.tags) ORDER BY 1)
"""
_KEEP_BEFORE = """
    INSERT INTO post_revisions (post_id, number, title, slug, summary, body, tags, author_id, saved_at)
    SELECT id, revision, posts.title, posts.slug, posts.summary, posts.body,
           ARRAY(SELECT name FROM tags JOIN post_tags ON tag_id = tags.id WHERE post_id = posts.id ORDER BY name),
           posts.author_id, posts.updated_at
    FROM posts JOIN changed USING (id)
    ON CONFLICT DO NOTHING
"""
_UPDATE = """
    UPDATE posts SET title = changed.title, summary = changed.summary, body = changed.body,
        published_at = changed.published_at, deleted_at = changed.deleted_at,
        revision = posts.revision + 1, updated_at = now()
    FROM changed WHERE changed.id = posts.id
"""
_NAME = """
    UPDATE posts SET atom_id = incoming.atom_id
    FROM incoming WHERE incoming.slug = posts.slug AND incoming.atom_id IS NOT NULL
"""
_NEW = """
    CREATE TEMPORARY TABLE added ON COMMIT DROP AS
    SELECT slug FROM incoming WHERE NOT EXISTS (SELECT FROM posts WHERE posts.slug = incoming.slug)
"""
_INSERT = """
    INSERT INTO posts (title, slug, summary, body, published_at, deleted_at, author_id, atom_id)
    SELECT title, slug, summary, body, published_at, deleted_at, :author, atom_id
    FROM incoming JOIN added USING (slug)
    ORDER BY published_at NULLS LAST, slug
"""
_LEAD = """
    INSERT INTO former_slugs (slug, post_id)
    SELECT alias, posts.id
    FROM incoming JOIN posts USING (slug) CROSS JOIN LATERAL unnest(aliases) AS former (alias)
    WHERE NOT EXISTS (SELECT FROM posts AS present WHERE present.slug = alias)
    ORDER BY alias, posts.id
    ON CONFLICT DO NOTHING
"""
_TAGS = (
    "INSERT INTO tags (name) SELECT DISTINCT unnest(tags) AS name FROM incoming ORDER BY name ON CONFLICT DO NOTHING"
)
_UNTAG = """
    DELETE FROM post_tags USING changed, tags
    WHERE post_id = changed.id AND tag_id = tags.id AND name <> ALL (changed.tags)
"""
_TAG = """
    INSERT INTO post_tags (post_id, tag_id)
    SELECT posts.id, tags.id
    FROM incoming JOIN posts USING (slug) CROSS JOIN LATERAL unnest(incoming.tags) AS wanted (name) JOIN tags USING (name)
    ON CONFLICT DO NOTHING
"""
_KEEP_AFTER = """
    INSERT INTO post_revisions (post_id, number, title, slug, summary, body, tags, author_id)
    SELECT id, revision, posts.title, posts.slug, posts.summary, posts.body, incoming.tags, :author
    FROM posts JOIN incoming USING (slug)
    WHERE slug IN (SELECT slug FROM added UNION ALL SELECT slug FROM changed)
    ON CONFLICT DO NOTHING
"""


def _stage_posts(session: Session, archive: ZipFile, entries: list[ZipInfo], progress: Progress) -> None:
    session.execute(text(_INCOMING))
    slugs = set()
    with session.connection().connection.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN") as copy:
        for done, entry in enumerate(entries, 1):
            try:
                post = parse_post(_read(archive, entry, MAX_POST_BYTES), entry.filename)
            except BadFile as problem:
                raise BadArchive(str(problem)) from problem
            content = post.content
            if content.slug in slugs:
                raise BadArchive(f"{entry.filename}: another file has the slug {content.slug} already.")
            slugs.add(content.slug)
            copy.write_row(
                (content.title, content.slug, content.summary, content.body, sorted(content.tags),
                 post.published_at, post.deleted_at, list(post.aliases), post.atom_id)
            )  # fmt: skip
            progress("Reading", done, len(entries))


def _stage_pictures(archive: ZipFile, entries: list[ZipInfo], staging: str, progress: Progress) -> list[dict]:
    """Keep the images in the staging folder; return their rows."""
    rows = {}
    for done, entry in enumerate(entries, 1):
        try:
            data = _read(archive, entry, media.MAX_KEPT_BYTES)
            picture = media.read_picture(data, path=f"/{entry.filename}".rpartition("/media/")[2])
        except media.NotAnImage as problem:
            raise BadArchive(f"{entry.filename}: {problem}") from problem
        media.keep(staging, picture)
        rows[picture.path] = picture.row(entry.filename)
        progress("Looking at images", done, len(entries))
    return list(rows.values())


def _drop_needless_ids(session: Session) -> None:
    """Drop the ids that posts have already: their own need not be stored, and nobody gets that of another."""
    brought = session.execute(text("SELECT slug, atom_id FROM incoming WHERE atom_id IS NOT NULL ORDER BY slug")).all()
    if not brought:
        return
    site = read_site(session)
    rows = session.execute(select(Post.id, Post.atom_id), execution_options={"yield_per": 5_000})
    known = {entry_id(site, *row) for row in rows}
    needless = []
    for slug, atom_id in brought:
        if atom_id in known:
            needless.append(slug)
        known.add(atom_id)
    session.execute(text("UPDATE incoming SET atom_id = NULL WHERE slug = ANY(:slugs)"), {"slugs": needless})


def _store(session: Session, total: int, author_id: int | None, progress: Progress) -> tuple[int, int]:
    progress("Storing", 0, total)
    writing.take_turn(session, patience="0")
    author = {"author": author_id}
    _drop_needless_ids(session)
    session.execute(text(_TAGS))
    session.execute(text(_KNOWN))
    session.execute(text(_KEEP_BEFORE))
    changed = session.execute(text(_UPDATE)).rowcount
    session.execute(text(_NAME))
    session.execute(text(_NEW))
    added = session.execute(text(_INSERT), author).rowcount
    session.execute(text(_LEAD))
    progress("Tagging", added + changed, total)
    session.execute(text(_UNTAG))
    session.execute(text(_TAG))
    session.execute(text(_KEEP_AFTER), author)
    return added, changed
