"""Relaxations, the smallest changes of a search that help: in words, and as the search to make instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from geo.errors import Language
from geo.gazetteer.location import Located
from geo.types import Amenity
from matching.query.query import SLOT_S, Query, Window, slot_start
from matching.relaxation.changes import Change, DropNeeds, LargerRadius, OtherMode, OtherTime, TimeChange, Windows
from matching.relaxation.relaxer import Relaxation
from service.localisation.catalogue import Translator
from service.localisation.formats import NBSP, Formats
from service.search.request import FILTERS, SearchRequest

HUNDRED_M = 100.0
_FILTERS = {
    declaration.relaxable.change: (declaration.name, declaration.relaxable, declaration.query)
    for declaration in FILTERS
    if declaration.relaxable is not None and declaration.query is not None
}
"""Changes of one filter alone: its name, what it declares of the change, and the field of the query."""


@dataclass(frozen=True, slots=True)
class RelaxationWords:
    """Words for relaxations of `query`, in one language and for the time zone of the place."""

    t: Translator
    fmt: Formats
    zone: ZoneInfo
    query: Query

    def line(self, relaxation: Relaxation) -> str:
        """`2,3 km plus loin : 4 de plus`."""
        return self.t("relax.line", change=self.change(relaxation), gain=self.gain(relaxation))

    def change(self, relaxation: Relaxation) -> str:
        """`2,3 km plus loin et sans exiger l’écran`."""
        return _joined([self._words_of(change) for change in relaxation.changes], self.t("relax.and"))

    def gain(self, relaxation: Relaxation) -> str:
        """`4 de plus`, or `4 lieux` for a search without results; and the number of places to confirm."""
        key = "relax.gain" if relaxation.more < relaxation.total else "relax.found"
        gain = self.t.count(key, relaxation.more, number=self.fmt.number(relaxation.more))
        if not relaxation.to_confirm or not any(isinstance(change, DropNeeds) for change in relaxation.changes):
            return gain
        to_confirm = self.fmt.number(relaxation.to_confirm)
        return f"{gain}, {self.t.count('relax.to_confirm', relaxation.to_confirm, number=to_confirm)}"

    def _words_of(self, change: Change) -> str:
        t = self.t
        match change:
            case LargerRadius():
                return self._further(change)
            case OtherMode():
                return t(f"relax.by_{change.mode}")
            case OtherTime():
                return self._time(change)
            case DropNeeds():
                amenities = [t.either(f"amenity_the.{need}", need) for need in Amenity if need in change.needs]
                return t("relax.without", amenities=_joined(amenities, t("relax.nor")))
        name, relaxable, _ = _FILTERS[type(change)]
        text = relaxable.text
        return t(f"relax.{name}") if text is None else text(change, self.query, t, self.fmt)

    def _further(self, change: LargerRadius) -> str:
        """How much further; the new radius where the old one is no round number, as of twenty minutes on foot."""
        if self.query.radius_m % HUNDRED_M:
            return self.t("relax.up_to", distance=distance_words(change.radius_m, self.fmt))
        return self.t("relax.further", distance=distance_words(change.radius_m - self.query.radius_m, self.fmt))

    def _time(self, change: OtherTime) -> str:
        t, half_hours = self.t, timedelta(minutes=30 * change.amount)
        match change.kind:
            case TimeChange.EARLIER | TimeChange.LATER:
                return t(f"relax.{change.kind}", duration=self.fmt.minutes(half_hours))
            case TimeChange.ANY:
                return t("relax.any_time")
        start, stop = local_span(change.windows[0], self.zone)
        if change.kind is TimeChange.OTHER_DAY:
            return t("relax.other_day", day=self.fmt.day(start.date()))
        any_slots = change.windows[0].any_slots
        if any_slots is not None:
            return t("relax.briefer", duration=self.fmt.minutes(timedelta(minutes=30 * any_slots)))
        return t("relax.only", start=self.fmt.clock(start), stop=self.fmt.clock(stop))


def distance_words(distance_m: float, fmt: Formats) -> str:
    """`800 m`, `12,5 km`: to the hundred metres, as the new search will have it."""
    if distance_m < 1000:
        return f"{fmt.number(distance_m)}{NBSP}m"
    return f"{fmt.number(distance_m / 1000, 1)}{NBSP}km"


def _joined(parts: Sequence[str], last: str) -> str:
    """`a, b et c`."""
    return f" {last} ".join([part for part in (", ".join(parts[:-1]), parts[-1]) if part])


def local_span(window: Window, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end of a window in the local time of `zone`."""
    return slot_start(window.start).astimezone(zone), slot_start(window.stop).astimezone(zone)


def request_of(relaxation: Relaxation, request: SearchRequest, zone: ZoneInfo) -> SearchRequest:
    """The search to make instead of `request`, as a person would type it."""
    changed = request
    for change in relaxation.changes:
        changed = structs.replace(changed, **_fields(change, changed, relaxation.query, zone))
    return changed


def _fields(change: Change, request: SearchRequest, query: Query, zone: ZoneInfo) -> dict[str, Any]:
    """The fields of a request that a change sets; `query` is the query of the changed request."""
    match change:
        case LargerRadius():
            return {"within": f"{change.radius_m / 1000:g}km"}
        case OtherMode():
            in_minutes = (request.within or "").strip().lower().endswith("min")
            return {"mode": str(change.mode), "within": request.within if in_minutes else f"{query.radius_m:.6f}m"}
        case OtherTime():
            return _time_fields(change.windows, zone)
        case DropNeeds():
            dropped = [str(need) for need in Amenity if need in change.needs]
            needs = tuple(str(need) for need in Amenity if need in query.needs)
            return {"need": needs, "wish": tuple(dict.fromkeys((*request.wish, *dropped)))}
    name, _, field = _FILTERS[type(change)]
    return {name: field.write(getattr(query, field.name))}


def _time_fields(windows: Windows, zone: ZoneInfo) -> dict[str, Any]:
    if not windows:
        return {"at": (), "any": None, "between": None}
    window = windows[0]
    between = "/".join(moment.isoformat(timespec="minutes") for moment in local_span(window, zone))
    if window.any_slots is None:
        return {"at": (between,)}
    return {"any": f"PT{window.any_slots * SLOT_S // 60}M", "between": between}


def parameters_of(request: SearchRequest) -> dict[str, str]:
    """The request as query parameters of `/api/v1/search`, without those that have their default."""
    plain = {field.name: (field.default, getattr(request, field.name)) for field in structs.fields(request)}
    return {name: _parameter(value) for name, (default, value) in plain.items() if value != default}


def _parameter(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def describe_relaxations(
    relaxations: Sequence[Relaxation], request: SearchRequest, located: Located, query: Query, language: Language
) -> list[dict[str, Any]]:
    """The `relaxations` of a collection of results: what changes, in words and as parameters, and what it gives.

    `request` is the search as typed, `query` what it means, `located` where it is.
    """
    words = RelaxationWords(Translator(language), Formats(language), ZoneInfo(located.time_zone), query)
    return [
        {
            "changes": [code_of(change) for change in relaxation.changes],
            "text": words.line(relaxation),
            "parameters": parameters_of(request_of(relaxation, request, words.zone)),
            "total": relaxation.total,
            "more": relaxation.more,
            "to_confirm": relaxation.to_confirm,
            "cost": relaxation.cost,
            "first": [{"place_id": place.place_id, "name": place.facts["name"]} for place in relaxation.first],
        }
        for relaxation in relaxations
    ]


_CODES: dict[type[Change], str] = {LargerRadius: "distance", OtherMode: "mode", DropNeeds: "needs"}


def code_of(change: Change) -> str:
    """One word for what changes."""
    if isinstance(change, OtherTime):
        return str(change.kind)
    return _CODES.get(type(change)) or _FILTERS[type(change)][1].code
