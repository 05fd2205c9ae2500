"""Pretended bookings of the demonstration, so that "free" means something: marked rows in the real ledger.

What is busy depends on the space and the date only. Near days fill up more than far ones: as days go by, bookings
are added and none is taken back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, bindparam, delete, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from geo.errors import Conflict
from geo.opening_hours.patterns import SLOTS_PER_DAY, HoursCalendar
from geo.opening_hours.public_holidays import holiday_region
from geo.store.dialect import upsert
from geo.store.engine import reading, writing
from geo.store.revisions import mint, record_changes
from geo.store.schema import busy
from geo.types import PlaceKind
from matching.query.query import slot_floor
from service.bookings.booking import HORIZON_DAYS
from service.bookings.tables import BookingState, booking
from service.demo.rule import Chance

MAX_BUSY_SLOTS = 60_000
CHUNK_BOOKINGS = 1_500
"""Bookings written in one transaction: about 10,000 rows of the ledger, well under a second on SQLite."""
MAX_BOOKING_SLOTS = 7

_Slots = npt.NDArray[np.bool_]

POPULAR_SHARES: dict[PlaceKind, float] = {
    PlaceKind.COWORKING: 0.35,
    PlaceKind.FABLAB: 0.2,
    PlaceKind.HOTEL: 0.12,
    PlaceKind.FRANCE_SERVICES: 0.1,
    PlaceKind.CAFE: 0.1,
    PlaceKind.MAIRIE: 0.06,
    PlaceKind.LIBRARY: 0.04,
}
"""Share of the spaces of a kind that have any pretended booking."""
DAY_SHARES = ((7, 0.4), (28, 0.12), (HORIZON_DAYS, 0.03))
"""(days ahead, share of days with a booking): people book near days. Must not grow with distance."""


@dataclass(frozen=True, slots=True)
class BusySpace:
    """A demo space with hours, as stored."""

    space_id: int
    place_id: int
    identity: str
    kind: PlaceKind
    seats: int
    opening_hours: str
    time_zone: str
    insee: str


@dataclass(frozen=True, slots=True)
class _Pretended:
    space: BusySpace
    start_slot: int
    stop_slot: int
    seats: int

    @property
    def key(self) -> str:
        # A space in it: no community's slug can be so written, so no real key can be the same.
        return f"demo rule:{self.space.space_id}:{self.start_slot}"


def book_demo_seats(engine: Engine, spaces: Sequence[BusySpace], now: datetime) -> tuple[int, int]:
    """Makes the pretended bookings that are missing; returns the counts of all of them and of their slots.

    Raises Conflict when somebody books the same seats at the same moment; another run completes the work.
    """
    _remove_past(engine, now)
    planned = pretended_bookings(spaces, now)
    with reading(engine) as connection:
        existing = set(connection.execute(select(booking.c.idempotency_key).where(booking.c.demo)).scalars())
    missing = [pretended for pretended in planned if pretended.key not in existing]
    for first in range(0, len(missing), CHUNK_BOOKINGS):
        try:
            with writing(engine) as connection:
                _insert(connection, missing[first : first + CHUNK_BOOKINGS], now)
        except IntegrityError as error:
            raise Conflict(
                fr="Des places ont été réservées pendant la préparation de la démonstration : relancez la commande.",
                en="Seats were booked while the demonstration was being prepared: run the command again.",
            ) from error
    with reading(engine) as connection:
        rows = connection.execute(select(booking.c.starts_slot, booking.c.stop_slot).where(booking.c.demo)).all()
    return len(rows), sum(stop - start for start, stop in rows)


def pretended_bookings(spaces: Iterable[BusySpace], now: datetime) -> list[_Pretended]:
    """The bookings from tomorrow on, inside opening hours, of at most `MAX_BUSY_SLOTS` slots in all."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    first_slot = slot_floor(datetime.combine(tomorrow, datetime.min.time(), UTC))
    calendar = HoursCalendar(tomorrow, HORIZON_DAYS - 1)
    open_slots: dict[tuple[str, str, str], _Slots] = {}
    bookings: list[_Pretended] = []
    slots = 0
    for space in spaces:
        chance = Chance(space.identity)
        if chance.share("popular") >= POPULAR_SHARES.get(space.kind, 0.0):
            continue
        hours_key = (space.opening_hours, space.time_zone, holiday_region(space.insee))
        if hours_key not in open_slots:
            open_slots[hours_key] = calendar.slots(*hours_key)
        for day_number in range(HORIZON_DAYS - 1):
            start = first_slot + day_number * SLOTS_PER_DAY
            booked = _book_day(space, chance, day_number, start, open_slots[hours_key][day_number])
            if booked is not None:
                slots += booked.stop_slot - booked.start_slot
                if slots > MAX_BUSY_SLOTS:
                    return bookings
                bookings.append(booked)
    return bookings


def _book_day(
    space: BusySpace, chance: Chance, day_number: int, first_slot: int, open_slots: _Slots
) -> _Pretended | None:
    """The booking of a space on one UTC day, None on most days.

    Chance depends on the date, not on how far it is: tomorrow the same day gives the same booking.
    """
    day = first_slot // SLOTS_PER_DAY
    share = next(share for below, share in DAY_SHARES if day_number < below)
    if chance.share(f"day {day}") >= share or not open_slots.any():
        return None
    edges = np.flatnonzero(np.diff(np.concatenate(([False], open_slots, [False]))))
    runs = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    start, stop = runs[chance.between(f"run {day}", 0, len(runs) - 1)]
    length = chance.between(f"length {day}", 2, MAX_BOOKING_SLOTS)
    start += chance.between(f"start {day}", 0, max(0, stop - start - length))
    everything = chance.share(f"all {day}") < 0.3
    seats = space.seats if everything else chance.between(f"seats {day}", 1, space.seats)
    return _Pretended(space, first_slot + start, first_slot + min(start + length, stop), seats)


def _insert(connection: Connection, chunk: Sequence[_Pretended], now: datetime) -> None:
    """Writes bookings and their slots, except where real bookings leave too few seats."""
    ids = [pretended.space.space_id for pretended in chunk]
    taken_seats = {
        (row.space_id, row.slot): row.seats_taken
        for row in connection.execute(select(busy).where(busy.c.space_id.in_(ids)))
    }
    fitting = []
    for pretended in chunk:
        slots = range(pretended.start_slot, pretended.stop_slot)
        most_taken = max(taken_seats.get((pretended.space.space_id, slot), 0) for slot in slots)
        if most_taken + pretended.seats <= pretended.space.seats:
            fitting.append(pretended)
    if not fitting:
        return
    connection.execute(
        booking.insert(),
        [
            {
                "id": booking_id,
                "space_id": pretended.space.space_id,
                "community": None,
                "starts_slot": pretended.start_slot,
                "stop_slot": pretended.stop_slot,
                "seats": pretended.seats,
                "state": BookingState.CONFIRMED,
                "idempotency_key": pretended.key,
                "request_hash": "",
                "created_at": now.astimezone(UTC),
                "demo": True,
            }
            for booking_id, pretended in zip(mint(connection, "booking", len(fitting)), fitting, strict=True)
        ],
    )
    rows = [
        {
            "space_id": pretended.space.space_id,
            "slot": slot,
            "seats_taken": pretended.seats,
            "seats": pretended.space.seats,
        }
        for pretended in fitting
        for slot in range(pretended.start_slot, pretended.stop_slot)
    ]
    # Adds to the ledger as it is at that moment and replaces nothing: its CHECK decides.
    added = {"seats_taken": busy.c.seats_taken + literal_column("excluded.seats_taken")}
    upsert(connection, busy, rows, key=["space_id", "slot"], update=added)
    record_changes(connection, (pretended.space.place_id for pretended in fitting))


def release_demo_seats(connection: Connection, space_ids: Sequence[int]) -> None:
    """Removes the pretended bookings of these spaces; the real ones stay in the ledger."""
    if space_ids:
        _release(connection, booking.c.space_id.in_(space_ids))


def _remove_past(engine: Engine, now: datetime) -> None:
    """Removes pretended bookings that are over."""
    with writing(engine) as connection:
        _release(connection, booking.c.stop_slot <= slot_floor(now))


def _release(connection: Connection, which: Any) -> None:
    rows = connection.execute(select(booking).where(booking.c.demo, which)).mappings().all()
    if not rows:
        return
    is_slot_of = (busy.c.space_id == bindparam("_space")) & busy.c.slot.between(bindparam("_first"), bindparam("_last"))
    connection.execute(
        update(busy).where(is_slot_of).values(seats_taken=busy.c.seats_taken - bindparam("_seats")),
        [
            {
                "_space": row["space_id"],
                "_first": row["starts_slot"],
                "_last": row["stop_slot"] - 1,
                "_seats": row["seats"],
            }
            for row in rows
        ],
    )
    spaces = sorted({row["space_id"] for row in rows})
    connection.execute(delete(busy).where(busy.c.space_id.in_(spaces), busy.c.seats_taken == 0))
    connection.execute(delete(booking).where(booking.c.demo, which))
