"""The form of a post, and its validation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from boneyard_blog.posts import writing
from boneyard_blog.posts.writing import Content
from boneyard_blog.web.parameters import whole_number

# The greatest revision number that the database can store.
MAX_REVISION = 2**31 - 1

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass
class PostForm:
    """The fields of a post as typed, and the errors by field."""

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
        """Return the form filled with a post; a scheduled post is a published one with a date in the future."""
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
        """Return the submitted form, validated; `published_at` is the current date of the post, None for a draft."""
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
                "publish_on", "A draft has no date. Choose Published to publish it at this time, or clear this field."
            )
        return form

    def _check(self) -> None:
        self._check_text("title", "The title", self.title, writing.MAX_TITLE)
        self._check_text("summary", "The summary", self.summary, writing.MAX_SUMMARY)
        self._check_text("body", "The text", self.body, writing.MAX_BODY)
        if not self.title:
            self.errors["title"] = "A title is required."
        elif "\n" in self.title or "\t" in self.title:
            self.errors["title"] = "The title must be one line."
        if self.slug and (not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.slug) or len(self.slug) > writing.MAX_SLUG):
            self.errors["slug"] = (
                f"An address may contain a-z, 0-9 and single hyphens, at most {writing.MAX_SLUG} characters."
            )
        self._check_tags()
        if self.publish_on and self.published_on is None:
            self.errors["publish_on"] = "Enter a date and time such as 2026-03-31T18:30, between 1990 and 2199."

    def _check_text(self, name: str, label: str, value: str, maximum: int) -> None:
        if len(value) > maximum:
            self.errors[name] = f"{label} has {len(value):,} characters; the maximum is {maximum:,}."
        elif _CONTROL.search(value):
            self.errors[name] = f"{label} contains control characters."

    def _check_tags(self) -> None:
        names = self.tag_names
        if len(names) > writing.MAX_TAGS:
            self.errors["tags"] = f"There are {len(names)} tags; the maximum is {writing.MAX_TAGS}."
        for name in names:
            if len(name) > writing.MAX_TAG or not name.isprintable() or name != name.lower():
                self.errors["tags"] = f"A tag may have at most {writing.MAX_TAG} visible characters."
            elif name in (".", ".."):
                self.errors["tags"] = f"{name} cannot be a tag: browsers remove it from addresses."

    @property
    def tag_names(self) -> tuple[str, ...]:
        return writing.split_tags(self.tags)

    @property
    def published_on(self) -> datetime | None:
        """The time to publish, in UTC; None if the field is empty or malformed."""
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
