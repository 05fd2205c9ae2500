"""Selects the rules that hold on a date and combines them into open spans.

How rules combine is OSM's: a rule replaces the day, unless it is joined by a comma (adds) or "||" (fills
holes), and "off" takes its own minutes away. Three readings are specific to PlaceLibre:

* **public holidays**: a rule that does not name them does not open the place on one. People expect a
  mairie, a library or a coworking to be closed that day even when its sign forgets to say so. "24/7" is
  the exception, and a rule that closes ("Aug 1-15 off") closes on holidays too.
* **school holidays** ("SH"): no calendar is kept, so a rule for them never applies, not even to close.
* **past midnight**: "Fr 18:00-02:00" belongs to Friday as a whole, whatever Saturday's own rules say.

Seasonal selectors are left to the `opening_hours` package, which only lists their dates.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from opening_hours import OpeningHours, ParserError

from geo.opening_hours.rules import Days, Join, Rule, Span, State, merged, not_understood, overlay, subtract

# Whether the seasonal part of a rule selects the current day.
InSeason = Callable[[Days], bool]

_MONTH_DAY = re.compile(r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{1,2})(?:-(\d{1,2})(?!\d))?")
_LONGEST = {"Feb": 29, "Apr": 30, "Jun": 30, "Sep": 30, "Nov": 30}


def check_dates(pattern: str, dates: str) -> None:
    """Raise InvalidInput, quoting `pattern`, when `dates` is not a seasonal selector."""
    # The package takes "Feb 30" and then selects every day of the year.
    impossible = any(
        int(day) > _LONGEST.get(month, 31) or int(day) < 1
        for month, *days in _MONTH_DAY.findall(dates)
        for day in days
        if day
    )
    try:
        OpeningHours(dates)
    except ParserError:
        impossible = True
    if impossible:
        raise not_understood(pattern, fr=f"« {dates} » n'est pas une période", en=f"“{dates}” is not a period")


def season_text(days: Days) -> str:
    """The part of `days` that needs a calendar, in OSM syntax; all days when empty."""
    return f"{days.dates} {days.weekday_text}".strip()


def season_dates(days: Days, first: date, last: date) -> frozenset[date]:
    """The dates from `first` to `last` that the seasonal part of `days` selects (holidays ignored)."""
    midnight, after = datetime.combine(first, time()), datetime.combine(last + timedelta(days=1), time())
    dates: set[date] = set()
    for begins, ends, state, *_ in OpeningHours(season_text(days)).intervals(midnight, after):
        if str(state) != "open":
            continue
        dates.update(begins.date() + timedelta(days=step) for step in range((ends.date() - begins.date()).days))
    return frozenset(dates)


def in_season_on(day: date) -> InSeason:
    """Season test for one date; for many dates, keep `season_dates` instead."""
    return lambda days: day in season_dates(days, day, day)


def selects(rule: Rule, weekday: int, is_holiday: bool, in_season: InSeason) -> bool:
    """Whether `rule` holds on a day; `in_season` is called only when the rule has a seasonal part."""
    days = rule.days
    if days.by_calendar and not in_season(days):
        return False
    on_weekday = days.weekdays is None or weekday in days.weekdays
    if days.holidays_only:
        return is_holiday and days.public_holidays and on_weekday
    if is_holiday:
        if days.public_holidays:
            return True
        silent = days.weekdays is None and days.school_holidays
        return (rule.always or rule.state is State.CLOSED) and on_weekday and not silent
    if days.weekdays is None:
        return not (days.public_holidays or days.school_holidays)
    return on_weekday


def spans_on(rules: Sequence[Rule], weekday: int, is_holiday: bool, in_season: InSeason) -> tuple[Span, ...]:
    """The spans of one day: disjoint, open or unknown, in order; () when closed.

    `weekday` is 0 for Monday. Spans that end after 1440 run into the next day.
    """
    spans: tuple[Span, ...] = ()
    for rule in rules:
        if not selects(rule, weekday, is_holiday, in_season):
            continue
        if rule.state is State.CLOSED:
            spans = () if rule.all_day else subtract(spans, rule.spans)
        elif rule.join is Join.FALLBACK:
            spans = overlay(subtract(rule.spans, spans), spans)
        elif rule.join is Join.ADDITIONAL:
            spans = overlay(spans, rule.spans)
        else:
            spans = rule.spans
    return merged(spans) if len(spans) > 1 else spans


def needs_calendar(rules: Sequence[Rule]) -> bool:
    """Whether weekday and holiday are not enough to know a day."""
    return any(rule.days.by_calendar for rule in rules)


def always_in_season(_: Days) -> bool:
    """For rules that have no seasonal part."""
    return True
