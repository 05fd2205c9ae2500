"""Parses rows of a list into records: normalised, located, with the keys by which they are recognised."""

from dataclasses import dataclass
from functools import lru_cache

from geo.reference.toponyms import fold, without_article
from geo.spatial.h3_cells import cells_of
from geo.types import PlaceKind, SpaceKind
from ingest.exchange.columns import SEPARATOR
from ingest.exchange.formula_guard import restore
from ingest.mapping.model import HoursRule, Mapping, pick
from ingest.normalise import amenities, calendar_date, capacity, name, siret, yes_no
from ingest.normalise.blank import cell_text
from ingest.normalise.contact import email, phone, url
from ingest.normalise.contact.privacy import is_personal_column, scrub
from ingest.normalise.hours import hours_text
from ingest.normalise.kind import place_kind
from ingest.normalise.location import address, commune, postcode
from ingest.normalise.location.coordinates import DEGREES, CoordinateSystem
from ingest.readers.common.raw_list import Cells, RawTable
from ingest.rows import keys
from ingest.rows.diagnostics import Note, Reason
from ingest.rows.facts import Facts, of_record
from ingest.rows.locate import Finder, locate
from ingest.rows.record import Record
from ingest.rows.space_columns import SpaceColumn
from ingest.rows.spaces import read_space, space_columns

EXCHANGE = "placelibre_schema"
"""The mapping of files in our published schema (`ingest.exchange`)."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Choices of the importing person for the whole list. `as_space`: every row is one bookable unit of that kind.

    `community`: slug of the one whose list it is; rows and rooms that name other communities are left out.
    """

    kind: PlaceKind | None = None
    offered: bool = False
    as_space: SpaceKind | None = None
    community: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row and its record; if it makes a place also its facts, H3 cell and raw cells as JSON."""

    record: Record
    facts: Facts | None = None
    cell: int | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class ParseOptions:
    """All that decides what a row means besides the row: its list's mapping, choices and coordinate system."""

    mapping: Mapping
    choices: Choices
    system: CoordinateSystem = DEGREES

    def salt(self, edition: str) -> str:
        """Part of every fingerprint. `edition`: of the known addresses."""
        choices = self.choices
        parts = [self.mapping.digest(), str(choices.kind or ""), "offered" if choices.offered else ""]
        parts += [str(choices.as_space or ""), edition]
        parts += [choices.community or ""] if "communities" in self.mapping.fields else []
        return "|".join(parts if self.system.plain else [*parts, self.system.sentence()[1]])


def parse_rows(table: RawTable, options: ParseOptions, finder: Finder, *, first_row: int = 1) -> list[ParsedRow]:
    """One entry per row, in order; those that make no place carry their rejection. `first_row` numbers the first."""
    mapping = options.mapping
    about_rooms = space_columns(table.columns, mapping)
    has_spaces = mapping.has_spaces() or options.choices.as_space is not None or bool(about_rooms)
    reading = _Reading(mapping, options.choices, about_rooms, has_spaces)
    personal = personal_columns(table, mapping)
    salt = options.salt(finder.geocoder.edition)
    records = []
    for row, (line, cells) in enumerate(zip(table.lines, table.rows, strict=True), start=first_row):
        restored = exchanged(mapping, cells)
        record = _read(Record(row, line, scrub(restored, personal)), reading)
        # Of e-mail addresses only a role's is kept; the row as kept has none at all.
        record.email = email.normalise(pick(restored, mapping.fields.get("email", ())))
        records.append(record)
    locate(records, mapping, finder, options.system)
    placed = [record for record in records if record.rejection is None and None not in (record.lon, record.lat)]
    cells_9 = cells_of([record.lon or 0.0 for record in placed], [record.lat or 0.0 for record in placed], 9).tolist()
    cell_of = {record.row: cell for record, cell in zip(placed, cells_9, strict=True)}
    return [_finish(record, options, finder, salt, cell_of.get(record.row)) for record in records]


def exchanged(mapping: Mapping, cells: Cells) -> Cells:
    """The cells as their writer meant them: files in our own schema guard text that looks like a formula."""
    if mapping.source != EXCHANGE:
        return cells
    return {column: restore(text) for column, text in cells.items()}


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a table is read. `space_columns`: columns about sorts of rooms; `has_spaces`: rows describe spaces."""

    mapping: Mapping
    choices: Choices
    space_columns: tuple[SpaceColumn, ...]
    has_spaces: bool


def personal_columns(table: RawTable, mapping: Mapping) -> frozenset[str]:
    """Columns about persons, by the mapping or by their name; never kept."""
    named = {column for column in table.columns if is_personal_column(column)}
    return frozenset(mapping.personal | named.difference(mapping.meaning()))


def _read(record: Record, reading: _Reading) -> Record:
    """Fills the fields that the row alone decides."""
    mapping, choices = reading.mapping, reading.choices
    row, fields = record.raw, mapping.fields
    for rule in mapping.out_of_scope:
        cell = row.get(rule.column, "")
        if rule.excludes(cell):
            record.reject(Reason.OUT_OF_SCOPE, rule.column, cell)
            return record
    record.name = name.clean(pick(row, fields.get("name", ())))
    if not record.name:
        record.reject(Reason.NO_NAME, "name", "")
        return record
    circle = pick(row, fields.get("communities", ()))
    if _is_for_others(circle, choices):
        record.reject(Reason.OTHER_CIRCLE, "communities", circle)
        return record
    address_parts = address.parts(pick(row, fields.get("address", ())))
    stated = pick(row, fields.get("commune", ()))
    town = commune.read(stated)
    record.address = address_parts.street
    record.complement = ", ".join(
        part for part in (pick(row, fields.get("complement", ())), address_parts.complement) if part
    )
    record.postcode = (
        postcode.normalise(pick(row, fields.get("postcode", ()))) or address_parts.postcode or town.postcode
    )
    # As the list writes it, unless there is more in it than a name: reports quote it.
    record.commune = (stated if fold(stated) == fold(town.name) else town.name) or address_parts.town
    record.insee = postcode.insee(pick(row, fields.get("insee", ())))
    record.departement = pick(row, fields.get("departement", ())) or town.departement
    # From what the row says, before communes are resolved: a better gazetteer must not change the key.
    own = pick(row, mapping.source_key)
    record.own_key = bool(own)
    record.source_key = keys.bounded(
        own or keys.fallback_key(record.name, address_parts.street, record.postcode, record.commune)
    )
    record.kind = choices.kind or _kind(row, record.name, mapping)
    record.capacity = capacity.normalise(pick(row, fields.get("capacity", ())))
    record.phone = phone.normalise(pick(row, fields.get("phone", ())))
    record.website = url.normalise(pick(row, fields.get("website", ())))
    record.siret = siret.normalise(pick(row, fields.get("siret", ())))
    record.parent = name.clean(pick(row, fields.get("parent", ()))) or None
    record.checked_on = calendar_date.normalise(pick(row, fields.get("checked_on", ()))) or mapping.checked_on
    record.amenities = _amenities(row, mapping)
    record.sources = pick(row, fields.get("sources", ())) or None
    record.licences = pick(row, fields.get("licences", ())) or None
    if agreement := fields.get("agreement", ()):
        record.agreed = yes_no.answer(pick(row, agreement)) == "yes"
    _read_hours(record, mapping.hours)
    rooms_of = pick(row, fields.get("space_communities", ()))
    if _is_for_others(rooms_of, choices):
        record.remark(Note.ROOM_OF_OTHERS, "space_communities", rooms_of)
    elif reading.has_spaces:
        read_space(record, mapping, choices.as_space, reading.space_columns)
    return record


def _is_for_others(communities: str, choices: Choices) -> bool:
    """Whether a cell names communities, but not the one whose list it is."""
    return bool(communities) and choices.community not in communities.split(SEPARATOR)


def _kind(row: Cells, place_name: str, mapping: Mapping) -> PlaceKind:
    rule = mapping.kind
    if rule.constant:
        return rule.constant
    text = pick(row, mapping.fields.get("kind", ()))
    kind = rule.values.get(fold(text)) or (place_kind(text) if text else None)
    if kind is None and mapping.suggested:
        kind = place_kind(place_name)
    return kind or rule.default


def _amenities(row: Cells, mapping: Mapping) -> dict[str, str]:
    answers = amenities.parse(pick(row, mapping.fields.get("amenities", ())))
    for amenity, columns in mapping.amenities.items():
        answer = amenities.answer(pick(row, columns))
        if answer:
            answers[str(amenity)] = answer
    return dict(sorted(answers.items()))


def _read_hours(record: Record, rule: HoursRule | None) -> None:
    if rule is None:
        return
    text = " / ".join(cell for column in rule.columns if (cell := cell_text(record.raw.get(column, ""))))
    if not text:
        return
    if rule.style == "halves":
        record.hours = _by_half(tuple(rule.by_half(record.raw).items()))
    elif rule.style in {"days", "pairs"}:
        record.hours = _by_day(tuple(rule.by_day(record.raw).items()))
    else:
        record.hours = _hours(rule.style, text)
    if record.hours is None and text != "[]":
        record.remark(Note.HOURS_NOT_UNDERSTOOD, rule.columns[0] if len(rule.columns) == 1 else "hours", text)


# Cached: parsing hours is the most expensive step, and opening patterns repeat.
@lru_cache(maxsize=20_000)
def _hours(style: str, text: str) -> str | None:
    parse = {"mairie_json": hours_text.from_mairie_json, "osm": hours_text.from_osm}.get(style, hours_text.from_text)
    return parse(text)


@lru_cache(maxsize=20_000)
def _by_day(cells: tuple[tuple[int, str], ...]) -> str | None:
    return hours_text.from_day_columns(dict(cells))


@lru_cache(maxsize=20_000)
def _by_half(cells: tuple[tuple[tuple[int, str], str], ...]) -> str | None:
    return hours_text.from_half_day_columns(dict(cells))


def _finish(record: Record, options: ParseOptions, finder: Finder, salt: str, cell: int | None) -> ParsedRow:
    """Name as shown, keys and fingerprint of a placed record (one with a `cell`)."""
    if cell is None:
        return ParsedRow(record)
    town, mapping = record.name, options.mapping
    if mapping.name_prefix:
        full = finder.named(town, record.postcode)
        same = full and without_article(fold(full.name)) == without_article(fold(town))
        record.name = name.of(mapping.name_prefix, full.short_name if full and same else town)
    record.match_key = keys.match_key(record)
    raw = keys.canonical(record.raw)
    record.fingerprint = keys.fingerprint(raw, salt)
    offered = options.choices.offered and record.agreed is not False
    return ParsedRow(record, of_record(record, offered=offered), cell, raw.decode())
