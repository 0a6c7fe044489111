"""Everything as a zip file: posts/SLUG.md and media/."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from boneyard_blog.exchange.front_matter import ExchangedPost, format_post
from boneyard_blog.listing import tags_of_post
from boneyard_blog.models import Media, Post
from boneyard_blog.writing import Content


def export_all(session: Session, media_folder: str, out: BinaryIO, progress=lambda done: None) -> int:
    """Write all posts, drafts and those in the bin too, and all images; return the number of posts."""
    session.execute(text("SET LOCAL statement_timeout = 0"))
    posts = session.execute(
        select(
            Post.title, Post.slug, Post.summary, Post.body, Post.published_at, Post.deleted_at, tags_of_post()
        ).order_by(Post.id),
        execution_options={"yield_per": 500},
    )  # fmt: skip
    count = 0
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for post in posts:
            content = Content(post.title, post.slug, post.summary, post.body, tuple(post.tags))
            file = format_post(ExchangedPost(content, post.published_at, post.deleted_at))
            archive.writestr(f"posts/{post.slug}.md", file)
            count += 1
            progress(count)
        for path in session.scalars(select(Media.path).order_by(Media.id)):
            source = Path(media_folder, path)
            if source.is_file():
                # Images are compressed already.
                archive.write(source, f"media/{path}", ZIP_STORED)
    return count
