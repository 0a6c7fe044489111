"""Full-text search whose time does not grow with the number of posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from itertools import product

from markupsafe import Markup, escape
from sqlalchemy import text

from boneyard_blog.site import ALL_TAGS, read_site
from boneyard_blog.text import plain
from boneyard_blog.writing import split_tags

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

# Words that no post holds any more stay among the known ones, and those of posts that readers do not see are there too:
# so the nearest word is one candidate of several.
_NEAREST_WORDS = text("""
    SELECT asked, ARRAY(
        SELECT word FROM search_words WHERE word % asked ORDER BY similarity(word, asked) DESC, word LIMIT 4
    ) AS nearest
    FROM unnest(CAST(:words AS text[])) AS words (asked)
""")

# Of the combinations of nearest words, so many are tried.
_TRIED = 12

_FINDS_SOMETHING = """EXISTS (
    SELECT FROM posts
    WHERE search @@ websearch_to_tsquery('english', :q{0}) AND published_at <= now() AND deleted_at IS NULL
)"""


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
    """Return the most similar search that finds something, None if there is none."""
    words = list(dict.fromkeys(re.findall(r"[^\W\d_]{3,30}", asked.lower())))[:6]
    if not words:
        return None
    nearest = [row.nearest or [row.asked] for row in session.execute(_NEAREST_WORDS, {"words": words})]
    # Those whose words are nearest come first.
    ranks = sorted(product(*(range(len(candidates)) for candidates in nearest)), key=sum)
    suggestions = [" ".join(c[rank] for c, rank in zip(nearest, chosen, strict=True)) for chosen in ranks[: _TRIED + 1]]
    return _first_that_finds(session, [suggestion for suggestion in suggestions if suggestion != " ".join(words)])


def _first_that_finds(session, searches: list[str]) -> str | None:
    """Return the first search that finds something, with one statement, which stops there."""
    if not searches:
        return None
    # Each search is a value of its own, so that PostgreSQL knows how common its words are and picks the best index.
    cases = " ".join(f"WHEN {_FINDS_SOMETHING.format(i)} THEN {i}" for i in range(len(searches)))
    first = session.scalar(text(f"SELECT CASE {cases} END"), {f"q{i}": search for i, search in enumerate(searches)})
    return searches[first] if first is not None else None


def tags_asked_for(asked: str) -> tuple[str, ...]:
    """Return the tags in what a visitor typed, as an author's would be kept; "#nginx" is meant as nginx."""
    names = (name.lstrip("#-") for name in split_tags(asked))
    return tuple(dict.fromkeys(name for name in names if name))[:8]


def nearest_tags(session, names: tuple[str, ...]) -> list[str]:
    """Return the tags that readers see and that are called so, or similarly."""
    # Letter by letter in Python: too few trigrams are left of a short name with a slip in it.
    known = [tag.name for tag in read_site(session, tags=ALL_TAGS).tags]
    return list(dict.fromkeys(tag for name in names for tag in get_close_matches(name, known)))
