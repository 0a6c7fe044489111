"""The state of the site that every page shows or depends on, read with one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid5

from sqlalchemy import text

_MOST_USED = 12
# The maximum number of tags on the page of all tags.
_ALL = 10_000

# The stored counts include scheduled posts, which are few and are subtracted.
_WAITING = """scheduled AS MATERIALIZED (
        SELECT id, published_at FROM posts WHERE deleted_at IS NULL AND published_at > now()
    ), waiting AS MATERIALIZED (
        SELECT tag_id, count(*) AS posts FROM post_tags JOIN scheduled ON scheduled.id = post_id GROUP BY 1
    )"""

_STATE = text(f"""
    WITH {_WAITING}, months AS (
        SELECT month, month_counts.posts - coalesce(waiting.posts, 0) AS posts
        FROM month_counts
        LEFT JOIN (SELECT month_of(published_at) AS month, count(*) AS posts FROM scheduled GROUP BY 1) AS waiting
            USING (month)
    ), most_used AS (
        -- For tags without scheduled posts, which are most, the index on counts gives the order.
        (SELECT tag_id, posts FROM tag_counts
         WHERE posts > 0 AND tag_id NOT IN (SELECT tag_id FROM waiting)
         ORDER BY posts DESC, tag_id LIMIT :tags)
        UNION ALL
        SELECT tag_id, tag_counts.posts - waiting.posts FROM tag_counts JOIN waiting USING (tag_id)
        WHERE tag_counts.posts > waiting.posts
        ORDER BY posts DESC, tag_id LIMIT :tags
    )
    SELECT
        identity,
        version,
        changed_at,
        (SELECT published_at FROM posts WHERE deleted_at IS NULL AND published_at <= now()
         ORDER BY published_at DESC LIMIT 1) AS newest_at,
        (SELECT json_agg(json_build_array(month, posts) ORDER BY month DESC) FROM months WHERE posts > 0) AS months,
        (SELECT json_agg(json_build_array(name, posts) ORDER BY posts DESC, name)
         FROM most_used JOIN tags ON tags.id = tag_id) AS tags
    FROM site_state
""")

_TAGS = text(f"""
    WITH {_WAITING}
    SELECT name, tag_counts.posts - coalesce(waiting.posts, 0) AS posts
    FROM tag_counts JOIN tags ON tags.id = tag_id LEFT JOIN waiting USING (tag_id)
    WHERE tag_counts.posts > coalesce(waiting.posts, 0)
    LIMIT :tags
""")


@dataclass(frozen=True)
class Month:
    """A month that has posts, and their number."""

    first_day: date
    posts: int

    @property
    def year(self) -> int:
        return self.first_day.year

    @property
    def number(self) -> int:
        return self.first_day.month


@dataclass(frozen=True)
class CountedTag:
    """A tag and the number of its posts."""

    name: str
    posts: int


@dataclass(frozen=True)
class Site:
    """The site as readers see it now; months are newest first, tags most used first."""

    identity: UUID
    version: int
    changed_at: datetime
    newest_at: datetime | None
    months: tuple[Month, ...]
    tags: tuple[CountedTag, ...]

    @property
    def posts(self) -> int:
        return sum(month.posts for month in self.months)

    @property
    def modified_at(self) -> datetime:
        """The time of the last change, or of the newest post if that is later, in whole seconds."""
        latest = max(self.changed_at, self.newest_at) if self.newest_at else self.changed_at
        return latest.astimezone(UTC).replace(microsecond=0)

    @property
    def years(self) -> dict[int, list[Month]]:
        years: dict[int, list[Month]] = {}
        for month in self.months:
            years.setdefault(month.year, []).append(month)
        return years

    def permanent_name(self, thing: str) -> str:
        """Return a URN that identifies a part of this site for good, independent of its URL."""
        return uuid5(self.identity, thing).urn


def read_site(session) -> Site:
    """Return the state of the site."""
    row = session.execute(_STATE, {"tags": _MOST_USED}).one()
    return Site(
        identity=row.identity,
        version=row.version,
        changed_at=row.changed_at,
        newest_at=row.newest_at,
        months=tuple(Month(date.fromisoformat(month), posts) for month, posts in row.months or ()),
        tags=tuple(CountedTag(name, posts) for name, posts in row.tags or ()),
    )


def entry_id(site: Site, post_id: int, atom_id: UUID | None) -> UUID:
    """Return the id of a post in feeds; a post that was imported keeps the id (`atom_id`) of the site it came from."""
    return atom_id or UUID(site.permanent_name(f"post/{post_id}"))


def read_tags(session) -> list[CountedTag]:
    """Return all tags with visible posts, sorted by name."""
    tags = [CountedTag(row.name, row.posts) for row in session.execute(_TAGS, {"tags": _ALL})]
    return sorted(tags, key=lambda tag: tag.name)


def includeme(config):
    """Add `request.site`."""
    config.add_request_method(lambda request: read_site(request.dbsession), "site", reify=True)
