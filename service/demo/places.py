"""What the store holds of the places that the demo rule may concern."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, func, select

from geo.store.engine import reading
from geo.store.publication import published
from geo.store.schema import listing, place, space, space_community
from geo.types import PlaceKind, PlaceStatus
from ingest.journal.tables import import_run
from service.demo.bookings import BusySpace
from service.demo.rule import OFFER_SHARES, PlaceFacts

_ASSERTED = (
    select(listing.c.place_id)
    .distinct()
    .join(import_run, import_run.c.id == listing.c.import_id)
    .where(import_run.c.offered, import_run.c.undone_at.is_(None))
)
SPACE_COLUMNS = (
    "kind",
    "name",
    "seats",
    "price_half_day_cents",
    "member_price_half_day_cents",
    "opening_hours",
    "amenities",
    "closed",
)


@dataclass(slots=True)
class StoredPlace:
    """A place as stored. `current` is its status, demo mark, hours and whether they are assumed.

    `spaces` are its demo spaces by key: id and columns, communities included. `real`: a list brought spaces of its
    own. `asserted`: the community of that list says that the hosts agreed.
    """

    id: int
    facts: PlaceFacts
    current: tuple[str, bool, str | None, bool]
    spaces: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    real: bool = False
    asserted: bool = False


def read_stored_places(engine: Engine) -> list[StoredPlace]:
    """Every place that the rule may concern, in order of id."""
    columns = ("id", "match_key", "kind", "status", "demo", "opening_hours", "hours_assumed", "capacity", "amenities")
    statement = (
        select(*(place.c[name] for name in columns))
        .where(place.c.status != PlaceStatus.CLOSED, place.c.kind.in_([*OFFER_SHARES]) | place.c.demo, published())
        .order_by(place.c.id)
    )
    with reading(engine) as connection:
        places = {row.id: _stored_place(row) for row in connection.execute(statement)}
        pairs: dict[int, list[str]] = {}
        demo_pairs = select(space_community).join(space).where(space.c.demo).order_by(space_community.c.community)
        for space_id, slug in connection.execute(demo_pairs):
            pairs.setdefault(space_id, []).append(slug)
        for row in connection.execute(select(space).where(space.c.demo)).mappings():
            if row["place_id"] in places:
                columns_of = {name: row[name] for name in SPACE_COLUMNS} | {"communities": pairs.get(row["id"], [])}
                places[row["place_id"]].spaces[row["key"]] = (row["id"], columns_of)
        real = select(space.c.place_id).distinct().where(space.c.demo.is_(False), space.c.closed.is_(False))
        for place_id in connection.execute(real).scalars():
            if place_id in places:
                places[place_id].real = True
        for place_id in connection.execute(_ASSERTED).scalars():
            if place_id in places:
                places[place_id].asserted = True
    # A place offered without a demo space was offered by a list, even when all its spaces are closed by now.
    return [
        stored
        for stored in places.values()
        if stored.current[0] == PlaceStatus.CANDIDATE or stored.current[1] or stored.spaces
    ]


def _stored_place(row: Any) -> StoredPlace:
    kind = PlaceKind(row.kind)
    facts = PlaceFacts(
        identity=f"{kind}|{row.match_key}",
        kind=kind,
        opening_hours=None if row.hours_assumed else row.opening_hours,
        capacity=row.capacity,
        amenities=row.amenities,
    )
    current = (row.status, row.demo, row.opening_hours, row.hours_assumed)
    return StoredPlace(row.id, facts, current)


def read_busy_candidates(engine: Engine) -> list[BusySpace]:
    """Demo spaces on offer, as the pretended bookings need them."""
    hours = func.coalesce(space.c.opening_hours, place.c.opening_hours)
    statement = (
        select(
            space.c.id,
            space.c.place_id,
            space.c.key,
            space.c.seats,
            place.c.match_key,
            place.c.kind,
            hours.label("hours"),
            place.c.time_zone,
            place.c.insee,
        )
        .join(place, place.c.id == space.c.place_id)
        .where(space.c.demo, space.c.closed.is_(False), place.c.demo, hours.is_not(None))
        .order_by(space.c.id)
    )
    with reading(engine) as connection:
        return [
            BusySpace(
                space_id=row.id,
                place_id=row.place_id,
                identity=f"{row.key}|{row.kind}|{row.match_key}",
                kind=PlaceKind(row.kind),
                seats=row.seats,
                opening_hours=row.hours,
                time_zone=row.time_zone,
                insee=row.insee,
            )
            for row in connection.execute(statement)
        ]
