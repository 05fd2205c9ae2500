"""One result as the page shows it: every sentence made, nothing left to compute in a template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from geo.errors import InvalidInput
from geo.opening_hours.patterns import describe_day
from geo.opening_hours.public_holidays import holiday_region
from geo.travel.straight_line import minutes as travel_minutes
from geo.types import Amenity
from matching.presentation.explanations import explain
from matching.query.results import Result, TermScore, TravelMethod
from service.localisation.catalogue import Translator
from service.localisation.formats import NBSP, Formats

MAX_TRAVEL = timedelta(hours=2)
HERE_M = 20.0
"""Closer than this, a distance would only be a matter of decimals."""
WALKABLE_M = 3000.0
"""Up to this distance, minutes on foot are told even when nobody said how they travel."""
MAX_FURTHER_AMENITIES = 4


@dataclass(frozen=True, slots=True)
class AmenityTag:
    """An amenity of a place: `answer` is yes, no or unknown; `text` says so in words."""

    name: str
    answer: str
    text: str


@dataclass(frozen=True, slots=True)
class BarPart:
    """A piece of the score bar, in hundredths of the whole width."""

    name: str
    x: float
    width: float
    text: str


class Offer(Protocol):
    """A place with its best space: what results of a search and of a meeting have in common."""

    @property
    def place_id(self) -> int: ...
    @property
    def space_id(self) -> int | None: ...
    @property
    def other_spaces(self) -> int: ...
    @property
    def facts(self) -> dict[str, Any]: ...
    @property
    def seats_left(self) -> int | None: ...
    @property
    def free_from(self) -> datetime | None: ...
    @property
    def free_until(self) -> datetime | None: ...
    @property
    def free_windows(self) -> tuple[bool, ...]: ...
    @property
    def price_cents(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class OfferCard:
    """What a list shows of an offer, and in `distance` how far it is."""

    rank: int
    place_id: int
    name: str
    kind_line: str
    tariff: str
    tariff_unit: str
    free: str
    distance: str
    hours: str
    amenities: tuple[AmenityTag, ...]
    demo: bool
    candidate: bool
    approximate: bool
    other_spaces: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Card(OfferCard):
    """What the list shows of one result of a search."""

    score: str
    bar: tuple[BarPart, ...]
    bar_text: str
    why: str


class CardMaker:
    """Makes cards for one search: language, community names, what was asked."""

    def __init__(
        self,
        t: Translator,
        fmt: Formats,
        *,
        names: dict[str, str],
        asked: Sequence[str],
        mode: str | None,
        day: date | None,
        windowed: bool,
    ) -> None:
        self.t, self.fmt = t, fmt
        self.names, self.asked, self.mode, self.day, self.windowed = names, tuple(asked), mode, day, windowed

    def card(self, rank: int, result: Result) -> Card:
        """The card of a result."""
        parts = score_bar(result.terms, self.t, self.fmt)
        score = self.fmt.score(result.score)
        return Card(
            **self.offer(rank, result, self._distance(result)),
            score=score,
            bar=parts,
            bar_text=self.t("result.bar", score=score, terms=", ".join(part.text for part in parts)),
            why=explain(result, self.t.language, self.names),
        )

    def offer(self, rank: int, result: Offer, distance: str) -> dict[str, Any]:
        """The fields of an `OfferCard`."""
        facts = result.facts
        tariff, unit = self._tariff(result)
        return {
            "rank": rank,
            "place_id": result.place_id,
            "name": facts["name"],
            "kind_line": self._kind_line(result),
            "tariff": tariff,
            "tariff_unit": unit,
            "free": self._free(result),
            "distance": distance,
            "hours": self._hours(facts),
            "amenities": self._amenities(facts["amenities"]),
            "demo": is_demo(facts),
            "candidate": facts["status"] == "candidate",
            "approximate": facts["precision"] == "commune",
            "other_spaces": result.other_spaces,
            "lon": facts["lon"],
            "lat": facts["lat"],
        }

    def _kind_line(self, result: Offer) -> str:
        facts, space = result.facts, result.facts.get("space")
        parts = [self.t.either(f"kind.{facts['kind']}", facts["kind"])]
        if space is not None:
            parts.append(self._space_text(space, result.seats_left))
        parts.extend(self.names[slug] for slug in facts["communities"] if slug in self.names)
        parts.append(f"{facts['postcode']}{NBSP}{facts['commune']}".strip())
        return " · ".join(part for part in parts if part)

    def _space_text(self, space: Mapping[str, Any], seats_left: int | None) -> str:
        kind = self.t.either(f"space.{space['kind']}", space["kind"])
        if self.windowed and seats_left is not None and seats_left < space["seats"]:
            return f"{kind}, {self.t.count('result.seats_left', seats_left)}"
        return f"{kind}, {self.t.count('result.seats', space['seats'])}"

    def _tariff(self, result: Offer) -> tuple[str, str]:
        if result.space_id is None:
            return "", ""
        if result.price_cents is None:
            return self.t("result.price_unknown"), ""
        if result.price_cents == 0:
            return self.t("result.free_of_charge"), ""
        space = result.facts.get("space") or {}
        is_member = (space.get("price_half_day_cents") or 0) > result.price_cents
        unit = self.t("result.per_half_day_member" if is_member else "result.per_half_day")
        return self.fmt.price(result.price_cents), unit

    def _free(self, result: Offer) -> str:
        if len(result.free_windows) > 1 and result.space_id is not None:
            return self.t("result.free_dates", free=sum(result.free_windows), dates=len(result.free_windows))
        if not self.windowed or result.free_from is None or result.free_until is None:
            return ""
        zone = ZoneInfo(result.facts["time_zone"])
        start, stop = result.free_from.astimezone(zone), result.free_until.astimezone(zone)
        if stop.date() > start.date() and (stop.hour, stop.minute) != (0, 0):
            return self.t("result.free_all_day")
        if stop - start >= timedelta(hours=24):
            return self.t("result.free_all_day")
        return self.t("result.free_until", hour=self._midnight(stop, start))

    def _midnight(self, stop: datetime, start: datetime) -> str:
        ends_at_midnight = stop.date() > start.date() and (stop.hour, stop.minute) == (0, 0)
        return self.t("result.midnight") if ends_at_midnight else self.fmt.clock(stop)

    def _distance(self, result: Result) -> str:
        distance = self.fmt.distance(result.distance_m)
        if result.facts["precision"] == "commune":
            return self.t("result.about", distance=distance)
        if result.distance_m < HERE_M:
            return self.t("result.here")
        mode, minutes, known = self.mode, result.minutes, result.minutes_by is TravelMethod.NETWORK
        if mode is None and result.distance_m <= WALKABLE_M:
            mode, minutes = "walk", travel_minutes(result.distance_m, "walk")
        if mode is None or minutes is None or timedelta(minutes=minutes) > MAX_TRAVEL:
            return distance
        words = f"{'route' if known else 'travel'}.{mode}"
        return f"{distance} · {self.t(words, minutes=self.fmt.minutes(timedelta(minutes=minutes)))}"

    def _hours(self, facts: Mapping[str, Any]) -> str:
        if not facts["opening_hours"] or self.day is None:
            return ""
        try:
            return describe_day(
                facts["opening_hours"],
                self.day,
                holiday_region=holiday_region(facts["insee"] or ""),
                language=self.t.language,
            )
        except InvalidInput:
            return str(facts["opening_hours"])  # a pattern of a list we do not read: better shown raw than hidden

    def _amenities(self, answers: Mapping[str, str]) -> tuple[AmenityTag, ...]:
        tags = [amenity_tag(name, answers.get(name, "unknown"), self.t) for name in dict.fromkeys(self.asked)]
        others = [name for name in Amenity if name not in self.asked and answers.get(name) == "yes"]
        tags.extend(amenity_tag(name, "yes", self.t) for name in others[:MAX_FURTHER_AMENITIES])
        return tuple(tags)


def amenity_tag(name: str, answer: str, t: Translator) -> AmenityTag:
    """The tag of an amenity; unknown is said in words, absent too for those who do not see the line through it."""
    label = t.either(f"amenity.{name}", name)
    return AmenityTag(name, answer, t("result.amenity_unknown", amenity=label) if answer == "unknown" else label)


def score_bar(terms: Sequence[TermScore], t: Translator, fmt: Formats) -> tuple[BarPart, ...]:
    """The parts of the bar, side by side; together they are as wide as the score."""
    parts: list[BarPart] = []
    x = 0.0
    for term in terms:
        width = max(0.0, 100 * term.contribution)
        text = f"{t.either('term.' + term.name, term.name)}{NBSP}{fmt.score(term.contribution)}"
        parts.append(BarPart(term.name, round(x, 2), round(width, 2), text))
        x += width
    return tuple(parts)


def is_demo(facts: Mapping[str, Any]) -> bool:
    """Whether the offer shown comes from the demonstration rule."""
    space = facts.get("space")
    return bool(facts.get("demo")) or bool(space and space.get("demo"))
