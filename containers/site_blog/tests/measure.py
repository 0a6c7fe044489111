"""Measures whether the time of a page grows with the number of posts, for `./boneyard bench pages`."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time

from sqlalchemy import text
from webob import Request
from webtest import TestApp

import boneyard_blog
from boneyard_blog import schema
from boneyard_blog.auth.accounts import add_author
from boneyard_blog.commands import CommandContext
from boneyard_blog.auth.sessions import COOKIE
from boneyard_blog.settings import Settings
from helpers import Author, upgrade_when_possible

_PASSWORD = "correct horse battery"

_PAGES = {
    "home": "/",
    "home, last page": "/page/{last}",
    "tag": "/tag/nginx",
    "archive": "/archive",
    "year": "/archive/2024",
    "search, one match": "/search?q=50",
    "search, all match": "/search?q=harbour",
    "search, two words": "/search?q=quiet+proxy+or+harbour+lantern",
    "search, mistyped": "/search?q=harbuor+lanterm",
    "search, only excludes": "/search?q=-proxy+-harbour",
    "feed": "/feed",
    "tag feed": "/tag/nginx/feed",
    "post": "/post/measured-50",
    "desk": "/author/",
    "desk, drafts": "/author/?state=drafts",
    "desk, bin": "/author/?state=bin",
}
# These read more rows if there are more: posts up to a limit, tags by their index.
_BOUNDED = {
    "search by tag, mistyped": "/search?by=tag&q=topik-1,ngnix,pyhton",
    "search, a phrase": '/search?q="proxy+and+the+harbour"',
    "search, no such phrase": '/search?q="harbour+lantern"',
    "search, all but": "/search?q=harbour+-proxy",
    "search, no suggestion": "/search?q=harbour+qqqqqq",
}

# The same number of tags for few and for many posts.
_TOPICS = 4000

# Posts over three years for any number of posts, so that pages show the same months.
_SEED = text("""
    WITH words AS (
        SELECT string_to_array('anchor basin candle delta ember fjord gravel harbour island jetty kelp lantern meadow '
            || 'needle orchard pebble quarry ripple summit timber upland valley willow yonder zephyr copper bridge '
            || 'proxy server cache socket kernel buffer signal thread packet router mirror ledger module', ' ') AS list
    ), numbers AS (
        SELECT i, ('x' || substr(md5(CAST(i AS text)), 1, 7))::bit(28)::int AS seed
        FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS i
    )
    INSERT INTO posts (title, slug, body, published_at)
    SELECT
        initcap(list[1 + seed % 40] || ' and ' || list[1 + seed / 40 % 40]) || ' ' || i,
        'measured-' || i,
        (SELECT string_agg('The proxy and the ' || list[1 + abs(hashint4(i * 97 + p * 13 + w)) % 40] || ' of '
             || list[1 + abs(hashint4(i * 31 + p * 7 + w)) % 40] || '.', CASE WHEN w % 8 = 0 THEN E'\n\n' ELSE ' ' END)
         FROM generate_series(1, 3) AS p, generate_series(1, 16) AS w),
        timestamptz '2023-01-01' + interval '1096 days' * (i * 0.6180339887 % 1)
    FROM numbers, words
""")
_SEED_TAGS = text("""
    INSERT INTO post_tags (post_id, tag_id)
    SELECT posts.id, tags.id FROM posts JOIN tags ON tags.name = ANY (
        CASE WHEN posts.id % 5 = 0 THEN ARRAY['nginx', 'python'] ELSE ARRAY['tag-' || posts.id % 30] END
        || ARRAY['topic-' || posts.id % :topics]
    )
    WHERE posts.slug LIKE 'measured-%'
    ON CONFLICT DO NOTHING
""")


def _seed(engine, wanted: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL work_mem = '64MB'"))
        connection.execute(
            text("INSERT INTO tags (name) SELECT unnest(CAST(:n AS text[])) ON CONFLICT DO NOTHING"),
            {"n": ["nginx", "python"] + [f"tag-{i}" for i in range(30)] + [f"topic-{i}" for i in range(_TOPICS)]},
        )
        have = connection.scalar(text("SELECT count(*) FROM posts WHERE slug LIKE 'measured-%'"))
        for first in range(have + 1, wanted + 1, 5000):
            connection.execute(_SEED, {"first": first, "last": min(first + 4999, wanted)})
        connection.execute(_SEED_TAGS, {"topics": _TOPICS})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


class Measured:
    """The application on its own database with a number of posts."""

    def __init__(self, posts: int):
        name = f"measure_{posts}"
        settings = Settings.from_environment()
        with CommandContext(settings).engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        os.environ["BLOG_DATABASENAME"] = name
        context = CommandContext(Settings.from_environment())
        schema.upgrade(context.engine)
        with context.session() as session:
            session.execute(text("DELETE FROM posts"))
            add_author(session, "ada", _PASSWORD)
        _seed(context.engine, posts)
        self._application = boneyard_blog.main({}, **context.ini)
        ada = Author("ada", _PASSWORD, TestApp(self._application, {"HTTP_HOST": "localhost"}))
        ada.sign_in(status=303)
        self._cookie = f"{COOKIE}={ada.browser.cookies[COOKIE]}"
        self._last_page = -(-posts // int(context.ini["blog.posts_per_page"]))

    def time(self, path: str) -> float:
        """Return the milliseconds that the application takes for a page."""
        request = Request.blank(path.format(last=self._last_page))
        if path.startswith("/author/"):
            request.headers["Cookie"] = self._cookie
        began = time.perf_counter()
        response = request.get_response(self._application)
        took = time.perf_counter() - began
        if response.status_int != 200:
            raise SystemExit(f"{request.path} answered {response.status}")
        return took * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=100, metavar="N")
    parser.add_argument("--many", type=int, default=100_000, metavar="N")
    parser.add_argument("--samples", type=int, default=60, metavar="N")
    parser.add_argument("--goal", type=float, default=1.5, metavar="RATIO")
    parser.add_argument("--most", type=float, default=500, metavar="MS", help="for pages whose time has a bound of its own")
    parser.add_argument("--output", metavar="FILE", help="write the result there too, as JSON")
    options = parser.parse_args()

    upgrade_when_possible(CommandContext(Settings.from_environment()).engine)
    few, many = Measured(options.few), Measured(options.many)

    print(f"{'page, median of ' + str(options.samples):26}{options.few:>10,}{options.many:>12,}{'ratio':>8}")
    ratios, bounded, samples = [], [], {}
    for name, path in (_PAGES | _BOUNDED).items():
        # Alternately, so that other load on the machine slows down both.
        pairs = [(few.time(path), many.time(path)) for _ in range(options.samples + 5)][5:]
        samples[name] = dict(zip(("few", "many"), map(list, zip(*pairs, strict=True)), strict=True))
        one, other = map(statistics.median, samples[name].values())
        if name in _PAGES:
            ratios.append(other / one)
        else:
            bounded.append(other)
        print(f"{name:24}{one:>9.2f} ms{other:>9.2f} ms{other / one:>8.2f}", flush=True)
    worst, slowest = max(ratios), max(bounded)
    holds = worst <= options.goal and slowest <= options.most
    print(f"{', '.join(_BOUNDED)}: {slowest:.0f} ms, goal at most {options.most:.0f} ms")
    print(f"ratio of the others {worst:.2f}, goal at most {options.goal:.2f}: {'holds' if holds else 'does not hold'}")
    if options.output:
        result = {"name": "pages", "ratio": worst, "goal": options.goal, "slowest_ms": slowest, "holds": holds}
        result["samples"] = samples
        with open(options.output, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=2)


if __name__ == "__main__":
    main()
