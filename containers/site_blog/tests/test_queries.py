"""The number of SQL statements of a page, and their plans."""

import pytest
from sqlalchemy import event


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
        ("/feed", 2),
        ("/tag/nginx/feed", 2),
        ("/search", 1),
        ("/search?q=post", 2),
        # Four, and three that limit the time for a suggestion.
        ("/search?q=pozt+boddy", 7),
        ("/search?q=-post", 2),
        ("/search?q=ngnix&by=tag", 2),
        ("/sitemap.xml", 1),
        ("/sitemap/pages.xml", 2),
        ("/sitemap/2026-03.xml", 2),
        ("/robots.txt", 1),
        ("/alive", 0),
        ("/health", 2),
    ],
)
def test_a_page_executes_few_statements(browser, site, statements, path, most):
    site.execute(
        "INSERT INTO posts (title, slug, body, published_at) SELECT 'Post ' || i, 'post-' || i, 'Body', '2026-03-05'"
        " FROM generate_series(1, 12) AS i"
    )
    site.execute("INSERT INTO tags (name) VALUES ('nginx')")
    site.execute("INSERT INTO post_tags (post_id, tag_id) SELECT posts.id, tags.id FROM posts, tags")
    statements.clear()

    browser.get(path, status=200)

    assert len(statements) <= most, "\n\n".join(statements)


@pytest.mark.parametrize(
    ("path", "most"), [("/none", 1), ("/post/none", 3), ("/archive/1999", 1), ("/tag/ngnix", 3), ("/tag/ngnix/feed", 3)]
)
def test_a_404_page_executes_few_statements(browser, site, statements, path, most):
    site.add_posts(3, tag="nginx")
    statements.clear()

    browser.get(path, status=404)

    assert len(statements) <= most, "\n\n".join(statements)


@pytest.mark.parametrize("path", ["/tags", "/sitemap/pages.xml", "/tag/none", "/search?q=ngnix&by=tag"])
def test_no_page_executes_a_statement_twice(browser, site, statements, path):
    site.add_posts(3, tag="nginx")
    statements.clear()

    browser.get(path, expect_errors=True)

    assert len(statements) == len(set(statements))


def test_a_304_takes_one_statement(browser, site, statements):
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


def test_a_session_takes_one_more_statement(ada, site, statements):
    site.add_posts(3)
    ada.browser.get("/")
    statements.clear()

    ada.browser.get("/")

    assert len(statements) == 3


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("/author/", "ix_posts_desk"),
        ("/author/?state=published", "ix_posts_desk"),
        ("/author/?state=drafts", "ix_posts_drafts"),
        ("/author/?state=bin", "ix_posts_bin"),
        ("/search", "ix_tag_counts_posts"),
        ("/tag/ngnix", "ix_tags_trigrams"),
    ],
)
def test_lists_are_read_in_the_order_of_an_index(ada, site, engine, path, index):
    site.add_posts(3, tag="nginx")
    executed = []

    def note(connection, cursor, statement, parameters, *_):
        executed.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    ada.browser.get(path, expect_errors=True)
    event.remove(engine, "before_cursor_execute", note)

    plans = []
    with engine.begin() as connection:
        # Plan as for many rows: few would be read and sorted.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
        connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        for statement, parameters in executed:
            if statement.lstrip().startswith(("SELECT", "WITH")):
                plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
                plans.append("\n".join(line for (line,) in plan))
    assert any(index in plan for plan in plans), "\n\n".join(plans)
