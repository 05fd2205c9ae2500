"""The one filter grammar: what CLI, API and pages pass on as typed, turned into a `Query`."""

import re
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from geo.errors import InvalidInput
from geo.gazetteer import Gazetteer
from geo.located import Located
from geo.travel.straight_line import reach_m
from geo.types import Amenity, PlaceKind, SpaceKind
from matching.query import DEFAULT_RADIUS_M, Mode, Preset, Query, Window
from service.when import later, parse_any, parse_window

_WITHIN = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(km|m|min)$", re.IGNORECASE)
DEFAULT_MODE_FOR_MINUTES = Mode.WALK
MOST_WEEKS = 9
"""As far ahead as the index knows."""


class Dates(StrEnum):
    """Of several windows, which a space must be free in."""

    ALL = "all"
    MOST = "most"


class SearchRequest(msgspec.Struct, frozen=True):
    """A search as a person typed it. Times without offset are local to `where`; `max_price` is in euros.

    `weeks`: the windows asked, and the same ones of the weeks after; `dates`: free on all of them, or on as many as
    may be.
    """

    where: str
    at: tuple[str, ...] = ()
    any: str | None = None
    between: str | None = None
    weeks: int = 1
    dates: str = "all"
    seats: int = 1
    need: tuple[str, ...] = ()
    wish: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    space_kind: tuple[str, ...] = ()
    max_price: float | None = None
    community: str | None = None
    within: str | None = None
    mode: str | None = None
    preset: str = "balanced"
    candidates: bool = False
    limit: int = 20
    per_host: int | None = None
    """As `new_floor`: None as the installation has it, 0 off."""
    new_floor: float | None = None


def understand(
    request: SearchRequest, gazetteer: Gazetteer, visible: frozenset[str], now: datetime
) -> tuple[Located, Query]:
    """Where the search starts and what it asks. Raises UserError with the first thing not understood."""
    located = gazetteer.where(request.where)
    return located, asked_at(request, located, visible, now)


def asked_at(request: SearchRequest, located: Located, visible: frozenset[str], now: datetime) -> Query:
    """What a search asks whose `where` is known already. Raises UserError as `understand` does."""
    mode = word(Mode, request.mode, "mode") if request.mode else None
    minutes = minutes_in(request.within) if request.within else None
    if minutes is not None:
        mode = mode or DEFAULT_MODE_FOR_MINUTES
    return Query(
        point=located.point,
        windows=_windows(request, ZoneInfo(located.time_zone), now),
        most_windows=word(Dates, request.dates, "dates") is Dates.MOST,
        seats=request.seats,
        needs=frozenset(words(Amenity, request.need, "need")),
        wishes=frozenset(words(Amenity, request.wish, "wish")),
        kinds=frozenset(words(PlaceKind, request.kind, "kind")),
        space_kinds=frozenset(words(SpaceKind, request.space_kind, "space_kind")),
        max_price_cents=None if request.max_price is None else _cents(request.max_price),
        community=request.community or None,
        visible=visible,
        radius_m=parse_within(request.within, mode) if request.within else DEFAULT_RADIUS_M,
        mode=mode,
        minutes=minutes,
        preset=word(Preset, request.preset, "preset"),
        candidates=request.candidates,
        limit=request.limit,
    )


def _windows(request: SearchRequest, zone: ZoneInfo, now: datetime) -> tuple[Window, ...]:
    if not 1 <= request.weeks <= MOST_WEEKS:
        raise InvalidInput(
            field="weeks",
            value=request.weeks,
            fr=f"Une recherche porte sur 1 à {MOST_WEEKS} semaines : corrigez leur nombre.",
            en=f"A search is for 1 to {MOST_WEEKS} weeks: correct their number.",
        )
    first = _first_windows(request, zone, now)
    return tuple(sorted((later(one, week, zone) for week in range(request.weeks) for one in first), key=_start))


def _start(window: Window) -> int:
    return window.start


def _first_windows(request: SearchRequest, zone: ZoneInfo, now: datetime) -> list[Window]:
    if request.at and (request.any or request.between):
        raise InvalidInput(
            field="at",
            fr="Donnez soit un créneau précis (at), soit une durée et un intervalle (any et between), pas les deux.",
            en="Give either one precise window (at) or a duration and an interval (any and between), not both.",
        )
    if request.any and request.between:
        return [parse_any(request.any, request.between, zone, now)]
    if request.any or request.between:
        raise InvalidInput(
            field="any",
            fr="« any » (la durée) et « between » (l'intervalle) vont ensemble : donnez les deux.",
            en="“any” (the duration) and “between” (the interval) go together: give both.",
        )
    return [parse_window(text, zone, now) for text in request.at]


@lru_cache(maxsize=1024)
def parse_within(text: str, mode: Mode | None = None) -> float:
    """`10km`, `800m` or `20min` as a radius in metres; minutes go by `mode`, on foot when none is given."""
    found = _WITHIN.match(text.strip())
    if not found:
        raise InvalidInput(
            field="within",
            value=text,
            fr=f"« {text} » n'est pas une distance : écrivez par exemple 10km, 800m ou 20min.",
            en=f"“{text}” is not a distance: write for example 10km, 800m or 20min.",
        )
    amount, unit = float(found[1].replace(",", ".")), found[2].lower()
    if unit == "min":
        return reach_m(amount, mode or DEFAULT_MODE_FOR_MINUTES)
    return amount * (1000.0 if unit == "km" else 1.0)


@lru_cache(maxsize=1024)
def minutes_in(text: str) -> float | None:
    """The minutes of `20min`; None for what is no number of minutes."""
    found = _WITHIN.match(text.strip())
    return float(found[1].replace(",", ".")) if found and found[2].lower() == "min" else None


@lru_cache(maxsize=1024)
def words[Word: StrEnum](vocabulary: type[Word], given: tuple[str, ...], field: str) -> tuple[Word, ...]:
    """Words of a vocabulary, given one by one or separated by commas. Raises InvalidInput listing them all."""
    parts = [part.strip() for text in given for part in text.split(",")]
    return tuple(word(vocabulary, part, field) for part in parts if part)


@lru_cache(maxsize=1024)
def word[Word: StrEnum](vocabulary: type[Word], given: str, field: str) -> Word:
    """One word of a vocabulary. Raises InvalidInput listing them all."""
    try:
        return vocabulary(given.strip().lower())
    except ValueError as error:
        listed = ", ".join(vocabulary)
        raise InvalidInput(
            field=field,
            value=given,
            fr=f"« {given} » n'existe pas ici : choisissez parmi {listed}.",
            en=f"“{given}” does not exist here: choose among {listed}.",
        ) from error


def _cents(euros: float) -> int:
    if not 0 <= euros <= 100_000:
        raise InvalidInput(
            field="max_price",
            value=euros,
            fr="Le prix maximal doit être compris entre 0 et 100 000 €.",
            en="The highest price must be between 0 and 100,000 EUR.",
        )
    return round(euros * 100)
