"""What reading a list again changed: counts, and the names of the rows behind them."""

from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Engine, select

from geo.store.engine import reading
from geo.store.publication import published_listing
from geo.store.schema import listing, place
from ingest.publication.plan import Outcome
from ingest.publication.report import ImportReport

SHOWN = 100
"""Names kept of each sort; the counts tell how many there are."""
MAX_NAME = 120


def changes(engine: Engine, report: ImportReport, now: datetime) -> dict[str, Any]:
    """The difference between a list just imported and what the store knew of it, ready to be kept as JSON.

    `{at, rows, accepted, merged, updated, unchanged, rejected, vanished, names: {accepted, updated, rejected,
    vanished}}`. Rows that joined a known place are named with the accepted ones: both are new in the list. Vanished
    rows are those of the list's earlier imports that it no longer has; their places stay.
    """
    gone = _vanished(engine, report)
    return {
        "at": now.isoformat(timespec="seconds"),
        "rows": report.rows,
        **report.counts,
        "vanished": len(gone),
        "names": {
            "accepted": _named(report, Outcome.ACCEPTED, Outcome.MERGED),
            "updated": _named(report, Outcome.UPDATED),
            "rejected": _named(report, Outcome.REJECTED),
            "vanished": gone[:SHOWN],
        },
    }


def _named(report: ImportReport, *outcomes: Outcome) -> list[dict[str, Any]]:
    rows = report.table.filter(pl.col("outcome").is_in([str(one) for one in outcomes])).head(SHOWN)
    return [
        {"name": (row["name"] or "")[:MAX_NAME], "place_id": row["place_id"], "line": row["line"]}
        for row in rows.select("name", "place_id", "line").to_dicts()
    ]


def _vanished(engine: Engine, report: ImportReport) -> list[dict[str, Any]]:
    """Listings of the source that are not in the list any more, by name."""
    present = set(report.source_keys)
    statement = (
        select(listing.c.source_key, place.c.name, place.c.id)
        .join(place, place.c.id == listing.c.place_id)
        .where(listing.c.source == report.source, published_listing())
        .order_by(place.c.name, listing.c.id)
    )
    with reading(engine) as connection:
        rows = connection.execute(statement)
        return [{"name": row.name[:MAX_NAME], "place_id": row.id} for row in rows if row.source_key not in present]
