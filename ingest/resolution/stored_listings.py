"""Listings of the store that new ones may join, with all that decides where they belong.

A listing meets others under shared blocking keys. Whoever is linked to a listing, or shares its place, is read as
well, until nobody is missing: the groups decided on that selection are those the whole store would give.
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
from ingest.rows.facts import Facts

Ints = npt.NDArray[np.int64]
CHUNK = 5_000
"""Bound values per query, well below what either database accepts."""
WHOLE_STORE = 0.05
"""From this share of new rows on, reading the whole store once is cheaper than looking up keys."""

STORED: dict[str, Any] = {
    "listing": pl.Int64,
    "place_id": pl.Int64,
    "source": pl.String,
    "source_key": pl.String,
    "trust": pl.Int64,
    **facts_of.SCHEMA,
}
"""A listing as the store has it: what `linking.derive` makes comparable."""


def near(connection: Connection, new: pl.DataFrame, but: set[int]) -> pl.DataFrame:
    """Stored listings that share a blocking key with new ones (both derived), except those of `but`."""
    probes, _ = linkage.probes(new)
    return by_id(connection, sorted(blocking_index.under(connection, probes) - but))


def by_id(connection: Connection, ids: Sequence[int]) -> pl.DataFrame:
    """Published listings by their ids, derived; ids of none are left out."""
    parts = [_read(connection, select(*_COLUMNS).where(listing.c.id.in_(chunk))) for chunk in chunks(ids)]
    return pl.concat(parts) if parts else nobody()


def everything(connection: Connection) -> pl.DataFrame:
    """Every published listing, derived."""
    return _read(connection, select(*_COLUMNS))


def count(connection: Connection) -> int:
    """How many listings the store holds, unpublished ones included."""
    return int(connection.execute(select(func.count()).select_from(listing)).scalar_one())


def facts_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Facts]:
    """Facts of listings by id."""
    found: dict[int, Facts] = {}
    for chunk in chunks(sorted(ids)):
        for row in connection.execute(select(listing.c.id, _FACTS).where(listing.c.id.in_(chunk))):
            found[row.id] = facts_of.decode(row.facts)
    return found


def companions(
    connection: Connection, ids: Iterable[int], but: set[int]
) -> tuple[set[int], dict[tuple[int, int], float]]:
    """All listings linked to these or sharing a place with one of them, however far the chain goes; and their stored
    pairs.

    `but` are listings whose pairs no longer hold (their row changed) and that bring nobody in.
    """
    seen: set[int] = set(ids)
    pairs: dict[tuple[int, int], float] = {}
    frontier = set(seen)
    while frontier:
        reached: set[int] = set()
        for chunk in chunks(sorted(frontier)):
            either = or_(listing_pair.c.listing_a.in_(chunk), listing_pair.c.listing_b.in_(chunk))
            for a, b, probability in connection.execute(select(listing_pair).where(either)):
                if a in but or b in but:
                    continue
                pairs[a, b] = probability
                if probability >= linkage.LINK:
                    reached.update((a, b))
            places = select(listing.c.place_id).where(listing.c.id.in_(chunk))
            shared = select(listing.c.id).where(listing.c.place_id.in_(places), published_listing())
            reached.update(connection.execute(shared).scalars())
        frontier = reached - seen
        seen |= frontier
    return seen, pairs


def named(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """Ids of published listings by `source|source_key`."""
    found: dict[str, int] = {}
    wanted = set(names)
    # A list's name or a key may hold the separator: every way of reading it is looked up.
    keys = {name[at + 1 :] for name in wanted for at, letter in enumerate(name) if letter == "|"}
    for chunk in chunks(sorted(keys)):
        rows = connection.execute(
            select(listing.c.id, listing.c.source, listing.c.source_key).where(
                listing.c.source_key.in_(chunk), published_listing()
            )
        )
        found.update({name: row.id for row in rows if (name := f"{row.source}|{row.source_key}") in wanted})
    return found


_FACTS = cast(listing.c.facts, Text).label("facts")
"""As text: read once, into facts, rather than into a dictionary first."""
_COLUMNS = (listing.c.id, listing.c.place_id, listing.c.source, listing.c.source_key, listing.c.trust, _FACTS)


def _read(connection: Connection, statement: Any) -> pl.DataFrame:
    rows = connection.execute(statement.where(published_listing())).all()
    own = {
        name: [row[i] for row in rows]
        for i, name in enumerate(("listing", "place_id", "source", "source_key", "trust"))
    }
    told = facts_of.frame([facts_of.decode(row.facts) for row in rows])
    return linkage.derive(pl.DataFrame(own, schema={name: STORED[name] for name in own}).hstack(told))


def nobody() -> pl.DataFrame:
    """No listing, derived."""
    return pl.DataFrame(schema=linkage.COLUMNS)


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Values in portions that one query may bind."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
