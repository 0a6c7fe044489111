"""Full-text search whose time does not grow with the number of posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup, escape
from sqlalchemy import text

from boneyard_blog.text import plain

MAX_LENGTH = 200

# Of the posts that match, so many of the newest are ranked, and so many more of those that match in the title.
RANKED, RANKED_BY_TITLE = 100, 40

_START, _STOP = "\ue000", "\ue001"

_FIND = text(r"""
    WITH hits AS (
        (SELECT id FROM posts
         WHERE search @@ websearch_to_tsquery('english', :q) AND published_at <= now() AND deleted_at IS NULL
         ORDER BY published_at DESC LIMIT :ranked)
        UNION
        (SELECT id FROM posts
         WHERE title_search @@ websearch_to_tsquery('english', :q) AND published_at <= now() AND deleted_at IS NULL
         ORDER BY published_at DESC LIMIT :ranked_by_title)
    ), ranked AS (
        SELECT id, count(*) OVER () AS total
        FROM hits JOIN posts USING (id)
        ORDER BY ts_rank(search, websearch_to_tsquery('english', :q), 1) DESC, published_at DESC, id DESC
        OFFSET :offset LIMIT :size
    )
    SELECT title, slug, published_at, total,
        ARRAY(SELECT name FROM tags JOIN post_tags ON tag_id = tags.id WHERE post_id = posts.id ORDER BY name) AS tags,
        ts_headline('english', translate(left(body, 20000), :marks, ''), websearch_to_tsquery('english', :q),
                    'MaxFragments=2, MinWords=12, MaxWords=28, FragmentDelimiter=" … ",'
                    || 'StartSel=' || :start || ', StopSel=' || :stop) AS snippet
    FROM ranked JOIN posts USING (id)
    ORDER BY ts_rank(search, websearch_to_tsquery('english', :q), 1) DESC, published_at DESC, id DESC
""")

_NEAREST_WORDS = text("""
    SELECT asked, (
        SELECT word FROM search_words WHERE word % asked ORDER BY similarity(word, asked) DESC, word LIMIT 1
    ) AS nearest
    FROM unnest(CAST(:words AS text[])) AS words (asked)
""")

_FINDS_SOMETHING = text("""
    SELECT EXISTS (
        SELECT FROM posts
        WHERE search @@ websearch_to_tsquery('english', :q) AND published_at <= now() AND deleted_at IS NULL
    )
""")


@dataclass(frozen=True)
class Asked:
    """What a visitor searched for, made fit for a search."""

    text: str
    was_cut: bool


@dataclass(frozen=True)
class Hit:
    """A post that matches, with the place where it does."""

    title: str
    slug: str
    published_at: datetime
    tags: list[str]
    snippet: Markup


@dataclass(frozen=True)
class Results:
    """One page of hits. `total` is exact up to RANKED; beyond that `is_bounded`."""

    hits: list[Hit]
    total: int
    number: int
    last: int

    @property
    def is_bounded(self) -> bool:
        return self.total >= RANKED


def clean(asked: str) -> Asked:
    """Return the words of a search on one line, without control characters, and not too many."""
    words = " ".join("".join(c if c.isprintable() else " " for c in asked).split())
    return Asked(words[:MAX_LENGTH].strip(), len(words) > MAX_LENGTH)


def find(session, asked: str, number: int, size: int) -> Results:
    """Return a page of the best matches; a page beyond the end is the first one."""
    offset = (number - 1) * size
    parameters = {
        "q": asked, "ranked": RANKED, "ranked_by_title": RANKED_BY_TITLE, "offset": offset, "size": size,
        "start": _START, "stop": _STOP, "marks": _START + _STOP,
    }  # fmt: skip
    rows = session.execute(_FIND, parameters).all()
    if not rows and number > 1:
        return find(session, asked, 1, size)
    total = rows[0].total if rows else 0
    hits = [Hit(row.title, row.slug, row.published_at, row.tags, _mark(row.snippet)) for row in rows]
    return Results(hits, total, number, max(1, -(-total // size)))


def _mark(snippet: str) -> Markup:
    safe = str(escape(plain(snippet)))
    return Markup(safe.replace(_START, "<mark>").replace(_STOP, "</mark>"))


def suggest(session, asked: str) -> str | None:
    """Return a similar search that finds something, None if there is none."""
    words = list(dict.fromkeys(re.findall(r"[^\W\d_]{3,30}", asked.lower())))[:6]
    if not words:
        return None
    nearest = [row.nearest or row.asked for row in session.execute(_NEAREST_WORDS, {"words": words})]
    if nearest == words:
        return None
    suggestion = " ".join(nearest)
    return suggestion if session.scalar(_FINDS_SOMETHING, {"q": suggestion}) else None
