"""Converts Markdown to safe HTML or to plain text."""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

# The number of characters of a body that summaries are made of.
LEAD = 1500

# In characters. Only shorter bodies are cached: the HTML takes memory in each worker.
_MAX_CACHED = 20_000

_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align", "scope"},
}
_TAGS = (
    "a abbr blockquote br code dd del div dl dt em figcaption figure h2 h3 h4 h5 h6 hr img ins kbd li mark ol p pre q s "
    "samp small span strong sub sup table tbody td th thead tr ul var"
).split()


def _highlight(code: str, language: str, attributes: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return str(escape(code))
    return highlight(code, lexer, HtmlFormatter(nowrap=True, classprefix="hl-"))


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True, "highlight": _highlight, "linkify": True})
    # Only URLs with a scheme become links: site.py and README.md are file names, not hosts.
    markdown.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return markdown.enable(["table", "strikethrough", "linkify"])


_MARKDOWN = _markdown()


def _safe_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src" and not re.match(r"/(?![/\\\s])", value):
        # A post must not load anything from third parties. Browsers read a backslash as a slash and ignore tabs and
        # line ends: "/\host" and "/<tab>/host" lead to another host, as "//host" does.
        return "/static/elsewhere.svg"
    if name == "class":
        classes = [word for word in value.split() if re.fullmatch(r"(hl|language)-[\w+#-]+", word)]
        return " ".join(classes) or None
    return value


def render(body: str) -> Markup:
    """Return the sanitized HTML of a Markdown text."""
    return _cached(body) if len(body) <= _MAX_CACHED else _rendered(body)


def _rendered(body: str) -> Markup:
    html = _MARKDOWN.render(body)
    # The title of the page is its h1.
    html = re.sub(r"<(/?)h([1-5])>", lambda match: f"<{match[1]}h{int(match[2]) + 1}>", html)
    safe = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "iframe", "object", "noscript", "template", "textarea", "title"},
        attributes=_ATTRIBUTES | {"span": {"class"}, "code": {"class"}},
        attribute_filter=_safe_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"img": {"loading": "lazy"}},
    )
    return Markup(safe)


_cached = lru_cache(maxsize=128)(_rendered)


def plain(markdown: str) -> str:
    """Return roughly the plain text of Markdown, on one line: for summaries and search results."""
    text = re.sub(r"(?ms)^(`{3,}|~{3,}).*?(^\1|\Z)", " ", markdown)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    # A tag, also one that the end of the text has cut off. Any other "<" means less than.
    text = re.sub(r"<[A-Za-z/!]([^<>]*>|[^<>\s]*(\s[^<>=]*=[^<>]*)?\Z)", " ", text)
    text = re.sub(r"(?m)^\s*(#{1,6}|>|[-+*]|\d+\.)\s+", "", text)
    text = re.sub(r"(?m)^\s*\|?[-:|\s]+\|?\s*$", " ", text)
    text = re.sub(r"[*`]|(?<!\w)_+|_+(?!\w)", "", text)
    return " ".join(text.replace("|", " ").split())


def summarise(summary: str, body: str, length: int = 240) -> str:
    """Return the author's summary, else the beginning of the text: at most `length` characters, cut at a word."""
    text = summary.strip() or plain(body[:LEAD])
    if len(text) <= length or summary.strip():
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(",;:.-") + " …"


def xml_text(text: str) -> str:
    """Return a text without the characters that XML does not allow, not even escaped."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", str(text))
