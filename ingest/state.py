"""What the store already knows of a list and of the sites it names, read once before planning."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.sql.elements import ColumnElement

from geo.errors import Conflict
from geo.store.schema import listing, place, space, space_community
from ingest.records import Record
from ingest.tables import import_run

CHUNK = 5_000
"""Bound values per query, well below what either database accepts."""


@dataclass(frozen=True, slots=True)
class KnownListing:
    """A row of this list seen before."""

    id: int
    source_key: str
    fingerprint: str
    place_id: int


@dataclass(slots=True)
class StoreState:
    """Rows by what planning looks them up by. `mark` tells whether an import or undo came in between."""

    listings: dict[str, KnownListing] = field(default_factory=dict)
    places: dict[int, dict[str, Any]] = field(default_factory=dict)
    by_key: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    first_listing: dict[int, int] = field(default_factory=dict)
    listing_rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    spaces: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    links: set[tuple[int, str]] = field(default_factory=set)
    mark: tuple[int, int] = (0, 0)


def load(connection: Connection, source: str, community: str | None, records: Sequence[Record]) -> StoreState:
    """The part of the store that these records may touch. Raises Conflict when the source is another's."""
    state = StoreState(mark=publication_mark(connection))
    for row in connection.execute(
        select(
            listing.c.id, listing.c.source_key, listing.c.fingerprint, listing.c.place_id, listing.c.community
        ).where(listing.c.source == source)
    ):
        if row.community != community:
            raise _of_another(source)
        state.listings[row.source_key] = KnownListing(row.id, row.source_key, row.fingerprint, row.place_id)
    taken = [record for record in records if record.rejection is None]
    changed = _touched(state, taken)
    _load_places(connection, state, place.c.match_key, sorted({record.match_key for record in taken}))
    known = [item.place_id for item in changed if item.place_id not in state.places]
    _load_places(connection, state, place.c.id, sorted(set(known)))
    found = _rows(connection, listing, listing.c.id, [item.id for item in changed])
    state.listing_rows.update({item["id"]: item for item in found})
    _load_first_listings(connection, state, sorted({item.place_id for item in changed}))
    if any(record.spaces for record in taken):
        _load_spaces(connection, state)
    return state


def publication_mark(connection: Connection) -> tuple[int, int]:
    """Changes whenever an import is published or undone."""
    row = connection.execute(select(func.count(import_run.c.id), func.count(import_run.c.undone_at))).one()
    return int(row[0]), int(row[1])


def _touched(state: StoreState, records: Iterable[Record]) -> list[KnownListing]:
    """Known rows that the file does not repeat as they were; of identical copies, as many as it has fewer."""
    given = Counter(record.fingerprint for record in records)
    stored = Counter(item.fingerprint for item in state.listings.values())
    return [item for item in state.listings.values() if given[item.fingerprint] < stored[item.fingerprint]]


def _load_places(connection: Connection, state: StoreState, column: ColumnElement[Any], values: Sequence[Any]) -> None:
    for row in _rows(connection, place, column, values):
        state.places[row["id"]] = row
        state.by_key[row["match_key"]].append(row["id"])


def _load_first_listings(connection: Connection, state: StoreState, place_ids: Sequence[int]) -> None:
    for chunk in _chunks(place_ids):
        statement = (
            select(listing.c.place_id, func.min(listing.c.id))
            .where(listing.c.place_id.in_(chunk))
            .group_by(listing.c.place_id)
        )
        state.first_listing.update({int(place_id): int(first) for place_id, first in connection.execute(statement)})


def _load_spaces(connection: Connection, state: StoreState) -> None:
    for row in _rows(connection, space, space.c.place_id, sorted(state.places)):
        state.spaces[row["place_id"], row["key"]] = row
    ids = [row["id"] for row in state.spaces.values()]
    for row in _rows(connection, space_community, space_community.c.space_id, ids):
        state.links.add((row["space_id"], row["community"]))


def _rows(
    connection: Connection, table: Table, column: ColumnElement[Any], values: Sequence[Any]
) -> Iterator[dict[str, Any]]:
    for chunk in _chunks(values):
        for row in connection.execute(select(table).where(column.in_(chunk))).mappings():
            yield _plain(row)


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _of_another(source: str) -> Conflict:
    return Conflict(
        fr=f"La liste « {source} » appartient à une autre communauté ; choisissez un autre nom de source.",
        en=f"The list “{source}” belongs to another community; choose another source name.",
    )
