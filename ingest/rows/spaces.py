"""From a row to the bookable units it describes: rooms, seats, tariffs, a room's own hours and equipment.

A row describes one unit in its mapped fields (`space_name`, `seats`, `price_...`), others in columns about one sort of
room (`ingest.rows.space_columns`), or is one unit itself (`as_space`). Keys are the kind and the folded name, so they
do not depend on the row's position in the list; a second room of that name in one place gets a number
(`number_namesakes`).

Prices become those of a half-day as `ingest.normalise.price` says: 4 hours, half a day. Monthly prices stay in
`price_note`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import fields, replace

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
from ingest.rows.space_columns import Content, SpaceColumn, read_header

NAMES: dict[SpaceKind, str] = {
    SpaceKind.DESK: "Poste de travail",
    SpaceKind.OPEN_SPACE: "Espace partagé",
    SpaceKind.MEETING_ROOM: "Salle de réunion",
    SpaceKind.PRIVATE_OFFICE: "Bureau",
    SpaceKind.EVENT_ROOM: "Salle",
}
"""Names of units without one, shown as they are in both languages."""
MOST_ROOMS = 50
"""At most so many rooms of one sort in one place; more is a slip or a building, not a list of rooms."""


@dataclass(slots=True)
class _Prices:
    """Half-day prices in cents, of everybody and of members, and a note about them."""

    everybody: int | None = None
    member: int | None = None
    note: str | None = None


@dataclass(slots=True)
class _Sort:
    """One sort of room, as the columns of a row describe it. `mentioned`: the row has such rooms."""

    kind: SpaceKind
    name: str
    mentioned: bool = False
    count: int | None = None
    seats: int | None = None
    hours: str | None = None
    prices: _Prices = field(default_factory=_Prices)


def space_columns(columns: Iterable[str], mapping: Mapping) -> tuple[SpaceColumn, ...]:
    """Columns of a list about one sort of room, but those that the mapping gives another meaning."""
    mapped = {*mapping.meaning(), *mapping.personal}
    return tuple(read for column in columns if column not in mapped and (read := read_header(column)))


def read_space(
    record: Record, mapping: Mapping, as_space: SpaceKind | None = None, columns: Sequence[SpaceColumn] = ()
) -> None:
    """Adds to `record` the units that its row describes. Their seats may be unknown.

    `as_space`: every row is a unit of that kind. `columns`: those of `space_columns`.
    """
    drafts = [_own_unit(record, mapping, as_space), *_of_columns(record, columns)]
    record.spaces += number_namesakes([draft for draft in drafts if draft is not None])


def number_namesakes(drafts: Iterable[SpaceDraft]) -> list[SpaceDraft]:
    """The units of one place in their order, each under a key of its own.

    Descriptions of one key that do not contradict each other are one unit, which each completes. A namesake that
    differs in its seats, prices or hours is another unit: "meeting_room:salle #2" after "meeting_room:salle".
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
                units[key] = _complete(before, draft)
                break
            number += 1
    return list(units.values())


_FACTS = tuple(item.name for item in fields(SpaceDraft) if item.name not in {"key", "kind", "name", "amenities"})


def _agree(left: SpaceDraft, right: SpaceDraft) -> bool:
    pairs = [(getattr(left, fact), getattr(right, fact)) for fact in _FACTS if fact != "price_note"]
    return all(first is None or second is None or first == second for first, second in pairs)


def _complete(draft: SpaceDraft, other: SpaceDraft) -> SpaceDraft:
    missing = {fact: getattr(other, fact) for fact in _FACTS if getattr(draft, fact) is None}
    return replace(draft, **missing, amenities={**other.amenities, **draft.amenities})


# --- the unit of the mapped fields ----------------------------------------------------------------------


def _own_unit(record: Record, mapping: Mapping, as_space: SpaceKind | None) -> SpaceDraft | None:
    row, columns_of = record.raw, mapping.fields
    stated_name = name.clean(pick(row, columns_of.get("space_name", ())))
    stated_kind = pick(row, columns_of.get("space_kind", ()))
    prices = _mapped_prices(record, mapping)
    seats = _seats(record, pick(row, columns_of.get("seats", ())))
    silent = seats is None and prices == _Prices() and not stated_name and not stated_kind
    if silent and as_space is None:
        return None
    if seats is None and (stated_name or stated_kind or as_space):
        seats = record.capacity  # of a row that is a room, the capacity is the room's
    # A row that only counts seats offers desks; words of the room's type or name, or of the column, say more.
    kind = space_kind(stated_kind) or space_kind(stated_name) or as_space or _kind_of_header(mapping) or SpaceKind.DESK
    unit_name = stated_name or NAMES[kind]
    own_hours = _hours(record, pick(row, columns_of.get("space_hours", ())))
    equipment = amenities.parse(pick(row, columns_of.get("space_amenities", ())))
    for amenity, columns in mapping.space_amenities.items():
        if yes_or_no := answer(pick(row, columns)):
            equipment[str(amenity)] = yes_or_no
    return SpaceDraft(
        f"{kind}:{fold(unit_name)}",
        kind,
        unit_name,
        seats,
        prices.everybody,
        prices.member,
        own_hours,
        equipment,
        prices.note,
    )


def _kind_of_header(mapping: Mapping) -> SpaceKind | None:
    """The sort of room in the header of the seats column: "Nb places open space"."""
    headers = [alternative[-1] for alternative in mapping.fields.get("seats", ())]
    return next((column.kind for header in headers if (column := read_header(header))), None)


def _seats(record: Record, text: str) -> int | None:
    seats = capacity.normalise(text)
    if text and seats is None and text.strip(" 0.,"):
        record.remark(Note.SEATS_NOT_UNDERSTOOD, "seats", text)
    return seats


def _hours(record: Record, text: str) -> str | None:
    read = hours_text.from_text(text) if text else None
    if text and read is None:
        record.remark(Note.HOURS_NOT_UNDERSTOOD, "space_hours", text)
    return read


# --- prices ---------------------------------------------------------------------------------------------


def _mapped_prices(record: Record, mapping: Mapping) -> _Prices:
    prices = _Prices()
    for names, member in ((PRICE_FIELDS, False), (MEMBER_PRICE_FIELDS, True)):
        for field_name in names:
            text = pick(record.raw, mapping.fields.get(field_name, ()))
            if text:
                _add_price(record, prices, field_name, text, field_name.rpartition("price_")[2], member=member)
    return prices


def _add_price(record: Record, prices: _Prices, field_name: str, text: str, unit: str, *, member: bool) -> None:
    """Adds the tariffs of a cell to the prices that are not known yet; `member`: its column is of members' prices."""
    tariffs = price.tariffs(text)
    everybody = None if member else price.half_day_of(tariffs, unit)
    for_members = member or any(tariff.member for tariff in tariffs)
    members = price.half_day_of(tariffs, unit, member=True) if for_members else None
    if everybody is None and members is None:
        prices.note = prices.note or text[:200]
        longer = any(tariff.unit in (price.WEEK, price.MONTH, price.YEAR) for tariff in tariffs)
        record.remark(Note.PRICE_OTHER_UNIT if longer else Note.PRICE_NOT_UNDERSTOOD, field_name, text)
        return
    if any(tariff.before_tax for tariff in tariffs):
        record.remark(Note.PRICE_BEFORE_TAX, field_name, text)
    if any(t.before_tax or t.lowest or t.unit not in (None, *price.FACTORS) for t in tariffs):
        prices.note = prices.note or text[:200]
    prices.everybody = everybody if prices.everybody is None else prices.everybody
    prices.member = members if prices.member is None else prices.member


# --- units of columns about one sort of room ------------------------------------------------------------


def _of_columns(record: Record, columns: Sequence[SpaceColumn]) -> list[SpaceDraft]:
    sorts: dict[str, _Sort] = {}
    for column in columns:
        text = cell_text(record.raw.get(column.column, ""))
        if text:
            key = f"{column.kind}:{fold(column.name)}"
            _add_cell(record, sorts.setdefault(key, _Sort(column.kind, column.name)), column, text)
    return [draft for key, sort in sorts.items() if sort.mentioned for draft in _drafts(record, key, sort)]


def _add_cell(record: Record, sort: _Sort, column: SpaceColumn, text: str) -> None:
    """Adds a cell to its sort of room. "non" and 0 mean that there is none."""
    if answer(text) == "no":
        return
    match column.content:
        case Content.SEATS:
            sort.seats = _seats(record, text)
            sort.mentioned = sort.mentioned or sort.seats is not None
        case Content.COUNT:
            count = int(text) if text.isdigit() and len(text) < 4 else capacity.normalise(text)
            if count is None or count > MOST_ROOMS:
                record.remark(Note.SEATS_NOT_UNDERSTOOD, column.column, text)
                return
            sort.count, sort.mentioned = count, True
        case Content.PRICE | Content.MEMBER_PRICE:
            member = column.content is Content.MEMBER_PRICE
            _add_price(record, sort.prices, column.column, text, column.unit, member=member)
            sort.mentioned = sort.mentioned or sort.prices != _Prices()
        case Content.HOURS:
            sort.hours = _hours(record, text)
        case Content.PRESENCE:
            _add_presence(record, sort, column, text)


def _add_presence(record: Record, sort: _Sort, column: SpaceColumn, text: str) -> None:
    """ "oui", "12 personnes": a bare number may count rooms or seats, and is not guessed unless it is 1."""
    people = None if text.strip().isdigit() else capacity.normalise(text)
    if answer(text) != "yes" and people is None:
        record.remark(Note.SEATS_NOT_UNDERSTOOD, column.column, text)
    elif text.strip().isdigit() and int(text) > 1:
        record.remark(Note.SEATS_NOT_UNDERSTOOD, column.column, text)
        sort.mentioned = True
    else:
        sort.seats, sort.mentioned = people or sort.seats, True


def _drafts(record: Record, key: str, sort: _Sort) -> list[SpaceDraft]:
    """One unit, or as many as the row counts. Seats of several rooms together are not shared out among them."""
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
            prices.everybody,
            prices.member,
            sort.hours,
            {},
            prices.note,
        )
        for number in numbers
    ]
