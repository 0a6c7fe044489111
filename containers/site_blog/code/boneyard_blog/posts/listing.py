"""Lists of posts, cut into pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyramid.httpexceptions import HTTPMovedPermanently, HTTPNotFound
from sqlalchemy import Row, Select, func, select

from boneyard_blog.models import Post, PostTag, Tag, TagCount, is_visible
from boneyard_blog.text import LEAD


def page_asked_for(request) -> int:
    """Return the number in `?page=`, 1 if it is none."""
    number = request.GET.get("page", "")
    return int(number) if re.fullmatch("[1-9][0-9]{0,3}", number) else 1


def tags_of_post():
    """Return the names of a post's tags as an SQL array, empty rather than NULL."""
    names = select(Tag.name).join(PostTag, PostTag.tag_id == Tag.id).where(PostTag.post_id == Post.id)
    return func.array(names.order_by(Tag.name).correlate(Post).scalar_subquery()).label("tags")


def listed_posts(chosen: Select) -> Select:
    """Select what a list shows of each post whose `id` the given query chooses, newest first.

    The query chooses on an index alone, so that rows which a page skips cost next to nothing.
    """
    chosen = chosen.subquery()
    return (
        select(
            Post.id, Post.title, Post.slug, Post.summary, func.left(Post.body, LEAD).label("body"),
            Post.published_at, Post.updated_at, tags_of_post(),
        )
        .join(chosen, chosen.c.id == Post.id)
        .order_by(Post.published_at.desc(), Post.id.desc())
    )  # fmt: skip


def newest_posts(*conditions) -> Select:
    """Choose posts along the timeline."""
    return select(Post.id).where(is_visible(), *conditions).order_by(Post.published_at.desc(), Post.id.desc())


def _tag_id(name: str):
    # As a value of its own, and not by a join, it lets the tag's index give the order.
    return select(Tag.id).where(Tag.name == name).scalar_subquery()


def posts_with_tag(name: str) -> Select:
    """Choose the posts with a tag, along the tag's own timeline."""
    return (
        select(PostTag.post_id.label("id"))
        .where(PostTag.tag_id == _tag_id(name), PostTag.live_at <= func.now())
        .order_by(PostTag.live_at.desc(), PostTag.post_id.desc())
    )


def tag_total(name: str):
    """Return the number of posts with a tag as an SQL value: the count, less those that are still scheduled."""
    waiting = select(func.count()).where(PostTag.tag_id == _tag_id(name), PostTag.live_at > func.now())
    total = select(TagCount.posts - waiting.scalar_subquery()).where(TagCount.tag_id == _tag_id(name))
    return total.scalar_subquery().label("total")


@dataclass(frozen=True)
class Page:
    """One page of a list of posts, with the addresses of its neighbours."""

    posts: Sequence[Row]
    number: int
    last: int
    total: int
    previous_url: str | None
    next_url: str | None


class Pager:
    """Finds out which page is asked for, and refuses those that do not exist."""

    def __init__(self, request):
        self._request = request
        self._size = int(request.registry.settings["blog.posts_per_page"])
        self.number = int(request.matchdict.get("page", 1))
        if "page" in request.matchdict and self.number == 1:
            raise HTTPMovedPermanently(self._url(1))

    @property
    def size(self) -> int:
        return self._size

    @property
    def offset(self) -> int:
        return (self.number - 1) * self._size

    def page(self, posts: Sequence[Row], total: int) -> Page:
        """Return the page; one that lies beyond the end does not exist, but an empty list has a first page."""
        last = max(1, -(-total // self._size))
        if self.number > last:
            raise HTTPNotFound
        return Page(
            posts=posts,
            number=self.number,
            last=last,
            total=total,
            previous_url=self._url(self.number - 1) if self.number > 1 else None,
            next_url=self._url(self.number + 1) if self.number < last else None,
        )

    def _url(self, number: int) -> str:
        request = self._request
        name = request.matched_route.name.removesuffix("_page")
        parts = {key: value for key, value in request.matchdict.items() if key != "page"}
        if number == 1:
            return request.route_path(name, **parts)
        return request.route_path(f"{name}_page", page=number, **parts)


def month_start(year: int, month: int) -> datetime:
    """Return the first moment of a month, the 13th being the next year's first."""
    if month == 13:
        year, month = year + 1, 1
    return datetime(year, month, 1, tzinfo=UTC)


def timeline_page(request, months, pager: Pager) -> Page:
    """Return a page of the posts of some adjacent months, given newest first.

    The months' counts tell in which month the page begins, so that even the last page of very many skips few rows.
    """
    total = sum(month.posts for month in months)
    offset = pager.offset
    for month in months:
        if offset < month.posts:
            break
        offset -= month.posts
    else:
        return pager.page([], total)
    lowest: date = months[-1].first_day
    chosen = newest_posts(
        Post.published_at < month_start(month.year, month.number + 1),
        Post.published_at >= month_start(lowest.year, lowest.month),
    )
    posts = request.dbsession.execute(listed_posts(chosen.offset(offset).limit(pager.size))).all()
    return pager.page(posts, total)
