"""The ids of posts in feeds: by them a reader's program knows what it has shown already, wherever the posts move."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from boneyard_blog.models import Post
from boneyard_blog.site import Site


def entry_id(site: Site, post_id: int, atom_id: UUID | None) -> UUID:
    """Return what a post was on the site that it came from, or else what it is on this one."""
    return atom_id or UUID(site.permanent_name(f"post/{post_id}"))


def _entry_ids(request, posts) -> dict[int, UUID]:
    """Return the ids of some posts by their numbers."""
    moved = select(Post.id, Post.atom_id).where(Post.id.in_([post.id for post in posts]), Post.atom_id.is_not(None))
    kept = dict(request.dbsession.execute(moved).tuples().all()) if posts else {}
    return {post.id: entry_id(request.site, post.id, kept.get(post.id)) for post in posts}


def includeme(config):
    """Add `request.entry_ids`."""
    config.add_request_method(_entry_ids, "entry_ids")
