"""The canonical spelling of opening rules in OSM syntax.

A plain week (weekdays, public holidays, clock times) is evaluated and written again, so that two patterns with the
same meaning have the same text. A richer pattern keeps its rules, each in a canonical spelling.
"""

from collections.abc import Iterable, Sequence

from geo.opening_hours.day_selectors import always_in_season, spans_on
from geo.opening_hours.rules import ALL_WEEK, DAY_MIN, WEEKDAYS, Days, Join, Rule, Span, State

_FULL_DAY = (Span(0, DAY_MIN),)


def canonical(rules: Sequence[Rule]) -> str:
    """The canonical spelling of `rules`; parsing it gives the same hours and the same text."""
    week_text = _week_text(rules) if all(_is_plain(rule) for rule in rules) else None
    if week_text is not None:
        return week_text
    return "".join((rule.join.value if index else "") + _rule_text(rule) for index, rule in enumerate(rules))


def weekdays_text(weekdays: Iterable[int]) -> str:
    """{0, 1, 2, 5} -> "Mo-We,Sa"."""
    runs: list[list[int]] = []
    for day in sorted(weekdays):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}" for run in runs)


def times_text(spans: Sequence[Span]) -> str:
    """Spans as OSM clock times: "09:00-12:00,18:00-02:00", "20:00+"."""
    parts: list[str] = []
    for span in spans:
        start = clock_text(span.start_min)
        if span.open_ended:
            # "09:00-12:00+" was read as a span and an open end that touch.
            if parts and parts[-1].endswith(f"-{start}"):
                parts[-1] += "+"
            else:
                parts.append(f"{start}+")
            continue
        end_min = span.end_min
        if DAY_MIN < end_min < DAY_MIN + span.start_min:
            end_min -= DAY_MIN  # read back as the next day, since it is before the start
        parts.append(f"{start}-{clock_text(end_min)}")
    return ",".join(parts)


def clock_text(minutes: int) -> str:
    """545 -> "09:05"; 1560 -> "26:00"."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _is_plain(rule: Rule) -> bool:
    return (
        not rule.days.by_calendar
        and not rule.days.school_holidays
        and not rule.comment
        and rule.state is not State.UNKNOWN
        and rule.join is not Join.FALLBACK
        and not any(span.open_ended for span in rule.spans)
    )


def _week_text(rules: Sequence[Rule]) -> str | None:
    usual = [spans_on(rules, weekday, False, always_in_season) for weekday in range(7)]
    holiday = [spans_on(rules, weekday, True, always_in_season) for weekday in range(7)]
    if any(span.start_min >= DAY_MIN for spans in (*usual, *holiday) for span in spans):
        return None  # cut after midnight ("Fr 20:00-04:00; Fr 25:00-26:00 off"): no syntax says it in one rule
    always = all(spans == _FULL_DAY for spans in usual)
    if always and all(spans == _FULL_DAY for spans in holiday):
        return "24/7"
    parts = [f"{weekdays_text(weekdays)} {times_text(spans)}" for spans, weekdays in _groups(usual) if spans]
    on_holidays = [
        f"PH {times_text(spans)}" if weekdays == ALL_WEEK else f"PH {weekdays_text(weekdays)} {times_text(spans)}"
        for spans, weekdays in _groups(holiday)
        if spans
    ]
    # A closure on holidays is implied, so it is not written, except where "Mo-Su 00:00-24:00" would be read as 24/7.
    if parts and not on_holidays and (always or any(rule.days.public_holidays for rule in rules)):
        on_holidays = ["PH off"]
    return "; ".join(parts + on_holidays) or "off"


def _groups(week: Sequence[tuple[Span, ...]]) -> list[tuple[tuple[Span, ...], frozenset[int]]]:
    """Weekdays that share the same spans, in the order of their first day."""
    days_by_spans: dict[tuple[Span, ...], set[int]] = {}
    for weekday, spans in enumerate(week):
        days_by_spans.setdefault(spans, set()).add(weekday)
    return [(spans, frozenset(weekdays)) for spans, weekdays in days_by_spans.items()]


def _rule_text(rule: Rule) -> str:
    parts = [rule.days.dates, _days_text(rule.days), rule.times]
    if rule.always and not rule.times:
        parts = ["24/7"]
    if rule.state is State.CLOSED or (rule.state is State.UNKNOWN and not rule.comment):
        parts.append(rule.state.value)
    elif rule.comment and rule.state is State.OPEN:
        parts.append("open")
    if rule.comment:
        parts.append(f'"{rule.comment}"')
    return " ".join(part for part in parts if part) or "24/7"


def _days_text(days: Days) -> str:
    holidays = [name for name, named in (("PH", days.public_holidays), ("SH", days.school_holidays)) if named]
    weekdays = days.weekday_text or weekdays_text(days.weekdays or ())
    if days.holidays_only:
        return f"{','.join(holidays)} {weekdays}"
    return ",".join(part for part in (weekdays, *holidays) if part)
