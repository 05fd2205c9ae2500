"""Survivorship: what a place keeps when several rows speak of it.

The row that made a place (its oldest listing) may change it; every other row only fills what is unknown. Nobody
overwrites something known with nothing. Names and ids stay with the older.
"""

from typing import Any

from geo.cells import cells_of
from geo.types import PlaceKind, PlaceStatus, Point, Precision
from ingest.records import Record

_RANK = {Precision.EXACT: 0, Precision.STREET: 1, Precision.LOCALITY: 2, Precision.COMMUNE: 3}
_FILLED = ("address", "postcode", "opening_hours", "capacity", "phone", "website")


def new_place(record: Record, place_id: int) -> dict[str, Any]:
    """The row of a place seen for the first time: a candidate."""
    values: dict[str, Any] = {
        "id": place_id,
        "name": record.name,
        "match_key": record.match_key,
        "kind": str(record.kind),
        "status": str(PlaceStatus.CANDIDATE),
        "address": record.address,
        "postcode": record.postcode,
        "commune": record.commune,
        "insee": record.insee,
        "opening_hours": record.hours,
        "hours_assumed": False,
        "capacity": record.capacity,
        "amenities": dict(record.amenities),
        "phone": record.phone,
        "website": record.website,
        "checked_on": record.checked_on,
        "demo": False,
    }
    _put(values, record)
    return values


def fill(values: dict[str, Any], record: Record) -> None:
    """Completes a place with what a row knows and it does not."""
    for name, value in _facts(record).items():
        if values[name] in (None, ""):
            values[name] = value
    if values["hours_assumed"] and record.hours:
        values["opening_hours"], values["hours_assumed"] = record.hours, False
    values["amenities"] = dict(record.amenities) | values["amenities"]
    if values["kind"] == PlaceKind.OTHER:
        values["kind"] = str(record.kind)
    if _RANK[record.precision] < _RANK[Precision(values["precision"])]:
        _put(values, record)
    _common(values, record)


def overwrite(values: dict[str, Any], record: Record) -> None:
    """Takes over what the row that made a place says now."""
    values["name"], values["match_key"] = record.name, record.match_key
    if record.kind != PlaceKind.OTHER:
        values["kind"] = str(record.kind)
    values |= {name: value for name, value in _facts(record).items() if value not in (None, "")}
    if record.hours:
        values["hours_assumed"] = False
    values["amenities"] = values["amenities"] | record.amenities
    moved = record.insee != values["insee"]
    if moved or _RANK[record.precision] <= _RANK[Precision(values["precision"])]:
        _put(values, record)
    values["commune"], values["insee"] = record.commune, record.insee
    _common(values, record)


def _facts(record: Record) -> dict[str, Any]:
    said = (record.address, record.postcode, record.hours, record.capacity, record.phone, record.website)
    return dict(zip(_FILLED, said, strict=True))


def _common(values: dict[str, Any], record: Record) -> None:
    if record.checked_on and (values["checked_on"] is None or record.checked_on > values["checked_on"]):
        values["checked_on"] = record.checked_on
    if values["status"] == PlaceStatus.CLOSED:
        values["status"] = str(PlaceStatus.CANDIDATE)  # a list names it again: it exists


def _put(values: dict[str, Any], record: Record) -> None:
    lon, lat = float(record.lon or 0.0), float(record.lat or 0.0)
    cells = {f"h3_r{resolution}": int(cells_of([lon], [lat], resolution)[0]) for resolution in (5, 7, 9)}
    values |= {
        "lon": lon,
        "lat": lat,
        "position": Point(lon, lat),
        "precision": str(record.precision),
        "expected_m": float(record.expected_m),
        "time_zone": record.time_zone,
        **cells,
    }
