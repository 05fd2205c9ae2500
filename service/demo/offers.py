"""Puts the demo rule into the store, and takes it out again.

Applying reconciles: it compares what the rule wants with what is there and writes the differences only, in chunks
short enough for others to write in between. A place that hosts really offered is never touched.
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
from service.demo.places import SPACE_COLUMNS, KnownPlace, read_busy_candidates, read_known
from service.demo.rule import COMMUNITIES, DemoOffer, DemoSpace, demo_offer

CHUNK_PLACES = 400
"""Places written in one transaction: well under a second on SQLite."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demonstration offers now. `by_kind` counts places; `written` are those this run changed."""

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
    known = read_known(engine)
    wanted = {one.id: offer for one in known if not one.real and (offer := demo_offer(one.facts, share)) is not None}
    todo = [one for one in known if _differs(one, wanted.get(one.id))]
    for done, chunk in _chunks(todo):
        with writing(engine) as connection:
            _write(connection, chunk, wanted)
        if progress is not None:
            progress(done, len(todo))
    spaces = read_busy_candidates(engine)
    bookings, slots = book_demo_seats(engine, spaces, now)
    kinds = {one.id: one.facts.kind for one in known}
    return DemoReport(
        places=len(wanted),
        spaces=sum(len(offer.spaces) for offer in wanted.values()),
        by_kind=dict(Counter(str(kinds[place_id]) for place_id in wanted)),
        spaces_by_kind=dict(Counter(str(one.kind) for offer in wanted.values() for one in offer.spaces)),
        written=len(todo),
        bookings=bookings,
        busy_slots=slots,
    )


def remove_demo_offers(engine: Engine) -> int:
    """Takes every demo offer and demo booking out; returns how many places went back to what their sources say.

    A demo space that somebody really booked is closed instead of removed.
    """
    todo = [one for one in read_known(engine) if one.current[1] or one.spaces]
    for _, chunk in _chunks(todo):
        with writing(engine) as connection:
            _write(connection, chunk, {})
    return len(todo)


def _check_communities(engine: Engine) -> None:
    with reading(engine) as connection:
        missing = COMMUNITIES - set(connection.execute(select(community_table.c.slug)).scalars())
    if missing:
        listed = ", ".join(sorted(missing))
        raise NotFound(
            fr=f"Les communautés d'exemple manquent ({listed}) : lancez « placelibre demo ».",
            en=f"The example communities are missing ({listed}): run “placelibre demo”.",
        )


def _place_columns(one: KnownPlace, offer: DemoOffer | None) -> tuple[str, bool, str | None, bool]:
    """Status, demo, hours and whether they are assumed, as they should be."""
    if offer is None:
        status = PlaceStatus.OFFERED if one.real and one.asserted else PlaceStatus.CANDIDATE
        return (status, False, one.facts.opening_hours, False)
    hours = one.facts.opening_hours or offer.assumed_hours
    return (PlaceStatus.OFFERED, True, hours, offer.assumed_hours is not None)


def _space_columns(wanted: DemoSpace) -> dict[str, Any]:
    return {
        "kind": str(wanted.kind),
        "name": wanted.name,
        "seats": wanted.seats,
        "price_half_day_cents": wanted.price_cents,
        "member_price_half_day_cents": wanted.member_price_cents,
        "opening_hours": None,
        "amenities": dict(wanted.amenities),
        "closed": False,
    }


def _differs(one: KnownPlace, offer: DemoOffer | None) -> bool:
    if offer is None:
        open_spaces = any(not columns["closed"] for _, columns in one.spaces.values())
        return one.current[1] or open_spaces
    wanted = {s.key: _space_columns(s) | {"communities": sorted(s.communities)} for s in offer.spaces}
    stored = {key: columns for key, (_, columns) in one.spaces.items() if key in wanted or not columns["closed"]}
    return one.current != _place_columns(one, offer) or wanted != stored


def _chunks(todo: Sequence[KnownPlace]) -> Iterator[tuple[int, list[KnownPlace]]]:
    """Runs of places with how many are done after each."""
    left = iter(todo)
    done = 0
    while chunk := list(islice(left, CHUNK_PLACES)):
        done += len(chunk)
        yield done, chunk


def _write(connection: Connection, chunk: Sequence[KnownPlace], wanted: Mapping[int, DemoOffer]) -> None:
    """Brings some places to what is wanted; those that changed under our feet are left for the next run."""
    ids = [one.id for one in chunk]
    state = select(place.c.id, place.c.status, place.c.demo).where(place.c.id.in_(ids))
    still = {row.id: (row.status, row.demo) for row in connection.execute(state)}
    chunk = [one for one in chunk if still.get(one.id) == one.current[:2]]
    gone = [
        space_id
        for one in chunk
        for key, (space_id, _) in one.spaces.items()
        if key not in {s.key for s in (wanted[one.id].spaces if one.id in wanted else ())}
    ]
    _withdraw(connection, gone)
    _put(connection, [(one, offered) for one in chunk if one.id in wanted for offered in wanted[one.id].spaces])
    rows = [
        dict(zip(("_id", "_status", "_demo", "_hours", "_assumed"), (one.id, *columns), strict=True))
        for one in chunk
        if (columns := _place_columns(one, wanted.get(one.id))) != one.current
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
    record_changes(connection, (one.id for one in chunk))


def _put(connection: Connection, offers: Sequence[tuple[KnownPlace, DemoSpace]]) -> None:
    """Inserts new demo spaces and updates known ones, with the communities that offer them."""
    new = [(one, offered) for one, offered in offers if offered.key not in one.spaces]
    known = [(one.spaces[offered.key][0], offered) for one, offered in offers if offered.key in one.spaces]
    ids = mint(connection, "space", len(new)) if new else range(0)
    if new:
        connection.execute(
            space.insert(),
            [
                {"id": space_id, "place_id": one.id, "key": offered.key, "demo": True} | _space_columns(offered)
                for space_id, (one, offered) in zip(ids, new, strict=True)
            ],
        )
    if known:
        statement = update(space).where(space.c.id == bindparam("_id"))
        connection.execute(
            statement.values({name: bindparam(f"_{name}") for name in SPACE_COLUMNS}),
            [
                {"_id": space_id} | {f"_{name}": value for name, value in _space_columns(offered).items()}
                for space_id, offered in known
            ],
        )
        connection.execute(delete(space_community).where(space_community.c.space_id.in_([one for one, _ in known])))
    pairs = [*zip(ids, (offered for _, offered in new), strict=True), *known]
    rows = [{"space_id": space_id, "community": slug} for space_id, offered in pairs for slug in offered.communities]
    if rows:
        connection.execute(space_community.insert(), rows)


def _withdraw(connection: Connection, space_ids: Sequence[int]) -> None:
    """Removes demo spaces; those that somebody really booked are closed, so that the booking keeps its room."""
    release_demo_seats(connection, space_ids)
    if not space_ids:
        return
    mine = space.c.id.in_(space_ids)
    booked = exists().where(busy.c.space_id == space.c.id)
    connection.execute(update(space).where(mine, booked).values(closed=True))
    connection.execute(delete(space).where(mine, ~booked))
