"""The one filter grammar: a search as people type it at any door, and the `Query` that it means."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec

from geo.errors import InvalidInput
from geo.gazetteer.gazetteer import Gazetteer
from geo.gazetteer.location import Located
from geo.types import Amenity, PlaceKind, SpaceKind
from matching.query.query import DEFAULT_RADIUS_M, Mode, Preset, Query, Window
from matching.relaxation.changes import AnyKind, AnySpaceKind, FewerSeats, HigherPrice, IncludeCandidates, LargerRoom
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats
from service.search.filters import Filter, FormField, Relaxable, RoomFilter, declared_filters
from service.search.query_fields import cents, most_dates, one_of, same, several_of, text
from service.search.time_parser import later, parse_any, parse_window
from service.search.vocabulary import (
    DEFAULT_MODE_FOR_MINUTES,
    minutes_in,
    number_of_seats,
    number_of_weeks,
    parse_within,
    price_in_euros,
    word,
)

MOST_WEEKS = 9
"""As far ahead as the index knows."""
SEVERAL_WORDS = "One or several, comma-separated or repeated"


def _seats_text(change: FewerSeats, query: Query, t: Translator, _: Formats) -> str:
    return t.count("relax.seats", change.seats, asked=query.seats)


def _price_text(change: HigherPrice, _: Query, t: Translator, fmt: Formats) -> str:
    highest = change.max_price_cents
    return t("relax.any_price") if highest is None else t("relax.max_price", price=fmt.price(highest))


def _room_text(change: LargerRoom, _query: Query, t: Translator, _: Formats) -> str:
    return t.count("relax.max_seats", change.max_seats)


class SearchRequest(msgspec.Struct, frozen=True):
    """A search as a person typed it. Times without offset are local to `where`.

    The other fields are filters, each declared here and nowhere else; see `service.search.filters`.
    """

    where: str
    at: Annotated[
        tuple[str, ...],
        Filter(
            help="2026-11-24T09:00/PT3H or “demain 9h-12h”, local to WHERE; or several",
            description="`2026-11-24T09:00/PT3H`, local to where; several are fine",
            length=80,
            count=62,
            room=RoomFilter(
                help="2026-11-24T09:00/PT3H or “demain 9h-12h”, local to the first; or several",
                description="Local to the first person; several are fine",
            ),
        ),
    ] = ()
    any: Annotated[
        str | None,
        Filter(
            help="A duration such as 3h, with --between",
            description="A duration, with `between`",
            length=20,
            room=RoomFilter(),
        ),
    ] = None
    between: Annotated[
        str | None,
        Filter(help="2026-11-24T08:00/2026-11-24T19:00", length=80, room=RoomFilter()),
    ] = None
    weeks: Annotated[
        int,
        Filter(
            help="The same hours, so many weeks running",
            least=1,
            most=MOST_WEEKS,
            room=RoomFilter(),
            form=FormField(read=number_of_weeks),
        ),
    ] = 1
    dates: Annotated[
        str,
        Filter(
            help="all: free on every date asked; most: on as many as may be",
            description="Of several windows: `all`, or `most` of them",
            length=10,
            query=most_dates("most_windows"),
            room=RoomFilter(),
            form=FormField(),
        ),
    ] = "all"
    seats: Annotated[
        int,
        Filter(
            help="Seats needed",
            least=1,
            most=10_000,
            query=same("seats"),
            room=RoomFilter(
                help="Seats needed; as many as people unless given",
                description="As many as people unless given",
                default=None,
            ),
            form=FormField(read=number_of_seats),
            relaxable=Relaxable(FewerSeats, "seats", _seats_text),
        ),
    ] = 1
    need: Annotated[
        tuple[str, ...],
        Filter(
            help="Must have: wifi,screen,...",
            description=SEVERAL_WORDS,
            query=several_of("needs", Amenity),
            room=RoomFilter(is_droppable=True),
            form=FormField(),
        ),
    ] = ()
    wish: Annotated[
        tuple[str, ...],
        Filter(
            help="Would like: quiet,coffee,...",
            description=SEVERAL_WORDS,
            query=several_of("wishes", Amenity),
            form=FormField(),
        ),
    ] = ()
    kind: Annotated[
        tuple[str, ...],
        Filter(
            help="Kinds of place: mairie,library,...",
            description=SEVERAL_WORDS,
            query=several_of("kinds", PlaceKind),
            room=RoomFilter(is_droppable=True),
            form=FormField(is_further=True, words="kind"),
            relaxable=Relaxable(AnyKind, "kind"),
        ),
    ] = ()
    space_kind: Annotated[
        tuple[str, ...],
        Filter(
            help="Kinds of space: desk,meeting_room,...",
            description=SEVERAL_WORDS,
            query=several_of("space_kinds", SpaceKind),
            room=RoomFilter(is_droppable=True),
            form=FormField(),
            relaxable=Relaxable(AnySpaceKind, "space_kind"),
        ),
    ] = ()
    max_price: Annotated[
        float | None,
        Filter(
            help="Highest price, euros per half-day",
            description="Euros per half-day",
            least=0,
            most=100_000,
            query=cents("max_price_cents"),
            room=RoomFilter(is_droppable=True),
            form=FormField(length=20, read=price_in_euros, is_further=True),
            relaxable=Relaxable(HigherPrice, "price", _price_text),
        ),
    ] = None
    max_seats: Annotated[
        int | None,
        Filter(
            help="Seats of the room at most",
            least=1,
            most=10_000,
            query=same("max_seats"),
            room=RoomFilter(is_droppable=True),
            form=FormField(read=number_of_seats, is_further=True),
            relaxable=Relaxable(LargerRoom, "max_seats", _room_text),
        ),
    ] = None
    community: Annotated[
        str | None,
        Filter(
            help="Slug of the searcher's community",
            length=64,
            query=text("community"),
            room=RoomFilter(),
            form=FormField(length=64),
        ),
    ] = None
    within: Annotated[
        str | None,
        Filter(help="10km or 20min; default 30km", description="`10km` or `20min`", length=20),
    ] = None
    mode: Annotated[str | None, Filter(help="walk, bike or car", length=10)] = None
    preset: Annotated[
        str,
        Filter(
            help="balanced, closest, community or cheapest",
            length=20,
            query=one_of("preset", Preset),
            form=FormField(length=20),
        ),
    ] = "balanced"
    candidates: Annotated[
        bool,
        Filter(
            help="Also places that never agreed to host",
            query=same("candidates"),
            room=RoomFilter(),
            form=FormField(is_further=True),
            relaxable=Relaxable(IncludeCandidates, "candidates"),
        ),
    ] = False
    to_confirm: Annotated[
        bool,
        Filter(
            help="Only places to confirm: a need is unknown, all else fits",
            query=same("to_confirm"),
            form=FormField(),
        ),
    ] = False
    limit: Annotated[
        int,
        Filter(help="Results at most", least=1, most=100, query=same("limit"), room=RoomFilter()),
    ] = 20
    per_host: Annotated[
        int | None,
        Filter(
            help="Results of one host on the first page at most",
            description="Of one host on the first page at most; 0: no limit",
            least=0,
            most=100,
        ),
    ] = None
    """As `new_floor`: None as the installation has it, 0 off."""
    new_floor: Annotated[
        float | None,
        Filter(
            help="Share of the first page for new spaces, such as 0.1",
            description="Share of the first page kept for new spaces",
            least=0,
            most=1,
        ),
    ] = None


FILTERS = declared_filters(SearchRequest)
"""Every filter of a search, in the order of its fields."""
_QUERY_FILTERS = tuple(
    (declaration.name, declaration.default, declaration.query)
    for declaration in FILTERS
    if declaration.query is not None
)


def build_request(where: str, values: Mapping[str, Any]) -> SearchRequest:
    """The request of a door that has filters by name. Several texts may be a list; None is the default; names that are
    no filters are ignored."""
    fields: dict[str, Any] = {}
    for declaration in FILTERS:
        value = values.get(declaration.name)
        if value is not None:
            fields[declaration.name] = tuple(value) if declaration.has_several else value
    return SearchRequest(where, **fields)


def understand(
    request: SearchRequest, gazetteer: Gazetteer, visible: frozenset[str], now: datetime
) -> tuple[Located, Query]:
    """Where the search starts and the query it means. Raises UserError with the first thing not understood."""
    located = gazetteer.where(request.where)
    return located, query_at(request, located, visible, now)


def query_at(request: SearchRequest, located: Located, visible: frozenset[str], now: datetime) -> Query:
    """The query of a request whose `where` is located already. Raises UserError as `understand` does."""
    mode = word(Mode, request.mode, "mode") if request.mode else None
    minutes = minutes_in(request.within) if request.within else None
    if minutes is not None:
        mode = mode or DEFAULT_MODE_FOR_MINUTES
    windows = _windows(request, ZoneInfo(located.time_zone), now)
    fields: dict[str, Any] = {}
    for name, default, field in _QUERY_FILTERS:
        value = getattr(request, name)
        if value != default:  # the defaults of both classes mean the same
            fields[field.name] = field.read(value, name)
    return Query(
        point=located.point,
        windows=windows,
        visible=visible,
        radius_m=parse_within(request.within, mode) if request.within else DEFAULT_RADIUS_M,
        mode=mode,
        minutes=minutes,
        **fields,
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
    return tuple(sorted((later(window, week, zone) for week in range(request.weeks) for window in first), key=_start))


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
    return [parse_window(moment, zone, now) for moment in request.at]
