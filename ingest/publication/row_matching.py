"""Matches the rows of a list to the listings that the store has of it, and gives each row its key."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from geo.errors import Conflict
from geo.store.publication import published_listing
from geo.store.schema import listing
from ingest.journal.tables import import_run
from ingest.rows.keys import nth_key


@dataclass(frozen=True, slots=True)
class StoredListing:
    """A listing of this list in the store."""

    id: int
    source_key: str
    fingerprint: str
    place_id: int


def publication_mark(connection: Connection) -> tuple[int, int]:
    """A value that changes whenever an import is published or undone."""
    row = connection.execute(select(func.count(import_run.c.published_at), func.count(import_run.c.undone_at))).one()
    return int(row[0]), int(row[1])


def read_listings_of_source(connection: Connection, source: str, community: str | None) -> dict[str, StoredListing]:
    """The listings of one source by their key. Raises Conflict when the source is another community's."""
    columns = (listing.c.id, listing.c.source_key, listing.c.fingerprint, listing.c.place_id, listing.c.community)
    stored: dict[str, StoredListing] = {}
    for row in connection.execute(select(*columns).where(listing.c.source == source, published_listing())):
        if row.community != community:
            raise Conflict(
                fr=f"La liste « {source} » appartient à une autre communauté ; choisissez un autre nom de source.",
                en=f"The list “{source}” belongs to another community; choose another source name.",
            )
        stored[row.source_key] = StoredListing(row.id, row.source_key, row.fingerprint, row.place_id)
    return stored


def match_rows(
    source_keys: Sequence[str | None], fingerprints: Sequence[str], stored: dict[str, StoredListing]
) -> list[tuple[StoredListing | None, str]]:
    """For each row (key None: rejected), its stored listing (None: a new row) and its key.

    Rows of one file under one key are copies: they pair with stored copies by content first, so that a reordered file
    changes nothing; the rest pair in order.
    """
    matches: list[tuple[StoredListing | None, str]] = [(None, "")] * len(source_keys)
    rows: dict[str, list[int]] = defaultdict(list)
    for i, key in enumerate(source_keys):
        if key is not None:
            rows[key].append(i)
    for key, positions in rows.items():
        if len(positions) == 1 and nth_key(key, 2) not in stored:
            matches[positions[0]] = (stored.get(key), key)
        else:
            _pair_copies(key, positions, fingerprints, stored, matches)
    return matches


def _pair_copies(
    key: str,
    positions: Sequence[int],
    fingerprints: Sequence[str],
    stored: dict[str, StoredListing],
    matches: list[tuple[StoredListing | None, str]],
) -> None:
    copies: list[StoredListing] = []
    while copy := stored.get(nth_key(key, len(copies) + 1)):
        copies.append(copy)
    unpaired = dict(enumerate(copies, start=1))
    waiting = []
    for i in positions:
        same = next((n for n, copy in unpaired.items() if copy.fingerprint == fingerprints[i]), None)
        if same is None:
            waiting.append(i)
        else:
            matches[i] = (unpaired.pop(same), nth_key(key, same))
    numbers = iter(sorted(unpaired))
    last = len(copies)
    for i in waiting:
        number = next(numbers, None)
        if number is None:
            last += 1
            matches[i] = (None, nth_key(key, last))
        else:
            matches[i] = (unpaired[number], nth_key(key, number))
