"""Home and post pages."""

import pytest

from helpers import titles


def test_a_post_inserted_with_plain_sql_is_readable_at_once(browser, site):
    site.execute("INSERT INTO posts (title, slug, body, published_at) VALUES ('Hi', 'hi', 'Some *words*.', now())")

    page = browser.get("/post/hi")

    assert page.html.h1.text == "Hi"
    assert "Some <em>words</em>." in page


def test_home_shows_title_date_tags_and_summary(browser, site):
    site.add_post("First", "first", "The *beginning* of it.", "'2026-03-05 12:00Z'", ["nginx", "python"])

    article = browser.get("/").html.select_one("ol.posts article")

    assert article.h2.a["href"] == "/post/first"
    assert article.time["datetime"] == "2026-03-05T12:00:00Z"
    assert article.time.text == "5 March 2026"
    assert [tag.text for tag in article.select(".tags a")] == ["nginx", "python"]
    assert "The beginning of it." in article.text


def test_an_authors_summary_is_preferred_to_the_text(browser, site):
    site.add_post(body="The text.", summary="The summary.")

    assert "The summary." in browser.get("/") and "The text." not in browser.get("/")


def test_an_empty_site_says_so(browser):
    assert "No posts have been published yet." in browser.get("/")


def test_home_is_newest_first_and_paginated(browser, site):
    site.add_posts(25)

    first, second, third = (browser.get(path) for path in ("/", "/page/2", "/page/3"))

    assert titles(first) == [f"Post {i}" for i in range(25, 15, -1)]
    assert titles(second) == [f"Post {i}" for i in range(15, 5, -1)]
    assert titles(third) == [f"Post {i}" for i in range(5, 0, -1)]
    assert second.html.select_one("a[rel=prev]")["href"] == "/"
    assert second.html.select_one("a[rel=next]")["href"] == "/page/3"
    assert third.html.select_one("a[rel=next]") is None


def test_pagination_is_correct_across_months(browser, site):
    for i in range(35):
        site.add_post(f"Post {i}", f"post-{i}", published=f"'2026-06-01'::timestamptz - interval '{i * 11} days'")

    shown = [title for page in range(2, 5) for title in titles(browser.get(f"/page/{page}"))]

    assert titles(browser.get("/")) + shown == [f"Post {i}" for i in range(35)]


def test_the_first_page_has_one_address(browser, site):
    site.add_posts(11)

    assert browser.get("/page/1", status=301).location == "http://blog.test/"


@pytest.mark.parametrize("page", ["0", "3", "01", "-1", "abc", "1.5", "99999999999999999999", "%C2%B2", "%00"])
def test_a_page_that_does_not_exist_is_not_found(browser, site, page):
    site.add_posts(11)

    browser.get(f"/page/{page}", status=404)


@pytest.mark.parametrize("published", ["NULL", "now() + interval '1 hour'"])
def test_drafts_and_scheduled_posts_are_hidden(browser, site, published):
    site.add_post("Hidden", "hidden", "secretword", published, ["secret"])

    browser.get("/post/hidden", status=404)
    browser.get("/tag/secret", status=404)
    for path in ("/", "/archive", "/tags", "/feed", "/sitemap/pages.xml", "/search?q=secretword"):
        page = browser.get(path)
        assert "Hidden" not in page and "/tag/secret" not in page, path


def test_posts_in_the_bin_are_hidden(browser, site):
    site.add_post(tags=["nginx"])
    site.execute("UPDATE posts SET deleted_at = now()")

    browser.get("/post/a-post", status=404)
    browser.get("/tag/nginx", status=404)
    assert titles(browser.get("/")) == []


def test_a_scheduled_post_is_published_on_time(browser, site):
    site.add_post("Soon", "soon", published="now() + interval '2 seconds'", tags=["nginx"])
    before = titles(browser.get("/"))

    site.execute("SELECT pg_sleep(2.1)")

    assert before == []
    assert titles(browser.get("/")) == ["Soon"]
    assert titles(browser.get("/tag/nginx")) == ["Soon"]


def test_a_post_links_to_its_neighbours(browser, site):
    site.add_posts(3)

    page = browser.get("/post/post-2").html.select_one("nav.neighbours")

    assert page.select_one("a[rel=prev]")["href"] == "/post/post-1"
    assert page.select_one("a[rel=next]")["href"] == "/post/post-3"


def test_posts_with_the_same_date_are_neighbours(browser, site):
    for slug in ("a", "b", "c"):
        site.add_post(slug, slug, published="'2026-01-01'")

    seen = []
    path = "/post/c"
    while path:
        seen.append(path)
        link = browser.get(path).html.select_one("nav.neighbours a[rel=prev]")
        path = link["href"] if link else None

    assert seen == ["/post/c", "/post/b", "/post/a"]


def test_a_post_has_canonical_link_and_open_graph(browser, site):
    site.add_post("Title & <more>", "a-post", "Words.", tags=["nginx"])

    head = browser.get("/post/a-post?utm_source=x").html.head

    properties = {meta["property"]: meta["content"] for meta in head.select("meta[property]")}
    assert head.select_one("link[rel=canonical]")["href"] == "http://blog.test/post/a-post"
    assert properties["og:url"] == "http://blog.test/post/a-post"
    assert properties["og:title"] == "Title & <more>"
    assert properties["og:type"] == "article"
    assert properties["og:description"] == "Words."
    assert properties["article:tag"] == "nginx"


def test_code_is_highlighted(browser, site):
    site.add_post(body="```python\nimport os\n```")

    assert '<span class="hl-kn">import</span>' in browser.get("/post/a-post")


def test_a_post_links_to_the_feed_and_the_archive(browser, site):
    site.add_post()

    after = browser.get("/post/a-post").html.select_one("section.after")

    assert after.h2.text == "Like what you’re reading?"
    assert after.select_one("a[href='/feed']")


def test_the_side_column_has_tags_dates_and_a_search_form(browser, site):
    site.add_post(published="'2026-03-05'", tags=["nginx"])

    aside = browser.get("/").html.aside

    assert [heading.text for heading in aside.select("h2")] == ["Browse posts by", "Search posts by"]
    assert aside.select_one("a[href='/tag/nginx']").text == "nginx 1"
    assert aside.select_one("a[href='/archive/2026/03']").text == "March 2026"
    assert aside.form["action"] == "/search"
