"""Every published listing, kept in memory between the lists of one command."""

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine

from geo.store.engine import reading
from geo.store.schema import listing
from ingest.publication.write_batches import Written
from ingest.resolution import stored_listings


@dataclass(frozen=True, slots=True)
class Memory:
    """Good as long as nobody else publishes: `mark` tells (`ingest.publication.known_rows.publication_mark`)."""

    listings: pl.DataFrame
    mark: tuple[int, int]


def remembered(engine: Engine, memory: Memory, written: Written) -> Memory:
    """The memory after an import of ours appeared: its new listings added, those it changed read again."""
    changed = [row.before["id"] for row in written.planned(listing) if row.before]
    kept = memory.listings
    if changed:
        with reading(engine) as connection:
            again = stored_listings.by_id(connection, sorted(changed))
        kept = pl.concat([kept.filter(~pl.col("listing").is_in(changed)), again])
    published, undone = memory.mark
    return Memory(pl.concat([kept, written.new_listings()]), (published + 1, undone))
