"""Hours of the days of a week as one OSM pattern, as `geo.opening_hours.patterns` spells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from geo.errors import InvalidInput
from geo.opening_hours.canonical import clock_text, weekdays_text
from geo.opening_hours.patterns import normalise
from ingest.normalise.hours.lexer import DAY_MIN, Minutes

BY_APPOINTMENT = "sur rendez-vous"
DAY_NAMES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH")


@dataclass(frozen=True, slots=True)
class DayHours:
    """One day: spans in minutes from midnight; a comment makes them uncertain, and alone, the whole day."""

    spans: tuple[Minutes, ...]
    comment: str = ""


CLOSED = DayHours(())


def week_text(week: Mapping[int, DayHours]) -> str | None:
    """The canonical pattern of hours per day (0-6, 7 for public holidays); None when they cannot be one."""
    plain = {day: hours.spans for day, hours in week.items() if day < 7 and not hours.comment}
    if len(plain) == len(week):
        text = plain_week(plain)
        if text:
            return text
    return canonical(week_pattern(week))


def plain_week(spans_by_day: Mapping[int, tuple[Minutes, ...]]) -> str | None:
    """The same text as `canonical` for plain hours on weekdays, at a tenth of the cost.

    None for anything else: nights, spans that touch or overlap, whole days, no hours at all.
    """
    days_by_spans: dict[tuple[Minutes, ...], list[int]] = {}
    for day in sorted(spans_by_day):
        spans = spans_by_day[day]
        if spans:
            days_by_spans.setdefault(spans, []).append(day)
    rules: list[str] = []
    for spans, days in days_by_spans.items():
        times = _times(spans)
        if times is None:
            return None
        rules.append(f"{_days(tuple(days))} {times}")
    return "; ".join(rules) or None


def week_pattern(week: Mapping[int, DayHours]) -> str:
    """Hours per day as OSM rules, not yet canonical; days without hours or comment are off."""
    days_by_hours: dict[DayHours, list[str]] = {}
    for day in sorted(week):
        days_by_hours.setdefault(week[day], []).append(DAY_NAMES[day])
    rules: list[str] = []
    for hours, days in days_by_hours.items():
        times = ",".join(f"{clock_text(start)}-{clock_text(end)}" for start, end in hours.spans)
        comment = f'"{hours.comment}"' if hours.comment else "" if times else "off"
        rules.append(" ".join(part for part in (",".join(days), times, comment) if part))
    return "; ".join(rules)


# Cached: half of the town halls share their hours with another one.
@lru_cache(maxsize=32_768)
def canonical(pattern: str) -> str | None:
    """The one spelling of an OSM pattern, None when it is not one."""
    try:
        return normalise(pattern)
    except InvalidInput:
        return None


@lru_cache(maxsize=1_024)
def _days(days: tuple[int, ...]) -> str:
    return weekdays_text(days)


@lru_cache(maxsize=16_384)
def _times(spans: tuple[Minutes, ...]) -> str | None:
    """Clock times in their order, None when they are not spans of one day apart from each other."""
    before = -1
    for start, end in spans:
        if not before < start < end <= DAY_MIN or (start, end) == (0, DAY_MIN):
            return None
        before = end
    return ",".join([f"{clock_text(start)}-{clock_text(end)}" for start, end in spans])
