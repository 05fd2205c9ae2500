"""The busy ledger: a CHECK of the database decides whether seats are still free."""

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from geo.errors import Conflict, NotFound
from geo.store.dialect import upsert
from geo.store.revisions import record_changes
from geo.store.schema import busy, place, space


def take(connection: Connection, space_id: int, slots: range, seats: int) -> None:
    """Takes `seats` in every slot. Raises Conflict when one is full; the caller's transaction then rolls back.

    Raises NotFound when the space does not exist, is closed, or its place is not offered.
    """
    record = connection.execute(
        select(space.c.place_id, space.c.seats)
        .join(place, place.c.id == space.c.place_id)
        .where(space.c.id == space_id, space.c.closed.is_(False), place.c.status == "offered")
    ).one_or_none()
    if record is None:
        raise NotFound(
            fr="Cet espace n'est plus proposé : relancez la recherche pour en trouver un autre.",
            en="This space is no longer offered: search again for another one.",
        )
    rows = [{"space_id": space_id, "slot": slot, "seats_taken": seats, "seats": record.seats} for slot in slots]
    try:
        upsert(
            connection,
            busy,
            rows,
            key=["space_id", "slot"],
            update={"seats_taken": busy.c.seats_taken + seats, "seats": record.seats},
        )
    except IntegrityError as error:
        raise Conflict(
            fr="Cet espace vient d'être réservé sur ce créneau : relancez la recherche pour les plus proches.",
            en="This space has just been booked for that time: search again for the nearest ones.",
        ) from error
    record_changes(connection, [int(record.place_id)])


def release(connection: Connection, space_id: int, slots: range, seats: int) -> None:
    """Returns seats; slots without any seat taken are deleted from the ledger."""
    mine = (busy.c.space_id == space_id) & busy.c.slot.between(slots.start, slots.stop - 1)
    connection.execute(update(busy).where(mine).values(seats_taken=busy.c.seats_taken - seats))
    connection.execute(delete(busy).where(mine, busy.c.seats_taken == 0))
    place_id = connection.execute(select(space.c.place_id).where(space.c.id == space_id)).scalar_one()
    record_changes(connection, [int(place_id)])
