"""Writes and reads a post as a Markdown file with YAML front matter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import yaml

from boneyard_blog.posts import writing
from boneyard_blog.posts.forms import PostForm
from boneyard_blog.posts.writing import Content

# The parser in C, if PyYAML has it: much faster for thousands of files.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

# In characters; far more than the fields may contain.
_MAX_HEAD = 20_000

# The maximum number of former slugs in a file; even long ones leave room for the other fields in _MAX_HEAD.
MAX_ALIASES = 100


class BadFile(Exception):
    """A file is not a valid post; the message gives its name and the reason."""


@dataclass(frozen=True)
class ExchangedPost:
    """A post that is exported or imported."""

    content: Content
    published_at: datetime | None
    deleted_at: datetime | None = None
    # Its former slugs.
    aliases: tuple[str, ...] = ()
    # Its id in feeds, if it differs from the default.
    atom_id: UUID | None = None


def format_post(post: ExchangedPost) -> str:
    """Return the text of the file for a post."""
    content = post.content
    fields = {"title": content.title, "slug": content.slug, "date": post.published_at, "tags": list(content.tags)}
    if content.summary:
        fields["summary"] = content.summary
    if post.published_at is None:
        del fields["date"]
        fields["draft"] = True
    if post.deleted_at is not None:
        fields["deleted"] = post.deleted_at
    if post.aliases:
        fields["aliases"] = list(post.aliases)
    if post.atom_id is not None:
        fields["id"] = post.atom_id.urn
    head = yaml.dump(fields, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=10_000)
    return f"---\n{head}---\n{content.body}"


def parse_post(data: bytes, name: str) -> ExchangedPost:
    """Return the post in a file. Raises BadFile."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadFile(f"{name} is not UTF-8 text") from error
    if not text.startswith("---\n"):
        raise BadFile(f"{name} has no front matter: it must begin with a line --- and fields such as title:")
    head, separator, body = text[4:].partition("\n---\n")
    if not separator:
        head, separator, body = text[4:].removesuffix("\n").removesuffix("\n---"), "---", ""
    if len(head) > _MAX_HEAD:
        raise BadFile(f"The front matter of {name} has {len(head):,} characters; the maximum is {_MAX_HEAD:,}")
    try:
        # A few nested aliases can expand to gigabytes.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(head, Loader=_Loader)):
            raise BadFile(f"The front matter of {name} contains a YAML alias (*name), which is not supported: write out the value")
        fields = yaml.load(head, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadFile(f"The front matter of {name} is not valid YAML: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(fields, dict):
        raise BadFile(f"The front matter of {name} has no fields")
    return _checked(fields, body, name)


def _checked(fields: dict, body: str, name: str) -> ExchangedPost:
    tags = fields.get("tags")
    if isinstance(tags, list):
        tags = ",".join(_plain(tag, "tags", name) for tag in tags)
    stem = name.rpartition("/")[2].removesuffix(".md")
    title = _plain(fields.get("title"), "title", name) or stem
    form = PostForm.of_request(
        {
            "title": title,
            "slug": _plain(fields.get("slug"), "slug", name) or writing.slugify(stem) or writing.slugify(title),
            "summary": _plain(fields.get("summary"), "summary", name),
            "body": body,
            "tags": _plain(tags, "tags", name),
        }
    )
    if not form.slug:
        form.errors["slug"] = "A slug is required."
    if form.errors:
        raise BadFile(f"{name}: {' '.join(form.errors.values())}")
    published_at = None if fields.get("draft") is True else _date(fields.get("date"), "date", name)
    return ExchangedPost(
        form.content(form.slug),
        published_at,
        _date(fields.get("deleted"), "deleted", name),
        _aliases(fields.get("aliases"), form.slug, name),
        _atom_id(fields.get("id")),
    )


def _aliases(value, slug: str, name: str) -> tuple[str, ...]:
    """Return the former slugs; paths of another form, which other blogs write, are ignored."""
    values = [_plain(alias, "aliases", name) for alias in (value if isinstance(value, list) else [value])]
    found = (re.fullmatch(r"(?:/post/)?([a-z0-9]+(?:-[a-z0-9]+)*)/?", alias) for alias in values)
    slugs = {match[1] for match in found if match and len(match[1]) <= writing.MAX_SLUG}
    return tuple(sorted(slugs - {slug}))[:MAX_ALIASES]


def _atom_id(value) -> UUID | None:
    """Return the id if it is a UUID; other blogs use the field for other values, which are ignored."""
    try:
        return UUID(value) if isinstance(value, str) and value.startswith("urn:uuid:") else None
    except ValueError:
        return None


def _plain(value, field: str, name: str) -> str:
    """Return a scalar value as text, empty for None. Raises BadFile for lists and maps."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float | date):
        raise BadFile(f"{name}: {field}: must be plain text")
    try:
        return str(value)
    except ValueError as error:
        raise BadFile(f"{name}: {field}: {error}") from error


def _date(value, field: str, name: str) -> datetime | None:
    """Return a date with a time zone, UTC by default; None if the field is empty. Raises BadFile."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise BadFile(
                f"{name}: {field}: {value[:60]} is not a date: write it as 2026-03-31 or 2026-03-31T18:30:00Z"
            ) from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime) or not 1990 <= value.year <= 2199:
        raise BadFile(f"{name}: {field}: {value} must be between 1990 and 2199")
    return value if value.tzinfo else value.replace(tzinfo=UTC)
