"""What the form of a post may hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from boneyard_blog import writing
from boneyard_blog.writing import Content

# The greatest number that a revision can have.
MAX_REVISION = 2**31 - 1

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def whole_number(text: str, otherwise: int, most: int) -> int:
    """Return the number that a text is, from 1 to `most`, and `otherwise` if it is none of these."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        return otherwise
    return int(text) if 1 <= int(text) <= most else otherwise


@dataclass
class PostForm:
    """A post's fields as typed, and what is wrong with them."""

    title: str = ""
    slug: str = ""
    summary: str = ""
    body: str = ""
    tags: str = ""
    state: str = "draft"
    publish_on: str = ""
    base: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_post(cls, post, content: Content) -> PostForm:
        """Return the form filled with a post, scheduled or published alike: its date tells."""
        return cls(
            title=content.title,
            slug=content.slug,
            summary=content.summary,
            body=content.body,
            tags=", ".join(content.tags),
            state="draft" if post.published_at is None else "published",
            publish_on=_as_field(post.published_at),
            base=post.revision,
        )

    @classmethod
    def of_request(cls, fields: Mapping[str, str], published_at: datetime | None = None) -> PostForm:
        """Return the form as it was sent, checked; `published_at` is what the post has now."""
        form = cls(
            title=" ".join(str(fields.get("title", "")).split(" ")).strip(),
            slug=str(fields.get("slug", "")).strip(),
            summary=str(fields.get("summary", "")).replace("\r\n", "\n").strip(),
            body=str(fields.get("body", "")).replace("\r\n", "\n"),
            tags=str(fields.get("tags", "")).strip(),
            state="published" if fields.get("state") == "published" else "draft",
            publish_on=str(fields.get("publish_on", "")).strip()[:40],
            base=whole_number(fields.get("base", ""), 0, MAX_REVISION),
        )
        form._check()
        if form.state == "draft" and form.publish_on not in ("", _as_field(published_at)):
            form.errors.setdefault(
                "publish_on", "A draft has no date: choose Published, and it comes out then; or empty this field."
            )
        return form

    def _check(self) -> None:
        self._check_text("title", "The title", self.title, writing.MAX_TITLE)
        self._check_text("summary", "The summary", self.summary, writing.MAX_SUMMARY)
        self._check_text("body", "The text", self.body, writing.MAX_BODY)
        if not self.title:
            self.errors["title"] = "A post needs a title."
        elif "\n" in self.title or "\t" in self.title:
            self.errors["title"] = "The title is one line."
        if self.slug and (not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.slug) or len(self.slug) > writing.MAX_SLUG):
            self.errors["slug"] = (
                f"An address is made of a-z, 0-9 and single hyphens, at most {writing.MAX_SLUG} of them."
            )
        self._check_tags()
        if self.publish_on and self.published_on is None:
            self.errors["publish_on"] = "Give a date and time like 2026-03-31T18:30, between 1990 and 2199."

    def _check_text(self, name: str, label: str, value: str, longest: int) -> None:
        if len(value) > longest:
            self.errors[name] = f"{label} has {len(value):,} characters; {longest:,} is the most."
        elif _CONTROL.search(value):
            self.errors[name] = f"{label} holds control characters that cannot be kept."

    def _check_tags(self) -> None:
        names = self.tag_names
        if len(names) > writing.MAX_TAGS:
            self.errors["tags"] = f"These are {len(names)} tags; {writing.MAX_TAGS} is the most."
        for name in names:
            if len(name) > writing.MAX_TAG or not name.isprintable() or name != name.lower():
                self.errors["tags"] = f"A tag has at most {writing.MAX_TAG} visible characters."
            elif name in (".", ".."):
                self.errors["tags"] = f"{name} cannot be a tag: browsers take it out of an address."

    @property
    def tag_names(self) -> tuple[str, ...]:
        return writing.split_tags(self.tags)

    @property
    def published_on(self) -> datetime | None:
        """The moment to publish, in UTC; None if there is none or it makes no sense."""
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", self.publish_on):
            return None
        try:
            moment = datetime.fromisoformat(self.publish_on).replace(tzinfo=UTC)
        except ValueError:
            return None
        return moment if 1990 <= moment.year <= 2199 else None

    def content(self, slug: str) -> Content:
        return Content(self.title, slug, self.summary, self.body, self.tag_names)


def _as_field(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}" if moment else ""
