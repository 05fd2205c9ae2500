"""From a row to the bookable units it describes: rooms, seats, tariffs, a room's own hours and equipment.

A row says one unit in its mapped fields (`space_name`, `seats`, `price_...`), others in columns about one sort of room
(`ingest.rows.space_columns`), or is one unit itself (`as_space`). Keys are the kind and the folded name, so that they
outlive the row's place in the list; a second room of that name in one place gets a number (`told_apart`).

Prices become those of a half-day as `ingest.normalise.price` says: 4 hours, half a day. Monthly prices stay in
`price_note`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace

from geo.reference.toponyms import fold
from geo.types import SpaceKind
from ingest.mapping.model import MEMBER_PRICE_FIELDS, PRICE_FIELDS, Mapping, pick
from ingest.normalise import amenities, capacity, name, price
from ingest.normalise.blank import cell_text
from ingest.normalise.hours import hours_text
from ingest.normalise.kind import space_kind
from ingest.normalise.yes_no import answer
from ingest.rows.diagnostics import Note
from ingest.rows.record import Record, SpaceDraft
from ingest.rows.space_columns import Asks, SpaceColumn, understood

NAMES: dict[SpaceKind, str] = {
    SpaceKind.DESK: "Poste de travail",
    SpaceKind.OPEN_SPACE: "Espace partagé",
    SpaceKind.MEETING_ROOM: "Salle de réunion",
    SpaceKind.PRIVATE_OFFICE: "Bureau",
    SpaceKind.EVENT_ROOM: "Salle",
}
"""What a unit without a name is called; names are shown as they are in both languages."""
MOST_ROOMS = 50
"""Of one sort in one place; more is a slip or a building, not a list of rooms."""


@dataclass(slots=True)
class _Prices:
    """Half-day prices in cents, and what is to be said of them."""

    anybody: int | None = None
    member: int | None = None
    note: str | None = None


@dataclass(slots=True)
class _Sort:
    """What the columns of a row say of one sort of room."""

    kind: SpaceKind
    name: str
    said: bool = False
    count: int | None = None
    seats: int | None = None
    hours: str | None = None
    prices: _Prices = field(default_factory=_Prices)


def space_columns(columns: Iterable[str], mapping: Mapping) -> tuple[SpaceColumn, ...]:
    """Columns of a list about one sort of room, but those that the mapping gives another meaning."""
    taken = {*mapping.meaning(), *mapping.personal}
    return tuple(found for column in columns if column not in taken and (found := understood(column)))


def read_space(
    record: Record, mapping: Mapping, as_space: SpaceKind | None = None, columns: Sequence[SpaceColumn] = ()
) -> None:
    """Adds to `record` the units its row describes, if it speaks of any. Seats may still be unknown.

    `as_space`: every row is a unit of that kind. `columns`: those of `space_columns`.
    """
    drafts = [_own_unit(record, mapping, as_space), *_of_columns(record, columns)]
    record.spaces += told_apart([draft for draft in drafts if draft is not None])


def told_apart(drafts: Iterable[SpaceDraft]) -> list[SpaceDraft]:
    """The units of one place in the order they are said, each under a key of its own.

    What is said twice without contradiction is one unit, and each time may add to it; a namesake that differs in its
    seats, prices or hours is another one: "meeting_room:salle #2" after "meeting_room:salle".
    """
    units: dict[str, SpaceDraft] = {}
    for draft in drafts:
        number = 1
        while True:
            key = draft.key if number == 1 else f"{draft.key} #{number}"
            before = units.get(key)
            if before is None:
                units[key] = replace(draft, key=key, name=draft.name if number == 1 else f"{draft.name} ({number})")
                break
            if _agree(before, draft):
                units[key] = _both(before, draft)
                break
            number += 1
    return list(units.values())


_FACTS = tuple(one.name for one in fields(SpaceDraft) if one.name not in {"key", "kind", "name", "amenities"})


def _agree(one: SpaceDraft, other: SpaceDraft) -> bool:
    pairs = [(getattr(one, fact), getattr(other, fact)) for fact in _FACTS if fact != "price_note"]
    return all(first is None or second is None or first == second for first, second in pairs)


def _both(one: SpaceDraft, other: SpaceDraft) -> SpaceDraft:
    filled = {fact: getattr(other, fact) for fact in _FACTS if getattr(one, fact) is None}
    return replace(one, **filled, amenities={**other.amenities, **one.amenities})


# --- the unit of the mapped fields ----------------------------------------------------------------------


def _own_unit(record: Record, mapping: Mapping, as_space: SpaceKind | None) -> SpaceDraft | None:
    row, said = record.raw, mapping.fields
    said_name = name.clean(pick(row, said.get("space_name", ())))
    said_kind = pick(row, said.get("space_kind", ()))
    prices = _mapped_prices(record, mapping)
    seats = _seats(record, pick(row, said.get("seats", ())))
    silent = seats is None and prices == _Prices() and not said_name and not said_kind
    if silent and as_space is None:
        return None
    if seats is None and (said_name or said_kind or as_space):
        seats = record.capacity  # of a row that is a room, the capacity is the room's
    # A row that only counts seats offers desks; words of the room's type or name, or of the column, say more.
    kind = space_kind(said_kind) or space_kind(said_name) or as_space or _kind_of_header(mapping) or SpaceKind.DESK
    shown = said_name or NAMES[kind]
    own_hours = _hours(record, pick(row, said.get("space_hours", ())))
    equipment = amenities.parse(pick(row, said.get("space_amenities", ())))
    for amenity, columns in mapping.space_amenities.items():
        told = answer(pick(row, columns))
        if told:
            equipment[str(amenity)] = told
    return SpaceDraft(
        f"{kind}:{fold(shown)}", kind, shown, seats, prices.anybody, prices.member, own_hours, equipment, prices.note
    )


def _kind_of_header(mapping: Mapping) -> SpaceKind | None:
    """The sort of room in the header of the seats: "Nb places open space"."""
    headers = [alternative[-1] for alternative in mapping.fields.get("seats", ())]
    return next((found.kind for header in headers if (found := understood(header))), None)


def _seats(record: Record, said: str) -> int | None:
    seats = capacity.normalise(said)
    if said and seats is None and said.strip(" 0.,"):
        record.remark(Note.SEATS_NOT_UNDERSTOOD, "seats", said)
    return seats


def _hours(record: Record, said: str) -> str | None:
    read = hours_text.from_text(said) if said else None
    if said and read is None:
        record.remark(Note.HOURS_NOT_UNDERSTOOD, "space_hours", said)
    return read


# --- prices ---------------------------------------------------------------------------------------------


def _mapped_prices(record: Record, mapping: Mapping) -> _Prices:
    prices = _Prices()
    for names, member in ((PRICE_FIELDS, False), (MEMBER_PRICE_FIELDS, True)):
        for field_name in names:
            said = pick(record.raw, mapping.fields.get(field_name, ()))
            if said:
                _add_price(record, prices, field_name, said, field_name.rpartition("price_")[2], member=member)
    return prices


def _add_price(record: Record, prices: _Prices, field_name: str, said: str, unit: str, *, member: bool) -> None:
    """Adds what a cell says to the prices that are not known yet; `member`: its column is of members' prices."""
    told = price.tariffs(said)
    anybody = None if member else price.half_day_of(told, unit)
    members = price.half_day_of(told, unit, member=True) if member or any(one.member for one in told) else None
    if anybody is None and members is None:
        prices.note = prices.note or said[:200]
        longer = any(one.unit in (price.WEEK, price.MONTH, price.YEAR) for one in told)
        record.remark(Note.PRICE_OTHER_UNIT if longer else Note.PRICE_NOT_UNDERSTOOD, field_name, said)
        return
    if any(one.before_tax for one in told):
        record.remark(Note.PRICE_BEFORE_TAX, field_name, said)
    if any(one.before_tax or one.lowest or one.unit not in (None, *price.FACTORS) for one in told):
        prices.note = prices.note or said[:200]
    prices.anybody = anybody if prices.anybody is None else prices.anybody
    prices.member = members if prices.member is None else prices.member


# --- units of columns about one sort of room ------------------------------------------------------------


def _of_columns(record: Record, columns: Sequence[SpaceColumn]) -> list[SpaceDraft]:
    sorts: dict[str, _Sort] = {}
    for column in columns:
        said = cell_text(record.raw.get(column.column, ""))
        if said:
            key = f"{column.kind}:{fold(column.name)}"
            _add_cell(record, sorts.setdefault(key, _Sort(column.kind, column.name)), column, said)
    return [draft for key, sort in sorts.items() if sort.said for draft in _drafts(record, key, sort)]


def _add_cell(record: Record, sort: _Sort, column: SpaceColumn, said: str) -> None:
    """What one cell says of its sort of room. "non" and 0 say that there is none."""
    if answer(said) == "no":
        return
    match column.asks:
        case Asks.SEATS:
            sort.seats = _seats(record, said)
            sort.said = sort.said or sort.seats is not None
        case Asks.COUNT:
            count = int(said) if said.isdigit() and len(said) < 4 else capacity.normalise(said)
            if count is None or count > MOST_ROOMS:
                record.remark(Note.SEATS_NOT_UNDERSTOOD, column.column, said)
                return
            sort.count, sort.said = count, True
        case Asks.PRICE | Asks.MEMBER_PRICE:
            member = column.asks is Asks.MEMBER_PRICE
            _add_price(record, sort.prices, column.column, said, column.unit, member=member)
            sort.said = sort.said or sort.prices != _Prices()
        case Asks.HOURS:
            sort.hours = _hours(record, said)
        case Asks.PRESENCE:
            _add_presence(record, sort, column, said)


def _add_presence(record: Record, sort: _Sort, column: SpaceColumn, said: str) -> None:
    """ "oui", "12 personnes": a bare number may count rooms or seats, and is not guessed unless it is 1."""
    people = None if said.strip().isdigit() else capacity.normalise(said)
    if answer(said) != "yes" and people is None:
        record.remark(Note.SEATS_NOT_UNDERSTOOD, column.column, said)
    elif said.strip().isdigit() and int(said) > 1:
        record.remark(Note.SEATS_NOT_UNDERSTOOD, column.column, said)
        sort.said = True
    else:
        sort.seats, sort.said = people or sort.seats, True


def _drafts(record: Record, key: str, sort: _Sort) -> list[SpaceDraft]:
    """One unit, or as many as the row counts; seats said of several rooms together are not shared out."""
    count, seats = sort.count or 1, sort.seats
    if count > 1 and seats is not None:
        record.remark(Note.SEATS_NOT_UNDERSTOOD, sort.name, f"{count} × {seats}")
        seats = None
    numbers = [""] if count == 1 else [f" {number}" for number in range(1, count + 1)]
    prices = sort.prices
    return [
        SpaceDraft(
            f"{key}{number}",
            sort.kind,
            f"{sort.name}{number}",
            seats,
            prices.anybody,
            prices.member,
            sort.hours,
            {},
            prices.note,
        )
        for number in numbers
    ]
