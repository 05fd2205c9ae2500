"""Survivorship: what a place says when several listings speak of it, field by field.

The word of a list counts by its trust, then by how fresh its facts are, then by who came first. Every field takes the
first listing that knows it; the position is the most precise one, and brings its commune along. What somebody changed
by hand in a place stays: only what the listings say otherwise than before is carried over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geo.spatial.h3_cells import cells_of
from geo.types import PlaceKind, PlaceStatus, Point, Precision
from ingest.rows.facts import Facts

_RANK = {str(kind): rank for rank, kind in enumerate((*Precision,))}
_SINGLE = ("address", "complement", "opening_hours", "capacity", "phone", "email", "website", "siret", "parent")
_WITH_POSITION = ("lon", "lat", "precision", "expected_m", "score", "time_zone", "commune", "insee")


@dataclass(frozen=True, slots=True)
class Said:
    """One listing's word: `order` tells who came first (ids, provisional ones last)."""

    order: int
    source: str
    trust: int
    facts: Facts


def ranking(said: Sequence[Said]) -> list[Said]:
    """Listings of a place, the one whose word counts most first."""
    return sorted(said, key=lambda one: (-one.trust, -_day(one.facts.checked_on), one.order))


def compose(said: Sequence[Said]) -> dict[str, Any]:
    """The facts of a place from its listings (at least one), as columns of the store, with `origins`."""
    ranked = ranking(said)
    first = ranked[0]
    values: dict[str, Any] = {"name": first.facts.name, "match_key": first.facts.match_key}
    origin: dict[str, str] = {}
    for name in _SINGLE:
        teller = next((one for one in ranked if getattr(one.facts, name) not in (None, "")), first)
        values[name] = getattr(teller.facts, name)
        origin[name] = teller.source
    teller = next((one for one in ranked if one.facts.kind != PlaceKind.OTHER), first)
    values["kind"], origin["kind"] = teller.facts.kind, teller.source
    placed = min(ranked, key=lambda one: _RANK[one.facts.precision])
    origin["position"] = placed.source
    values |= {name: getattr(placed.facts, name) for name in _WITH_POSITION}
    same_town = [one for one in ranked if one.facts.insee == placed.facts.insee and one.facts.postcode]
    values["postcode"] = (same_town or [placed])[0].facts.postcode
    values["amenities"] = {}
    for one in reversed(ranked):
        values["amenities"] |= one.facts.amenities
    values["amenities"] = dict(sorted(values["amenities"].items()))
    values["checked_on"] = max((one.facts.checked_on for one in said if one.facts.checked_on), default=None)
    values["origins"] = {name: source for name, source in sorted(origin.items()) if source != first.source}
    return values


def new_place(place_id: int, said: Sequence[Said]) -> dict[str, Any]:
    """The row of a place seen for the first time: a candidate."""
    fixed = {"id": place_id, "status": str(PlaceStatus.CANDIDATE), "hours_assumed": False, "demo": False}
    return _located(fixed | compose(said))


def carried_over(
    place: dict[str, Any], before: Sequence[Said], now: Sequence[Said], *, forget: bool = False
) -> dict[str, Any]:
    """The row of a place after its listings changed: what they say otherwise than before replaces what it had from
    them.

    A list that falls silent about something known takes nothing away; with `forget` (an undo) it does.
    """
    then, told = compose(before) if before else {}, compose(now)
    values = dict(place)
    for name, value in told.items():
        if name == "amenities":
            values[name] = _amenities(values[name], then.get(name, {}), value, forget=forget)
        elif value in (None, "") and not forget:
            continue
        elif name not in then or (value != then[name] and (values[name] == then[name] or values[name] in (None, ""))):
            values[name] = value
    if values["hours_assumed"] and told["opening_hours"]:
        values["opening_hours"], values["hours_assumed"] = told["opening_hours"], False
    if values["status"] == PlaceStatus.CLOSED:
        values["status"] = str(PlaceStatus.CANDIDATE)  # a list names it again: it exists
    return _located(values)


def is_untouched(place: dict[str, Any], said: Sequence[Said]) -> bool:
    """Whether a place is still exactly what its listings make it: nobody offered or edited it."""
    return bool(said) and place == new_place(place["id"], said)


def _amenities(place: dict[str, str], then: dict[str, str], now: dict[str, str], *, forget: bool) -> dict[str, str]:
    """Amenities one by one: those the listings say otherwise than before, unless somebody changed them by hand."""
    values = dict(place)
    for name in (then.keys() | now.keys()) if forget else now.keys():
        if then.get(name) != now.get(name) and values.get(name) == then.get(name):
            values.pop(name, None)
            if name in now:
                values[name] = now[name]
    return dict(sorted(values.items()))


def _located(values: dict[str, Any]) -> dict[str, Any]:
    """The row with what follows from its position."""
    lon, lat = values["lon"], values["lat"]
    return values | {"position": Point(lon, lat), "h3_r9": int(cells_of([lon], [lat], 9)[0])}


def _day(checked_on: date | None) -> int:
    return checked_on.toordinal() if checked_on else 0
