"""The import journal: the outcome of every row of an import, and what it changed, so that an undo is exact.

An import is written in chunks in the state `writing`, hidden, and becomes visible at once as `published`. One that was
killed stays hidden; the next import removes it (`ingest.publication.publisher.clear_unfinished`).
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from geo.store.dialect import BigKey, Json
from geo.store.schema import metadata

import_run = Table(
    "import_run",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="taken from the table counter, never reused"),
    Column("source", String(64), nullable=False),
    Column("community", String(64), ForeignKey("community.slug"), comment="NULL: a public list"),
    Column("file_name", Text, nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("licence", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, comment="UTC"),
    Column("published_at", DateTime(timezone=True), comment="UTC; NULL: still being written"),
    Column("undone_at", DateTime(timezone=True), comment="UTC; NULL: in force"),
    Column("state", String(16), nullable=False),
    Column("written_at", DateTime(timezone=True), comment="by the database: last sign of life"),
    Column("offered", Boolean, nullable=False, default=False, comment="the community asserts that hosts agreed"),
    Column("counts", Json, nullable=False, comment="{rows, accepted, merged, updated, unchanged, rejected}"),
    CheckConstraint("state IN ('writing', 'published', 'undone')", name="state"),
    Index("ix_import_run_community", "community"),
)

import_report = Table(
    "import_report",
    metadata,
    Column("import_id", BigKey, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("rows", LargeBinary, nullable=False, comment="the outcome of every row, as Parquet"),
)

import_range = Table(
    "import_range",
    metadata,
    Column("import_id", BigKey, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("table_name", String(32), primary_key=True),
    Column("first_id", BigKey, nullable=False),
    Column("last_id", BigKey, nullable=False),
    comment="ids of the rows an import inserted, all of its own minting",
)

import_change = Table(
    "import_change",
    metadata,
    Column("import_id", BigKey, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True),
    Column("table_name", String(32), primary_key=True),
    Column("row_id", BigKey, primary_key=True, autoincrement=False),
    Column("detail", String(64), primary_key=True, default="", comment="the community of a space_community row"),
    Column("before", Text, comment="canonical JSON of the row before; NULL: the import inserted it"),
    Column("after", String(32), comment="start of the SHA-256 of the row after; NULL: the import removed it"),
    Index("ix_import_change_row", "table_name", "row_id"),
)

key_run = Table(
    "key_run",
    metadata,
    Column("import_id", BigKey, primary_key=True, autoincrement=False, comment="the import that brought the listings"),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False, comment="how many keys"),
    Column("block_keys", LargeBinary, nullable=False, comment="sorted blocking keys, 64 bits each"),
    Column("listing_ids", LargeBinary, nullable=False, comment="id of the listing under each, 64 bits"),
    comment="where listings that may be the same site meet; no foreign key, ids of removed listings are harmless",
)

listing_pair = Table(
    "listing_pair",
    metadata,
    Column("listing_a", BigKey, primary_key=True, autoincrement=False, comment="the smaller id"),
    Column("listing_b", BigKey, primary_key=True, autoincrement=False),
    Column("probability", Float(53), nullable=False, comment="that both are the same place"),
    Index("ix_listing_pair_listing_b", "listing_b"),
    comment="pairs likely or unclear enough to matter: edges of the partition and the review list",
)

decision = Table(
    "decision",
    metadata,
    Column("key_a", Text, primary_key=True, comment="source|source_key of a listing, the smaller first"),
    Column("key_b", Text, primary_key=True),
    Column("same", Boolean, nullable=False, comment="what a person decided"),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    comment="merges and splits by a person: kept whatever is imported or undone later",
)

feed = Table(
    "feed",
    metadata,
    Column("id", BigKey, primary_key=True, autoincrement=False, comment="taken from the table counter, never reused"),
    Column("source", String(64), nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("community", String(64), ForeignKey("community.slug"), comment="NULL: a public list"),
    Column("kind", String(32)),
    Column("column_map", Json, comment="{column: field}; NULL: as suggested"),
    Column("offered", Boolean, nullable=False, default=False, comment="the community asserts that hosts agreed"),
    Column("as_space", String(32)),
    Column("every_hours", Integer, nullable=False),
    Column("next_at", DateTime(timezone=True), nullable=False, comment="UTC; due from then on"),
    Column("last_at", DateTime(timezone=True), comment="UTC; NULL: never fetched"),
    Column("last_status", String(16)),
    Column("last_import_id", BigKey, ForeignKey("import_run.id", ondelete="SET NULL")),
    Column("last_error", Json, comment="{fr, en}; NULL: the last run went well"),
    Column("last_change", Json, comment="{at, rows, vanished, names, ...}: how the list differed when it last changed"),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("file_sha256", String(64)),
    Column("failures", Integer, nullable=False, default=0, comment="in a row"),
    Column("state", String(16), nullable=False),
    Column("claim", String(32), comment="of the worker that is running it"),
    Column("claimed_until", DateTime(timezone=True), comment="UTC; a worker that died holds it no longer"),
    CheckConstraint("state IN ('waiting', 'running')", name="state"),
    CheckConstraint("last_status IN ('imported', 'unchanged', 'failed')", name="last_status"),
    CheckConstraint("every_hours > 0", name="every_hours"),
    Index("ix_feed_next_at", "next_at"),
)
