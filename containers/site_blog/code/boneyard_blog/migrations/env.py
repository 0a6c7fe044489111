"""Runs migrations on the connection, and in the transaction, of the caller."""

from alembic import context

from boneyard_blog.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
