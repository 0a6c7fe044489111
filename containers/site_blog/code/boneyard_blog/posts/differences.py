"""The differences between two versions of a post."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

_MARKS = {" ": "kept", "-": "removed", "+": "added"}


@dataclass(frozen=True)
class FieldDifference:
    """A field with its value in two versions."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Differences:
    """The fields that differ, and the lines of the text, marked as kept, removed, added or gap; empty if it is the same."""

    fields: tuple[FieldDifference, ...]
    lines: tuple[tuple[str, str], ...]

    @classmethod
    def between(cls, before, after, *more: FieldDifference) -> Differences:
        """Compare two contents or revisions, and the fields in `more`, which they do not contain."""
        fields = (
            FieldDifference("Title", before.title, after.title),
            FieldDifference("Address", before.slug, after.slug),
            FieldDifference("Summary", before.summary, after.summary),
            FieldDifference("Tags", *(", ".join(sorted(version.tags)) for version in (before, after))),
            *more,
        )
        return cls(tuple(field for field in fields if field.before != field.after), _lines(before.body, after.body))

    def __bool__(self) -> bool:
        return bool(self.fields or self.lines)


def _lines(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Return the lines of a unified diff of two texts; long unchanged parts are left out."""
    lines = []
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=3, lineterm=""):
        if line.startswith(("---", "+++")) and not lines:
            continue
        lines.append(("gap", "…") if line.startswith("@@") else (_MARKS.get(line[:1], "kept"), line[1:]))
    return tuple(lines)
