"""Types and tables that several migrations share. This module never changes.

A migration describes the store as it was when the migration was written. Live code moves on, so no migration imports
it; what a later migration needs otherwise, it defines itself.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

BigKey = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64-bit integer; SQLite makes only `INTEGER` an alias of the row id."""

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class _PostgisPoint(sa.types.UserDefinedType[Any]):
    """Column type of a WGS 84 point on PostGIS."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "geometry(POINT,4326)"


Point = sa.LargeBinary().with_variant(_PostgisPoint(), "postgresql")
"""A WGS 84 position: little-endian WKB on SQLite, a geometry on PostGIS."""

PLACE_RTREE = (
    "CREATE VIRTUAL TABLE place_rtree USING rtree(id, min_lon, max_lon, min_lat, max_lat)",
    "CREATE TRIGGER place_rtree_insert AFTER INSERT ON place BEGIN "
    "INSERT OR REPLACE INTO place_rtree VALUES (new.id, new.lon, new.lon, new.lat, new.lat); END",
    "CREATE TRIGGER place_rtree_update AFTER UPDATE OF lon, lat ON place BEGIN "
    "UPDATE place_rtree SET min_lon = new.lon, max_lon = new.lon, min_lat = new.lat, max_lat = new.lat "
    "WHERE id = new.id; END",
    "CREATE TRIGGER place_rtree_delete AFTER DELETE ON place BEGIN DELETE FROM place_rtree WHERE id = old.id; END",
)
"""The spatial index that SQLite had at revision 0001, kept up by triggers."""


def create_row_journal() -> dict[str, sa.Table]:
    """Creates the import journal of revision 0001, which holds one entry for each row; returns its tables by name."""
    import_run = op.create_table(
        "import_run",
        sa.Column("id", BigKey, autoincrement=False, nullable=False, comment="minted by geo.store.counters"),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("community", sa.String(length=64), nullable=True, comment="NULL: a public list"),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="UTC"),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True, comment="UTC; NULL: in force"),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False, comment="the community asserts that hosts agreed"),
        sa.Column("counts", Json, nullable=False, comment="{rows, accepted, merged, updated, unchanged, rejected}"),
        sa.CheckConstraint("state IN ('published', 'undone')", name=op.f("ck_import_run_state")),
        sa.ForeignKeyConstraint(["community"], ["community.slug"], name=op.f("fk_import_run_community")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_community", "import_run", ["community"], unique=False)
    import_change = op.create_table(
        "import_change",
        sa.Column("import_id", BigKey, nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("row_id", BigKey, autoincrement=False, nullable=False),
        sa.Column("detail", sa.String(length=64), nullable=False, comment="the community of a space_community row"),
        sa.Column(
            "before", sa.Text(), nullable=True, comment="canonical JSON of the row before; NULL: the import inserted it"
        ),
        sa.Column("after", sa.String(length=32), nullable=False, comment="start of the SHA-256 of the row after"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_change_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "table_name", "row_id", "detail", name=op.f("pk_import_change")),
    )
    op.create_index("ix_import_change_row", "import_change", ["table_name", "row_id"], unique=False)
    import_row = op.create_table(
        "import_row",
        sa.Column("import_id", BigKey, nullable=False),
        sa.Column(
            "row", sa.Integer(), autoincrement=False, nullable=False, comment="1 is the first row under the header"
        ),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("place_id", BigKey, nullable=True, comment="no foreign key: the journal outlives an undo"),
        sa.Column("reason", sa.String(length=32), nullable=True, comment="code of ingest.reasons, for a rejected row"),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'merged', 'updated', 'unchanged', 'rejected')", name=op.f("ck_import_row_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_row_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_row")),
    )
    return {"import_run": import_run, "import_change": import_change, "import_row": import_row}


def create_listing_key() -> sa.Table:
    """Creates the table of blocking keys that revisions 0002 and 0003 have."""
    return op.create_table(
        "listing_key",
        sa.Column(
            "key", BigKey, autoincrement=False, nullable=False, comment="blocking key: ingest.resolution.blocking"
        ),
        sa.Column("listing_id", BigKey, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key", "listing_id", name=op.f("pk_listing_key")),
        comment="where listings that may be the same site meet; no foreign key, rows of removed listings are harmless",
        sqlite_with_rowid=False,
    )
