"""From a row to the bookable unit it describes: seats, tariffs, a room's name."""

from geo.toponyms import fold
from geo.types import SpaceKind
from ingest.mapping.model import MEMBER_PRICE_FIELDS, PRICE_FIELDS, Mapping, pick
from ingest.normalise import capacity, name, price
from ingest.normalise.kind import space_kind
from ingest.reasons import Note
from ingest.records import Record, SpaceDraft

NAMES: dict[SpaceKind, str] = {
    SpaceKind.DESK: "Poste de travail",
    SpaceKind.OPEN_SPACE: "Espace partagé",
    SpaceKind.MEETING_ROOM: "Salle de réunion",
    SpaceKind.PRIVATE_OFFICE: "Bureau",
    SpaceKind.EVENT_ROOM: "Salle",
}
"""What a unit without a name is called; names are shown as they are in both languages."""


def read_space(record: Record, mapping: Mapping) -> None:
    """Adds to `record` the unit its row describes, if it speaks of one. Seats may still be unknown."""
    fields = mapping.fields
    said_name = name.clean(pick(record.raw, fields.get("space_name", ())))
    said_kind = pick(record.raw, fields.get("space_kind", ()))
    said_seats = pick(record.raw, fields.get("seats", ()))
    cents = _price(record, mapping, PRICE_FIELDS)
    member_cents = _price(record, mapping, MEMBER_PRICE_FIELDS)
    seats = capacity.normalise(said_seats)
    if said_seats and seats is None and not _zero(said_seats):
        record.remark(Note.SEATS_NOT_UNDERSTOOD, "seats", said_seats)
    if not said_name and not said_kind and seats is None and cents is None and member_cents is None:
        return
    # A row that only counts seats offers desks; words of the room's type or name say more.
    kind = space_kind(said_kind) or space_kind(said_name) or SpaceKind.DESK
    shown = said_name or NAMES[kind]
    record.spaces.append(SpaceDraft(f"{kind}:{fold(shown)}", kind, shown, seats, cents, member_cents))


def _price(record: Record, mapping: Mapping, names: tuple[str, ...]) -> int | None:
    for field in names:
        said = pick(record.raw, mapping.fields.get(field, ()))
        if said:
            cents = price.half_day_cents(said, field.rpartition("price_")[2])
            if cents is not None:
                return cents
            record.remark(Note.PRICE_NOT_UNDERSTOOD, field, said)
    return None


def _zero(text: str) -> bool:
    return text.strip(" 0.,") == ""
