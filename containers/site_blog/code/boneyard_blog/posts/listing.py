"""Lists of posts, divided into pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pyramid.httpexceptions import HTTPMovedPermanently, HTTPNotFound
from sqlalchemy import Row, Select, func, select

from boneyard_blog.models import Post, PostTag, Tag, TagCount, is_visible
from boneyard_blog.posts.markdown import LEAD


def tags_of_post():
    """Return the names of a post's tags as an SQL array, empty rather than NULL."""
    names = select(Tag.name).join(PostTag, PostTag.tag_id == Tag.id).where(PostTag.post_id == Post.id)
    return func.array(names.order_by(Tag.name).correlate(Post).scalar_subquery()).label("tags")


def listed_posts(chosen: Select) -> Select:
    """Select the columns of a list, newest post first, for the posts whose `id` the given query selects.

    That query reads only an index, so that skipping the rows of earlier pages is cheap.
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
    """Select the ids of visible posts, newest first."""
    return select(Post.id).where(is_visible(), *conditions).order_by(Post.published_at.desc(), Post.id.desc())


def _tag_id(name: str):
    # A subquery instead of a join lets the index of the tag give the order.
    return select(Tag.id).where(Tag.name == name).scalar_subquery()


def posts_with_tag(name: str) -> Select:
    """Select the ids of visible posts with a tag, newest first."""
    return (
        select(PostTag.post_id.label("id"))
        .where(PostTag.tag_id == _tag_id(name), PostTag.live_at <= func.now())
        .order_by(PostTag.live_at.desc(), PostTag.post_id.desc())
    )


def tag_total(name: str):
    """Return the number of visible posts with a tag as an SQL expression: the stored count minus scheduled posts."""
    waiting = select(func.count()).where(PostTag.tag_id == _tag_id(name), PostTag.live_at > func.now())
    total = select(TagCount.posts - waiting.scalar_subquery()).where(TagCount.tag_id == _tag_id(name))
    return total.scalar_subquery().label("total")


@dataclass(frozen=True)
class Page:
    """One page of a list of posts, with the URLs of the pages before and after it, or None."""

    posts: Sequence[Row]
    number: int
    last: int
    total: int
    previous_url: str | None
    next_url: str | None


class Pager:
    """Reads the page number of a request, and answers 404 for pages that do not exist."""

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
        """Return the page. Raises HTTPNotFound beyond the last page; an empty list has one page."""
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
    """Return the start of a month in UTC; month 13 is January of the next year."""
    if month == 13:
        year, month = year + 1, 1
    return datetime(year, month, 1, tzinfo=UTC)


def timeline_page(request, months, pager: Pager) -> Page:
    """Return a page of the posts of adjacent months, which are given newest first.

    The counts of the months give the month in which the page begins, so that even the last of many pages skips few rows.
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
