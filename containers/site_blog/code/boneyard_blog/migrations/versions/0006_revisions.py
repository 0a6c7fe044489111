"""Every saved version of a post, and the addresses that a post once had."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    op.execute("""
        CREATE TABLE post_revisions (
            post_id bigint NOT NULL CONSTRAINT fk_post_revisions_post_id REFERENCES posts ON DELETE CASCADE,
            number integer NOT NULL,
            title text NOT NULL,
            slug text NOT NULL,
            summary text NOT NULL,
            body text NOT NULL,
            tags text[] NOT NULL,
            author_id bigint CONSTRAINT fk_post_revisions_author_id REFERENCES authors ON DELETE SET NULL,
            saved_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_post_revisions PRIMARY KEY (post_id, number)
        );
        CREATE TABLE former_slugs (
            slug text NOT NULL CONSTRAINT pk_former_slugs PRIMARY KEY,
            post_id bigint NOT NULL CONSTRAINT fk_former_slugs_post_id REFERENCES posts ON DELETE CASCADE
        );
        CREATE INDEX ix_former_slugs_post_id ON former_slugs (post_id);
    """)


def downgrade():
    op.execute("DROP TABLE former_slugs, post_revisions")
