"""Pretended bookings of the demonstration, so that "free" means something: real rows in the real ledger, marked.

What is busy follows from the space and the date alone. Near days fill up more than far ones, so as days go by
bookings are added and none is taken back.
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
    """Makes the pretended bookings that are missing; returns how many there are now, and of how many slots.

    Raises Conflict when somebody books the same seats at the same moment; running again goes on.
    """
    _forget_past(engine, now)
    wanted = pretended_bookings(spaces, now)
    with reading(engine) as connection:
        there = set(connection.execute(select(booking.c.idempotency_key).where(booking.c.demo)).scalars())
    missing = [one for one in wanted if one.key not in there]
    for at in range(0, len(missing), CHUNK_BOOKINGS):
        try:
            with writing(engine) as connection:
                _insert(connection, missing[at : at + CHUNK_BOOKINGS], now)
        except IntegrityError as error:
            raise Conflict(
                fr="Des places ont été réservées pendant la préparation de la démonstration : relancez la commande.",
                en="Seats were booked while the demonstration was being prepared: run the command again.",
            ) from error
    with reading(engine) as connection:
        rows = connection.execute(select(booking.c.starts_slot, booking.c.stop_slot).where(booking.c.demo)).all()
    return len(rows), sum(stop - start for start, stop in rows)


def pretended_bookings(spaces: Iterable[BusySpace], now: datetime) -> list[_Pretended]:
    """What should be busy from tomorrow on, inside opening hours, at most `MAX_BUSY_SLOTS` slots in all."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    first_slot = slot_floor(datetime.combine(tomorrow, datetime.min.time(), UTC))
    calendar = HoursCalendar(tomorrow, HORIZON_DAYS - 1)
    opened: dict[tuple[str, str, str], _Slots] = {}
    found: list[_Pretended] = []
    slots = 0
    for one in spaces:
        chance = Chance(one.identity)
        if chance.share("popular") >= POPULAR_SHARES.get(one.kind, 0.0):
            continue
        how = (one.opening_hours, one.time_zone, holiday_region(one.insee))
        if how not in opened:
            opened[how] = calendar.slots(*how)
        for ahead in range(HORIZON_DAYS - 1):
            made = _on_day(one, chance, ahead, first_slot + ahead * SLOTS_PER_DAY, opened[how][ahead])
            if made is not None:
                slots += made.stop_slot - made.start_slot
                if slots > MAX_BUSY_SLOTS:
                    return found
                found.append(made)
    return found


def _on_day(one: BusySpace, chance: Chance, ahead: int, first_slot: int, opened: _Slots) -> _Pretended | None:
    """The booking of a space on one UTC day, None on most. The question names the day, not how far it is."""
    day = first_slot // SLOTS_PER_DAY
    share = next(share for below, share in DAY_SHARES if ahead < below)
    if chance.share(f"day {day}") >= share or not opened.any():
        return None
    edges = np.flatnonzero(np.diff(np.concatenate(([False], opened, [False]))))
    runs = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    start, stop = runs[chance.between(f"run {day}", 0, len(runs) - 1)]
    length = chance.between(f"length {day}", 2, MAX_BOOKING_SLOTS)
    start += chance.between(f"start {day}", 0, max(0, stop - start - length))
    everything = chance.share(f"all {day}") < 0.3
    seats = one.seats if everything else chance.between(f"seats {day}", 1, one.seats)
    return _Pretended(one, first_slot + start, first_slot + min(start + length, stop), seats)


def _insert(connection: Connection, chunk: Sequence[_Pretended], now: datetime) -> None:
    """Writes bookings and their slots; where real ones leave too few seats, there is no pretended one."""
    ids = [one.space.space_id for one in chunk]
    taken = {
        (row.space_id, row.slot): row.seats_taken
        for row in connection.execute(select(busy).where(busy.c.space_id.in_(ids)))
    }
    fits = []
    for one in chunk:
        slots = range(one.start_slot, one.stop_slot)
        most = max(taken.get((one.space.space_id, slot), 0) for slot in slots)
        if most + one.seats <= one.space.seats:
            fits.append(one)
    if not fits:
        return
    connection.execute(
        booking.insert(),
        [
            {
                "id": booking_id,
                "space_id": one.space.space_id,
                "community": None,
                "starts_slot": one.start_slot,
                "stop_slot": one.stop_slot,
                "seats": one.seats,
                "state": BookingState.CONFIRMED,
                "idempotency_key": one.key,
                "request_hash": "",
                "created_at": now.astimezone(UTC),
                "demo": True,
            }
            for booking_id, one in zip(mint(connection, "booking", len(fits)), fits, strict=True)
        ],
    )
    rows = [
        {"space_id": one.space.space_id, "slot": slot, "seats_taken": one.seats, "seats": one.space.seats}
        for one in fits
        for slot in range(one.start_slot, one.stop_slot)
    ]
    # Added to what the ledger says at that moment, never replacing it: its CHECK stays the judge.
    added = {"seats_taken": busy.c.seats_taken + literal_column("excluded.seats_taken")}
    upsert(connection, busy, rows, key=["space_id", "slot"], update=added)
    record_changes(connection, (one.space.place_id for one in fits))


def release_demo_seats(connection: Connection, space_ids: Sequence[int]) -> None:
    """Takes the pretended bookings of these spaces back, and leaves the real ones in the ledger."""
    if space_ids:
        _release(connection, booking.c.space_id.in_(space_ids))


def _forget_past(engine: Engine, now: datetime) -> None:
    """Pretended bookings that are over are nobody's history."""
    with writing(engine) as connection:
        _release(connection, booking.c.stop_slot <= slot_floor(now))


def _release(connection: Connection, which: Any) -> None:
    rows = connection.execute(select(booking).where(booking.c.demo, which)).mappings().all()
    if not rows:
        return
    mine = (busy.c.space_id == bindparam("_space")) & busy.c.slot.between(bindparam("_first"), bindparam("_last"))
    connection.execute(
        update(busy).where(mine).values(seats_taken=busy.c.seats_taken - bindparam("_seats")),
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
