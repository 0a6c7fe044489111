"""The ids under which feed readers know posts that came from another site; the others' are made of site and number.

The way back forgets them: feed readers then see those posts as new.
"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade():
    op.execute("ALTER TABLE posts ADD COLUMN atom_id uuid CONSTRAINT uq_posts_atom_id UNIQUE")


def downgrade():
    op.execute("ALTER TABLE posts DROP COLUMN atom_id")
