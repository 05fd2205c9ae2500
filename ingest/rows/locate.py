"""Locates records: position, commune and precision, from coordinates, codes, names, addresses and postcodes.

Rows with usable coordinates keep them; the others are looked up by their address (`geo.geocoder`), else put at the
centre of their commune. `Record.score`, from 0 to 1, says how far to trust the position:

    given coordinates   the list's own geocoding score when it has one; else 1 in the commune that the row states, 0.8
                        when it states none or another one nearby
    an address          the geocoder's: likeness of the street * certainty of the number * certainty of the commune
    a commune's centre  0.3; by its postcode alone, or a territory's main town, 0.2
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rapidfuzz import fuzz

from geo.geocoder.geocoder import COMMUNE_SCORE, Answer, Geocoder
from geo.reference.communes import Areas, Commune
from geo.reference.toponyms import fold, split_number
from geo.spatial.distance import haversine_m
from geo.types import Precision, expected_distance_m
from ingest.mapping.model import Columns, Mapping, PrecisionRule, pick
from ingest.normalise.location import coordinates, postcode
from ingest.normalise.title_case import to_title_case
from ingest.readers.common.raw_list import Cells
from ingest.rows.diagnostics import Note, Reason
from ingest.rows.record import Record

CHECKED_ROWS = 500
"""Rows of a list from which its coordinate system is detected."""
SIMILAR = 70.0
FAR_BY_NAME_M, FAR_RADII_BY_NAME = 10_000.0, 3.0
"""A point contradicts the commune a row names when it is too far from that commune's centre, in metres and radii of the
commune: people write the name of the big town next door."""
FAR_BY_CODE_M = 300.0
"""A code is meant exactly: such a point may only be as far outside the outline as outlines are coarse. One town hall in
twenty of the national list has a point in another commune."""
GIVEN_SCORE, UNCHECKED_SCORE, POSTCODE_SCORE = 1.0, 0.8, 0.2
_LITTLE_WORDS = frozenset(["le", "la", "les", "l", "de", "du", "des", "d", "sur", "en", "saint", "sainte"])


class Finder:
    """Finds communes and addresses by what rows say of them. Cached: lists repeat the same towns.

    Without a `geocoder` addresses are looked up in the shipped streets alone.
    """

    def __init__(self, areas: Areas, geocoder: Geocoder | None = None) -> None:
        self.areas = areas
        self.geocoder = geocoder or Geocoder(areas)
        self.time_zone = lru_cache(maxsize=None)(areas.time_zone)
        self._named = lru_cache(maxsize=None)(self._find)

    def stated(self, record: Record) -> tuple[Commune | None, bool]:
        """The commune a row states and whether by its code; else by name and postcode, or by a postcode of one."""
        commune = self.areas.commune(record.insee) if record.insee else None
        return commune or self._named(record.commune, record.postcode, record.departement), commune is not None

    def named(self, commune: str, code: str) -> Commune | None:
        return self._named(commune, code, "")

    def around(self, postcode_: str, commune: str) -> tuple[Commune, float] | None:
        """The commune a postcode stands for and the expected distance from it to a point of that postcode.

        Of its communes, the one that shares most words with what the row calls it ("Portiragnes - Plage"), else the
        most populous.
        """
        near = [item for item in self.areas.by_postcode(postcode_) if item.kind != "COMD"] if postcode_ else []
        if not near:
            return None
        best = max(near, key=lambda item: len(_words(commune) & _words(item.name)))
        return best, expected_distance_m(sum(item.area_km2 for item in near))

    def _find(self, commune: str, code: str, departement: str) -> Commune | None:
        if commune:
            return self.areas.find(commune, code or None, departement or None)
        communes = self.areas.by_postcode(code) if code else []
        return communes[0] if len({item.insee for item in communes}) == 1 else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How one list gives its positions."""

    lon_columns: tuple[tuple[str, ...], ...]
    lat_columns: tuple[tuple[str, ...], ...]
    rule: PrecisionRule | None
    system: coordinates.CoordinateSystem
    commune: Columns

    def positions(self, records: Sequence[Record]) -> list[coordinates.PositionReading]:
        lons = [pick(record.raw, self.lon_columns) for record in records]
        lats = [pick(record.raw, self.lat_columns) for record in records]
        return self.system.convert_all(lons, lats)

    def text(self, record: Record) -> str:
        """The coordinates as the row writes them, "" when it has none."""
        return f"{pick(record.raw, self.lat_columns)}, {pick(record.raw, self.lon_columns)}".strip(", ")


def coordinate_system(rows: Sequence[Cells], mapping: Mapping, finder: Finder) -> coordinates.CoordinateSystem:
    """The coordinate system of a list, checked against the communes that its first rows state."""
    fields = mapping.fields
    lon_columns, lat_columns = fields.get("lon", ()), fields.get("lat", ())
    if not lon_columns or not lat_columns:
        return coordinates.DEGREES
    sample = rows[:CHECKED_ROWS]
    stated = [finder.stated(_stated_commune(row, mapping))[0] for row in sample]
    return coordinates.detect(
        [pick(row, lon_columns) for row in sample],
        [pick(row, lat_columns) for row in sample],
        [(commune.lon, commune.lat) if commune else None for commune in stated],
        " ".join(column for alternative in (*lon_columns, *lat_columns) for column in alternative),
    )


def _stated_commune(row: Cells, mapping: Mapping) -> Record:
    """A record with the commune, codes and département that a row states."""
    fields = mapping.fields
    record = Record(0, 0, row)
    record.insee = postcode.insee(pick(row, fields.get("insee", ())))
    record.postcode = postcode.normalise(pick(row, fields.get("postcode", ())))
    record.commune = pick(row, fields.get("commune", ()))
    record.departement = pick(row, fields.get("departement", ()))
    return record


def locate(
    records: Sequence[Record],
    mapping: Mapping,
    finder: Finder,
    system: coordinates.CoordinateSystem = coordinates.DEGREES,
) -> None:
    """Coordinates to communes by their outlines, all rows at once; the others by address, commune or postcode.

    Raises AddressIndexUnusable.
    """
    fields = mapping.fields
    reading = _Reading(
        fields.get("lon", ()), fields.get("lat", ()), mapping.precision, system, fields.get("commune", ())
    )
    accepted = [record for record in records if record.rejection is None]
    if reading.lon_columns or reading.lat_columns:
        read = reading.positions(accepted)
    else:
        read = [coordinates.NOTHING] * len(accepted)
    with_point = [i for i, item in enumerate(read) if item.lon is not None]
    codes = [""] * len(accepted)
    if with_point:
        lons, lats = (np.array([getattr(read[i], axis) for i in with_point]) for axis in ("lon", "lat"))
        for i, code in zip(with_point, finder.areas.locate(lons, lats), strict=True):
            codes[i] = code
    for record, position, code in zip(accepted, read, codes, strict=True):
        stated, by_code = finder.stated(record)
        if position.lon is None or not _take_coordinates(
            record, position, code, stated, reading, finder, by_code=by_code
        ):
            _place(record, position, stated, reading, finder, by_code=by_code)


def _take_coordinates(
    record: Record,
    position: coordinates.PositionReading,
    code: str,
    stated: Commune | None,
    reading: _Reading,
    finder: Finder,
    *,
    by_code: bool,
) -> bool:
    """Takes the coordinates of a row, unless they are abroad or too far from the commune it states; False then."""
    lon, lat = position.lon, position.lat
    if lon is None or lat is None:
        return False
    here = finder.areas.commune(code) if code else None
    if not here and not finder.areas.territory(lon, lat):
        if stated:
            record.remark(Note.COORDINATES_IGNORED, "lat", reading.text(record))
        return False
    away_m = _contradicts(lon, lat, here, stated, finder, by_code=by_code) if stated else None
    if away_m is not None:
        record.remark(Note.COORDINATES_FAR, "lat", f"{reading.text(record)} ({_distance(away_m)})")
        return False
    if position.fault == coordinates.Fault.SWAPPED:
        record.remark(Note.AXES_SWAPPED, "lat", reading.text(record))
    record.lon, record.lat = lon, lat
    record.precision, record.score = _given_precision(record, reading.rule)
    if record.score is None:
        inside = stated and here and stated.insee in {here.insee, here.parent}
        record.score = GIVEN_SCORE if inside else UNCHECKED_SCORE
    expected_m = coordinates.number(record.raw.get(reading.rule.expected, "")) if reading.rule else None
    if expected_m is not None and stated and by_code:
        # A list that says how far off its points may be has settled its communes: former ones keep their names.
        record.commune = pick(record.raw, reading.commune)
        record.expected_m, record.time_zone = expected_m, finder.time_zone(stated.insee)
        return True
    # Outlines know arrondissements; otherwise a code that the row gives is better than a point on a border.
    exact_code = stated if by_code and stated and here and here.parent != stated.insee else None
    _settle(record, exact_code or here, finder)
    return True


def _place(
    record: Record,
    position: coordinates.PositionReading,
    stated: Commune | None,
    reading: _Reading,
    finder: Finder,
    *,
    by_code: bool,
) -> None:
    """Settles a record without usable coordinates by its address, commune or postcode, or rejects it."""
    ignored = bool(position.fault) and position.lon is None
    if stated:
        if ignored and (text := reading.text(record)):
            record.remark(Note.COORDINATES_IGNORED, "lat", text)
        if not by_code and record.commune and unlike(record.commune, stated.name):
            record.remark(Note.COMMUNE_BY_POSTCODE, "commune", record.commune)
        answer = finder.geocoder.in_commune(record.address, stated, record.postcode)
        if answer:
            _put_at_address(record, answer, stated, finder)
        else:
            record.lon, record.lat, record.precision = stated.lon, stated.lat, Precision.COMMUNE
            record.score = COMMUNE_SCORE
            _settle(record, stated, finder)
    elif _place_by_postcode(record, finder):
        if (ignored or position.lon is not None) and (text := reading.text(record)):
            record.remark(Note.COORDINATES_IGNORED, "lat", text)
    else:
        _reject_unplaced(record, position, reading.text(record))


def _put_at_address(record: Record, answer: Answer, stated: Commune | None, finder: Finder) -> None:
    """Takes the geocoder's answer; remarks when it is in another commune than the one stated."""
    commune = finder.areas.commune(answer.insee)
    record.lon, record.lat, record.precision, record.score = answer.lon, answer.lat, answer.precision, answer.score
    if commune and stated and stated.insee not in {commune.insee, commune.parent}:
        record.remark(Note.COMMUNE_BY_ADDRESS, "commune", f"{record.address}, {record.commune or stated.name}")
    same = stated and commune and stated.insee == commune.insee
    _settle(record, stated if same else commune, finder)


def _reject_unplaced(record: Record, position: coordinates.PositionReading, text: str) -> None:
    if record.commune or record.insee:
        town = " ".join(part for part in (record.postcode, record.commune or record.insee) if part)
        record.reject(Reason.UNKNOWN_COMMUNE, "commune", town)
    elif position.fault == coordinates.Fault.OUT_OF_RANGE:
        record.reject(Reason.OUT_OF_RANGE, "lat", text)
    elif position.fault or position.lon is not None:
        record.reject(Reason.OUTSIDE_FRANCE, "lat", text)
    elif record.postcode:
        record.reject(Reason.UNKNOWN_COMMUNE, "commune", record.postcode)
    else:
        record.reject(Reason.NO_LOCATION, "commune", "")


def _place_by_postcode(record: Record, finder: Finder) -> bool:
    """Puts a record whose town is unknown at its postcode; False when that is unknown, too."""
    around, text = finder.around(record.postcode, record.commune), record.commune or record.postcode
    address = finder.geocoder.in_postcode(record.address, record.postcode)
    record.score = POSTCODE_SCORE
    if address:
        _put_at_address(record, address, None, finder)
    elif around:
        commune, expected_m = around
        record.lon, record.lat, record.precision = commune.lon, commune.lat, Precision.COMMUNE
        _settle(record, commune, finder)
        record.expected_m = expected_m
    elif territory := finder.areas.territory_by_postcode(record.postcode):
        record.lon, record.lat = territory.town_lon, territory.town_lat
        record.commune = to_title_case(record.commune) or territory.town
        _settle(record, None, finder)
        record.precision, record.expected_m = Precision.COMMUNE, territory.expected_m(record.postcode)
        if fold(record.commune) in {fold(territory.town), fold(territory.name)}:
            return True
    else:
        record.score = None
        return False
    record.remark(Note.COMMUNE_BY_POSTCODE, "commune", text)
    return True


def _contradicts(
    lon: float, lat: float, here: Commune | None, stated: Commune, finder: Finder, *, by_code: bool
) -> float | None:
    """Distance in metres of a point from the commune that its row states, when that contradicts the row; else None.

    By its name: more than `FAR_BY_NAME_M` and some radii from the centre, which the distance is measured from. By its
    code, also more than `FAR_BY_CODE_M` outside the outline, which the distance is then measured from.
    """
    if here and stated.insee in {here.insee, here.parent}:
        return None
    centre_m = haversine_m(lon, lat, stated.lon, stated.lat)
    if centre_m > FAR_BY_NAME_M + FAR_RADII_BY_NAME * 1.5 * stated.expected_m:
        return centre_m
    if not by_code:
        return None
    outside_m = finder.areas.outside_m(stated.insee, lon, lat)
    return outside_m if math.isfinite(outside_m) and outside_m > FAR_BY_CODE_M else None


def _distance(metres: float) -> str:
    """A distance for people of both languages: "340 m", "12 km"."""
    return f"{metres:.0f} m" if metres < 1_000 else f"{metres / 1_000:.0f} km"


def _words(text: str) -> set[str]:
    """The words that distinguish a commune from another."""
    return set(fold(text).split()) - _LITTLE_WORDS


@lru_cache(maxsize=50_000)
def unlike(text: str, name_: str) -> bool:
    """Whether a name has nothing in common with the commune that was found for it, not even a word."""
    return _words(text).isdisjoint(_words(name_)) and fuzz.ratio(fold(text), fold(name_)) < SIMILAR


def _settle(record: Record, commune: Commune | None, finder: Finder) -> None:
    """Writes the commune's facts into a placed record; `commune` is None in territories without outlines."""
    if record.lon is None or record.lat is None:
        return
    if commune is None:
        record.insee, record.time_zone = "", finder.areas.time_zone_at(record.lon, record.lat)
        if record.precision == Precision.COMMUNE:
            record.precision = Precision.LOCALITY  # no area gives an expected distance
        return
    record.insee, record.commune = commune.insee, commune.short_name
    record.time_zone = finder.time_zone(commune.insee)
    if not record.postcode and len(commune.postcodes) == 1:
        record.postcode = commune.postcodes[0]
    if record.precision == Precision.COMMUNE:
        record.expected_m = float(commune.expected_m)


def _given_precision(record: Record, rule: PrecisionRule | None) -> tuple[Precision, float | None]:
    """The precision of given coordinates by the list's own geocoding score, and that score when it is from 0 to 1."""
    text = record.raw.get(rule.column, "") if rule else ""
    if rule and text in Precision:  # our own export
        sure = coordinates.decimal(record.raw.get(rule.score, ""))
        return Precision(text), sure if sure is not None and 0.0 <= sure <= 1.0 else None
    score = coordinates.decimal(text)
    if rule is None or score is None:
        return Precision.EXACT, None
    precision = Precision(next((name for minimum, name in rule.thresholds if score >= minimum), Precision.COMMUNE))
    own = score if 0.0 <= score <= 1.0 else None
    label = record.raw.get(rule.label, "")
    if label and fold(label) == fold(record.commune):
        return Precision.COMMUNE, own
    if label and precision == Precision.EXACT and not split_number(label)[0] and not any(map(str.isdigit, label[:12])):
        return Precision.STREET, own
    return precision, own
