"""Run by alembic, with the connection that `service.migrations` opened."""

from alembic import context

import ingest.tables
import service.tables
from geo.store.schema import metadata
from service.migrations import is_ours

assert ingest.tables and service.tables  # noqa: S101  imported so that their tables are in the one metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=is_ours,
    transactional_ddl=False,
)
context.run_migrations()
