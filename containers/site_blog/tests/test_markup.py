"""Valid HTML and accessibility of every page."""

import re

import pytest
from webtest import TestApp

import boneyard_blog
from helpers import tidy

PUBLIC = ["/", "/page/2", "/post/full", "/post/post-1", "/archive", "/archive/2026", "/archive/2026/03", "/tags", "/tag/nginx",
          "/tag/nginx/page/2", "/search", "/search?q=words", "/search?q=wrods", "/search?q=post&page=2", "/sign-in"]  # fmt: skip
AUTHORS = ["/author/", "/author/?state=bin", "/author/posts/new", "/author/posts/1", "/author/posts/1/revisions",
           "/author/media", "/author/imports", "/author/password"]  # fmt: skip

FULL = """# Heading

Some *words*, **bold**, `code`, [a link](https://example.org), an image ![what it shows](/media/x.png).

> A quotation

1. one
2. two

| a | b |
|---|--:|
| 1 | 2 |

```python
def f(x): return "<&>"
```

<details>raw</details> <b>x</b> & <unknown>
"""


@pytest.fixture
def filled(site):
    site.add_posts(12, tag="nginx")
    site.add_post("Full <&\"'> title", "full", FULL, "'2026-03-05'", ["nginx", "c++"], summary='A "summary" & <more>')
    return site


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_is_valid_html(browser, filled, path):
    assert tidy(browser.get(path).text) == ""


@pytest.mark.parametrize("path", AUTHORS)
def test_an_authors_page_is_valid_html(ada, filled, path):
    ada.post_form("/author/posts/1", title="Changed", status=303)

    assert tidy(ada.browser.get(path).text) == ""


@pytest.mark.parametrize("path", ["/nowhere", "/tag/<script>", "/page/99"])
def test_the_404_page_is_valid_html(browser, filled, path):
    assert tidy(browser.get(path, status=404).text) == ""


def test_a_form_with_errors_and_a_conflict_are_valid_html(ada, filled):
    invalid = ada.post_form("/author/posts/new", title="", slug="Not A Slug", publish_on="never", status=422)
    stale = ada.edit_form("/author/posts/1")
    ada.post_form("/author/posts/1", body="Other words", status=303)
    stale["body"] = "My <words>"
    conflict = stale.submit(status=409)
    preview = ada.post_form("/author/posts/1", "preview", body=FULL)

    assert [tidy(page.text) for page in (invalid, conflict, preview)] == ["", "", ""]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_has_landmarks_and_one_heading_of_the_first_level(browser, filled, path):
    html = browser.get(path).html

    assert html.html["lang"] == "en"
    assert len(html.select("h1")) == 1
    assert len(html.select("main#main")) == 1
    assert html.select_one("body > a.skip")["href"] == "#main"
    assert html.select_one("header nav[aria-label]") and html.select_one("footer")
    assert html.select_one("meta[name=viewport]")["content"] == "width=device-width, initial-scale=1"


@pytest.mark.parametrize("path", PUBLIC + AUTHORS)
def test_every_field_has_a_label(ada, filled, path):
    html = ada.browser.get(path).html

    for field in html.select("input:not([type=hidden]), textarea, select"):
        assert field.get("aria-label") or html.select_one(f"label[for='{field['id']}']"), field


def test_a_field_with_an_error_has_an_accessible_description(ada):
    html = ada.post_form("/author/posts/new", title="", slug="Not A Slug", publish_on="never", status=422).html

    for name in ("title", "slug", "publish_on"):
        field = html.select_one(f"[name={name}]")
        assert field["aria-invalid"] == "true"
        assert html.find(id=field["aria-describedby"].split()[0]).text
    assert "aria-invalid" not in html.select_one("[name=body]").attrs
    # The hint stays in the description, beside the error.
    assert html.select_one("[name=publish_on]")["aria-describedby"] == "publish_on-error publish_on-hint"


def test_the_sign_in_error_describes_its_fields(make_author):
    html = make_author("ada").sign_in("not the password", status=422).html

    for name in ("name", "password"):
        field = html.select_one(f"[name={name}]")
        assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "sign-in-error")
    assert html.find(id="sign-in-error").text.strip()


def test_texts_have_automatic_direction(browser, site):
    site.add_post("שלום", "shalom", "טקסט", tags=["nginx"])

    post, home = browser.get("/post/shalom").html, browser.get("/").html

    assert post.select_one("h1[dir=auto]").text == "שלום"
    assert post.select_one(".prose[dir=auto]").text.strip() == "טקסט"
    assert home.select_one("ol.posts h2[dir=auto]").text == "שלום"
    assert browser.get("/search").html.select_one("main [name=q]")["dir"] == "auto"


def test_pages_and_feeds_have_the_configured_language(filled, ini_settings):
    german = TestApp(boneyard_blog.main({}, **ini_settings | {"blog.language": "de"}))

    assert german.get("/").html.html["lang"] == "de"
    assert german.get("/feed").xml.get("{http://www.w3.org/XML/1998/namespace}lang") == "de"


def test_a_post_shows_the_contact_links(browser, filled, ini_settings, monkeypatch):
    assert "How to connect" not in browser.get("/post/full")
    monkeypatch.setenv("CONTACT_LINKS", "Mastodon=https://example.org/@me?a=1&b=2,E-mail=mailto:me@example.org")

    page = TestApp(boneyard_blog.main({}, **ini_settings)).get("/post/full")

    assert tidy(page.text) == ""
    assert [(link.text, link["href"], link["rel"]) for link in page.html.select(".contacts a")] == [
        ("Mastodon", "https://example.org/@me?a=1&b=2", ["me"]),
        ("E-mail", "mailto:me@example.org", ["me"]),
    ]


@pytest.mark.parametrize("path", PUBLIC)
def test_a_page_needs_no_script_and_no_third_party(browser, filled, path):
    html = browser.get(path).html

    assert html.select("script, iframe, [style], style") == []
    for loaded in html.select("img[src], link[rel=stylesheet], link[rel=icon]"):
        assert (loaded.get("src") or loaded.get("href")).startswith("/static/") or loaded["src"].startswith("/media/")


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(stylesheet, theme):
    blocks = re.findall(r":root \{(.*?)\}", stylesheet, re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[0 if theme == "light" else 1]))

    for ground in ("paper", "card", "code"):
        for text in ("ink", "soft", "rust", "good"):
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for name in [name for name in colours if name.startswith("hl-")]:
        assert _contrast(colours[name], colours["code"]) >= 4.5, name
