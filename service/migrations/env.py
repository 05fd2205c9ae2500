"""Run by alembic, with the connection that `service.migrations` opened."""

from alembic import context

import ingest.journal.tables
import service.accounts.tables
import service.bookings.tables
import service.feedback.tables
from geo.store.schema import metadata
from service.migrations import is_ours

TABLES = (ingest.journal.tables, service.accounts.tables, service.bookings.tables, service.feedback.tables)
"""Imported so that their tables are in the one metadata."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=is_ours,
    transactional_ddl=False,
)
context.run_migrations()
