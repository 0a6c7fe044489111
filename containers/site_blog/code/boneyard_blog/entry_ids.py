"""The ids of posts in feeds: by them a reader's program knows what it has shown already, wherever the posts move."""

from __future__ import annotations

from uuid import UUID

from boneyard_blog.site import Site


def entry_id(site: Site, post_id: int, atom_id: UUID | None) -> UUID:
    """Return what a post was on the site that it came from, or else what it is on this one."""
    return atom_id or UUID(site.permanent_name(f"post/{post_id}"))
