"""`/se-retrouver`: several people, one free room that all reach soonest.

Where people set out is personal, so the form is sent in a body. When everybody sets out from a commune or a station,
the answer has an address of its own, to be shared and come back to; when not, it has none and nobody keeps it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from geo.errors import Ambiguous, PlaceLibreError
from geo.types import Amenity
from matching.meeting.query import Goal, MeetingQuery
from matching.meeting.ranking import Meeting, MeetingResults, MeetingTravel
from matching.query.query import Mode
from matching.query.results import TravelMethod
from service.communities.directory import CommunityDirectory
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats
from service.localisation.negotiation import language_of
from service.pages.layout.rendering import link, render
from service.pages.meeting.meeting_form import PATIENCES, WAYS_OUT, MeetingForm
from service.pages.search.filter_controls import further_controls
from service.pages.search.result_cards import CardMaker, OfferCard
from service.pages.search.search_form import clock_of
from service.pages.search.search_page import FORM_ZONE, day_words, days_offered, hours_offered, pins_of
from service.search.meeting_desk import MeetingDesk
from service.search.meeting_request import NAMED, check_named, patience_needed
from service.search.request import MOST_WEEKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.gazetteer.gazetteer import Gazetteer
    from geo.gazetteer.location import Located

PATH = "/se-retrouver"
NAMED_IN_TITLE = 3
REARRANGING = ("add", "remove")
"""Buttons that change the form and ask nothing yet."""


@dataclass(frozen=True, slots=True)
class TripLine:
    """How one person gets there; `width` in hundredths of the longest way of the page."""

    who: str
    text: str
    width: float
    longest: bool


@dataclass(frozen=True, slots=True)
class MeetingCard(OfferCard):
    """What the list shows of one place to meet."""

    ways: tuple[TripLine, ...]


@dataclass(frozen=True, slots=True)
class MeetingAnswer:
    """What was found, in words. `ways_out`: the value and the words of buttons that find something."""

    title: str
    subtitle: str
    travel: str
    """How minutes were found."""
    cards: tuple[MeetingCard, ...]
    ways_out: tuple[tuple[str, str], ...]
    map: dict[str, Any]


def meeting_page(request: Request) -> Response:
    """The form alone, or the answer to what its address asks."""
    return _page(request, request.query_params, sent=False)


async def meeting_sent(request: Request) -> Response:
    """What the form asks, or the form with a line more or less."""
    fields = [(name, value) for name, value in (await request.form()).multi_items() if isinstance(value, str)]
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in {"lang", "community"}]
    return await run_in_threadpool(_page, request, QueryParams([*kept, *fields]), sent=True)


def _page(request: Request, given: QueryParams, *, sent: bool) -> Response:
    services = request.app.state.services
    today = services.now().astimezone(FORM_ZONE).date()
    action = given.get("do", "") if sent else ""
    form = MeetingForm.read(given, today).after(action)
    language = language_of(request)
    t, fmt = Translator(language), Formats(language)
    context: dict[str, Any] = {"answer": None, "error": "", "choices": ()}
    status = 200
    if not action.startswith(REARRANGING) and (sent or form.asked):
        try:
            desk: MeetingDesk = services.meetings
            located, query = desk.understand(form.to_request())
            named = all(one.kind in NAMED for one in located)
            if sent and named:
                return RedirectResponse(form.url(), status_code=303)
            if not sent:
                check_named(located)
            context["answer"] = _answer(
                desk, services.directory, form, located, desk.answer(query), services.now(), t, fmt
            )
        except PlaceLibreError as error:
            status, context["error"] = error.http_status, error.message(language)
            if isinstance(error, Ambiguous):
                context |= _ambiguous(services.gazetteer, form, error, t)
    response = render(
        request,
        "meeting.html",
        status_code=status,
        form=form,
        action=link(request, PATH),
        **context,
        **_choices(form, today, t, fmt),
    )
    if sent:
        response.headers["Cache-Control"] = "no-store"
    return response


def _ambiguous(gazetteer: "Gazetteer", form: MeetingForm, error: Ambiguous, t: Translator) -> dict[str, Any]:
    """The places that a name may mean, as buttons that put one of them into its line."""
    return {
        "error": t("search.ambiguous", name=error.values["name"]),
        "choices": [
            (f"choose-{number}:{choice}", choice)
            for number in _lines_of(gazetteer, form, error)
            for choice in error.choices
        ],
    }


def _lines_of(gazetteer: "Gazetteer", form: MeetingForm, error: Ambiguous) -> Iterator[int]:
    """The first line, counted from one, that this error is about."""
    for number, one in enumerate(form.people, start=1):
        try:
            if one.where:
                gazetteer.where(one.where)
        except Ambiguous as same:
            if same.values == error.values:
                yield number
                return


def _answer(
    desk: MeetingDesk,
    directory: CommunityDirectory,
    form: MeetingForm,
    located: "Sequence[Located]",
    found: MeetingResults,
    now: datetime,
    t: Translator,
    fmt: Formats,
) -> MeetingAnswer:
    windowed = bool(found.query.room.windows)
    maker = CardMaker(
        t,
        fmt,
        names=directory.names,
        asked=form.room.words("need"),
        mode=None,
        day=form.room.day() if windowed else None,
        windowed=windowed,
    )
    longest = max((one.worst_minutes for one in found.results), default=0.0)
    cards = tuple(
        MeetingCard(
            **maker.offer(rank, one, _together(one, t, fmt)),
            ways=tuple(_ways(one, located, found.query, longest, t, fmt)),
        )
        for rank, one in enumerate(found.results, start=1)
    )
    zone_today = now.astimezone(ZoneInfo(located[0].time_zone)).date()
    return MeetingAnswer(
        title=t.count("meet.found", len(cards)) if cards else t("meet.none"),
        subtitle=_subtitle(form, located, t, fmt, zone_today, len(found.query.room.windows)),
        travel=_travel(found.travel, t),
        cards=cards,
        ways_out=() if cards else tuple(_ways_out(desk, form, found.query, t, fmt)),
        map=_map(located, cards),
    )


def _together(one: Meeting, t: Translator, fmt: Formats) -> str:
    """`52 min au plus, 1 h 40 en tout`."""
    worst, total = (fmt.minutes(timedelta(minutes=minutes)) for minutes in (one.worst_minutes, one.sum_minutes))
    return t("meet.together", worst=worst, total=total)


def _ways(
    one: Meeting, located: "Sequence[Located]", query: MeetingQuery, longest: float, t: Translator, fmt: Formats
) -> Iterator[TripLine]:
    for there, person, trip in zip(located, query.people, one.trips, strict=True):
        minutes = fmt.minutes(timedelta(minutes=trip.minutes))
        yield TripLine(
            who=there.label,
            text=t(f"{'route' if trip.method is TravelMethod.NETWORK else 'travel'}.{person.mode}", minutes=minutes),
            width=round(100 * trip.minutes / max(longest, 0.1), 2),
            longest=trip.minutes == one.worst_minutes,
        )


def _travel(travel: MeetingTravel, t: Translator) -> str:
    if travel.method is TravelMethod.NETWORK:
        return t("search.by_network" if travel.exact else "meet.most_promising")
    return t("meet.about" if travel.fallback is None else f"search.{travel.fallback.code}")


def _subtitle(
    form: MeetingForm, located: "Sequence[Located]", t: Translator, fmt: Formats, today: date, dates: int
) -> str:
    """`entre Nantes (44), Angers (49) et 3 autres, demain mar. 24 nov. de 9 h à 12 h`."""
    labels = list(dict.fromkeys(one.label for one in located))
    if len(labels) > NAMED_IN_TITLE:
        rest = len(labels) - NAMED_IN_TITLE + 1
        labels = [*labels[: NAMED_IN_TITLE - 1], t("meet.more_origins", number=rest)]
    origins = t("meet.and", first=", ".join(labels[:-1]), last=labels[-1]) if len(labels) > 1 else labels[0]
    parts = [t("meet.between" if len(labels) > 1 else "search.near", place=origins)]
    if form.room.date:
        start, stop = fmt.clock(clock_of(form.room.start)), fmt.clock(clock_of(form.room.stop))
        parts.append(t("search.during", day=day_words(form.room.day(), today, t, fmt), start=start, stop=stop))
        if dates > 1:
            parts.append(t("search.repeated", weeks=t.count("search.for_weeks", dates)))
    return ", ".join(parts)


def _ways_out(
    desk: MeetingDesk, form: MeetingForm, query: MeetingQuery, t: Translator, fmt: Formats
) -> Iterator[tuple[str, str]]:
    """Never a dead end: changes to the question that find a room, each tried before it is proposed."""
    needed = patience_needed(query, desk.answer)
    if needed is not None:
        minutes = max(math.ceil(needed), 1)
        yield f"patience:{minutes}", t("meet.longer", minutes=fmt.minutes(timedelta(minutes=minutes)))
    for action in WAYS_OUT:
        changed = form.after(action)
        if changed != form and desk.meet(changed.to_request())[1].results:
            yield action, t(f"meet.{action.replace('-', '_')}")


def _map(located: "Sequence[Located]", cards: tuple[MeetingCard, ...]) -> dict[str, Any]:
    """What the map draws; positions are lon, lat."""
    origins = [[round(one.point.lon, 6), round(one.point.lat, 6)] for one in located]
    return {"center": origins[0], "start": False, "origins": origins, "pins": pins_of(cards), "dots": []}


def _choices(form: MeetingForm, today: date, t: Translator, fmt: Formats) -> dict[str, Any]:
    """What the form offers."""
    usual = [*PATIENCES, *dict.fromkeys(one.patience for one in form.people if one.patience not in PATIENCES)]
    return {
        "modes": [(str(mode), t(f"meet.mode.{mode}")) for mode in Mode],
        "patiences": [(value, _patience(value, t, fmt)) for value in usual],
        "goals": [(str(goal), t(f"meet.goal.{goal}")) for goal in Goal],
        "days": days_offered(form.room, today, t, fmt),
        "hours": hours_offered(form.room, fmt),
        "amenities": [(str(name), t(f"amenity.{name}")) for name in Amenity],
        "needs_text": ", ".join(t.either(f"amenity.{name}", name) for name in form.room.words("need")),
        "further_controls": further_controls(form.room.filters, t),
        "most_weeks": MOST_WEEKS,
    }


def _patience(value: str, t: Translator, fmt: Formats) -> str:
    """`2 h au plus`; what is no number is shown as typed."""
    if not value.isdecimal():
        return value
    return t("meet.at_most", minutes=fmt.minutes(timedelta(minutes=int(value))))


def add_routes(router: APIRouter) -> None:
    router.add_api_route(PATH, meeting_page, methods=["GET", "HEAD"])
    router.add_api_route(PATH, meeting_sent, methods=["POST"])
