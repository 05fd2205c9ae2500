"""Imports of any size: facts of listings, blocking keys, pairs, decisions, ranges instead of single rows"""

import io
import json
from collections.abc import Iterator
from typing import Any

import h3.api.basic_int as h3
import polars as pl
import sqlalchemy as sa
from alembic import op

from service.migrations.frozen import PLACE_RTREE, BigKey, Json, create_listing_key, create_row_journal

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NOT_HELD = ""
"""Digest that a downgrade writes for a row of which revision 0001 can hold none; an upgrade reads it back."""

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
    place = sa.table(
        "place", sa.column("id"), *(sa.column(name, Json if name == "amenities" else None) for name in FACTS)
    )
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
    kept = _set_aside("import_row", "import_change", "import_run")
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
        sa.Column(
            "written_at", sa.DateTime(timezone=True), nullable=True, comment="by the database: last sign of life"
        ),
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
        sa.Column("rows", sa.LargeBinary(), nullable=False, comment="every row's outcome: ingest.report_rows, Parquet"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_run.id"], name=op.f("fk_import_report_import_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_report")),
    )
    span = op.create_table(
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
    op.bulk_insert(run, [row | {"counts": _decoded(row["counts"])} for row in kept["import_run"]])
    changes = kept["import_change"]
    op.bulk_insert(change, [row | {"after": row["after"] or None} for row in changes if not _of_range(row)])
    op.bulk_insert(span, _ranges([row for row in changes if _of_range(row)]))
    op.bulk_insert(report, _reports(kept["import_row"]))


def _set_aside(*names: str) -> dict[str, list[dict[str, Any]]]:
    """Drops these tables, children first; returns their rows by table."""
    connection = op.get_bind()
    old = sa.MetaData()
    old.reflect(connection, only=names)
    kept = {name: [dict(row) for row in connection.execute(sa.select(old.tables[name])).mappings()] for name in names}
    for name in names:
        op.drop_table(name)
    return kept


def _of_range(change: dict[str, Any]) -> bool:
    """Whether `_single_inserts` wrote this change."""
    return change["before"] is None and change["after"] == NOT_HELD


def _ranges(inserts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ranges that `_single_inserts` expanded."""
    ids: dict[tuple[int, str], list[int]] = {}
    for change in inserts:
        ids.setdefault((change["import_id"], change["table_name"]), []).append(change["row_id"])
    return [
        {"import_id": import_id, "table_name": table, "first_id": min(some), "last_id": max(some)}
        for (import_id, table), some in ids.items()
    ]


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
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _resolution_tables() -> None:
    create_listing_key()
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
    """Revision 0001 holds no decisions, pairs and facts of single listings, and no line, name and notes of a row.

    What the code of that time cannot undo exactly, it refuses to undo, because `NOT_HELD` matches no row.
    """
    _remove_unseen()
    for name in ("decision", "listing_pair", "listing_key"):
        op.drop_table(name)
    _journal_of_rows()
    _changes_of_places()
    _columns_of_places()


def _remove_unseen() -> None:
    """Removes rows of unfinished imports and undos, which revision 0001 would show; the next import would do so too."""
    connection = op.get_bind()
    changes = (
        "SELECT count(*) FROM import_change JOIN import_run ON import_run.id = import_change.import_id "
        "WHERE import_run.published_at IS NULL AND before IS NOT NULL"
    )
    if connection.execute(sa.text(changes)).scalar_one():
        raise RuntimeError("a stopped import may have changed rows: import its list again, then downgrade")
    op.execute(
        "DELETE FROM listing WHERE EXISTS (SELECT 1 FROM unpublished "
        "WHERE table_name = 'listing' AND listing.id BETWEEN first_id AND last_id)"
    )
    op.execute(
        "DELETE FROM place WHERE EXISTS (SELECT 1 FROM unpublished "
        "WHERE table_name = 'place' AND place.id BETWEEN first_id AND last_id)"
    )
    op.drop_table("unpublished")
    op.execute("DELETE FROM import_run WHERE published_at IS NULL")


def _journal_of_rows() -> None:
    kept = _set_aside("import_range", "import_report", "import_change", "import_run")
    journal = create_row_journal()
    runs = [
        {name: value for name, value in row.items() if name != "written_at"} | {"counts": _decoded(row["counts"])}
        for row in kept["import_run"]
    ]
    op.bulk_insert(journal["import_run"], runs)
    changes = [row | {"after": row["after"] or NOT_HELD} for row in kept["import_change"]]
    single = {(row["import_id"], row["table_name"], row["row_id"]) for row in changes}
    inserts = [
        row
        for row in _single_inserts(kept["import_range"])
        if (row["import_id"], row["table_name"], row["row_id"]) not in single
    ]
    op.bulk_insert(journal["import_change"], changes + inserts)
    names = ("row", "outcome", "place_id", "reason", "field", "value")
    for report in kept["import_report"]:
        rows = pl.read_parquet(io.BytesIO(report["rows"])).select(names).to_dicts()
        op.bulk_insert(journal["import_row"], [{"import_id": report["import_id"]} | row for row in rows])


def _single_inserts(ranges: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """One entry of `import_change` for each row that an import inserted."""
    for span in ranges:
        entry = {"import_id": span["import_id"], "table_name": span["table_name"], "detail": "", "before": None}
        for row_id in range(span["first_id"], span["last_id"] + 1):
            yield entry | {"row_id": row_id, "after": NOT_HELD}


def _changes_of_places() -> None:
    """Turns changes of whole ranges into changes of single places: each keeps its last revision."""
    connection = op.get_bind()
    place_change = sa.table("place_change", sa.column("place_id"), sa.column("revision"))
    last = {row.place_id: row.revision for row in connection.execute(sa.select(place_change))}
    for span in connection.execute(sa.text("SELECT first_id, last_id, revision FROM bulk_change")):
        for place_id in range(span.first_id, span.last_id + 1):
            last[place_id] = max(span.revision, last.get(place_id, 0))
    connection.execute(sa.delete(place_change))
    op.bulk_insert(place_change, [{"place_id": place_id, "revision": number} for place_id, number in last.items()])
    op.drop_table("bulk_change")


def _columns_of_places() -> None:
    for name in ("facts", "trust"):
        op.drop_column("listing", name)
    for column in NEW_PLACE_COLUMNS:
        op.drop_column("place", column.name)
    op.drop_index("ix_place_h3_r9", "place")
    for resolution in (5, 7):
        op.add_column("place", sa.Column(f"h3_r{resolution}", BigKey, nullable=False, server_default="0"))
    place = sa.table("place", *(sa.column(name) for name in ("id", "lon", "lat", "h3_r5", "h3_r7")))
    connection = op.get_bind()
    cells = [
        {"row_id": row.id, **{f"cell_{r}": h3.latlng_to_cell(row.lat, row.lon, r) for r in (5, 7)}}
        for row in connection.execute(sa.select(place.c.id, place.c.lon, place.c.lat))
    ]
    if cells:
        statement = sa.update(place).where(place.c.id == sa.bindparam("row_id"))
        new = {f"h3_r{r}": sa.bindparam(f"cell_{r}", type_=sa.BigInteger) for r in (5, 7)}
        connection.execute(statement.values(new), cells)
    op.create_index("ix_place_h3_r7", "place", ["h3_r7"], unique=False)
    op.create_index("ix_place_match_key", "place", ["match_key"], unique=False)
    if connection.dialect.name == "sqlite":
        for sql in PLACE_RTREE:
            op.execute(sql)
        op.execute("INSERT INTO place_rtree SELECT id, lon, lon, lat, lat FROM place")
    else:
        for resolution in (5, 7):
            op.alter_column("place", f"h3_r{resolution}", server_default=None)
