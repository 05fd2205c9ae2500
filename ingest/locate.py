"""Where records are: position, commune and precision, from coordinates, codes, names and postcodes."""

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from rapidfuzz import fuzz

from geo.areas import Areas, Commune
from geo.distance import haversine_m
from geo.toponyms import fold, split_number
from geo.types import Precision, expected_distance_m
from ingest.mapping.model import Mapping, PrecisionRule, pick
from ingest.normalise import coordinates, name
from ingest.reasons import Note, Reason
from ingest.records import Record

SIMILAR = 70.0
FAR_BY_NAME_M, FAR_RADII_BY_NAME = 10_000.0, 3.0
"""A point contradicts the commune a row names when it is too far from that commune's centre, in metres and radii of the
commune: people write the name of the big town next door."""
FAR_BY_CODE_M = 300.0
"""A code is meant exactly: such a point may only be as far outside the outline as outlines are coarse. One town hall in
twenty of the national list has a point in another commune."""
_LITTLE_WORDS = frozenset(["le", "la", "les", "l", "de", "du", "des", "d", "sur", "en", "saint", "sainte"])


class Finder:
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
        found = self.areas.by_postcode(code) if code else []
        return found[0] if len({item.insee for item in found}) == 1 else None


def locate(records: Sequence[Record], mapping: Mapping, finder: Finder) -> None:
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
    finder: Finder,
) -> None:
    """Settles position, commune and precision of one record, or rejects it."""
    stated, by_code = finder.stated(record)
    lon, lat = position.lon, position.lat
    here = finder.areas.commune(code) if code else None
    territory = finder.areas.territory(lon, lat) if lon is not None and lat is not None and not here else None
    if lon is not None and lat is not None and (here or territory):
        if stated and _contradicts(lon, lat, here, stated, finder if by_code else None):
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
        if not by_code and record.commune and unlike(record.commune, stated.name):
            record.remark(Note.COMMUNE_BY_POSTCODE, "commune", record.commune)
        record.lon, record.lat, record.precision = stated.lon, stated.lat, Precision.COMMUNE
        _settle(record, stated, finder)
    elif _place_by_postcode(record, finder):
        if said and (position.fault or lon is not None):
            record.remark(Note.COORDINATES_IGNORED, "lat", said)
    else:
        _reject_unplaced(record, position, said)


def _reject_unplaced(record: Record, position: coordinates.Read, said: str) -> None:
    if record.commune or record.insee:
        town = " ".join(part for part in (record.postcode, record.commune or record.insee) if part)
        record.reject(Reason.UNKNOWN_COMMUNE, "commune", town)
    elif position.fault == coordinates.Fault.OUT_OF_RANGE:
        record.reject(Reason.OUT_OF_RANGE, "lat", said)
    elif position.fault or position.lon is not None:
        record.reject(Reason.OUTSIDE_FRANCE, "lat", said)
    elif record.postcode:
        record.reject(Reason.UNKNOWN_COMMUNE, "commune", record.postcode)
    else:
        record.reject(Reason.NO_LOCATION, "commune", "")


def _place_by_postcode(record: Record, finder: Finder) -> bool:
    """Puts a record whose town is unknown where its postcode says; False when that says nothing either."""
    found, said = finder.around(record.postcode, record.commune), record.commune or record.postcode
    if found:
        commune, expected_m = found
        record.lon, record.lat, record.precision = commune.lon, commune.lat, Precision.COMMUNE
        _settle(record, commune, finder)
        record.expected_m = expected_m
    elif territory := finder.areas.territory_by_postcode(record.postcode):
        record.lon, record.lat, record.precision = territory.town_lon, territory.town_lat, Precision.LOCALITY
        record.commune = name.quieter(record.commune) or territory.town
        _settle(record, None, finder)
        if fold(record.commune) in {fold(territory.town), fold(territory.name)}:
            return True
    else:
        return False
    record.remark(Note.COMMUNE_BY_POSTCODE, "commune", said)
    return True


def _contradicts(lon: float, lat: float, here: Commune | None, stated: Commune, by_code: Finder | None) -> bool:
    """Whether a point is too far from the commune its row states, by its code or else by its name, to be believed."""
    if here and stated.insee in {here.insee, here.parent}:
        return False
    if by_code:
        outside_m = by_code.areas.outside_m(stated.insee, lon, lat)
        if math.isfinite(outside_m):
            return outside_m > FAR_BY_CODE_M
    limit_m = FAR_BY_NAME_M + FAR_RADII_BY_NAME * 1.5 * stated.expected_m
    return haversine_m(lon, lat, stated.lon, stated.lat) > limit_m


def _words(text: str) -> set[str]:
    """The words that tell a commune from another."""
    return set(fold(text).split()) - _LITTLE_WORDS


def unlike(said: str, name_: str) -> bool:
    """Whether a name has nothing in common with the commune that was found for it, not even a word."""
    return _words(said).isdisjoint(_words(name_)) and fuzz.ratio(fold(said), fold(name_)) < SIMILAR


def _settle(record: Record, commune: Commune | None, finder: Finder) -> None:
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
