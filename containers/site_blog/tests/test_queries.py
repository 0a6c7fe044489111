"""How many statements a page takes."""

import pytest


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/", 2),
        ("/page/2", 2),
        ("/post/post-3", 2),
        ("/archive", 1),
        ("/archive/2026", 2),
        ("/tag/nginx", 2),
        ("/tags", 2),
        ("/feed", 3),
        ("/tag/nginx/feed", 3),
        ("/search", 1),
        ("/search?q=post", 2),
        ("/search?q=pozt+boddy", 4),
        ("/search?q=ngnix&by=tag", 2),
        ("/sitemap.xml", 1),
        ("/robots.txt", 1),
        ("/alive", 0),
        ("/health", 2),
    ],
)
def test_a_page_takes_few_statements(browser, site, statements, path, most):
    site.execute(
        "INSERT INTO posts (title, slug, body, published_at) SELECT 'Post ' || i, 'post-' || i, 'Body', '2026-03-05'"
        " FROM generate_series(1, 12) AS i"
    )
    site.execute("INSERT INTO tags (name) VALUES ('nginx')")
    site.execute("INSERT INTO post_tags (post_id, tag_id) SELECT posts.id, tags.id FROM posts, tags")
    statements.clear()

    browser.get(path, status=200)

    assert len(statements) <= most, "\n\n".join(statements)


def test_a_confirmed_page_takes_one_statement(browser, site, statements):
    site.add_posts(12)
    etag = browser.get("/").headers["ETag"]
    statements.clear()

    browser.get("/", headers={"If-None-Match": etag}, status=304)

    assert len(statements) == 1


def test_the_number_of_statements_does_not_grow_with_the_posts(browser, site, statements):
    counts = []
    for _ in range(2):
        site.execute("DELETE FROM posts")
        site.add_posts(3 if not counts else 60, tag="nginx")
        statements.clear()
        browser.get("/")
        browser.get("/tag/nginx")
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_an_author_costs_one_statement_more(ada, site, statements):
    site.add_posts(3)
    ada.browser.get("/")
    statements.clear()

    ada.browser.get("/")

    assert len(statements) == 3
