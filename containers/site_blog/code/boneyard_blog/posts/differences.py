"""What one version of a post says that another does not."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

_MARKS = {" ": "kept", "-": "removed", "+": "added"}


@dataclass(frozen=True)
class FieldDifference:
    """A field that is not the same in two versions."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Differences:
    """The fields that differ, and the lines of the text, each marked as kept, removed or added; none if it is the same."""

    fields: tuple[FieldDifference, ...]
    lines: tuple[tuple[str, str], ...]

    @classmethod
    def between(cls, before, after, *more: FieldDifference) -> Differences:
        """Compare two contents or revisions; `more` is what they do not hold themselves, whether it differs or not."""
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
    """Return the lines of two texts; long stretches of kept ones are left out."""
    lines = []
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=3, lineterm=""):
        if line.startswith(("---", "+++")) and not lines:
            continue
        lines.append(("gap", "…") if line.startswith("@@") else (_MARKS.get(line[:1], "kept"), line[1:]))
    return tuple(lines)
