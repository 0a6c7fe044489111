"""The first posts, so that a new site has something to show: about its own move into containers.

They are ordinary posts, to be edited or binned like any other. The way back removes those that nobody has edited.
"""

from pathlib import Path

import yaml
from alembic import op
from sqlalchemy import text

revision = "0002"
down_revision = "0001"

_FOLDER = Path(__file__).parent.parent / "sample_posts"


def _sample_posts():
    for path in sorted(_FOLDER.glob("*.md")):
        _, front_matter, body = path.read_text(encoding="utf-8").split("---\n", 2)
        yield yaml.safe_load(front_matter) | {"body": body}


def upgrade():
    connection = op.get_bind()
    for post in _sample_posts():
        connection.execute(
            text("""
                WITH post AS (
                    INSERT INTO posts (title, slug, summary, body, published_at)
                    VALUES (:title, :slug, :summary, :body,
                            date_trunc('hour', now()) - make_interval(days => :days_ago))
                    -- Edited, it was there before the way back.
                    ON CONFLICT (slug) DO NOTHING
                    RETURNING id
                ), tag AS (
                    INSERT INTO tags (name) SELECT unnest(CAST(:tags AS text[]))
                    ON CONFLICT (name) DO UPDATE SET name = excluded.name
                    RETURNING id
                )
                INSERT INTO post_tags (post_id, tag_id) SELECT post.id, tag.id FROM post CROSS JOIN tag
            """),
            post,
        )


def downgrade():
    unchanged = text("DELETE FROM posts WHERE (slug, title, summary, body) = (:slug, :title, :summary, :body)")
    for post in _sample_posts():
        op.get_bind().execute(unchanged, post)
