"""Survivorship: what a place says when several listings speak of it, field by field.

Listings rank by the trust of their list, then by how fresh their facts are, then by who came first. Every field takes
the first listing that knows it; the position is the most precise one, and brings its commune along. What somebody
changed by hand in a place stays: an import or an undo only carries over what the listings say otherwise than before.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from geo.spatial.h3_cells import cells_of
from geo.types import PlaceKind, PlaceStatus, Point, Precision
from ingest.publication.source_records import SourceRecord

_RANK = {str(kind): rank for rank, kind in enumerate((*Precision,))}
_SINGLE = ("address", "complement", "opening_hours", "capacity", "phone", "email", "website", "siret", "parent")
_WITH_POSITION = ("lon", "lat", "precision", "expected_m", "score", "time_zone", "commune", "insee")


def ranking(records: Sequence[SourceRecord]) -> list[SourceRecord]:
    """Listings of a place, the most trusted first."""
    return sorted(records, key=lambda record: (-record.trust, -_day(record.facts.checked_on), record.order))


def compose(records: Sequence[SourceRecord]) -> dict[str, Any]:
    """The facts of a place from its listings (at least one), as columns of the store, with `origins`."""
    ranked = ranking(records)
    first = ranked[0]
    values: dict[str, Any] = {"name": first.facts.name, "match_key": first.facts.match_key}
    origins: dict[str, str] = {}
    for name in _SINGLE:
        survivor = next((record for record in ranked if getattr(record.facts, name) not in (None, "")), first)
        values[name] = getattr(survivor.facts, name)
        origins[name] = survivor.source
    survivor = next((record for record in ranked if record.facts.kind != PlaceKind.OTHER), first)
    values["kind"], origins["kind"] = survivor.facts.kind, survivor.source
    placed = min(ranked, key=lambda record: _RANK[record.facts.precision])
    origins["position"] = placed.source
    values |= {name: getattr(placed.facts, name) for name in _WITH_POSITION}
    same_town = [record for record in ranked if record.facts.insee == placed.facts.insee and record.facts.postcode]
    values["postcode"] = (same_town or [placed])[0].facts.postcode
    values["amenities"] = {}
    for record in reversed(ranked):
        values["amenities"] |= record.facts.amenities
    values["amenities"] = dict(sorted(values["amenities"].items()))
    values["checked_on"] = max((day for record in records if (day := record.facts.checked_on)), default=None)
    values["origins"] = {name: source for name, source in sorted(origins.items()) if source != first.source}
    return values


def new_place(place_id: int, records: Sequence[SourceRecord]) -> dict[str, Any]:
    """The row of a place that the store did not have: a candidate."""
    fixed = {"id": place_id, "status": str(PlaceStatus.CANDIDATE), "hours_assumed": False, "demo": False}
    return _located(fixed | compose(records))


def carry_over(
    place: dict[str, Any], before: Sequence[SourceRecord], after: Sequence[SourceRecord], *, forget: bool = False
) -> dict[str, Any]:
    """The row of a place after its listings changed: what they say otherwise than before replaces what it had from
    them.

    A list that falls silent about a field takes nothing away; with `forget` (listings left the place) it does.
    """
    old, new = compose(before) if before else {}, compose(after)
    values = dict(place)
    for name, value in new.items():
        if name == "amenities":
            values[name] = _amenities(values[name], old.get(name, {}), value, forget=forget)
        elif value in (None, "") and not forget:
            continue
        elif name not in old or (value != old[name] and (values[name] == old[name] or values[name] in (None, ""))):
            values[name] = value
    if values["hours_assumed"] and new["opening_hours"]:
        values["opening_hours"], values["hours_assumed"] = new["opening_hours"], False
    if values["status"] == PlaceStatus.CLOSED:
        values["status"] = str(PlaceStatus.CANDIDATE)  # a list names it again: it exists
    return _located(values)


def is_untouched(place: dict[str, Any], records: Sequence[SourceRecord]) -> bool:
    """Whether a place is exactly what its listings make it: nobody edited it."""
    return bool(records) and place == new_place(place["id"], records)


def _amenities(place: dict[str, str], old: dict[str, str], new: dict[str, str], *, forget: bool) -> dict[str, str]:
    """Amenities one by one: those the listings say otherwise than before, unless somebody changed them by hand."""
    values = dict(place)
    for name in (old.keys() | new.keys()) if forget else new.keys():
        if old.get(name) != new.get(name) and values.get(name) == old.get(name):
            values.pop(name, None)
            if name in new:
                values[name] = new[name]
    return dict(sorted(values.items()))


def _located(values: dict[str, Any]) -> dict[str, Any]:
    """The row with what follows from its position."""
    lon, lat = values["lon"], values["lat"]
    return values | {"position": Point(lon, lat), "h3_r9": int(cells_of([lon], [lat], 9)[0])}


def _day(checked_on: date | None) -> int:
    return checked_on.toordinal() if checked_on else 0
