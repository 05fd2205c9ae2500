"""Data model of an opening pattern: rules, each with the days it selects and its spans and state.

Minutes count from the local midnight that starts the day; a span that runs past midnight ends after
1440 and belongs to the day it starts on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from geo.errors import InvalidInput

DAY_MIN = 1440
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
ALL_WEEK = frozenset(range(7))


class State(StrEnum):
    """State of a span. Unknown ("by appointment", no closing time) is shown, but never counts as open."""

    OPEN = "open"
    CLOSED = "off"
    UNKNOWN = "unknown"


class Join(StrEnum):
    """How a rule combines with those before it: replaces the day, adds to it, or fills its holes."""

    NORMAL = "; "
    ADDITIONAL = ", "
    FALLBACK = " || "


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes [start, end) of a day in one state. `open_ended`: its end is unknown."""

    start_min: int
    end_min: int
    state: State = State.OPEN
    comment: str = ""
    open_ended: bool = False


@dataclass(frozen=True, slots=True)
class Days:
    """Which days a rule selects.

    `dates` is the seasonal part in OSM syntax ("Jul 9-Aug 31", "week 1-10", "2026"), empty for all year.
    `weekday_text` is only set when weekdays alone do not say it ("Th[2,4]"); `weekdays` None means that
    no weekday was named. `holidays_only` tells "PH Mo-Fr" (holidays that fall on Mo-Fr) from "PH,Mo-Fr".
    """

    dates: str = ""
    weekdays: frozenset[int] | None = None
    weekday_text: str = ""
    public_holidays: bool = False
    school_holidays: bool = False
    holidays_only: bool = False

    @property
    def by_calendar(self) -> bool:
        """Whether the selection depends on more than the weekday and the holidays."""
        return bool(self.dates or self.weekday_text)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a pattern. `spans` are sorted; `times` is their canonical text, empty for all day."""

    days: Days
    spans: tuple[Span, ...]
    times: str
    state: State
    comment: str
    join: Join

    @property
    def all_day(self) -> bool:
        return not self.times

    @property
    def always(self) -> bool:
        """Whether this rule is "24/7", which does not stop on public holidays."""
        days = self.days
        return (
            self.state is State.OPEN
            and not days.by_calendar
            and days.weekdays in (None, ALL_WEEK)
            and not (days.public_holidays or days.school_holidays)
            and len(self.spans) == 1
            and self.spans[0].start_min == 0
            and self.spans[0].end_min >= DAY_MIN
        )


def overlay(below: Sequence[Span], above: Sequence[Span]) -> tuple[Span, ...]:
    """Spans of both; where they meet, `above` wins."""
    return tuple(sorted((*subtract(below, above), *above), key=_by_start))


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> tuple[Span, ...]:
    """`spans` without the minutes of `holes`."""
    left = list(spans)
    for hole in holes:
        cut: list[Span] = []
        for span in left:
            if hole.end_min <= span.start_min or span.end_min <= hole.start_min:
                cut.append(span)
                continue
            if span.start_min < hole.start_min:
                cut.append(Span(span.start_min, hole.start_min, span.state, span.comment))
            if hole.end_min < span.end_min:
                cut.append(Span(hole.end_min, span.end_min, span.state, span.comment, span.open_ended))
        left = cut
    return tuple(left)


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Sorted, with touching or overlapping spans of the same state and comment joined."""
    out: list[Span] = []
    for span in sorted(spans, key=_by_start):
        last = out[-1] if out else None
        if (
            last is not None
            and span.start_min <= last.end_min
            and (span.state, span.comment) == (last.state, last.comment)
        ):
            end_min = max(last.end_min, span.end_min)
            out[-1] = Span(last.start_min, end_min, last.state, last.comment, last.open_ended or span.open_ended)
        else:
            out.append(span)
    return tuple(out)


def _by_start(span: Span) -> tuple[int, int]:
    return span.start_min, span.end_min


def not_understood(pattern: str, *, fr: str, en: str) -> InvalidInput:
    """The error for a pattern that cannot be used; `fr` and `en` say why, without punctuation."""
    return InvalidInput(
        field="hours",
        value=pattern,
        fr=f"Les horaires « {pattern} » ne sont pas compris : {fr} ; "
        "écrivez-les comme « Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00; PH off ».",
        en=f"The hours “{pattern}” are not understood: {en}; "
        "write them like “Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00; PH off”.",
    )
