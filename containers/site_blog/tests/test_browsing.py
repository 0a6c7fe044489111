"""Archive and tags, and the counts behind them."""

import pytest

from helpers import titles


def _links(page, selector):
    return [" ".join(item.text.split()) for item in page.html.select(selector)]


def test_the_archive_counts_by_year_and_month(browser, site):
    for i, day in enumerate(("2024-12-31 23:59Z", "2025-01-01 00:00Z", "2025-01-31 12:00Z", "2025-03-01 12:00Z")):
        site.add_post(f"Post {i}", f"post-{i}", published=f"'{day}'")

    page = browser.get("/archive")

    assert _links(page, "section.year h2") == ["2025 3", "2024 1"]
    assert _links(page, "ul.months li") == ["March 1", "January 2", "December 1"]


def test_a_month_and_a_year_list_their_posts(browser, site):
    for i, day in enumerate(("2024-12-31", "2025-01-01", "2025-01-31", "2025-03-01")):
        site.add_post(f"Post {i}", f"post-{i}", published=f"'{day} 00:00Z'")

    assert titles(browser.get("/archive/2025/01")) == ["Post 2", "Post 1"]
    assert titles(browser.get("/archive/2025")) == ["Post 3", "Post 2", "Post 1"]
    assert titles(browser.get("/archive/2024/12")) == ["Post 0"]


def test_a_month_is_paginated(browser, site):
    for i in range(12):
        site.add_post(f"Post {i}", f"post-{i}", published="'2025-05-05'")

    page = browser.get("/archive/2025/05/page/2")

    assert titles(page) == ["Post 1", "Post 0"]
    assert page.html.select_one("a[rel=prev]")["href"] == "/archive/2025/05"


@pytest.mark.parametrize(
    "path", ["2025/02", "2025/13", "2025/00", "0000", "1999", "25", "2025/1", "abc", "2025/01/page/2"]
)
def test_a_month_without_posts_is_not_found(browser, site, path):
    site.add_post(published="'2025-01-05'")

    browser.get(f"/archive/{path}", status=404)


def test_tags_are_listed_with_counts(browser, site):
    site.add_post("One", "one", tags=["nginx", "python"])
    site.add_post("Two", "two", tags=["nginx"])

    assert _links(browser.get("/tags"), "ul.chips.wide li") == ["nginx 2", "python 1"]


def test_every_page_shows_the_most_used_tags(browser, site):
    for i in range(15):
        site.add_post(f"Post {i}", f"post-{i}", tags=[f"tag-{number}" for number in range(i + 1)])
    site.add_post("Soon", "soon", published="now() + interval '1 day'", tags=["tag-14", "tag-2", "unseen"])
    site.execute("UPDATE posts SET deleted_at = now() WHERE slug = 'post-0'")

    chips = _links(browser.get("/"), "aside ul.chips li")

    assert chips == ["tag-0 14", *(f"tag-{i} {15 - i}" for i in range(1, 12)), "all tags"]


def test_a_tag_lists_its_posts_page_by_page(browser, site):
    site.add_posts(12, tag="nginx")
    site.add_post("Other", "other", tags=["python"])

    assert titles(browser.get("/tag/nginx")) == [f"Post {i}" for i in range(12, 2, -1)]
    assert titles(browser.get("/tag/nginx/page/2")) == ["Post 2", "Post 1"]
    assert "12 posts" in browser.get("/tag/nginx")


@pytest.mark.parametrize("tag", ["c++", "c#", ".net", "größe", "a&b", "50%"])
def test_a_tag_with_special_characters_has_a_page(browser, site, tag):
    site.add_post(tags=[tag])

    link = browser.get("/").html.select_one(".tags a")

    assert browser.get(link["href"]).html.h1.text == tag


@pytest.mark.parametrize("tag", ["unknown", "NGINX", "%27%3B--", "x" * 5000])
def test_the_page_for_an_unknown_tag_has_a_search_form(browser, site, tag):
    site.add_post(tags=["nginx"])

    page = browser.get(f"/tag/{tag}", status=404)

    assert page.html.select_one("main form[action='/search']")
    assert page.html.select_one("aside a[href='/tag/nginx']")


def test_the_page_for_a_mistyped_tag_links_to_similar_tags(browser, site):
    site.add_post(tags=["reverse-proxy", "python"])

    page = browser.get("/tag/Reverse%20Proksy", status=404)

    assert [link["href"] for link in page.html.select("main .chips a")] == ["/tag/reverse-proxy"]


@pytest.mark.parametrize(
    ("path", "title"),
    [("/page/2", "The Bone Yard · page 2"), ("/tag/nginx/page/2", "Posts about nginx · page 2 · The Bone Yard"),
     ("/archive/2025/page/2", "Posts from 2025 · page 2 · The Bone Yard"),
     ("/archive/2025/05/page/2", "Posts from May 2025 · page 2 · The Bone Yard"),
     ("/search?q=post&page=2", "Search: post · page 2 · The Bone Yard"), ("/tag/nginx", "Posts about nginx · The Bone Yard")],
)  # fmt: skip
def test_each_page_of_a_list_has_its_own_title(browser, site, path, title):
    site.add_posts(12, tag="nginx")
    site.execute("UPDATE posts SET published_at = '2025-05-05'")

    assert browser.get(path).html.title.text == title


@pytest.mark.parametrize("path", ["/tag/%00", "/post/a%00b", "/%00", "/%ff", "/tag/%ff", "/archive/2026%00"])
def test_an_address_that_is_not_utf8_is_refused(browser, site, path):
    assert browser.get(path, expect_errors=True).status_int in (400, 404)


def _count_slowly(site):
    months = site.execute(
        "SELECT month_of(published_at), count(*) FROM posts WHERE live_at(published_at, deleted_at) IS NOT NULL GROUP BY 1"
    )
    tags = site.execute(
        "SELECT tag_id, count(*) FROM post_tags JOIN posts ON posts.id = post_id"
        " WHERE live_at(published_at, deleted_at) IS NOT NULL GROUP BY 1"
    )
    return sorted(months), sorted(tags)


def _counted(site):
    return (
        sorted(site.execute("SELECT month, posts FROM month_counts WHERE posts <> 0")),
        sorted(site.execute("SELECT tag_id, posts FROM tag_counts WHERE posts <> 0")),
    )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET published_at = published_at - interval '40 days' WHERE id % 2 = 0",
        "UPDATE posts SET published_at = NULL WHERE id % 3 = 0",
        "UPDATE posts SET published_at = now() + interval '1 day' WHERE id % 3 = 0",
        "UPDATE posts SET deleted_at = now() WHERE id % 4 = 0",
        "DELETE FROM posts WHERE id % 5 = 0",
        "DELETE FROM post_tags WHERE post_id % 2 = 0",
        "DELETE FROM tags WHERE name = 'nginx'",
        "UPDATE posts SET title = title || '!'",
        "INSERT INTO posts (title, slug, published_at) VALUES ('x', 'x', now()), ('y', 'y', NULL)",
    ],
)
def test_counts_follow_every_change(site, change):
    site.add_posts(30, tag="nginx")

    site.execute(change)

    assert _counted(site) == _count_slowly(site)


def test_a_scheduled_post_is_not_counted_yet(browser, site):
    site.add_post("Now", "now", tags=["nginx"])
    site.add_post("Later", "later", published="now() + interval '1 hour'", tags=["nginx"])

    assert "1 post." in browser.get("/archive")
    assert "1 post." in browser.get("/tag/nginx")
