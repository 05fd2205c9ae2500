"""When: what people type for a day and hours, in the local time of the place they search.

Accepted: ISO intervals (`2026-11-24T09:00/PT3H`, `2026-11-24T09:00/12:00`, with or without an offset) and
plain words in French or English (`demain 9h-12h`, `tomorrow 9-12`, `mardi 14h-17h30`, `24/11 9h-12h`).
"""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from geo.errors import InvalidInput
from matching.query.query import SLOT_S, Window, slot_start

_DURATION = re.compile(r"^P?T?(?:(\d{1,3})h(?:(\d{1,2})(?:m(?:in)?)?)?|(\d{1,4})m(?:in)?)$", re.IGNORECASE)
_CLOCK = r"(\d{1,2})(?:\s*[h:]\s*(\d{2})?)?"
_HOURS = re.compile(rf"^{_CLOCK}\s*(?:-|–|à|to)\s*{_CLOCK}$", re.IGNORECASE)
_DAY_MONTH = re.compile(r"^(\d{1,2})/(\d{1,2})(?:/(\d{4}))?$")
_WEEKDAYS = (
    ("lundi", "monday"),
    ("mardi", "tuesday"),
    ("mercredi", "wednesday"),
    ("jeudi", "thursday"),
    ("vendredi", "friday"),
    ("samedi", "saturday"),
    ("dimanche", "sunday"),
)
_NEAR_DAYS = {
    "aujourd'hui": 0,
    "aujourd’hui": 0,
    "today": 0,
    "hier": -1,
    "yesterday": -1,
    "demain": 1,
    "tomorrow": 1,
    "après-demain": 2,
}


def parse_duration(text: str) -> timedelta:
    """`PT3H`, `3h`, `1h30`, `90min` as a duration. Raises InvalidInput."""
    found = _DURATION.match(text.strip().replace(" ", ""))
    if not found:
        raise _not_understood(text)
    hours, minutes, alone = (int(group or 0) for group in found.groups())
    return timedelta(hours=hours, minutes=minutes + alone)


def parse_window(text: str, zone: ZoneInfo, now: datetime) -> Window:
    """Slots of an interval typed by a person, local to `zone`; `now` places words such as "demain".

    Raises InvalidInput when it is not understood, empty, or over.
    """
    window, stop = _window(text.strip(), zone, now.astimezone(zone).date())
    _check_not_over(stop, now)
    return window


def parse_any(duration: str, between: str, zone: ZoneInfo, now: datetime) -> Window:
    """`--any 3h --between A/B`: free for that long somewhere between; the part of it already over is left out."""
    start, stop = _interval(between.strip(), zone, now.astimezone(zone).date())
    _check_not_over(stop, now)
    asked_slots = -(-int(parse_duration(duration).total_seconds()) // SLOT_S)
    start = max(start, now) if start < now < stop else start
    return Window.between(start, stop, asked_slots)


def later(window: Window, weeks: int, zone: ZoneInfo) -> Window:
    """The same hours by the clock of `zone`, so many weeks later: an hour's shift of the clocks moves its slots."""
    if weeks == 0:
        return window
    start, stop = (slot_start(slot).astimezone(zone) + timedelta(weeks=weeks) for slot in (window.start, window.stop))
    return Window.between(start, stop, window.any_slots)


def _check_not_over(stop: datetime, now: datetime) -> None:
    if stop <= now:
        raise InvalidInput(
            field="at",
            fr="Ce créneau est déjà passé : choisissez une date et une heure à venir.",
            en="This time is already past: choose a date and hour to come.",
        )


@lru_cache(maxsize=4096)
def _window(text: str, zone: ZoneInfo, today: date) -> tuple[Window, datetime]:
    """The slots of an interval, and its end."""
    start, stop = _interval(text, zone, today)
    return Window.between(start, stop), stop


def _interval(text: str, zone: ZoneInfo, today: date) -> tuple[datetime, datetime]:
    if "/" in text and "T" in text.split("/", 1)[0]:
        first, second = text.split("/", 1)
        start = _moment(first, zone, text)
        if second[:1] in "Pp":
            return start, start + parse_duration(second)
        if re.fullmatch(r"\d{1,2}:\d{2}", second):
            hour, minute = (int(part) for part in second.split(":"))
            return start, _at(start.date(), hour, minute, zone, text)
        return start, _moment(second, zone, text)
    return _spoken(text, zone, today)


def _moment(text: str, zone: ZoneInfo, whole: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _not_understood(whole) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _spoken(text: str, zone: ZoneInfo, today: date) -> tuple[datetime, datetime]:
    day_words, _, hours = text.lower().replace(",", " ").strip().partition(" ")
    found = _HOURS.match(hours.strip().removeprefix("de ").strip())
    if not found:
        raise _not_understood(text)
    day = _day(day_words, today, text)
    start_hour, start_minute, stop_hour, stop_minute = (int(group or 0) for group in found.groups())
    return _at(day, start_hour, start_minute, zone, text), _at(day, stop_hour, stop_minute, zone, text)


def _day(word: str, today: date, whole: str) -> date:
    if word in _NEAR_DAYS:
        return today + timedelta(days=_NEAR_DAYS[word])
    for number, names in enumerate(_WEEKDAYS):
        if word in names:
            return today + timedelta(days=(number - today.weekday()) % 7)
    found = _DAY_MONTH.match(word)
    try:
        if not found:
            return date.fromisoformat(word)
        day, month, year = int(found[1]), int(found[2]), int(found[3] or today.year)
        given = date(year, month, day)
    except ValueError as error:
        raise _not_understood(whole) from error
    return given if found[3] or given >= today else given.replace(year=today.year + 1)


def _at(day: date, hour: int, minute: int, zone: ZoneInfo, whole: str) -> datetime:
    try:
        if (hour, minute) == (24, 0):
            return datetime.combine(day + timedelta(days=1), time(0), zone)
        return datetime.combine(day, time(hour, minute), zone)
    except ValueError as error:
        raise _not_understood(whole) from error


def _not_understood(text: str) -> InvalidInput:
    return InvalidInput(
        field="at",
        value=text,
        fr=f"« {text} » n'est pas compris : écrivez par exemple « demain 9h-12h » ou 2026-11-24T09:00/PT3H.",
        en=f"“{text}” is not understood: write for example “tomorrow 9-12” or 2026-11-24T09:00/PT3H.",
    )
