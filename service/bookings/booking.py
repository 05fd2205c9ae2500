"""Bookings: one real transaction on the busy ledger, decided by the database and never by the index."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from geo.errors import Conflict, InvalidInput, NotFound
from geo.opening_hours.patterns import SLOTS_PER_DAY, open_slots
from geo.opening_hours.public_holidays import holiday_region
from geo.store.engine import reading, writing
from geo.store.revisions import mint
from geo.store.schema import place, space, space_community
from geo.store.seat_ledger import release, take
from matching.query.query import Window, slot_ceil, slot_floor, slot_start
from service.bookings.tables import BookingState, booking
from service.communities.community import read_all
from service.communities.sharing import visible_to

HORIZON_DAYS = 63
"""How far ahead a space can be booked: as far as the index knows when it is free."""


@dataclass(frozen=True, slots=True)
class Booking:
    """Seats of a space during the UTC slots [start_slot, stop_slot). `community` is who booked."""

    id: int
    space_id: int
    community: str | None
    start_slot: int
    stop_slot: int
    seats: int
    state: BookingState


def book(
    engine: Engine,
    *,
    space_id: int,
    start: datetime,
    stop: datetime,
    seats: int,
    community: str | None,
    now: datetime,
    idempotency_key: str | None = None,
) -> Booking:
    """Books seats for the half-hours touched by [start, stop), both timezone-aware; all of them or nothing.

    A repeated request with the same `idempotency_key` returns its first booking. Raises Conflict when that key
    came with another request or the seats are gone, NotFound when `community` cannot see such a space on offer,
    InvalidInput when the time is past, too far ahead or too long, or the space is closed at that time.
    """
    window = Window.between(start, stop)
    key = None if idempotency_key is None else f"{community or ''}:{idempotency_key}"
    request = _request_hash(space_id, window, seats)
    with reading(engine) as connection:
        earlier = _earlier(connection, key, request)
        if earlier is not None:
            return earlier
    _check_time(window, now)
    facts = _offered_space(engine, space_id, community)
    _check_seats(facts, seats)
    _check_open(facts, window)
    with writing(engine) as connection:
        # Minting first takes the counter's row: two requests with one key queue here, and the second reads what the
        # first has written.
        (booking_id,) = mint(connection, "booking")
        earlier = _earlier(connection, key, request)
        if earlier is not None:
            return earlier
        take(connection, space_id, range(window.start, window.stop), seats)
        row = {
            "id": booking_id,
            "space_id": space_id,
            "community": community,
            "starts_slot": window.start,
            "stop_slot": window.stop,
            "seats": seats,
            "state": BookingState.CONFIRMED,
        }
        origin = {"idempotency_key": key, "request_hash": request, "created_at": now.astimezone(UTC), "demo": False}
        connection.execute(booking.insert().values(row | origin))
        return _from_row(row)


def cancel(engine: Engine, booking_id: int, *, community: str | None, now: datetime) -> Booking:
    """Cancels a booking of this community and gives its seats back; cancelling again changes nothing.

    Raises NotFound when the community has no such booking, Conflict when it is over.
    """
    with writing(engine) as connection:
        row = (
            connection.execute(select(booking).where(booking.c.id == booking_id).with_for_update())
            .mappings()
            .one_or_none()
        )
        if row is None or row["community"] != community:
            raise _no_such_booking(booking_id)
        current = _from_row(row)
        if current.state is BookingState.CANCELLED:
            return current
        if current.state not in {BookingState.HELD, BookingState.CONFIRMED} or slot_start(current.stop_slot) <= now:
            raise Conflict(
                fr="Cette réservation est terminée et ne peut plus être annulée : contactez l'hôte.",
                en="This booking is over and can no longer be cancelled: contact the host.",
            )
        connection.execute(update(booking).where(booking.c.id == booking_id).values(state=BookingState.CANCELLED))
        release(connection, current.space_id, range(current.start_slot, current.stop_slot), current.seats)
        return _from_row({**row, "state": BookingState.CANCELLED})


def read_booking(engine: Engine, booking_id: int, *, community: str | None) -> Booking:
    """One booking of this community. Raises NotFound when it has none by that number."""
    with reading(engine) as connection:
        row = connection.execute(select(booking).where(booking.c.id == booking_id)).mappings().one_or_none()
    if row is None or row["community"] != community:
        raise _no_such_booking(booking_id)
    return _from_row(row)


def _no_such_booking(booking_id: int) -> NotFound:
    """One answer for "there is none" and "not yours": that another community booked stays its own affair."""
    return NotFound(
        fr=f"Aucune réservation n° {booking_id} parmi les vôtres : vérifiez le numéro.",
        en=f"No booking number {booking_id} among yours: check the number.",
    )


def _earlier(connection: Connection, key: str | None, request: str) -> Booking | None:
    """The booking made under this idempotency key. Raises Conflict when its request was another one."""
    if key is None:
        return None
    row = connection.execute(select(booking).where(booking.c.idempotency_key == key)).mappings().one_or_none()
    if row is None:
        return None
    if row["request_hash"] != request:
        raise Conflict(
            fr="Cette clé d'idempotence a déjà servi pour une autre demande : utilisez-en une nouvelle.",
            en="This idempotency key was already used for another request: use a new one.",
        )
    return _from_row(row)


def _offered_space(engine: Engine, space_id: int, community: str | None) -> Mapping[Any, Any]:
    """Seats, hours and place of a space on offer that this community may see. Raises NotFound."""
    with reading(engine) as connection:
        facts = (
            connection.execute(
                select(
                    space.c.seats,
                    space.c.opening_hours,
                    place.c.opening_hours.label("place_hours"),
                    place.c.time_zone,
                    place.c.insee,
                )
                .join(place, place.c.id == space.c.place_id)
                .where(space.c.id == space_id, space.c.closed.is_(False), place.c.status == "offered")
            )
            .mappings()
            .one_or_none()
        )
        offered_by = set(
            connection.execute(
                select(space_community.c.community).where(space_community.c.space_id == space_id)
            ).scalars()
        )
    # One answer for "there is none" and "not for you": that a private room exists stays private.
    if facts is None or (offered_by and not offered_by & visible_to(read_all(engine), community)):
        raise NotFound(
            fr="Cet espace n'est plus proposé : relancez la recherche pour en trouver un autre.",
            en="This space is no longer offered: search again for another one.",
        )
    return facts


def _check_seats(facts: Mapping[Any, Any], seats: int) -> None:
    if not 1 <= seats <= facts["seats"]:
        raise InvalidInput(
            field="seats",
            value=seats,
            fr=f"Cet espace se réserve par 1 à {facts['seats']} places : changez leur nombre.",
            en=f"This space is booked by 1 to {facts['seats']} seats: change their number.",
        )


def _check_time(window: Window, now: datetime) -> None:
    # The half-hour that is running can still be booked: people book at the door.
    if window.start < slot_floor(now):
        raise InvalidInput(
            field="start",
            fr="Ce créneau a déjà commencé : choisissez un début à venir.",
            en="This time has already started: choose a start to come.",
        )
    if window.stop > slot_ceil(now + timedelta(days=HORIZON_DAYS)):
        raise InvalidInput(
            field="start",
            fr=f"Les réservations ouvrent {HORIZON_DAYS} jours à l'avance : choisissez une date plus proche.",
            en=f"Bookings open {HORIZON_DAYS} days ahead: choose a nearer date.",
        )


def _check_open(facts: Mapping[Any, Any], window: Window) -> None:
    """Raises InvalidInput unless the space is known to be open during the whole window."""
    pattern = facts["opening_hours"] or facts["place_hours"]
    if pattern:
        first_day = slot_start(window.start).date()
        offset = window.start % SLOTS_PER_DAY
        length = window.stop - window.start
        opened = open_slots(
            pattern,
            first_day=first_day,
            days=(offset + length - 1) // SLOTS_PER_DAY + 1,
            time_zone=facts["time_zone"],
            holiday_region=holiday_region(facts["insee"]),
        )
        if bool(opened.ravel()[offset : offset + length].all()):
            return
    raise InvalidInput(
        field="start",
        fr="L'espace n'est pas ouvert pendant tout ce créneau : choisissez un horaire dans ses heures d'ouverture.",
        en="The space is not open during that whole time: choose a time within its opening hours.",
    )


def _request_hash(space_id: int, window: Window, seats: int) -> str:
    return hashlib.sha256(json.dumps([space_id, window.start, window.stop, seats]).encode()).hexdigest()


def _from_row(row: Mapping[Any, Any]) -> Booking:
    return Booking(
        id=row["id"],
        space_id=row["space_id"],
        community=row["community"],
        start_slot=row["starts_slot"],
        stop_slot=row["stop_slot"],
        seats=row["seats"],
        state=BookingState(row["state"]),
    )
