"""Imports of any size: facts of listings, blocking keys, pairs, decisions, ranges instead of single rows"""

import json
from typing import Any

import polars as pl
import sqlalchemy as sa
from alembic import op

from geo.store.dialect import BigKey, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NEW_PLACE_COLUMNS = (
    sa.Column("complement", sa.Text(), nullable=False, server_default="", comment="building, floor, care of"),
    sa.Column("score", sa.Float(precision=53), comment="0-1: how sure the position is; NULL: nobody said"),
    sa.Column("email", sa.Text(), comment="of a role (accueil@, mairie@), never of a person"),
    sa.Column("siret", sa.String(length=14)),
    sa.Column("parent", sa.Text(), comment="the body that runs it"),
    sa.Column(
        "origins",
        Json,
        nullable=False,
        server_default="{}",
        comment="{field: list that told it}, where not the first list",
    ),
)
FACTS = (
    *("name", "match_key", "kind", "address", "postcode", "commune", "insee", "lon", "lat", "precision"),
    *("expected_m", "time_zone", "opening_hours", "capacity", "amenities", "phone", "website", "checked_on"),
)


def upgrade() -> None:
    _store_tables()
    _journal_tables()
    _resolution_tables()


def _store_tables() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER IF EXISTS place_rtree_{trigger}")
        op.execute("DROP TABLE IF EXISTS place_rtree")
    op.drop_index("ix_place_match_key", "place")
    op.drop_index("ix_place_h3_r7", "place")
    op.drop_column("place", "h3_r5")
    op.drop_column("place", "h3_r7")
    op.create_index("ix_place_h3_r9", "place", ["h3_r9"], unique=False)
    for column in NEW_PLACE_COLUMNS:
        op.add_column("place", column)
    op.add_column(
        "listing",
        sa.Column(
            "facts", Json, nullable=False, server_default="{}", comment="the row normalised and located: ingest.facts"
        ),
    )
    op.add_column(
        "listing",
        sa.Column(
            "trust", sa.Integer(), nullable=False, server_default="50", comment="0-100: how far the list's word counts"
        ),
    )
    _facts_of_places()
    op.create_table(
        "unpublished",
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("first_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("last_id", BigKey, nullable=False),
        sa.Column("import_id", BigKey, nullable=False),
        sa.PrimaryKeyConstraint("table_name", "first_id", name=op.f("pk_unpublished")),
        comment="ranges of places and listings that an import is writing, or an undo removing: geo.store.visibility",
    )
    op.create_table(
        "bulk_change",
        sa.Column("first_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("last_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("revision", BigKey, nullable=False),
        sa.PrimaryKeyConstraint("first_id", "last_id", name=op.f("pk_bulk_change")),
        comment="the same for a whole range of places that appeared or went at once",
    )
    op.create_index("ix_bulk_change_revision", "bulk_change", ["revision"], unique=False)


def _facts_of_places() -> None:
    """What older listings said was only kept in their place: until they are imported again, its facts are theirs."""
    connection = op.get_bind()
    place = sa.table("place", sa.column("id"), *(sa.column(name, Json if name == "amenities" else None) for name in FACTS))
    listing = sa.table("listing", sa.column("id"), sa.column("place_id"), sa.column("facts", Json))
    rows = connection.execute(
        sa.select(listing.c.id, *(place.c[name] for name in FACTS)).join(place, place.c.id == listing.c.place_id)
    ).mappings()
    said = [{"row_id": row["id"], "said": {name: _plain(row[name]) for name in FACTS}} for row in rows]
    if said:
        statement = sa.update(listing).where(listing.c.id == sa.bindparam("row_id"))
        connection.execute(statement.values(facts=sa.bindparam("said", type_=Json)), said)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _journal_tables() -> None:
    """SQLite cannot change a constraint in place, and dropping a parent would take its children: rows step aside."""
    connection = op.get_bind()
    old = sa.MetaData()
    old.reflect(connection, only=["import_run", "import_change", "import_row"])
    kept = {
        name: [dict(row) for row in connection.execute(sa.select(table)).mappings()] for name, table in old.tables.items()
    }
    for name in ("import_row", "import_change", "import_run"):
        op.drop_table(name)
    run = op.create_table(
        "import_run",
        sa.Column("id", BigKey, autoincrement=False, nullable=False, comment="minted by geo.store.counters"),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("community", sa.String(length=64), nullable=True, comment="NULL: a public list"),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True, comment="UTC; NULL: still being written"),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True, comment="UTC; NULL: in force"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True, comment="by the database: last sign of life"),
        sa.Column("offered", sa.Boolean(), nullable=False, comment="the community asserts that hosts agreed"),
        sa.Column("counts", Json, nullable=False, comment="{rows, accepted, merged, updated, unchanged, rejected}"),
        sa.CheckConstraint("state IN ('writing', 'published', 'undone')", name=op.f("ck_import_run_state")),
        sa.ForeignKeyConstraint(["community"], ["community.slug"], name=op.f("fk_import_run_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_community", "import_run", ["community"], unique=False)
    change = op.create_table(
        "import_change",
        sa.Column("import_id", BigKey, nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("row_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("detail", sa.String(length=64), nullable=False, comment="the community of a space_community row"),
        sa.Column(
            "before", sa.Text(), nullable=True, comment="canonical JSON of the row before; NULL: the import inserted it"
        ),
        sa.Column(
            "after",
            sa.String(length=32),
            nullable=True,
            comment="start of the SHA-256 of the row after; NULL: the import removed it",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_change_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "table_name", "row_id", "detail", name=op.f("pk_import_change")),
    )
    op.create_index("ix_import_change_row", "import_change", ["table_name", "row_id"], unique=False)
    report = op.create_table(
        "import_report",
        sa.Column("import_id", BigKey, autoincrement=False, nullable=False),
        sa.Column(
            "rows", sa.LargeBinary(), nullable=False, comment="every row's outcome: ingest.report_rows, Parquet"
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_report_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_report")),
    )
    op.create_table(
        "import_range",
        sa.Column("import_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("first_id", BigKey, nullable=False),
        sa.Column("last_id", BigKey, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_range_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "table_name", name=op.f("pk_import_range")),
        comment="ids of the rows an import inserted, all of its own minting",
    )
    if kept["import_run"]:
        op.bulk_insert(run, [row | {"counts": _decoded(row["counts"])} for row in kept["import_run"]])
    if kept["import_change"]:
        op.bulk_insert(change, kept["import_change"])
    op.bulk_insert(report, _reports(kept["import_row"]))


def _decoded(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _reports(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []
    frame = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("row").alias("line"), pl.lit("").alias("name"), pl.lit("[]").alias("notes")
    )
    packed = []
    for (import_id,), part in frame.sort("row").group_by("import_id"):
        packed.append({"import_id": import_id, "rows": _parquet(part.drop("import_id"))})
    return packed


def _parquet(frame: pl.DataFrame) -> bytes:
    import io

    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _resolution_tables() -> None:
    op.create_table(
        "listing_key",
        sa.Column(
            "key", BigKey, autoincrement=False, nullable=False, comment="blocking key: ingest.resolution.blocking"
        ),
        sa.Column("listing_id", BigKey, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "listing_id", name=op.f("pk_listing_key")),
        comment="where listings that may be the same site meet; no foreign key, rows of removed listings are harmless",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "listing_pair",
        sa.Column("listing_a", BigKey, autoincrement=False, nullable=False, comment="the smaller id"),
        sa.Column("listing_b", BigKey, autoincrement=False, nullable=False),
        sa.Column("probability", sa.Float(precision=53), nullable=False, comment="that both are the same place"),
        sa.PrimaryKeyConstraint("listing_a", "listing_b", name=op.f("pk_listing_pair")),
        comment="pairs likely or unclear enough to matter: edges of the partition and the review list",
    )
    op.create_index("ix_listing_pair_listing_b", "listing_pair", ["listing_b"], unique=False)
    op.create_table(
        "decision",
        sa.Column("key_a", sa.Text(), nullable=False, comment="source|source_key of a listing, the smaller first"),
        sa.Column("key_b", sa.Text(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False, comment="what a person decided"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_a", "key_b", name=op.f("pk_decision")),
        comment="merges and splits by a person: kept whatever is imported or undone later",
    )


def downgrade() -> None:
    raise NotImplementedError("a journal of ranges cannot be turned back into one of single rows: restore a backup")
