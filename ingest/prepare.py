"""Rows of a list as records: normalised, located, with the keys that know them again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rapidfuzz import fuzz

from geo.areas import Areas, Commune
from geo.distance import haversine_m
from geo.toponyms import fold, split_number, without_article
from geo.types import PlaceKind, Precision
from ingest import keys
from ingest.mapping.model import HoursRule, Mapping, PrecisionRule, pick
from ingest.normalise import address, amenities, capacity, coordinates, day, hours, name, phone, postcode, url
from ingest.normalise.blank import known
from ingest.normalise.kind import place_kind
from ingest.normalise.privacy import is_personal_column, scrubbed
from ingest.readers.base import Cells, RawTable
from ingest.reasons import Note, Reason
from ingest.records import Record
from ingest.spaces import read_space

SIMILAR = 70.0
FAR_BY_NAME_M, FAR_RADII_BY_NAME, FAR_RADII_BY_CODE = 10_000.0, 3.0, 2.0
"""A point contradicts the commune its row states when it is too far from that commune's centre, in metres and radii of
the commune. People write the name of the big town next door; a code is meant exactly, and one town hall in twenty of
the national list has a point in another commune."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports said for the whole list."""

    kind: PlaceKind | None = None
    offered: bool = False


def prepare(
    table: RawTable, mapping: Mapping, areas: Areas, choices: Choices, progress: Progress | None = None
) -> list[Record]:
    """One record per row, in order; those that make no place carry their rejection."""
    personal = personal_columns(table, mapping)
    salt = f"{mapping.digest()}|{choices.kind or ''}|{'offered' if choices.offered else ''}"
    finder = _Finder(areas)
    records = []
    for i, cells in enumerate(table.rows):
        records.append(_read(Record(i + 1, table.lines[i], scrubbed(cells, personal)), mapping, choices))
        if progress and i % 2_000 == 0:
            progress(i, len(table.rows))
    _locate(records, mapping, finder)
    for record in records:
        if record.rejection is None:
            _finish(record, mapping, finder, salt)
    return records


def personal_columns(table: RawTable, mapping: Mapping) -> frozenset[str]:
    """Columns that speak of persons, by the mapping or by their name; never kept."""
    named = {column for column in table.columns if is_personal_column(column)}
    return frozenset(mapping.personal | named.difference(mapping.meaning()))


class _Finder:
    """Communes by what rows say of them, remembered: lists repeat the same towns."""

    def __init__(self, areas: Areas) -> None:
        self.areas = areas
        self._named = lru_cache(maxsize=None)(self._find)

    def stated(self, record: Record) -> tuple[Commune | None, bool]:
        """The commune a row states and whether by its code; else by name and postcode, or by a postcode of one."""
        commune = self.areas.commune(record.insee) if record.insee else None
        return commune or self._named(record.commune, record.postcode, record.departement), commune is not None

    def named(self, commune: str, code: str) -> Commune | None:
        return self._named(commune, code, "")

    def _find(self, commune: str, code: str, departement: str) -> Commune | None:
        if commune:
            return self.areas.find(commune, code or None, departement or None)
        found = self.areas.by_postcode(code) if code else []
        return found[0] if len({item.insee for item in found}) == 1 else None


def _read(record: Record, mapping: Mapping, choices: Choices) -> Record:
    """Fills what the row alone can tell."""
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
    street, code, town = address.split(pick(row, fields.get("address", ())))
    record.address = street
    record.postcode = postcode.normalise(pick(row, fields.get("postcode", ()))) or code
    record.commune = pick(row, fields.get("commune", ())) or town
    record.insee = postcode.insee(pick(row, fields.get("insee", ())))
    record.departement = pick(row, fields.get("departement", ()))
    # From what the row says, before communes are resolved: a better gazetteer must not change the key.
    own = pick(row, mapping.source_key)
    record.own_key = bool(own)
    record.source_key = keys.bounded(own or keys.fallback_key(record.name, street, record.postcode, record.commune))
    record.kind = choices.kind or _kind(row, record.name, mapping)
    record.capacity = capacity.normalise(pick(row, fields.get("capacity", ())))
    record.phone = phone.normalise(pick(row, fields.get("phone", ())))
    record.website = url.normalise(pick(row, fields.get("website", ())))
    record.checked_on = day.normalise(pick(row, fields.get("checked_on", ()))) or mapping.checked_on
    record.amenities = _amenities(row, mapping)
    _read_hours(record, mapping.hours)
    if mapping.has_spaces():
        read_space(record, mapping)
    return record


def _kind(row: Cells, shown: str, mapping: Mapping) -> PlaceKind:
    rule = mapping.kind
    if rule.constant:
        return rule.constant
    said = pick(row, mapping.fields.get("kind", ()))
    found = rule.values.get(fold(said)) or (place_kind(said) if said else None)
    if found is None and mapping.suggested:
        found = place_kind(shown)
    return found or rule.default


def _amenities(row: Cells, mapping: Mapping) -> dict[str, str]:
    found = amenities.mentioned(pick(row, mapping.fields.get("amenities", ())))
    for amenity, columns in mapping.amenities.items():
        answer = amenities.answer(pick(row, columns))
        if answer:
            found[str(amenity)] = answer
    return dict(sorted(found.items()))


def _read_hours(record: Record, rule: HoursRule | None) -> None:
    if rule is None:
        return
    cells = {i: known(record.raw.get(column, "")) for i, column in enumerate(rule.columns) if column}
    said = " / ".join(cell for cell in cells.values() if cell)
    if not said:
        return
    record.hours = _hours(rule.style, tuple(cells.items()), said)
    if record.hours is None and said != "[]":
        record.remark(Note.HOURS_NOT_UNDERSTOOD, rule.columns[0] if len(cells) == 1 else "hours", said)


@lru_cache(maxsize=20_000)
def _hours(style: str, cells: tuple[tuple[int, str], ...], said: str) -> str | None:
    """Hours in OSM syntax, remembered: reading them is the dearest step, and opening patterns repeat."""
    if style == "days":
        return hours.from_day_columns(dict(cells))
    read = {"mairie_json": hours.from_mairie_json, "osm": hours.from_osm}.get(style, hours.from_text)
    return read(said)


def _locate(records: Sequence[Record], mapping: Mapping, finder: _Finder) -> None:
    """Coordinates to communes by their outlines, all rows at once; then by name for the others."""
    lon_columns, lat_columns = mapping.fields.get("lon", ()), mapping.fields.get("lat", ())
    taken = [record for record in records if record.rejection is None]
    read = [coordinates.normalise(pick(r.raw, lon_columns), pick(r.raw, lat_columns)) for r in taken]
    lons = np.array([np.nan if item.lon is None else item.lon for item in read])
    lats = np.array([np.nan if item.lat is None else item.lat for item in read])
    given = np.flatnonzero(~np.isnan(lons))
    codes = np.full(len(taken), "", dtype=object)
    if len(given):
        codes[given] = finder.areas.locate(lons[given], lats[given])
    for record, position, code in zip(taken, read, codes, strict=True):
        said = f"{pick(record.raw, lat_columns)}, {pick(record.raw, lon_columns)}".strip(", ")
        _place(record, position, str(code), said, mapping.precision, finder)


def _place(
    record: Record,
    position: coordinates.Read,
    code: str,
    said: str,
    rule: PrecisionRule | None,
    finder: _Finder,
) -> None:
    """Settles position, commune and precision of one record, or rejects it."""
    stated, by_code = finder.stated(record)
    lon, lat = position.lon, position.lat
    here = finder.areas.commune(code) if code else None
    territory = finder.areas.territory(lon, lat) if lon is not None and lat is not None and not here else None
    if lon is not None and lat is not None and (here or territory):
        if stated and _contradicts(lon, lat, here, stated, by_code=by_code):
            record.remark(Note.COORDINATES_FAR, "lat", said)
        else:
            if position.fault == coordinates.Fault.SWAPPED:
                record.remark(Note.AXES_SWAPPED, "lat", said)
            record.lon, record.lat = lon, lat
            record.precision = _precision(record, rule)
            # Outlines know arrondissements; otherwise a code that the row gives is better than a point on a border.
            exact_code = stated if by_code and stated and here and here.parent != stated.insee else None
            _settle(record, exact_code or here, finder)
            return
    elif said and (position.fault or lon is not None) and stated:
        record.remark(Note.COORDINATES_IGNORED, "lat", said)
    if stated:
        if not by_code and record.commune and _unlike(record.commune, stated.name):
            record.remark(Note.COMMUNE_BY_POSTCODE, "commune", record.commune)
        record.lon, record.lat, record.precision = stated.lon, stated.lat, Precision.COMMUNE
        _settle(record, stated, finder)
    elif record.commune or record.insee:
        town = " ".join(part for part in (record.postcode, record.commune or record.insee) if part)
        record.reject(Reason.UNKNOWN_COMMUNE, "commune", town)
    elif position.fault == coordinates.Fault.OUT_OF_RANGE:
        record.reject(Reason.OUT_OF_RANGE, "lat", said)
    elif position.fault or lon is not None:
        record.reject(Reason.OUTSIDE_FRANCE, "lat", said)
    elif record.postcode:
        record.reject(Reason.UNKNOWN_COMMUNE, "commune", record.postcode)
    else:
        record.reject(Reason.NO_LOCATION, "commune", "")


def _contradicts(lon: float, lat: float, here: Commune | None, stated: Commune, *, by_code: bool) -> bool:
    """Whether a point is too far from the commune its row states to be believed."""
    if here and stated.insee in {here.insee, here.parent}:
        return False
    radius_m = 1.5 * stated.expected_m
    limit_m = FAR_RADII_BY_CODE * radius_m if by_code else FAR_BY_NAME_M + FAR_RADII_BY_NAME * radius_m
    return haversine_m(lon, lat, stated.lon, stated.lat) > limit_m


def _unlike(said: str, name_: str) -> bool:
    """Whether a name has nothing in common with the commune that was found for it, not even a word."""
    words = [
        set(fold(text).split()) - {"le", "la", "les", "l", "de", "du", "des", "sur", "en"} for text in (said, name_)
    ]
    return words[0].isdisjoint(words[1]) and fuzz.ratio(fold(said), fold(name_)) < SIMILAR


def _settle(record: Record, commune: Commune | None, finder: _Finder) -> None:
    """Writes the commune's facts into a placed record; `commune` is None in territories without outlines."""
    if record.lon is None or record.lat is None:
        return
    if commune is None:
        record.insee, record.time_zone = "", finder.areas.time_zone_at(record.lon, record.lat)
        if record.precision == Precision.COMMUNE:
            record.precision = Precision.LOCALITY  # no area is known to tell an expected distance from
        return
    record.insee, record.commune = commune.insee, commune.short_name
    record.time_zone = finder.areas.time_zone(commune.insee)
    if not record.postcode and len(commune.postcodes) == 1:
        record.postcode = commune.postcodes[0]
    if record.precision == Precision.COMMUNE:
        record.expected_m = float(commune.expected_m)


def _precision(record: Record, rule: PrecisionRule | None) -> Precision:
    """How good given coordinates are, by the list's own geocoding score if it has one."""
    score = coordinates.decimal(record.raw.get(rule.column, "")) if rule else None
    if rule is None or score is None:
        return Precision.EXACT
    found = Precision(next((name for minimum, name in rule.thresholds if score >= minimum), Precision.COMMUNE))
    label = record.raw.get(rule.label, "")
    if label and fold(label) == fold(record.commune):
        return Precision.COMMUNE
    if label and found == Precision.EXACT and not split_number(label)[0] and not any(map(str.isdigit, label[:12])):
        return Precision.STREET
    return found


def _finish(record: Record, mapping: Mapping, finder: _Finder, salt: str) -> None:
    """Name as shown, keys and fingerprint of a placed record."""
    said = record.name
    if mapping.name_prefix:
        full = finder.named(said, record.postcode)
        same = full and without_article(fold(full.name)) == without_article(fold(said))
        record.name = name.of(mapping.name_prefix, full.short_name if full and same else said)
    record.match_key = keys.match_key(record)
    record.fingerprint = keys.fingerprint(record.raw, salt)
