"""A post as a Markdown file with front matter, as many blogs know it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import yaml

from boneyard_blog import writing
from boneyard_blog.forms import PostForm
from boneyard_blog.writing import Content

# The parser written in C, where PyYAML has it: thousands of files are then a matter of seconds.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


# Far more than the fields may hold.
_MAX_HEAD = 20_000

# Of former addresses, each as long as it may be, so many leave room for the other fields.
MAX_ALIASES = 100


class BadFile(Exception):
    """A file is not a post."""


@dataclass(frozen=True)
class ExchangedPost:
    """A post on its way in or out."""

    content: Content
    published_at: datetime | None
    deleted_at: datetime | None = None
    # Slugs that it had before.
    aliases: tuple[str, ...] = ()
    # Its id in feeds.
    atom_id: UUID | None = None


def format_post(post: ExchangedPost) -> str:
    """Return a post as a file."""
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
    """Return the post in a file, or say what is wrong with it."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BadFile(f"{name} is not UTF-8 text") from error
    if not text.startswith("---\n"):
        raise BadFile(f"{name} does not begin with front matter: a line ---, then title: and so on")
    head, separator, body = text[4:].partition("\n---\n")
    if not separator:
        head, separator, body = text[4:].removesuffix("\n").removesuffix("\n---"), "---", ""
    if len(head) > _MAX_HEAD:
        raise BadFile(f"The front matter of {name} has {len(head):,} characters; {_MAX_HEAD:,} is the most")
    try:
        # A few aliases of aliases are a text of gigabytes.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(head, Loader=_Loader)):
            raise BadFile(f"The front matter of {name} holds an alias, such as *this: write out what it stands for")
        fields = yaml.load(head, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadFile(f"The front matter of {name} is not YAML: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(fields, dict):
        raise BadFile(f"The front matter of {name} holds no fields")
    return _checked(fields, body, name)


def _checked(fields: dict, body: str, name: str) -> ExchangedPost:
    tags = fields.get("tags")
    if isinstance(tags, list):
        tags = ",".join(_plain(tag, "a tag", name) for tag in tags)
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
        form.errors["slug"] = "It needs a slug."
    if form.errors:
        raise BadFile(f"{name}: {' '.join(form.errors.values())}")
    published_at = None if fields.get("draft") is True else _moment(fields.get("date"), "date", name)
    return ExchangedPost(
        form.content(form.slug),
        published_at,
        _moment(fields.get("deleted"), "deleted", name),
        _aliases(fields.get("aliases"), form.slug, name),
        _atom_id(fields.get("id")),
    )


def _aliases(value, slug: str, name: str) -> tuple[str, ...]:
    """Return the former slugs; other blogs also give addresses of another form, to which no post here could be."""
    values = [_plain(alias, "aliases", name) for alias in (value if isinstance(value, list) else [value])]
    found = (re.fullmatch(r"(?:/post/)?([a-z0-9]+(?:-[a-z0-9]+)*)/?", alias) for alias in values)
    slugs = {match[1] for match in found if match and len(match[1]) <= writing.MAX_SLUG}
    return tuple(sorted(slugs - {slug}))[:MAX_ALIASES]


def _atom_id(value) -> UUID | None:
    """Return the id if it is one of ours; what other blogs call by that name may be anything."""
    try:
        return UUID(value) if isinstance(value, str) and value.startswith("urn:uuid:") else None
    except ValueError:
        return None


def _plain(value, field: str, name: str) -> str:
    """Return a value as text, empty if there is none."""
    if value is None:
        return ""
    if not isinstance(value, str | int | float | date):
        raise BadFile(f"{name}: {field}: it must be plain text")
    try:
        return str(value)
    except ValueError as error:
        raise BadFile(f"{name}: {field}: {error}") from error


def _moment(value, field: str, name: str) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise BadFile(
                f"{name}: {field}: {value[:60]} is no date: write 2026-03-31 or 2026-03-31T18:30:00Z"
            ) from error
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime) or not 1990 <= value.year <= 2199:
        raise BadFile(f"{name}: {field}: {value} must lie between 1990 and 2199")
    return value if value.tzinfo else value.replace(tzinfo=UTC)
