"""The smallest changes of a search that help, for all doors: in words, and as the search to ask instead."""

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
from matching.query.results import SearchResults
from matching.relaxation.changes import (
    AnyKind,
    AnySpaceKind,
    Change,
    DropNeeds,
    FewerSeats,
    HigherPrice,
    IncludeCandidates,
    LargerRadius,
    OtherMode,
    OtherTime,
    TimeChange,
    Windows,
)
from matching.relaxation.relaxer import Relaxation
from matching.search.hits import Hits
from service.container import Services
from service.localisation.catalogue import Translator
from service.localisation.formats import NBSP, Formats
from service.search.request import SearchRequest

HUNDRED_M = 100.0


@dataclass(frozen=True, slots=True)
class RelaxationWords:
    """Says in one language what changes, for a searcher in `zone` who asked `query`."""

    t: Translator
    fmt: Formats
    zone: ZoneInfo
    query: Query

    def line(self, relaxation: Relaxation) -> str:
        """`2,3 km plus loin : 4 de plus`."""
        return self.t("relax.line", change=self.change(relaxation), gain=self.gain(relaxation))

    def change(self, relaxation: Relaxation) -> str:
        """`2,3 km plus loin et sans exiger l’écran`."""
        return _joined([self._one(change) for change in relaxation.changes], self.t("relax.and"))

    def gain(self, relaxation: Relaxation) -> str:
        """`4 de plus`, or `4 lieux` when nothing was found; and how many to confirm."""
        key = "relax.gain" if relaxation.more < relaxation.total else "relax.found"
        gain = self.t.count(key, relaxation.more, number=self.fmt.number(relaxation.more))
        if not relaxation.to_confirm or not any(isinstance(change, DropNeeds) for change in relaxation.changes):
            return gain
        to_confirm = self.fmt.number(relaxation.to_confirm)
        return f"{gain}, {self.t.count('relax.to_confirm', relaxation.to_confirm, number=to_confirm)}"

    def _one(self, change: Change) -> str:
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
            case FewerSeats():
                return t.count("relax.seats", change.seats, asked=self.query.seats)
            case HigherPrice():
                cents = change.max_price_cents
                return t("relax.any_price") if cents is None else t("relax.max_price", price=self.fmt.price(cents))
            case AnyKind():
                return t("relax.any_kind")
            case AnySpaceKind():
                return t("relax.any_space_kind")
            case IncludeCandidates():
                return t("relax.candidates")

    def _further(self, change: LargerRadius) -> str:
        """How much further, unless the radius asked was no clean one: twenty minutes on foot."""
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
    """`800 m`, `12,5 km`: to the hundred metres, for it is what will be asked."""
    if distance_m < 1000:
        return f"{fmt.number(distance_m)}{NBSP}m"
    return f"{fmt.number(distance_m / 1000, 1)}{NBSP}km"


def _joined(parts: Sequence[str], last: str) -> str:
    """`a, b et c`."""
    return f" {last} ".join([part for part in (", ".join(parts[:-1]), parts[-1]) if part])


def local_span(window: Window, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end of a window in the local time of `zone`."""
    return slot_start(window.start).astimezone(zone), slot_start(window.stop).astimezone(zone)


def request_of(relaxation: Relaxation, asked: SearchRequest, zone: ZoneInfo) -> SearchRequest:
    """The search to ask instead, as a person would type it."""
    changed = asked
    for change in relaxation.changes:
        changed = structs.replace(changed, **_fields(change, changed, relaxation.query, zone))
    return changed


def _fields(change: Change, asked: SearchRequest, query: Query, zone: ZoneInfo) -> dict[str, Any]:
    """What a change makes of the request, whose query becomes `query`."""
    match change:
        case LargerRadius():
            return {"within": f"{change.radius_m / 1000:g}km"}
        case OtherMode():
            in_minutes = (asked.within or "").strip().lower().endswith("min")
            return {"mode": str(change.mode), "within": asked.within if in_minutes else f"{query.radius_m:.6f}m"}
        case OtherTime():
            return _time_fields(change.windows, zone)
        case DropNeeds():
            dropped = [str(need) for need in Amenity if need in change.needs]
            needs = tuple(str(need) for need in Amenity if need in query.needs)
            return {"need": needs, "wish": tuple(dict.fromkeys((*asked.wish, *dropped)))}
        case FewerSeats():
            return {"seats": change.seats}
        case HigherPrice():
            return {"max_price": None if change.max_price_cents is None else change.max_price_cents / 100}
        case AnyKind():
            return {"kind": ()}
        case AnySpaceKind():
            return {"space_kind": ()}
        case IncludeCandidates():
            return {"candidates": True}


def _time_fields(windows: Windows, zone: ZoneInfo) -> dict[str, Any]:
    if not windows:
        return {"at": (), "any": None, "between": None}
    window = windows[0]
    between = "/".join(moment.isoformat(timespec="minutes") for moment in local_span(window, zone))
    if window.any_slots is None:
        return {"at": (between,)}
    return {"any": f"PT{window.any_slots * SLOT_S // 60}M", "between": between}


def parameters_of(request: SearchRequest) -> dict[str, str]:
    """The request as the query parameters of `/api/v1/search`; what is as by default is left out."""
    plain = {one.name: (one.default, getattr(request, one.name)) for one in structs.fields(request)}
    return {name: _parameter(value) for name, (default, value) in plain.items() if value != default}


def _parameter(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def told_relaxations(
    services: Services, asked: SearchRequest, located: Located, found: Hits | SearchResults, language: Language
) -> list[dict[str, Any]] | None:
    """The `relaxations` of a collection of results; None where as many were found as asked for."""
    if found.total >= asked.limit:
        return None
    words = RelaxationWords(Translator(language), Formats(language), ZoneInfo(located.time_zone), found.query)
    return [
        {
            "changes": [code_of(change) for change in one.changes],
            "text": words.line(one),
            "parameters": parameters_of(request_of(one, asked, words.zone)),
            "total": one.total,
            "more": one.more,
            "to_confirm": one.to_confirm,
            "cost": one.cost,
            "first": [{"place_id": result.place_id, "name": result.facts["name"]} for result in one.first],
        }
        for one in services.relax(located, found, asked.limit)
    ]


_CODES: dict[type[Change], str] = {
    LargerRadius: "distance",
    OtherMode: "mode",
    DropNeeds: "needs",
    FewerSeats: "seats",
    HigherPrice: "price",
    AnyKind: "kind",
    AnySpaceKind: "space_kind",
    IncludeCandidates: "candidates",
}


def code_of(change: Change) -> str:
    """One word for what changes."""
    return str(change.kind) if isinstance(change, OtherTime) else _CODES[type(change)]
