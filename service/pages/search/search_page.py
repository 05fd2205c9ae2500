"""The search page: one question, a ranked list with its reasons, and a map that serves the list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from geo.errors import Ambiguous, InvalidInput, PlaceLibreError
from geo.types import Amenity
from matching.query.query import Mode, Preset
from matching.query.results import SearchResults, Travel, TravelMethod
from service.communities.directory import CommunityDirectory
from service.feedback.consent import agreed
from service.feedback.search_log import SearchLog
from service.localisation.catalogue import Translator
from service.localisation.formats import Formats
from service.localisation.negotiation import language_of
from service.pages.layout.rendering import render
from service.pages.search.filter_controls import further_controls
from service.pages.search.relaxations import Proposal, proposal
from service.pages.search.result_cards import Card, CardMaker, OfferCard
from service.pages.search.search_form import DAYS_AHEAD, FIRST_PAGE, ON_THE_MAP, REACHES, SearchForm, clock_of
from service.search.relaxation import RelaxationWords, distance_words
from service.search.request import MOST_WEEKS
from service.search.search_desk import SearchDesk
from service.search.vocabulary import parse_within

if TYPE_CHECKING:
    from geo.gazetteer.location import Located

FORM_ZONE = ZoneInfo("Europe/Paris")
"""Zone of the days offered in the form, before anybody said where."""
FIRST_HOUR, LAST_HOUR = 6, 23
CHIP_WISHES = (Amenity.QUIET, Amenity.SCREEN, Amenity.POWER, Amenity.STEP_FREE)
"""Wishes shown as chips; the others are under "more criteria"."""
EXAMPLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("nantes", {"where": "gare de Nantes", "need": ("wifi",)}),
    ("mende", {"where": "Mende", "preset": "community", "community": "ruraconnect"}),
    ("lyon", {"where": "Lyon", "wish": ("quiet",), "reach": "20min-walk"}),
    ("saint_denis", {"where": "Saint-Denis 97400", "wish": ("screen",), "seats": "4"}),
)
"""Searches proposed on arrival, by key of `landing.example.*`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, in words."""

    title: str
    subtitle: str
    cards: tuple[Card, ...]
    terms: tuple[str, ...]
    total: int
    travel: str
    empty: str
    """Why there are no results."""
    to_confirm: str
    """How many places are to confirm; where these are listed, what that means."""
    to_confirm_link: tuple[str, str]
    """Address and words of the link to them, or back."""
    more_url: str
    proposals: tuple[Proposal, ...]
    map: dict[str, Any]
    impression: str
    """Under which the search is logged; empty without consent."""

    def followed(self, rank: int) -> list[tuple[str, str]]:
        """What the address of a result carries, so that opening it counts as the choice of this rank."""
        return [("impression", self.impression), ("rank", str(rank))] if self.impression else []


def search_page(request: Request) -> Response:
    """`/`: the form alone, or the form with its answer, or with what went wrong and what to do about it."""
    services = request.app.state.services
    directory: CommunityDirectory = services.directory
    today = services.now().astimezone(FORM_ZONE).date()
    form = SearchForm.read(request.query_params, today)
    language = language_of(request)
    t, fmt = Translator(language), Formats(language)
    helps = agreed(request)
    context: dict[str, Any] = {"form": form, "answer": None, "error": "", "choices": (), "agreed": helps}
    status = 200
    if form.asked:
        try:
            log: SearchLog | None = services.search_log if helps and request.method == "GET" else None
            context["answer"] = _answer(services.searches, directory, log, form, services.now(), t, fmt)
        except PlaceLibreError as error:
            status, context["error"] = error.http_status, error.message(language)
            if isinstance(error, Ambiguous):
                context["error"] = t("search.ambiguous", name=form.where)
                context["choices"] = [(choice, form.url(where=choice, near="")) for choice in error.choices]
    return render(request, "search.html", status_code=status, **context, **_choices(directory, form, today, t, fmt))


def _answer(
    desk: SearchDesk,
    directory: CommunityDirectory,
    log: SearchLog | None,
    form: SearchForm,
    now: datetime,
    t: Translator,
    fmt: Formats,
) -> Answer:
    """The results in words; logged in `log` unless it is None."""
    located, found = desk.search(form.to_request())
    total = found.total
    zone_today = now.astimezone(ZoneInfo(located.time_zone)).date()
    day = form.day() if form.date else None
    maker = CardMaker(
        t,
        fmt,
        names=directory.names,
        asked=(*form.words("need"), *form.words("wish")),
        mode=found.query.mode,
        day=day,
        windowed=bool(found.query.windows),
    )
    cards = tuple(maker.card(rank, result) for rank, result in enumerate(found.results[: form.show], start=1))

    words = RelaxationWords(t, fmt, ZoneInfo(located.time_zone), found.query)
    proposals = tuple(proposal(one, form, words) for one in desk.relax(located, found, FIRST_PAGE))
    return Answer(
        title=_title(form, found, t, fmt),
        subtitle=_subtitle(form, located, t, fmt, zone_today, len(found.query.windows)),
        cards=cards,
        terms=_terms(found),
        total=total,
        travel=_travel(found.travel, t),
        empty=""
        if total or form.filters["to_confirm"]
        else t("search.none_why" if proposals else "search.nothing_helps"),
        to_confirm=_to_confirm(form, found, t, fmt),
        to_confirm_link=_to_confirm_link(form, t),
        more_url=form.url(show=form.show + FIRST_PAGE) if len(found.results) > form.show else "",
        proposals=proposals,
        map=_map(form, located, found, cards, t),
        impression=log.log_impression(found, form.show) if log is not None and found.results else "",
    )


def _title(form: SearchForm, found: SearchResults, t: Translator, fmt: Formats) -> str:
    if form.filters["to_confirm"]:
        return t.count("search.found_to_confirm", found.total, number=fmt.number(found.total))
    if not found.total:
        return t("search.none")
    key = "search.found_free" if form.date and not form.filters["candidates"] else "search.found"
    title = t.count(key, found.total, number=fmt.number(found.total))
    if found.travel is not None and not found.travel.all_counted:
        return t("search.at_least", found=title)
    return title


def _to_confirm(form: SearchForm, found: SearchResults, t: Translator, fmt: Formats) -> str:
    if form.filters["to_confirm"]:
        return t("search.only_to_confirm")
    count = found.to_confirm
    return t.count("search.to_confirm", count, number=fmt.number(count)) if count else ""


def _to_confirm_link(form: SearchForm, t: Translator) -> tuple[str, str]:
    listed = bool(form.filters["to_confirm"])
    address = form.url(to_confirm=not listed, show=FIRST_PAGE)
    return address, t("search.sure_link" if listed else "search.to_confirm_link")


def _travel(travel: Travel | None, t: Translator) -> str:
    """How minutes were found, when that is worth saying: by the network, or not although there is one."""
    if travel is None or (travel.method is TravelMethod.STRAIGHT_LINE and travel.fallback is None):
        return ""
    return t("search.by_network" if travel.fallback is None else f"search.{travel.fallback.code}")


def _subtitle(form: SearchForm, located: "Located", t: Translator, fmt: Formats, today: date, dates: int) -> str:
    """`près de Nantes (44), demain mar. 24 nov. de 9 h à 12 h`."""
    near = form.where if form.near and form.place_text == form.near else located.label
    parts = [t("search.near", place=near or located.label)]
    if form.date:
        start, stop = fmt.clock(clock_of(form.start)), fmt.clock(clock_of(form.stop))
        parts.append(t("search.during", day=day_words(form.day(), today, t, fmt), start=start, stop=stop))
        if dates > 1:
            parts.append(t("search.repeated", weeks=t.count("search.for_weeks", dates)))
    return ", ".join(parts)


def day_words(day: date, today: date, t: Translator, fmt: Formats) -> str:
    """`demain, mar. 24 nov.`, or the day alone when it is further away."""
    near = {0: "search.today", 1: "search.tomorrow"}.get((day - today).days)
    return t(near, day=fmt.day(day)) if near else fmt.day(day)


def _terms(found: SearchResults) -> tuple[str, ...]:
    return tuple(dict.fromkeys(term.name for result in found.results for term in result.terms))


def _map(
    form: SearchForm, located: "Located", found: SearchResults, cards: tuple[Card, ...], t: Translator
) -> dict[str, Any]:
    """What the map draws; positions are lon, lat."""
    return {
        "center": [round(located.point.lon, 6), round(located.point.lat, 6)],
        "start": True,
        "radius_m": found.query.radius_m,
        "pins": pins_of(cards),
        "dots": [
            [round(result.facts["lon"], 5), round(result.facts["lat"], 5)] for result in found.results[form.show :]
        ],
        "here": form.url(where=t("search.map_area"), near="NEAR"),
    }


def pins_of(cards: Iterable[OfferCard]) -> list[dict[str, Any]]:
    """The numbered pins of a list."""
    return [
        {
            "id": card.place_id,
            "rank": card.rank,
            "at": [round(card.lon, 6), round(card.lat, 6)],
            "name": card.name,
            "approximate": card.approximate,
        }
        for card in cards
    ]


def _choices(
    directory: CommunityDirectory, form: SearchForm, today: date, t: Translator, fmt: Formats
) -> dict[str, Any]:
    """What the form offers: days, hours, reaches, amenities, kinds, communities, presets."""
    return {
        "days": days_offered(form, today, t, fmt),
        "hours": hours_offered(form, fmt),
        "reaches": [(reach, t(f"reach.{reach}")) for reach in REACHES]
        + ([] if form.reach in REACHES else [(form.reach, _reach_words(form.reach, t, fmt))]),
        "amenities": [(str(name), t(f"amenity.{name}")) for name in Amenity],
        "needs_text": ", ".join(t.either(f"amenity.{name}", name) for name in form.words("need")),
        "chip_wishes": [(str(name), t(f"wish.{name}")) for name in CHIP_WISHES],
        "other_wishes": [(str(name), t(f"amenity.{name}")) for name in Amenity if name not in CHIP_WISHES],
        "further_controls": further_controls(form.filters, t),
        "presets": [(str(preset), t(f"preset.{preset}")) for preset in Preset],
        "communities": [(one.slug, one.name) for one in directory.communities],
        "examples": [
            (t(f"landing.example.{name}"), SearchForm(date=form.date, lang=form.lang).url(**fields))
            for name, fields in EXAMPLES
        ],
        "on_the_map": ON_THE_MAP,
        "most_weeks": MOST_WEEKS,
    }


def _reach_words(reach: str, t: Translator, fmt: Formats) -> str:
    """A reach that is not in the list: in words, or as typed when it is none."""
    within, _, mode = reach.partition("-")
    try:
        distance = t("reach.up_to", distance=distance_words(parse_within(within), fmt))
    except InvalidInput:
        return reach
    return f"{distance}, {t('reach.' + mode)}" if mode in tuple(Mode) else distance


def days_offered(form: SearchForm, today: date, t: Translator, fmt: Formats) -> list[tuple[str, list[tuple[str, str]]]]:
    """Days to choose from, by month: `(month, [(value, words)])`."""
    months: dict[str, list[tuple[str, str]]] = {}
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    for day in days:
        months.setdefault(fmt.month(day), []).append((day.isoformat(), _capital(day_words(day, today, t, fmt))))
    known = {day.isoformat() for day in days}
    if form.date and form.date not in known:
        months = {t("search.other_day"): [(form.date, form.date)], **months}
    return list(months.items())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def hours_offered(form: SearchForm, fmt: Formats) -> list[tuple[str, str]]:
    """Half-hours to choose from; one that was typed in the address joins them."""
    values = [f"{hour:02d}:{minute:02d}" for hour in range(FIRST_HOUR, LAST_HOUR + 1) for minute in (0, 30)]
    pairs = [(value, fmt.clock(clock_of(value))) for value in values]
    pairs.extend((value, value) for value in dict.fromkeys((form.start, form.stop)) if value and value not in values)
    return pairs


def add_routes(router: APIRouter) -> None:
    router.add_api_route("/", search_page, methods=["GET", "HEAD"])
