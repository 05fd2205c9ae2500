"""Listings of the store that new ones may join, with all that decides where they belong.

A listing meets others under shared blocking keys. Listings that are linked to one, or share its place, are read as
well, until the selection is complete: grouping it gives what grouping the whole store would give.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import Connection, Text, cast, func, or_, select

from geo.store.publication import published_listing
from geo.store.schema import listing
from ingest.journal.tables import listing_pair
from ingest.resolution import blocking_index, linkage
from ingest.rows import facts as facts_of

Ints = npt.NDArray[np.int64]
CHUNK = 5_000
"""Bound values per query, well below what either database accepts."""
WHOLE_STORE = 0.05
"""Share of new rows from which reading the whole store once is cheaper than looking up keys."""

STORED: dict[str, Any] = {
    "listing": pl.Int64,
    "place_id": pl.Int64,
    "source": pl.String,
    "source_key": pl.String,
    "trust": pl.Int64,
    **facts_of.SCHEMA,
}
"""A listing as the store has it: what `linkage.derive` makes comparable."""


def find_candidates(connection: Connection, new: pl.DataFrame, excluded: set[int]) -> pl.DataFrame:
    """Stored listings that share a blocking key with new ones, but those of `excluded`; all derived."""
    probes, _ = linkage.probes(new)
    return read_listings(connection, sorted(blocking_index.under(connection, probes) - excluded))


def read_listings(connection: Connection, ids: Sequence[int]) -> pl.DataFrame:
    """Published listings by their ids, derived; ids without a listing are left out."""
    parts = [_read(connection, select(*_COLUMNS).where(listing.c.id.in_(chunk))) for chunk in chunks(ids)]
    return pl.concat(parts) if parts else no_listings()


def read_all(connection: Connection) -> pl.DataFrame:
    """Every published listing, derived."""
    return _read(connection, select(*_COLUMNS))


def count_listings(connection: Connection) -> int:
    """How many listings the store holds, unpublished ones included."""
    return int(connection.execute(select(func.count()).select_from(listing)).scalar_one())


def read_linked(
    connection: Connection, ids: Iterable[int], stale: set[int]
) -> tuple[set[int], dict[tuple[int, int], float]]:
    """Ids of all listings linked to these or sharing a place with one of them, at any remove; and their stored pairs.

    `stale`: listings whose stored pairs no longer hold, because their row changed.
    """
    linked: set[int] = set(ids)
    pairs: dict[tuple[int, int], float] = {}
    frontier = set(linked)
    while frontier:
        reached: set[int] = set()
        for chunk in chunks(sorted(frontier)):
            either = or_(listing_pair.c.listing_a.in_(chunk), listing_pair.c.listing_b.in_(chunk))
            for a, b, probability in connection.execute(select(listing_pair).where(either)):
                if a in stale or b in stale:
                    continue
                pairs[a, b] = probability
                if probability >= linkage.LINK:
                    reached.update((a, b))
            places = select(listing.c.place_id).where(listing.c.id.in_(chunk))
            shared = select(listing.c.id).where(listing.c.place_id.in_(places), published_listing())
            reached.update(connection.execute(shared).scalars())
        frontier = reached - linked
        linked |= frontier
    return linked, pairs


def ids_by_name(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Ids of published listings by `source|source_key`."""
    ids: dict[str, int] = {}
    wanted = set(names)
    # A list's name or a key may hold the separator: every way of reading it is looked up.
    keys = {name[at + 1 :] for name in wanted for at, letter in enumerate(name) if letter == "|"}
    for chunk in chunks(sorted(keys)):
        rows = connection.execute(
            select(listing.c.id, listing.c.source, listing.c.source_key).where(
                listing.c.source_key.in_(chunk), published_listing()
            )
        )
        ids.update({name: row.id for row in rows if (name := f"{row.source}|{row.source_key}") in wanted})
    return ids


_FACTS = cast(listing.c.facts, Text).label("facts")
"""As text: decoded once, into facts, rather than into a dictionary first."""
_COLUMNS = (listing.c.id, listing.c.place_id, listing.c.source, listing.c.source_key, listing.c.trust, _FACTS)


def _read(connection: Connection, statement: Any) -> pl.DataFrame:
    rows = connection.execute(statement.where(published_listing())).all()
    own = {
        name: [row[i] for row in rows]
        for i, name in enumerate(("listing", "place_id", "source", "source_key", "trust"))
    }
    facts = facts_of.frame([facts_of.decode(row.facts) for row in rows])
    return linkage.derive(pl.DataFrame(own, schema={name: STORED[name] for name in own}).hstack(facts))


def no_listings() -> pl.DataFrame:
    """An empty frame of derived listings."""
    return pl.DataFrame(schema=linkage.COLUMNS)


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Values in portions that one query may bind."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
