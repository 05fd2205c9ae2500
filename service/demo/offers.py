"""Puts the demo rule into the store, and takes it out again.

Applying reconciles: it compares what the rule wants with what is stored and writes the differences only, in chunks
short enough for others to write in between. A place that its host really offers is never touched.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, exists, select, update

from geo.errors import NotFound
from geo.store.engine import reading, writing
from geo.store.revisions import mint, record_changes
from geo.store.schema import busy, place, space, space_community
from geo.store.schema import community as community_table
from geo.types import PlaceStatus
from service.demo.bookings import book_demo_seats, release_demo_seats
from service.demo.places import SPACE_COLUMNS, StoredPlace, read_busy_candidates, read_stored_places
from service.demo.rule import COMMUNITIES, DemoOffer, DemoSpace, demo_offer

CHUNK_PLACES = 400
"""Places written in one transaction: well under a second on SQLite."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demonstration offers now. `by_kind` counts places; `written` counts those that this run changed."""

    places: int
    spaces: int
    by_kind: dict[str, int]
    spaces_by_kind: dict[str, int]
    written: int
    bookings: int
    busy_slots: int


def apply_demo_offers(
    engine: Engine, now: datetime, *, share: float = 1.0, progress: Progress | None = None
) -> DemoReport:
    """Offers what the demo rule says, with a seeded part of the seats busy over the coming 63 days.

    Applying it again the same day changes nothing. `share` scales how many places offer. Raises NotFound when
    the example communities are not in the store.
    """
    _check_communities(engine)
    places = read_stored_places(engine)
    offers = {
        stored.id: offer
        for stored in places
        if not stored.real and (offer := demo_offer(stored.facts, share)) is not None
    }
    changed = [stored for stored in places if _differs(stored, offers.get(stored.id))]
    for count, chunk in _chunks(changed):
        with writing(engine) as connection:
            _write(connection, chunk, offers)
        if progress is not None:
            progress(count, len(changed))
    spaces = read_busy_candidates(engine)
    bookings, slots = book_demo_seats(engine, spaces, now)
    kinds = {stored.id: stored.facts.kind for stored in places}
    return DemoReport(
        places=len(offers),
        spaces=sum(len(offer.spaces) for offer in offers.values()),
        by_kind=dict(Counter(str(kinds[place_id]) for place_id in offers)),
        spaces_by_kind=dict(Counter(str(demo_space.kind) for offer in offers.values() for demo_space in offer.spaces)),
        written=len(changed),
        bookings=bookings,
        busy_slots=slots,
    )


def remove_demo_offers(engine: Engine) -> int:
    """Removes every demo offer and demo booking; returns how many places are again what their sources say.

    A demo space with a real booking is closed instead of removed.
    """
    changed = [stored for stored in read_stored_places(engine) if stored.current[1] or stored.spaces]
    for _, chunk in _chunks(changed):
        with writing(engine) as connection:
            _write(connection, chunk, {})
    return len(changed)


def _check_communities(engine: Engine) -> None:
    with reading(engine) as connection:
        missing = COMMUNITIES - set(connection.execute(select(community_table.c.slug)).scalars())
    if missing:
        listed = ", ".join(sorted(missing))
        raise NotFound(
            fr=f"Les communautés d'exemple manquent ({listed}) : lancez « placelibre demo ».",
            en=f"The example communities are missing ({listed}): run “placelibre demo”.",
        )


def _place_columns(stored: StoredPlace, offer: DemoOffer | None) -> tuple[str, bool, str | None, bool]:
    """Status, demo mark, hours and whether they are assumed, as the rule wants them."""
    if offer is None:
        status = PlaceStatus.OFFERED if stored.real and stored.asserted else PlaceStatus.CANDIDATE
        return (status, False, stored.facts.opening_hours, False)
    hours = stored.facts.opening_hours or offer.assumed_hours
    return (PlaceStatus.OFFERED, True, hours, offer.assumed_hours is not None)


def _space_columns(demo_space: DemoSpace) -> dict[str, Any]:
    return {
        "kind": str(demo_space.kind),
        "name": demo_space.name,
        "seats": demo_space.seats,
        "price_half_day_cents": demo_space.price_cents,
        "member_price_half_day_cents": demo_space.member_price_cents,
        "opening_hours": None,
        "amenities": dict(demo_space.amenities),
        "closed": False,
    }


def _differs(stored: StoredPlace, offer: DemoOffer | None) -> bool:
    if offer is None:
        open_spaces = any(not columns["closed"] for _, columns in stored.spaces.values())
        return stored.current[1] or open_spaces
    expected = {
        demo_space.key: _space_columns(demo_space) | {"communities": sorted(demo_space.communities)}
        for demo_space in offer.spaces
    }
    current = {key: columns for key, (_, columns) in stored.spaces.items() if key in expected or not columns["closed"]}
    return stored.current != _place_columns(stored, offer) or expected != current


def _chunks(places: Sequence[StoredPlace]) -> Iterator[tuple[int, list[StoredPlace]]]:
    """Runs of places, each with the count of places up to its end."""
    remaining = iter(places)
    count = 0
    while chunk := list(islice(remaining, CHUNK_PLACES)):
        count += len(chunk)
        yield count, chunk


def _write(connection: Connection, chunk: Sequence[StoredPlace], offers: Mapping[int, DemoOffer]) -> None:
    """Writes what the rule wants of some places; those that changed since they were read wait for the next run."""
    ids = [stored.id for stored in chunk]
    state = select(place.c.id, place.c.status, place.c.demo).where(place.c.id.in_(ids))
    present = {row.id: (row.status, row.demo) for row in connection.execute(state)}
    chunk = [stored for stored in chunk if present.get(stored.id) == stored.current[:2]]
    dropped_ids = [
        space_id
        for stored in chunk
        for key, (space_id, _) in stored.spaces.items()
        if key not in {demo_space.key for demo_space in (offers[stored.id].spaces if stored.id in offers else ())}
    ]
    _withdraw(connection, dropped_ids)
    _put(
        connection,
        [(stored, demo_space) for stored in chunk if stored.id in offers for demo_space in offers[stored.id].spaces],
    )
    rows = [
        dict(zip(("_id", "_status", "_demo", "_hours", "_assumed"), (stored.id, *columns), strict=True))
        for stored in chunk
        if (columns := _place_columns(stored, offers.get(stored.id))) != stored.current
    ]
    if rows:
        statement = update(place).where(place.c.id == bindparam("_id"))
        connection.execute(
            statement.values(
                status=bindparam("_status"),
                demo=bindparam("_demo"),
                opening_hours=bindparam("_hours"),
                hours_assumed=bindparam("_assumed"),
            ),
            rows,
        )
    record_changes(connection, (stored.id for stored in chunk))


def _put(connection: Connection, offers: Sequence[tuple[StoredPlace, DemoSpace]]) -> None:
    """Inserts new demo spaces and updates existing ones, with the communities that offer them."""
    new = [(stored, demo_space) for stored, demo_space in offers if demo_space.key not in stored.spaces]
    existing = [
        (stored.spaces[demo_space.key][0], demo_space)
        for stored, demo_space in offers
        if demo_space.key in stored.spaces
    ]
    ids = mint(connection, "space", len(new)) if new else range(0)
    if new:
        connection.execute(
            space.insert(),
            [
                {"id": space_id, "place_id": stored.id, "key": demo_space.key, "demo": True}
                | _space_columns(demo_space)
                for space_id, (stored, demo_space) in zip(ids, new, strict=True)
            ],
        )
    if existing:
        statement = update(space).where(space.c.id == bindparam("_id"))
        connection.execute(
            statement.values({name: bindparam(f"_{name}") for name in SPACE_COLUMNS}),
            [
                {"_id": space_id} | {f"_{name}": value for name, value in _space_columns(demo_space).items()}
                for space_id, demo_space in existing
            ],
        )
        connection.execute(
            delete(space_community).where(space_community.c.space_id.in_([space_id for space_id, _ in existing]))
        )
    pairs = [*zip(ids, (demo_space for _, demo_space in new), strict=True), *existing]
    rows = [
        {"space_id": space_id, "community": slug} for space_id, demo_space in pairs for slug in demo_space.communities
    ]
    if rows:
        connection.execute(space_community.insert(), rows)


def _withdraw(connection: Connection, space_ids: Sequence[int]) -> None:
    """Removes demo spaces; one with a real booking is closed instead, so that the booking keeps its room."""
    release_demo_seats(connection, space_ids)
    if not space_ids:
        return
    mine = space.c.id.in_(space_ids)
    booked = exists().where(busy.c.space_id == space.c.id)
    connection.execute(update(space).where(mine, booked).values(closed=True))
    connection.execute(delete(space).where(mine, ~booked))
