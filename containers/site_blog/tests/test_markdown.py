"""Conversion of Markdown to safe HTML and to text."""

import time

import pytest
from bs4 import BeautifulSoup

from boneyard_blog.posts.markdown import plain, render, summarise, xml_text


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"),
        ("# A", "<h2>A</h2>\n"),
        ("###### A", "<h6>A</h6>\n"),
        ("~~a~~", "<p><s>a</s></p>\n"),
        ("[a](/b)", '<p><a href="/b" rel="noopener noreferrer">a</a></p>\n'),
        ("![a](/media/b.png)", '<p><img src="/media/b.png" alt="a" loading="lazy"></p>\n'),
        (
            "See https://example.org/a_b_c?d=e.",
            '<p>See <a href="https://example.org/a_b_c?d=e" rel="noopener noreferrer">https://example.org/a_b_c?d=e</a>.</p>\n',
        ),
        ("site.py, me@example.org, `https://x.org`", "<p>site.py, me@example.org, <code>https://x.org</code></p>\n"),
        ("```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>\n"),
        ("```nosuchlanguage\n<b>\n```", '<pre><code class="language-nosuchlanguage">&lt;b&gt;\n</code></pre>\n'),
    ],
)
def test_markdown_becomes_html(markdown, html):
    assert render(markdown) == html


def test_only_short_texts_are_cached():
    usual, long = "*a* " * 5_000, "*a* " * 5_001

    assert render(usual) is render(usual)
    assert render(long) is not render(long)


def test_tables_are_rendered():
    assert "<th>a</th>" in render("|a|b|\n|-|-|\n|1|2|")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<iframe src=//evil.example></iframe>",
        "<style>body{display:none}</style>",
        "<form action=//evil.example><input></form>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext></mtext><script>alert(1)</script></math>",
        "<p style='position:fixed'>x</p>",
        "<a href=x onclick=alert(1)>x</a>",
        "<meta http-equiv=refresh content=0>",
        "<base href=//evil.example>",
        '```"><script>alert(1)</script>\nx\n```',
        "<object data=x></object><embed src=x>",
    ],
)
def test_harmful_markup_is_removed(hostile):
    html = BeautifulSoup(render(hostile), "html5lib")

    assert {tag.name for tag in html.body.find_all()} <= {"p", "a", "img", "span", "pre", "code"}
    for tag in html.body.find_all():
        assert set(tag.attrs) <= {"href", "src", "alt", "rel", "loading", "class"}
        assert tag.get("href", "/x").startswith(("/", "x", "https://")), tag
        assert tag.get("src", "/").startswith("/"), tag


@pytest.mark.parametrize("source", ["http://evil.example/x.png", "//evil.example/x.png", "https://evil.example/x.png"])
def test_images_of_third_parties_are_replaced(source):
    for markdown in (f"![x]({source})", f"<img src='{source}' alt='x'>"):
        assert 'src="/static/elsewhere.svg"' in render(markdown)
        assert "evil" not in render(markdown)


@pytest.mark.parametrize("slashes", ["/&#92;", "&#92;&#92;", "/&#9;/", "/&#10;/", "/&#13;&#92;", "&#9;//", "/&#32;/"])
def test_variants_of_two_slashes_are_replaced(slashes):
    assert 'src="/static/elsewhere.svg"' in render(f"<img src='{slashes}evil.example/x.png' alt='x'>")


def test_only_classes_for_code_are_kept():
    assert render('<span class="skip hl-k note">x</span>') == '<p><span class="hl-k">x</span></p>\n'


@pytest.mark.parametrize(
    "markdown",
    ["*" * 20_000, "[" * 20_000, "> " * 5_000 + "x", "`" * 20_000, "- " * 2_000 + "x", "<" * 20_000, "![" * 9_000],
)
def test_deeply_nested_markup_is_rendered_quickly(markdown):
    # CPU time, which does not depend on other load.
    began = time.process_time()
    render(markdown)

    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Title\n\nSome *words* and `code`.", "Title Some words and code."),
        ("[link](http://x) ![alt](y)", "link alt"),
        ("```python\ncode\n```\nafter", "after"),
        ("- one\n- two\n\n1. three", "one two three"),
        ("snake_case stays, _this_ goes", "snake_case stays, this goes"),
        ("<b>bold</b> and <unclosed", "bold and"),
        ('cut in <img src="/media/a.png" alt="what it sh', "cut in"),
        ("Below < 0 °C pipes freeze <br> and > 100 °C they boil", "Below < 0 °C pipes freeze and > 100 °C they boil"),
        ("if x <y the pipe holds", "if x <y the pipe holds"),
        ("a <b and c <i>d</i>", "a <b and c d"),
    ],
)
def test_plain_text_has_no_markup(markdown, text):
    assert plain(markdown) == text


def test_a_summary_is_cut_at_a_word():
    summary = summarise("", "word " * 100)

    assert summary.endswith("word …")
    assert len(summary) <= 243


@pytest.mark.parametrize("body", ["[" * 200_000, "<a " + "=" * 200_000 + "<", "<" * 200_000, "_" * 200_000])
def test_a_summary_is_fast_for_any_text(body):
    began = time.process_time()
    summarise("", body)

    assert time.process_time() - began < 1


def test_xml_text_keeps_valid_characters():
    assert xml_text("a\x00b\x0b\tc\ud7ff🦴\ufffe") == "ab\tc\ud7ff🦴"
