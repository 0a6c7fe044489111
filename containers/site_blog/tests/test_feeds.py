"""Feeds, sitemaps and robots.txt, read by parsers."""

import re
from datetime import datetime
from xml.etree import ElementTree

import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def _feed(browser, path):
    response = browser.get(path)
    assert response.content_type == "application/atom+xml"
    ElementTree.fromstring(response.body)
    parsed = feedparser.parse(response.body)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def test_the_feed_has_the_newest_posts_in_full(browser, site):
    site.add_posts(25)
    site.add_post(
        "Newest <&>", "newest", "Some *words* & more.", "now() - interval '1 minute'", ["nginx"], summary="In short."
    )

    feed = _feed(browser, "/feed")

    assert len(feed.entries) == 20
    newest = feed.entries[0]
    assert newest.title == "Newest <&>" or newest.title == "Newest &lt;&amp;&gt;"
    assert newest.link == "http://blog.test/post/newest"
    assert newest.summary == "In short."
    assert newest.content[0].value == "<p>Some <em>words</em> &amp; more.</p>"
    assert [tag.term for tag in newest.tags] == ["nginx"]


def _check_atom(root):
    """Check the elements that RFC 4287 requires in feeds and entries."""
    entries = root.findall(f"{ATOM}entry")
    for parent in (root, *entries):
        present = [child.tag.removeprefix(ATOM) for child in parent]
        assert all(present.count(name) == 1 for name in ("id", "title", "updated")), present
        assert all(present.count(name) <= 1 for name in ("content", "published", "rights", "subtitle", "summary"))
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", parent.findtext(f"{ATOM}id"))
        for moment in (*parent.findall(f"{ATOM}updated"), *parent.findall(f"{ATOM}published")):
            assert datetime.fromisoformat(moment.text).tzinfo is not None
        for author in parent.findall(f"{ATOM}author"):
            assert author.findtext(f"{ATOM}name")
        kinds = [(link.get("rel"), link.get("type")) for link in parent.findall(f"{ATOM}link")]
        assert len(kinds) == len(set(kinds)) and ("alternate", "text/html") in kinds
    # The author of the feed applies to entries without an author.
    assert root.find(f"{ATOM}author") is not None
    names = [parent.findtext(f"{ATOM}id") for parent in (root, *entries)]
    assert len(names) == len(set(names))
    assert root.findtext(f"{ATOM}updated") >= max((e.findtext(f"{ATOM}updated") for e in entries), default="")


def test_a_feed_has_the_elements_that_atom_requires(browser, ada, site):
    site.add_posts(3, tag="nginx")
    ada.write("Ada's", tags="nginx")

    for path, page in (("/feed", "/"), ("/tag/nginx/feed", "/tag/nginx")):
        root = ElementTree.fromstring(browser.get(path).body)
        _check_atom(root)
        assert len(root.findall(f"{ATOM}entry")) == 4
        links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
        assert links == {"self": f"http://blog.test{path}", "alternate": f"http://blog.test{page}"}
        assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


def _names(feed):
    return [feed.feed.id, *(entry.id for entry in feed.entries)]


def test_the_feed_id_of_a_post_does_not_depend_on_its_address(browser, site):
    site.add_post(tags=["nginx"])
    paths = ("/feed", "/tag/nginx/feed")
    before = [_names(_feed(browser, path)) for path in paths]

    site.execute("UPDATE posts SET slug = 'another-address', title = 'Another title'")
    browser.extra_environ |= {"HTTP_HOST": "elsewhere.test:8443", "wsgi.url_scheme": "https"}

    after = [_feed(browser, path) for path in paths]
    assert after[0].entries[0].link == "https://elsewhere.test:8443/post/another-address"
    assert [_names(feed) for feed in after] == before


def test_relative_links_in_a_feed_have_the_right_base(browser, site):
    site.add_post(body="![x](/media/x.png) [tags](/tags) [below](#part)")

    content = _feed(browser, "/feed").entries[0].content[0]

    assert content.base == "http://blog.test/post/a-post"
    assert 'src="http://blog.test/media/x.png"' in content.value
    assert 'href="http://blog.test/tags"' in content.value
    assert 'href="http://blog.test/post/a-post#part"' in content.value


def _make_old(site):
    site.execute("UPDATE posts SET published_at = '2026-01-02', updated_at = '2026-01-03'")
    site.execute("UPDATE post_revisions SET saved_at = '2026-01-03'")


def test_a_save_without_changes_does_not_update_the_feed(browser, ada, site):
    key = ada.write()
    _make_old(site)

    ada.post_form(f"/author/posts/{key}", "save", status=303)

    feed = _feed(browser, "/feed")
    assert feed.feed.updated == feed.entries[0].updated == "2026-01-03T00:00:00Z"


def test_a_changed_text_updates_the_feed(browser, ada, site):
    key = ada.write()
    _make_old(site)

    ada.post_form(f"/author/posts/{key}", "save", body="New words.", status=303)

    feed = _feed(browser, "/feed")
    assert feed.feed.updated == feed.entries[0].updated > "2026-01-03T00:00:00Z"


def test_a_draft_does_not_update_the_feed(browser, ada, site):
    ada.write()
    _make_old(site)

    ada.write("A draft", state="draft")

    assert _feed(browser, "/feed").feed.updated == "2026-01-03T00:00:00Z"


def test_a_tag_has_its_own_feed(browser, site):
    site.add_post("One", "one", tags=["nginx"])
    site.add_post("Two", "two", tags=["python"])

    assert [entry.title for entry in _feed(browser, "/tag/nginx/feed").entries] == ["One"]
    browser.get("/tag/unknown/feed", status=404)


def test_an_empty_feed_is_valid(browser):
    assert _feed(browser, "/feed").entries == []
    _check_atom(ElementTree.fromstring(browser.get("/feed").body))


def test_characters_that_xml_does_not_allow_are_removed_from_the_feed(browser, site):
    site.add_post("Bell \x07 rings", "bell", "Form\x0cfeed \x1b \ufffe")

    assert _feed(browser, "/feed").entries[0].title == "Bell  rings"


def test_pages_announce_their_feeds(browser, site):
    site.add_post(tags=["nginx"])

    links = browser.get("/tag/nginx").html.select("link[type='application/atom+xml']")

    assert {link["href"] for link in links} == {"/feed", "/tag/nginx/feed"}


def test_the_sitemap_lists_every_post_and_page(browser, site):
    site.add_post("One", "one", published="'2025-01-05'", tags=["nginx"])
    site.add_post("Two", "two", published="'2025-02-05'")

    index = ElementTree.fromstring(browser.get("/sitemap.xml").body)
    maps = [loc.text.removeprefix("http://blog.test") for loc in index.iter(f"{SITEMAP}loc")]
    found = {loc.text for path in maps for loc in ElementTree.fromstring(browser.get(path).body).iter(f"{SITEMAP}loc")}

    assert maps == ["/sitemap/pages.xml", "/sitemap/2025-02.xml", "/sitemap/2025-01.xml"]
    assert found == {
        f"http://blog.test{path}" for path in ("/", "/archive", "/tags", "/tag/nginx", "/post/one", "/post/two")
    }
    browser.get("/sitemap/2024-01.xml", status=404)


def test_robots_txt_names_the_sitemap(browser):
    response = browser.get("/robots.txt")

    assert response.content_type == "text/plain"
    assert "Disallow: /author\n" in response
    assert "Sitemap: http://blog.test/sitemap.xml\n" in response
