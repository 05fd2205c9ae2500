"""The one filter grammar: what CLI, API and pages pass on as typed, turned into a `Query`."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from geo.errors import InvalidInput
from geo.gazetteer.gazetteer import Gazetteer
from geo.gazetteer.location import Located
from geo.types import Amenity, PlaceKind, SpaceKind
from matching.query.query import DEFAULT_RADIUS_M, Mode, Preset, Query, Window
from service.search.time_parser import later, parse_any, parse_window
from service.search.vocabulary import DEFAULT_MODE_FOR_MINUTES, minutes_in, parse_within, word, words

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


def _cents(euros: float) -> int:
    if not 0 <= euros <= 100_000:
        raise InvalidInput(
            field="max_price",
            value=euros,
            fr="Le prix maximal doit être compris entre 0 et 100 000 €.",
            en="The highest price must be between 0 and 100,000 EUR.",
        )
    return round(euros * 100)
