"""Sessions that the server knows, so that it can end them: a cookie alone is good for whoever has kept a copy."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade():
    op.execute("""
        CREATE TABLE author_sessions (
            id uuid CONSTRAINT pk_author_sessions PRIMARY KEY,
            author_id bigint NOT NULL CONSTRAINT fk_author_sessions_author_id REFERENCES authors ON DELETE CASCADE,
            started_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE INDEX ix_author_sessions_author_id ON author_sessions (author_id);
    """)


def downgrade():
    op.execute("DROP TABLE author_sessions")
