"""Does a page's time grow with the number of posts? Run by `eng/test-blog --measure`, in a database of its own."""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from sqlalchemy import text
from webob import Request

import boneyard_blog
from boneyard_blog import schema
from boneyard_blog.commands import Workplace
from boneyard_blog.settings import Settings

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
    "feed": "/feed",
    "tag feed": "/tag/nginx/feed",
    "post": "/post/measured-50",
}

# Three years of posts, whatever their number: a page that lists months then lists the same ones.
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
    )
    WHERE posts.slug LIKE 'measured-%'
    ON CONFLICT DO NOTHING
""")


def _seed(engine, wanted: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL work_mem = '64MB'"))
        connection.execute(
            text("INSERT INTO tags (name) SELECT unnest(CAST(:n AS text[])) ON CONFLICT DO NOTHING"),
            {"n": ["nginx", "python"] + [f"tag-{i}" for i in range(30)]},
        )
        have = connection.scalar(text("SELECT count(*) FROM posts WHERE slug LIKE 'measured-%'"))
        for first in range(have + 1, wanted + 1, 5000):
            connection.execute(_SEED, {"first": first, "last": min(first + 4999, wanted)})
        connection.execute(_SEED_TAGS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _times(application, path: str, samples: int) -> float:
    """Return the median time in milliseconds that the application takes for a page."""
    times = []
    for sample in range(samples + 5):
        request = Request.blank(path)
        began = time.perf_counter()
        response = request.get_response(application)
        took = time.perf_counter() - began
        if response.status_int != 200:
            raise SystemExit(f"{path} answered {response.status}")
        if sample >= 5:
            times.append(took * 1000)
    return statistics.median(times)


def _round(workplace, application, posts: int, samples: int) -> dict[str, float]:
    _seed(workplace.engine, posts)
    last = -(-posts // int(workplace.ini["blog.posts_per_page"]))
    return {name: _times(application, path.format(last=last), samples) for name, path in _PAGES.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--few", type=int, default=100, metavar="N")
    parser.add_argument("--many", type=int, default=100_000, metavar="N")
    parser.add_argument("--samples", type=int, default=60, metavar="N")
    parser.add_argument("--goal", type=float, default=1.5, metavar="RATIO")
    options = parser.parse_args()

    workplace = Workplace(Settings.from_environment())
    schema.upgrade(workplace.engine)
    with workplace.session() as session:
        session.execute(text("DELETE FROM posts"))
    application = boneyard_blog.main({}, **workplace.ini)
    few = _round(workplace, application, options.few, options.samples)
    many = _round(workplace, application, options.many, options.samples)

    print(f"{'page':24}{options.few:>12,}{options.many:>12,}{'ratio':>8}")
    for name in _PAGES:
        print(f"{name:24}{few[name]:>9.2f} ms{many[name]:>9.2f} ms{many[name] / few[name]:>8.2f}")
    worst = max(many[name] / few[name] for name in _PAGES)
    holds = worst <= options.goal
    print(f"worst ratio {worst:.2f}, goal {options.goal}: {'holds' if holds else 'MISSED'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
