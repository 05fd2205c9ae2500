"""Listings as survivorship sees them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Text, cast, select

from geo.store.schema import listing
from ingest.resolution.stored_listings import chunks
from ingest.rows import facts as facts_of
from ingest.rows.facts import Facts

_COLUMNS = (listing.c.id, listing.c.source, listing.c.trust, listing.c.community, listing.c.import_id)
_FACTS = cast(listing.c.facts, Text).label("facts")
"""As text: decoded once, into facts, rather than into a dictionary first."""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A listing and what ranks it.

    `order`: its id, or a larger number for a listing that has none yet; `community`: whose list it is (None: public);
    `import_id`: the import that last changed it.
    """

    order: int
    source: str
    trust: int
    facts: Facts
    community: str | None = None
    import_id: int = 0


def record_of(row: Mapping[str, Any] | RowMapping) -> SourceRecord:
    """The record of a row of the table of listings."""
    names = ("source", "trust", "community", "import_id")
    return SourceRecord(row["id"], facts=facts_of.decode(row["facts"]), **{name: row[name] for name in names})


def read_records(connection: Connection, ids: Iterable[int]) -> dict[int, SourceRecord]:
    """Records of stored listings by id."""
    records: dict[int, SourceRecord] = {}
    for chunk in chunks(sorted(ids)):
        rows = connection.execute(select(*_COLUMNS, _FACTS).where(listing.c.id.in_(chunk))).mappings()
        records |= {row["id"]: record_of(row) for row in rows}
    return records
