"""What makes this site the same one wherever it moves: the names that its feeds give to posts are made of it.

It is part of the data, as host, port and scheme may all change, and so it moves with a backup.
The way back forgets it: when the schema comes here again, the site gets another, and feed readers see every post as new.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade():
    op.execute("ALTER TABLE site_state ADD COLUMN identity uuid NOT NULL DEFAULT gen_random_uuid()")


def downgrade():
    op.execute("ALTER TABLE site_state DROP COLUMN identity")
