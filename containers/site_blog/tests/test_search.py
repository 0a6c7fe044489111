"""Search by text and by tag."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from boneyard_blog.posts import search
from helpers import titles


def _search(browser, q, **more):
    return browser.get("/search?" + urlencode({"q": q} | more))


def test_title_and_body_are_searched_and_titles_rank_higher(browser, site):
    site.add_post("Harbour lights", "lights", "Nothing.")
    site.add_post("Boats", "boats", "They lie in the harbour.")
    site.add_post("Hills", "hills", "No water.")

    assert titles(_search(browser, "harbour")) == ["Harbour lights", "Boats"]


def test_other_forms_of_a_word_are_found(browser, site):
    site.add_post("Containers", "containers", "We were packing.")

    assert titles(_search(browser, "pack container")) == ["Containers"]


def test_phrases_and_exclusions_work(browser, site):
    site.add_post("One", "one", "a green door and a red house")
    site.add_post("Two", "two", "a red door and a green house")

    assert titles(_search(browser, '"red door"')) == ["Two"]
    assert titles(_search(browser, 'house -"red door"')) == ["One"]


def test_the_snippet_highlights_the_match_and_escapes_the_rest(browser, site):
    site.add_post(body="Before <script>alert(1)</script> the *lighthouse* & after")

    page = _search(browser, "lighthouse")

    assert page.html.select_one("ol.posts mark").text == "lighthouse"
    assert "<script>" not in page


def test_a_body_cannot_forge_a_highlight(browser, site):
    site.add_post(body="\ue000forged\ue001 lighthouse")

    assert [mark.text for mark in _search(browser, "lighthouse").html.select("mark")] == ["lighthouse"]


def test_results_are_paginated(browser, site):
    site.execute(
        "INSERT INTO posts (title, slug, body, published_at) SELECT 'Boat ' || i, 'boat-' || i, 'x', now()"
        " FROM generate_series(1, 12) AS i"
    )

    first, second = _search(browser, "boat"), _search(browser, "boat", page=2)

    assert "12 posts found" in first
    assert len(titles(first)) == 10 and len(titles(second)) == 2
    assert not set(titles(first)) & set(titles(second))


@pytest.mark.parametrize("page", ["0", "-1", "abc", "99", "9" * 50, "", "01", "\u0663", "1\n"])
def test_a_page_of_results_that_does_not_exist_is_the_first(browser, site, page):
    site.add_post("Boat", "boat")

    assert titles(_search(browser, "boat", page=page)) == ["Boat"]


def test_a_typo_gets_a_suggestion_with_results(browser, site):
    site.add_post("The lighthouse keeper", "keeper", "He kept the lighthouse.")

    page = _search(browser, "lighthuose keper")
    suggestion = page.html.select_one(".suggestion a")

    assert suggestion.text == "lighthouse keeper"
    assert titles(browser.get(suggestion["href"])) == ["The lighthouse keeper"]


def test_a_corrected_typo_does_not_hide_its_correction(browser, site):
    for i, typo in enumerate(("lighthuose", "lighthosue")):
        key = site.add_post(f"The {typo}", f"post-{i}", "A storm.")
        site.execute("UPDATE posts SET title = 'The lighthouse' WHERE id = :key", key=key)

    for asked in ("lighthuose", "lighthuoze", "stom lighthuose"):
        suggestion = _search(browser, asked).html.select_one(".suggestion a")
        assert titles(browser.get(suggestion["href"])) == ["The lighthouse"] * 2, asked


def test_a_suggestion_never_comes_from_the_bin(browser, site):
    site.add_post("The lighthouse", "one", "x")
    site.add_post("A lighthose", "two", "x")
    site.execute("UPDATE posts SET deleted_at = now() WHERE slug = 'two'")

    assert _search(browser, "lighthoses").html.select_one(".suggestion a").text == "lighthouse"


def test_a_suggestion_never_contains_a_hidden_word(browser, site):
    site.add_post("Secret", "secret", "xylophone", published="now() + interval '1 day'")
    site.add_post("Draft", "draft", "xylograph", published="NULL")

    assert _search(browser, "xylofone").html.select_one(".suggestion") is None


def test_a_search_without_results_links_to_tags_and_archive(browser, site):
    page = _search(browser, "qqqqqq")

    assert "No posts found." in page
    assert page.html.select_one("main a[href='/archive']")


@pytest.mark.parametrize("q", ["-lighthouse", "-a -lighthouse", '-"old lighthouse"', "lighthouse or -harbour", "or -x"])
def test_a_search_with_excluded_words_only_gets_a_hint(browser, site, statements, q):
    site.add_post("Harbour", "harbour", "x")
    statements.clear()

    page = _search(browser, q)

    assert "Add a word that the posts must contain" in page
    assert titles(page) == [] and len(statements) == 2


def test_a_phrase_is_searched_in_the_newest_posts_only(browser, site, monkeypatch):
    monkeypatch.setattr(search, "EXAMINED", 20)
    site.add_posts(30)
    site.execute("UPDATE posts SET body = 'The lantern of a harbour'")
    site.execute("UPDATE posts SET body = 'A harbour lantern' WHERE slug IN ('post-1', 'post-29')")
    site.execute("UPDATE posts SET body = 'A harbour' WHERE slug IN ('post-2', 'post-28')")

    for q, found in (('"harbour lantern"', ["Post 29"]), ("harbour -lantern", ["Post 28"])):
        page = _search(browser, q)
        assert titles(page) == found
        assert "only the newest were searched" in page
    assert "only the newest were searched" not in _search(browser, "harbour lantern")
    assert titles(_search(browser, '"Post 30" or "harbour lantern"')) == ["Post 30", "Post 29"]


@pytest.mark.parametrize("who", ["browser", "ada"])
def test_a_slow_suggestion_is_left_out(request, site, monkeypatch, who):
    monkeypatch.setattr(search, "SUGGESTION_MS", 50)
    monkeypatch.setattr(search, "_NEAREST_WORDS", text("SELECT pg_sleep(2)"))
    visitor = request.getfixturevalue(who)
    visitor = visitor if who == "browser" else visitor.browser
    site.add_post("The lighthouse", "lighthouse", tags=["coast"])

    page = _search(visitor, "lighthuose")

    assert "No posts found." in page and page.html.select_one(".suggestion") is None
    assert page.html.select_one("aside a[href='/tag/coast']")


def _add_tags(site, *tags):
    site.add_post("A tagged post", "tagged", tags=tags)


@pytest.mark.parametrize(
    ("asked", "path"),
    [("Nginx", "nginx"), ("#nginx", "nginx"), (" nginx, ", "nginx"), ("Reverse Proxy", "reverse-proxy"), ("C#", "c%23")],
)
def test_a_search_by_tag_redirects_to_the_tag(browser, site, asked, path):
    _add_tags(site, "nginx", "reverse-proxy", "c", "c#", "c++")

    assert _search(browser, asked, by="tag").location == f"http://blog.test/tag/{path}"


def _tags_offered(page):
    return [link.text for link in page.html.select("main .chips a")]


def test_a_search_for_a_mistyped_tag_shows_similar_tags(browser, site):
    _add_tags(site, "nginx", "python")

    page = _search(browser, "ngnix", by="tag")

    assert _tags_offered(page) == ["nginx"]
    assert page.html.select_one("main a[href='/search?q=ngnix']")


def test_a_search_for_several_tags_shows_each(browser, site):
    _add_tags(site, "nginx", "python", "sql")

    assert _tags_offered(_search(browser, "nginx, #Python", by="tag")) == ["nginx", "python"]


def test_a_search_for_an_unknown_tag_links_to_all_tags(browser, site):
    _add_tags(site, "nginx")

    page = _search(browser, "qqqqqq", by="tag")

    assert "There is no such tag." in page
    assert page.html.select_one("main a[href='/tags']")


@pytest.mark.parametrize("published", ["NULL", "now() + interval '1 day'"])
def test_a_tag_of_hidden_posts_is_not_shown(browser, site, published):
    site.add_post("Hidden", "hidden", published=published, tags=["xylophone"])

    assert _tags_offered(_search(browser, "xylophon", by="tag")) == []
    assert _search(browser, "xylophone", by="tag").status_int == 200
    assert _tags_offered(browser.get("/tag/xylophone", status=404)) == []


def test_the_number_of_matches_is_limited(browser, site):
    site.execute(
        "INSERT INTO posts (title, slug, body, published_at) SELECT 'Boat ' || i, 'boat-' || i, 'x',"
        " now() - make_interval(hours => i) FROM generate_series(1, 400) AS i"
    )

    page = _search(browser, "boat")

    assert "Many posts match" in page
    assert page.html.select_one(".pager span:nth-of-type(2)").text == f"Page 1 of {search.RANKED // 10}"


@pytest.mark.parametrize(
    "q",
    ["'\"\\:*()&|!", "\x00", "\x00lighthouse\x00", "%", "_", "a" * 10_000, "word " * 2_000, "(" * 500, '"', "-", "--",
     "or", "the", "AND OR NOT", "<script>alert(1)</script>", "'; DROP TABLE posts; --", "\ud7ff\ue000", "ß İ ﬀ", "🦴",
     ":*", "a:*", "!!!", "foo & ! bar | (baz)", "\u202e\u0000\u0001"],
)  # fmt: skip
def test_no_search_text_causes_an_error(browser, site, q):
    site.add_post(body="A lighthouse.")

    page = _search(browser, q)

    assert page.status_int == 200
    assert "<script>" not in page


def test_a_long_search_text_is_cut(browser, site):
    site.add_post("Boat", "boat")

    page = _search(browser, "boat " * 3_000)

    assert titles(page) == ["Boat"]
    assert "only the first 200 characters" in page


def test_an_empty_search_shows_the_form(browser, site):
    page = _search(browser, "   ")

    assert page.html.select_one("form.search")
    assert "No posts found" not in page


def test_a_search_that_is_not_utf8_is_refused(browser, site):
    assert "must be valid UTF-8" in browser.get("/search?q=%ff%fe", status=400)


def test_search_results_are_not_indexed(browser, site):
    assert _search(browser, "x").html.select_one("meta[name=robots]")["content"] == "noindex"
