"""Indexes for what grew with the site: the author's desk, the most used tags on each page, and the tags nearest to a mistyped one.

The desk lists what was changed last. Drafts and the bin are few among many, so each has an index of its own.
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade():
    op.execute("""
        CREATE INDEX ix_posts_desk ON posts (updated_at DESC, id DESC) WHERE deleted_at IS NULL;
        CREATE INDEX ix_posts_drafts ON posts (updated_at DESC, id DESC)
            WHERE deleted_at IS NULL AND published_at IS NULL;
        CREATE INDEX ix_posts_bin ON posts (updated_at DESC, id DESC) WHERE deleted_at IS NOT NULL;

        CREATE INDEX ix_tag_counts_posts ON tag_counts (posts DESC, tag_id);
        CREATE INDEX ix_tags_trigrams ON tags USING gist (name gist_trgm_ops);
    """)


def downgrade():
    op.execute("""
        DROP INDEX ix_tags_trigrams;
        DROP INDEX ix_tag_counts_posts;
        DROP INDEX ix_posts_bin;
        DROP INDEX ix_posts_drafts;
        DROP INDEX ix_posts_desk;
    """)
