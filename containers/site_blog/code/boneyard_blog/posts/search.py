"""Full-text search whose time does not grow with the number of posts."""

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

from boneyard_blog.text import plain
from boneyard_blog.writing import split_tags

MAX_LENGTH = 200

# Of the posts that match, so many of the newest are ranked, and so many more of those that match in the title.
RANKED, RANKED_BY_TITLE = 100, 40
# No index knows which words adjoin. So many of the newest posts with the words of a phrase, or with those that are wanted
# where others are excluded, are looked through.
LOOKED_THROUGH = 2000

_START, _STOP = "\ue000", "\ue001"

_ASKED = "websearch_to_tsquery('english', :q)"
# Its words, without their order and without those that are excluded: what an index finds.
_WORDS = rf"regexp_replace(querytree({_ASKED}), '<(-|\d+)>', '&', 'g')"
_IS_WORDS_ALONE = f"{_WORDS} = CAST({_ASKED} AS text)"
_ONLY_EXCLUDES = f"querytree({_ASKED}) = 'T'"

_FIND = text(rf"""
    WITH candidates AS (
        SELECT id, search, published_at FROM posts
        WHERE search @@ CAST({_WORDS} AS tsquery) AND published_at <= now() AND deleted_at IS NULL
          AND NOT {_ONLY_EXCLUDES}
        ORDER BY published_at DESC
        LIMIT CASE WHEN {_IS_WORDS_ALONE} THEN :ranked ELSE :looked_through END
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
        NOT {_IS_WORDS_ALONE} AND (SELECT count(*) FROM candidates) = :looked_through AS is_partial,
        ARRAY(SELECT name FROM tags JOIN post_tags ON tag_id = tags.id WHERE post_id = posts.id ORDER BY name) AS tags,
        ts_headline('english', translate(left(body, 20000), :marks, ''), {_ASKED},
                    'MaxFragments=2, MinWords=12, MaxWords=28, FragmentDelimiter=" … ",'
                    || 'StartSel=' || :start || ', StopSel=' || :stop) AS snippet
    FROM (SELECT) AS one_row LEFT JOIN (ranked JOIN posts USING (id)) ON true
    ORDER BY ts_rank(search, {_ASKED}, 1) DESC, published_at DESC, id DESC
""")

# Words that no post holds any more stay among the known ones, and those of posts that readers do not see are there too:
# so the nearest word is one candidate of several.
_NEAREST_WORDS = text("""
    SELECT asked, ARRAY(
        SELECT word FROM search_words WHERE word % asked ORDER BY similarity(word, asked) DESC, word LIMIT 4
    ) AS nearest
    FROM unnest(CAST(:words AS text[])) AS words (asked)
""")

# A search that finds nothing is answered all the same, whether or not a suggestion is found in this time.
SUGGESTION_MS = 400
_BE_QUICK = text("SELECT set_config('statement_timeout', :ms, true)")

# Of the combinations of nearest words, so many are tried.
_TRIED = 12

_FINDS_SOMETHING = """EXISTS (
    SELECT FROM posts
    WHERE search @@ websearch_to_tsquery('english', :q{0}) AND published_at <= now() AND deleted_at IS NULL
)"""


# Too few trigrams are left of a short name with a slip in it to tell whether it was meant, but enough to find the few that
# may have been.
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
    """One page of hits. `total` is exact up to RANKED; beyond that `is_bounded`.

    A search that `only_excludes` has no hits; one that `is_partial` may have more in older posts.
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
    """Return the words of a search on one line, without control characters, and not too many."""
    words = " ".join("".join(c if c.isprintable() else " " for c in asked).split())
    return Asked(words[:MAX_LENGTH].strip(), len(words) > MAX_LENGTH)


def find(session, asked: str, number: int, size: int) -> Results:
    """Return a page of the best matches; a page beyond the end is the first one."""
    offset = (number - 1) * size
    parameters = {
        "q": asked, "ranked": RANKED, "ranked_by_title": RANKED_BY_TITLE, "looked_through": LOOKED_THROUGH,
        "offset": offset, "size": size, "start": _START, "stop": _STOP, "marks": _START + _STOP,
    }  # fmt: skip
    # Without a match there is one row, which says why.
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
    """Return the most similar search that finds something, None if there is none, or none that is found soon."""
    attempt = session.begin_nested()
    try:
        session.execute(_BE_QUICK, {"ms": str(SUGGESTION_MS)})
        suggestion = _nearest_search(session, asked)
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        suggestion = None
    # With the limit, which was for this alone.
    attempt.rollback()
    return suggestion


def _nearest_search(session, asked: str) -> str | None:
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
    rows = session.execute(_NEAREST_TAGS, {"names": list(names)})
    return list(dict.fromkeys(tag for row in rows for tag in get_close_matches(row.asked, row.nearest)))
