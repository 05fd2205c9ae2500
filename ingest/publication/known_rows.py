"""Which rows of a list the store has seen before, and under which key."""

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
class KnownListing:
    """A row of this list seen before."""

    id: int
    source_key: str
    fingerprint: str
    place_id: int


def publication_mark(connection: Connection) -> tuple[int, int]:
    """Changes whenever an import is published or undone."""
    in_force = select(func.count(import_run.c.published_at), func.count(import_run.c.undone_at))
    row = connection.execute(in_force).one()
    return int(row[0]), int(row[1])


def listings_of_source(connection: Connection, source: str, community: str | None) -> dict[str, KnownListing]:
    """The listings of one source by their key. Raises Conflict when the source is another community's."""
    columns = (listing.c.id, listing.c.source_key, listing.c.fingerprint, listing.c.place_id, listing.c.community)
    stored: dict[str, KnownListing] = {}
    for row in connection.execute(select(*columns).where(listing.c.source == source, published_listing())):
        if row.community != community:
            raise Conflict(
                fr=f"La liste « {source} » appartient à une autre communauté ; choisissez un autre nom de source.",
                en=f"The list “{source}” belongs to another community; choose another source name.",
            )
        stored[row.source_key] = KnownListing(row.id, row.source_key, row.fingerprint, row.place_id)
    return stored


def known_rows(
    source_keys: Sequence[str | None], fingerprints: Sequence[str], stored: dict[str, KnownListing]
) -> list[tuple[KnownListing | None, str]]:
    """For each row (key None: rejected), the listing it was seen as before (None: never) and the key it goes by.

    Rows of one file under one key are copies: they pair with stored copies by content first, so that a reordered
    file changes nothing; the rest pair in order.
    """
    answer: list[tuple[KnownListing | None, str]] = [(None, "")] * len(source_keys)
    copies: dict[str, list[int]] = defaultdict(list)
    for i, key in enumerate(source_keys):
        if key is not None:
            copies[key].append(i)
    for key, positions in copies.items():
        if len(positions) == 1 and nth_key(key, 2) not in stored:
            answer[positions[0]] = (stored.get(key), key)
        else:
            _pair_copies(key, positions, fingerprints, stored, answer)
    return answer


def _pair_copies(
    key: str,
    positions: Sequence[int],
    fingerprints: Sequence[str],
    stored: dict[str, KnownListing],
    answer: list[tuple[KnownListing | None, str]],
) -> None:
    known: list[KnownListing] = []
    while item := stored.get(nth_key(key, len(known) + 1)):
        known.append(item)
    free = dict(enumerate(known, start=1))
    waiting = []
    for i in positions:
        same = next((n for n, item in free.items() if item.fingerprint == fingerprints[i]), None)
        if same is None:
            waiting.append(i)
        else:
            answer[i] = (free.pop(same), nth_key(key, same))
    numbers = iter(sorted(free))
    fresh = len(known)
    for i in waiting:
        number = next(numbers, None)
        if number is None:
            fresh += 1
            answer[i] = (None, nth_key(key, fresh))
        else:
            answer[i] = (free[number], nth_key(key, number))
