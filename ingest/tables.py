"""The import journal: what each import said of every row, and what it changed, so that undo is exact.

`import_run` is written when an import is published, never before: an import that was killed leaves no trace.
"""

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, String, Table, Text

from geo.store.dialect import BigKey, Json
from geo.store.schema import metadata

import_run = Table(
    "import_run",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="minted by geo.store.counters"),
    Column("source", String(64), nullable=False),
    Column("community", String(64), ForeignKey("community.slug"), comment="NULL: a public list"),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("licence", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("published_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("undone_at", DateTime(timezone=True), comment="UTC; NULL: in force"),
    Column("state", String(16), nullable=False),
    Column("offered", Boolean, nullable=False, default=False, comment="the community asserts that hosts agreed"),
    Column("counts", Json, nullable=False, comment="{rows, accepted, merged, updated, unchanged, rejected}"),
    CheckConstraint("state IN ('published', 'undone')", name="state"),
    Index("ix_import_run_community", "community"),
)

import_row = Table(
    "import_row",
    metadata,
    Column("import_id", BigKey, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False, comment="1 is the first row under the header"),
    Column("outcome", String(16), nullable=False),
    Column("place_id", BigKey, comment="no foreign key: the journal outlives an undo"),
    Column("reason", String(32), comment="code of ingest.reasons, for a rejected row"),
    Column("field", Text),
    Column("value", Text),
    CheckConstraint("outcome IN ('accepted', 'merged', 'updated', 'unchanged', 'rejected')", name="outcome"),
)

import_change = Table(
    "import_change",
    metadata,
    Column("import_id", BigKey, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True),
    Column("table_name", String(32), primary_key=True),
    Column("row_id", BigKey, primary_key=True, autoincrement=False),
    Column("detail", String(64), primary_key=True, default="", comment="the community of a space_community row"),
    Column("before", Text, comment="canonical JSON of the row before; NULL: the import inserted it"),
    Column("after", String(32), nullable=False, comment="start of the SHA-256 of the row after"),
    Index("ix_import_change_row", "table_name", "row_id"),
)
