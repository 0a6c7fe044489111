"""Full-text search and search by tag, in a time that does not grow with the number of posts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from itertools import product

from markupsafe import Markup, escape
from psycopg.errors import QueryCanceled
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from boneyard_blog.posts.markdown import plain
from boneyard_blog.posts.writing import split_tags

MAX_LENGTH = 200

# How many of the newest matching posts are ranked, and how many more of those that match in the title.
RANKED, RANKED_BY_TITLE = 100, 40
# An index does not know which words are adjacent. For phrases and excluded words, so many of the newest posts that
# contain the words are examined.
EXAMINED = 2000

_START, _STOP = "\ue000", "\ue001"

_ASKED = "websearch_to_tsquery('english', :q)"
# Its words without order and without excluded words, which an index can find.
_WORDS = rf"regexp_replace(querytree({_ASKED}), '<(-|\d+)>', '&', 'g')"
_IS_WORDS_ALONE = f"{_WORDS} = CAST({_ASKED} AS text)"
_ONLY_EXCLUDES = f"querytree({_ASKED}) = 'T'"

_FIND = text(rf"""
    WITH candidates AS (
        SELECT id, search, published_at FROM posts
        WHERE search @@ CAST({_WORDS} AS tsquery) AND published_at <= now() AND deleted_at IS NULL
          AND NOT {_ONLY_EXCLUDES}
        ORDER BY published_at DESC
        LIMIT CASE WHEN {_IS_WORDS_ALONE} THEN :ranked ELSE :examined END
    ), hits AS (
        (SELECT id FROM candidates
         WHERE {_IS_WORDS_ALONE} OR search @@ {_ASKED}
         ORDER BY published_at DESC LIMIT :ranked)
        UNION
        (SELECT id FROM posts
         WHERE title_search @@ {_ASKED} AND published_at <= now() AND deleted_at IS NULL AND NOT {_ONLY_EXCLUDES}
         ORDER BY published_at DESC LIMIT :ranked_by_title)
    ), ranked AS (
        SELECT id, count(*) OVER () AS total
        FROM hits JOIN posts USING (id)
        ORDER BY ts_rank(search, {_ASKED}, 1) DESC, published_at DESC, id DESC
        OFFSET :offset LIMIT :size
    )
    SELECT title, slug, published_at, total, {_ONLY_EXCLUDES} AS only_excludes,
        NOT {_IS_WORDS_ALONE} AND (SELECT count(*) FROM candidates) = :examined AS is_partial,
        ARRAY(SELECT name FROM tags JOIN post_tags ON tag_id = tags.id WHERE post_id = posts.id ORDER BY name) AS tags,
        ts_headline('english', translate(left(body, 20000), :marks, ''), {_ASKED},
                    'MaxFragments=2, MinWords=12, MaxWords=28, FragmentDelimiter=" … ",'
                    || 'StartSel=' || :start || ', StopSel=' || :stop) AS snippet
    FROM (SELECT) AS one_row LEFT JOIN (ranked JOIN posts USING (id)) ON true
    ORDER BY ts_rank(search, {_ASKED}, 1) DESC, published_at DESC, id DESC
""")

# The known words include those of deleted and of hidden posts, so several similar words are candidates.
_NEAREST_WORDS = text("""
    SELECT asked, ARRAY(
        SELECT word FROM search_words WHERE word % asked ORDER BY similarity(word, asked) DESC, word LIMIT 4
    ) AS nearest
    FROM unnest(CAST(:words AS text[])) AS words (asked)
""")

# The time limit in milliseconds for finding a suggestion; after it the page has none.
SUGGESTION_MS = 400
_BE_QUICK = text("SELECT set_config('statement_timeout', :ms, true)")

# How many combinations of similar words are tried.
_TRIED = 12

_FINDS_SOMETHING = """EXISTS (
    SELECT FROM posts
    WHERE search @@ websearch_to_tsquery('english', :q{0}) AND published_at <= now() AND deleted_at IS NULL
)"""


# Trigrams of a short misspelt name are too few to decide on similarity, but enough to find candidates.
_NEAREST_TAGS = text("""
    SELECT asked, ARRAY(
        SELECT name FROM tags WHERE EXISTS (SELECT FROM post_tags WHERE tag_id = tags.id AND live_at <= now())
        ORDER BY name <-> asked LIMIT 30
    ) AS nearest
    FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS names (asked, position)
    ORDER BY position
""")


@dataclass(frozen=True)
class Asked:
    """The cleaned search text; `was_cut` if it was too long."""

    text: str
    was_cut: bool


@dataclass(frozen=True)
class Hit:
    """A post that matches, with a snippet around the match."""

    title: str
    slug: str
    published_at: datetime
    tags: list[str]
    snippet: Markup


@dataclass(frozen=True)
class Results:
    """One page of hits.

    `total` is exact below RANKED, else `is_bounded` is true. `only_excludes`: the search has excluded words only, and no
    hits. `is_partial`: older posts may match too.
    """

    hits: list[Hit]
    total: int
    number: int
    last: int
    only_excludes: bool
    is_partial: bool

    @property
    def is_bounded(self) -> bool:
        return self.total >= RANKED


def clean(asked: str) -> Asked:
    """Return the search text on one line, without control characters, at most MAX_LENGTH characters long."""
    words = " ".join("".join(c if c.isprintable() else " " for c in asked).split())
    return Asked(words[:MAX_LENGTH].strip(), len(words) > MAX_LENGTH)


def find(session, asked: str, number: int, size: int) -> Results:
    """Return a page of `size` matches, best first; for a page beyond the end the first one."""
    offset = (number - 1) * size
    parameters = {
        "q": asked, "ranked": RANKED, "ranked_by_title": RANKED_BY_TITLE, "examined": EXAMINED,
        "offset": offset, "size": size, "start": _START, "stop": _STOP, "marks": _START + _STOP,
    }  # fmt: skip
    # Without a match there is one row, with the reason.
    rows = session.execute(_FIND, parameters).all()
    total = rows[0].total or 0
    if not total and number > 1:
        return find(session, asked, 1, size)
    hits = [Hit(row.title, row.slug, row.published_at, row.tags, _mark(row.snippet)) for row in rows if total]
    return Results(hits, total, number, max(1, -(-total // size)), rows[0].only_excludes, rows[0].is_partial)


def _mark(snippet: str) -> Markup:
    safe = str(escape(plain(snippet)))
    return Markup(safe.replace(_START, "<mark>").replace(_STOP, "</mark>"))


def suggest(session, asked: str) -> str | None:
    """Return the most similar search that has results; None without results or when the time limit is reached."""
    attempt = session.begin_nested()
    try:
        session.execute(_BE_QUICK, {"ms": str(SUGGESTION_MS)})
        suggestion = _nearest_search(session, asked)
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        suggestion = None
    # Also resets the time limit, which applies to the suggestion only.
    attempt.rollback()
    return suggestion


def _nearest_search(session, asked: str) -> str | None:
    words = list(dict.fromkeys(re.findall(r"[^\W\d_]{3,30}", asked.lower())))[:6]
    if not words:
        return None
    nearest = [row.nearest or [row.asked] for row in session.execute(_NEAREST_WORDS, {"words": words})]
    # The combinations with the most similar words come first.
    ranks = sorted(product(*(range(len(candidates)) for candidates in nearest)), key=sum)
    suggestions = [" ".join(c[rank] for c, rank in zip(nearest, chosen, strict=True)) for chosen in ranks[: _TRIED + 1]]
    return _first_that_finds(session, [suggestion for suggestion in suggestions if suggestion != " ".join(words)])


def _first_that_finds(session, searches: list[str]) -> str | None:
    """Return the first search that has results, with one statement that stops there."""
    if not searches:
        return None
    # Each search is a parameter of its own, so that PostgreSQL plans by the frequency of its words.
    cases = " ".join(f"WHEN {_FINDS_SOMETHING.format(i)} THEN {i}" for i in range(len(searches)))
    first = session.scalar(text(f"SELECT CASE {cases} END"), {f"q{i}": search for i, search in enumerate(searches)})
    return searches[first] if first is not None else None


def tags_asked_for(asked: str) -> tuple[str, ...]:
    """Return the tags in a search text, normalized like those of posts; "#nginx" means nginx."""
    names = (name.lstrip("#-") for name in split_tags(asked))
    return tuple(dict.fromkeys(name for name in names if name))[:8]


def nearest_tags(session, names: tuple[str, ...]) -> list[str]:
    """Return the visible tags with these or similar names."""
    rows = session.execute(_NEAREST_TAGS, {"names": list(names)})
    return list(dict.fromkeys(tag for row in rows for tag in get_close_matches(row.asked, row.nearest)))
