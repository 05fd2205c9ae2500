"""The search form as people fill it in, and what it asks of the product.

Fields are kept as typed, so that a form with a mistake comes back as it was sent.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from geo.errors import InvalidInput
from service.localisation.catalogue import catalogue
from service.search.request import SearchRequest

FIRST_PAGE = 20
"""Results shown before "show more"."""
ON_THE_MAP = 100
"""Results asked for: the first ones as cards and pins, the rest as dots."""
DAYS_AHEAD = 62
"""Days offered in the list of days; as far as the index knows."""
REACHES = ("20min-walk", "20min-bike", "20min-car", "1km", "5km", "10km", "30km", "50km", "100km")
DEFAULT_REACH = "30km"


@dataclass(frozen=True, slots=True)
class SearchForm:
    """One filled-in form; every field as text, lists as tuples of words."""

    where: str = ""
    near: str = ""
    """`lat,lon` behind a `where` such as "Around me"; ignored as soon as another place is typed."""
    date: str = ""
    start: str = "09:00"
    stop: str = "12:00"
    weeks: str = "1"
    """How many weeks running, the same day and hours."""
    dates: str = "all"
    seats: str = "1"
    need: tuple[str, ...] = ()
    wish: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    preset: str = "balanced"
    reach: str = DEFAULT_REACH
    max_price: str = ""
    community: str = ""
    candidates: bool = False
    show: int = FIRST_PAGE
    lang: str = ""

    @classmethod
    def read(cls, given: QueryParams, today: dt.date) -> "SearchForm":
        """The form of a page address. A missing `date` means the next working day; an empty one, any time."""
        return cls(
            where=given.get("where", "").strip()[:200],
            near=given.get("near", "").strip()[:60],
            date=given.get("date", next_working_day(today).isoformat()).strip()[:40],
            start=given.get("from", "09:00").strip()[:10],
            stop=given.get("to", "12:00").strip()[:10],
            weeks=given.get("weeks", "1").strip()[:10] or "1",
            dates=given.get("dates", "all").strip()[:10] or "all",
            seats=given.get("seats", "1").strip()[:10] or "1",
            need=_words(given.getlist("need")),
            wish=_words(given.getlist("wish")),
            kind=_words(given.getlist("kind")),
            preset=given.get("preset", "") or "balanced",
            reach=_reach(given),
            max_price=given.get("max_price", "").strip()[:20],
            community=given.get("community", "").strip()[:64],
            candidates=given.get("candidates", "") in {"1", "true", "on"},
            show=_show(given.get("show", "")),
            lang=given.get("lang", ""),
        )

    @property
    def asked(self) -> bool:
        """Whether this is a search, rather than the page one arrives at."""
        return bool(self.where or self.near)

    @property
    def place_text(self) -> str:
        """What to look up: the position behind "Around me", else the words typed."""
        return self.near if self.near and (not self.where or self.where in _near_words()) else self.where

    def parameters(self, **changes: Any) -> list[tuple[str, str]]:
        """Name and value pairs of the page's address, without what is as by default."""
        form = replace(self, **changes)
        pairs: list[tuple[str, str]] = []
        for one in fields(form):
            value = getattr(form, one.name)
            name = {"start": "from", "stop": "to"}.get(one.name, one.name)
            if isinstance(value, tuple):
                pairs.extend((name, word) for word in value)
            elif one.name == "date" or value != one.default:
                pairs.append((name, "1" if value is True else str(value)))
        return pairs

    def url(self, **changes: Any) -> str:
        """Address of this search with some fields changed."""
        return "/?" + urlencode(self.parameters(**changes))

    def changed(self, **changes: Any) -> "SearchForm":
        return replace(self, **changes)

    def to_request(self) -> SearchRequest:
        """What the product is asked. Raises InvalidInput with one sentence about the first field that is wrong."""
        within, _, mode = self.reach.partition("-")
        return SearchRequest(
            where=self.place_text,
            at=tuple(filter(None, [self.window_text()])),
            weeks=_weeks(self.weeks),
            dates=self.dates,
            seats=_seats(self.seats),
            need=self.need,
            wish=self.wish,
            kind=self.kind,
            max_price=_price(self.max_price),
            community=self.community or None,
            within=within or None,
            mode=mode or None,
            preset=self.preset,
            candidates=self.candidates,
            limit=ON_THE_MAP,
        )

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


def _words(given: Sequence[str]) -> tuple[str, ...]:
    parts = [part.strip()[:40] for text in given for part in text.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


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


def _seats(text: str) -> int:
    if text.isdecimal() and len(text) < 7:
        return int(text)
    raise InvalidInput(
        field="seats",
        value=text,
        fr=f"« {text} » n’est pas un nombre de places : écrivez par exemple 2.",
        en=f"“{text}” is not a number of seats: write for example 2.",
    )


def _weeks(text: str) -> int:
    """Out of range where it is no number: the search says what is possible."""
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _price(text: str) -> float | None:
    if not text:
        return None
    number = text.replace("€", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
    if number.replace(".", "", 1).isdecimal() and len(number) < 10:
        return float(number)
    raise InvalidInput(
        field="max_price",
        value=text,
        fr=f"« {text} » n’est pas un prix : écrivez par exemple 15.",
        en=f"“{text}” is not a price: write for example 15.",
    )
