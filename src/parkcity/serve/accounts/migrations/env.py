"""How Alembic reaches the database: by the connection that the caller hands over."""

from __future__ import annotations

from alembic import context

from parkcity.serve.accounts.tables import METADATA

connection = context.config.attributes["connection"]
# SQLite changes a table by copying it, which Alembic calls a batch.
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
