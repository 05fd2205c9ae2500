"""The search form as people fill it in, and what it asks of the product.

Fields are kept as typed, so that a form with a mistake comes back as it was sent.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from geo.errors import InvalidInput
from service.localisation.catalogue import catalogue
from service.pages.search.filter_controls import BLANK, CONTROLS, FURTHER, Typed
from service.search.request import SearchRequest, build_request

FIRST_PAGE = 20
"""Results shown before "show more"."""
ON_THE_MAP = 100
"""Results asked for: the first ones as cards and pins, the rest as dots."""
DAYS_AHEAD = 62
"""Days offered in the list of days; as far as the index knows."""
REACHES = ("20min-walk", "20min-bike", "20min-car", "1km", "5km", "10km", "30km", "50km", "100km")
DEFAULT_REACH = "30km"
_FIRST = (
    "where",
    "near",
    "date",
    "start",
    "stop",
    "weeks",
    "dates",
    "seats",
    "need",
    "wish",
    "kind",
    "preset",
    "reach",
)
ADDRESS_ORDER = (*_FIRST, *(name for name in CONTROLS if name not in _FIRST), "show", "lang")
"""Fields and filters in the order that addresses have always had."""


@dataclass(frozen=True, slots=True)
class SearchForm:
    """One filled-in form: where, when and how far, every field as text, and the filters by name."""

    where: str = ""
    near: str = ""
    """`lat,lon` behind a `where` such as "Around me"; ignored as soon as another place is typed."""
    date: str = ""
    start: str = "09:00"
    stop: str = "12:00"
    reach: str = DEFAULT_REACH
    show: int = FIRST_PAGE
    lang: str = ""
    filters: Mapping[str, Typed] = field(default_factory=lambda: BLANK)

    @classmethod
    def read(cls, given: QueryParams, today: dt.date) -> "SearchForm":
        """The form of a page address. A missing `date` means the next working day; an empty one, any time."""
        return cls(
            where=given.get("where", "").strip()[:200],
            near=given.get("near", "").strip()[:60],
            date=given.get("date", next_working_day(today).isoformat()).strip()[:40],
            start=given.get("from", "09:00").strip()[:10],
            stop=given.get("to", "12:00").strip()[:10],
            reach=_reach(given),
            show=_show(given.get("show", "")),
            lang=given.get("lang", ""),
            filters={name: control.read(given.getlist(name)) for name, control in CONTROLS.items()},
        )

    @property
    def asked(self) -> bool:
        """Whether this is a search, rather than the page one arrives at."""
        return bool(self.where or self.near)

    @property
    def is_refined(self) -> bool:
        """Whether something is asked under "more criteria"."""
        names = ("weeks", *(control.declaration.name for control in FURTHER))
        return any(self.filters[name] != BLANK[name] for name in names)

    @property
    def place_text(self) -> str:
        """What to look up: the position behind "Around me", else the words typed."""
        return self.near if self.near and (not self.where or self.where in _near_words()) else self.where

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a filter that has several."""
        words = self.filters[name]
        return words if isinstance(words, tuple) else ()

    def parameters(self, **changes: Any) -> list[tuple[str, str]]:
        """Name and value pairs of the page's address, without what is as by default."""
        form = self.changed(**changes)
        own = {field.name: (getattr(form, field.name), field.default) for field in fields(form)}
        both = own | {name: (value, BLANK[name]) for name, value in form.filters.items()}
        pairs: list[tuple[str, str]] = []
        for name in ADDRESS_ORDER:
            value, default = both[name]
            address_name = {"start": "from", "stop": "to"}.get(name, name)
            if isinstance(value, tuple):
                pairs.extend((address_name, word) for word in value)
            elif name == "date" or value != default:
                pairs.append((address_name, "1" if value is True else str(value)))
        return pairs

    def url(self, **changes: Any) -> str:
        """Address of this search with some fields or filters changed."""
        return "/?" + urlencode(self.parameters(**changes))

    def changed(self, **changes: Any) -> "SearchForm":
        """The form with other fields or filters, each by its name."""
        filters = {name: changes.pop(name) for name in CONTROLS if name in changes}
        return replace(self, filters={**self.filters, **filters}, **changes)

    def to_request(self) -> SearchRequest:
        """What the product is asked. Raises InvalidInput with one sentence about the first field that is wrong."""
        within, _, mode = self.reach.partition("-")
        at = tuple(filter(None, [self.window_text()]))
        values = {name: control.value(self.filters[name]) for name, control in CONTROLS.items()}
        other = {"at": at, "within": within or None, "mode": mode or None, "limit": ON_THE_MAP}
        return build_request(self.place_text, {**values, **other})

    def window_text(self) -> str | None:
        """`2026-11-24T09:00/12:00`, None for any time."""
        if not self.date:
            return None
        day = self.day()
        start, stop = clock_of(self.start), clock_of(self.stop)
        return f"{day.isoformat()}T{start:%H:%M}/{stop:%H:%M}"

    def day(self) -> dt.date:
        """The day asked. Raises InvalidInput when it is not one."""
        try:
            return dt.date.fromisoformat(self.date)
        except ValueError as error:
            raise InvalidInput(
                field="date",
                value=self.date,
                fr=f"« {self.date} » n’est pas une date : choisissez un jour dans la liste.",
                en=f"“{self.date}” is not a date: choose a day in the list.",
            ) from error


def next_working_day(today: dt.date) -> dt.date:
    """Tomorrow, or Monday when tomorrow is in the week-end."""
    day = today + dt.timedelta(days=1)
    return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def clock_of(text: str) -> dt.time:
    """`9`, `9h30` or `09:30` as a time of day. Raises InvalidInput."""
    hour, _, minute = text.lower().replace("h", ":").replace(" ", "").partition(":")
    try:
        return dt.time(int(hour), int(minute or 0))
    except ValueError as error:
        raise InvalidInput(
            field="from",
            value=text,
            fr=f"« {text} » n’est pas une heure : choisissez-en une dans la liste.",
            en=f"“{text}” is not a time of day: choose one in the list.",
        ) from error


def _reach(given: QueryParams) -> str:
    """Our one field, or the two of the API (`within`, `mode`), so that its addresses work here too."""
    if given.get("reach"):
        return given["reach"].strip()[:30]
    within, mode = given.get("within", "").strip()[:20], given.get("mode", "").strip()[:10]
    if not within and not mode:
        return DEFAULT_REACH
    return f"{within or DEFAULT_REACH}-{mode}" if mode else within


def _near_words() -> set[str]:
    return {catalogue(language)[key] for language in ("fr", "en") for key in ("search.around_me", "search.map_area")}


def _show(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) < 5 else FIRST_PAGE
    return min(max(number, FIRST_PAGE), ON_THE_MAP)
