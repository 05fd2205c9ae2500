"""Opening hours in words, French or English.

French follows its typography: "8 h 30 – 12 h" with non-breaking spaces, so that a line never ends
between a number and its unit. English uses the 24-hour clock.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from geo.errors import Language
from geo.opening_hours.day_selectors import always_in_season, in_season_on, spans_on
from geo.opening_hours.parser import parse
from geo.opening_hours.public_holidays import METROPOLE, holiday_dates
from geo.opening_hours.rules import DAY_MIN, Rule, Span, State

_NBSP = "\u00a0"
_DAY_NAMES: dict[Language, tuple[str, ...]] = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_WORDS: dict[Language, dict[str, str]] = {
    "fr": {
        "open": "ouvert",
        "closed": "fermé",
        "holiday": "jour férié",
        "holidays": "jours fériés",
        "all_day": "24 h/24",
        "uncertain": "à confirmer",
        "from": "à partir de",
        "some_dates": "certaines dates",
        "other_hours": "horaires différents",
        "school": "vacances scolaires",
    },
    "en": {
        "open": "open",
        "closed": "closed",
        "holiday": "public holiday",
        "holidays": "public holidays",
        "all_day": "24 hours",
        "uncertain": "to be confirmed",
        "from": "from",
        "some_dates": "some dates",
        "other_hours": "different hours",
        "school": "school holidays",
    },
}


def describe_day(pattern: str, local_date: date, *, holiday_region: str = METROPOLE, language: Language = "fr") -> str:
    """The opening hours on one local date.

    French: "ouvert 8 h 30 – 12 h, 13 h 30 – 17 h", "fermé", "fermé (jour férié)"; English: "open 08:30–12:00,
    13:30–17:00". A night belongs to the evening it starts. Raises InvalidInput like `normalise`.
    """
    rules = parse(pattern)
    words = _WORDS[language]
    is_holiday = bool(holiday_dates(holiday_region, local_date, local_date))
    spans = spans_on(rules, local_date.weekday(), is_holiday, in_season_on(local_date))
    if spans:
        certain = any(span.state is State.OPEN for span in spans)
        hours = _spans_text(spans, language)
        return f"{words['open']} {hours}" if certain else hours
    if is_holiday and spans_on(rules, local_date.weekday(), False, in_season_on(local_date)):
        return f"{words['closed']} ({words['holiday']})"
    return words["closed"]


def describe_week(
    pattern: str,
    language: Language = "fr",
    *,
    week_of: date | None = None,
    holiday_region: str = METROPOLE,
) -> list[tuple[str, str]]:
    """Rows (day, hours) from Monday to Sunday: ("lundi", "9 h – 12 h, 14 h – 17 h"), ("dimanche", "fermé").

    Without `week_of`, the usual week: rules for some dates only are left out and announced by a last row
    ("certaines dates", "horaires différents"), and rules for public or school holidays have their own row.
    With `week_of`, the week of that date as it is, holidays and seasons included, in exactly seven rows.
    """
    if week_of is not None:
        monday = week_of - timedelta(days=week_of.weekday())
        opens = _WORDS[language]["open"] + " "
        return [
            (
                name,
                describe_day(
                    pattern, monday + timedelta(days=step), holiday_region=holiday_region, language=language
                ).removeprefix(opens),
            )
            for step, name in enumerate(_DAY_NAMES[language])
        ]
    rules = parse(pattern)
    usual = [rule for rule in rules if not rule.days.by_calendar]
    rows = [
        (name, _hours_text(spans_on(usual, weekday, False, always_in_season), language))
        for weekday, name in enumerate(_DAY_NAMES[language])
    ]
    return rows + _further_rows(rules, usual, language)


def describe_briefly(pattern: str, language: Language = "fr") -> str:
    """The usual week on one line, like "lun.-ven. 9 h – 12 h ; sam. 9 h – 11 h"; closed days are left out."""
    closed = _WORDS[language]["closed"]
    rows = describe_week(pattern, language)
    length, stop = (3, ".") if language == "fr" else (3, "")
    runs: list[tuple[list[str], str]] = []
    for index, (day, hours) in enumerate(rows):
        name = day[:length] + stop if index < len(_DAY_NAMES[language]) else day
        if runs and runs[-1][1] == hours and index < len(_DAY_NAMES[language]):
            runs[-1][0].append(name)
        else:
            runs.append(([name], hours))
    parts = [f"{days[0]}{'-' + days[-1] if len(days) > 1 else ''} {hours}" for days, hours in runs if hours != closed]
    return (" ; " if language == "fr" else "; ").join(parts) or closed


def _further_rows(rules: Sequence[Rule], usual: Sequence[Rule], language: Language) -> list[tuple[str, str]]:
    words = _WORDS[language]
    rows: list[tuple[str, str]] = []
    if any(rule.days.public_holidays for rule in usual):
        by_weekday = {spans_on(usual, weekday, True, always_in_season) for weekday in range(7)}
        text = _hours_text(by_weekday.pop(), language) if len(by_weekday) == 1 else words["other_hours"]
        rows.append((words["holidays"], text))
    school = [rule for rule in usual if rule.days.school_holidays]
    if school:
        closed = all(rule.state is State.CLOSED for rule in school)
        rows.append((words["school"], words["closed"] if closed else words["other_hours"]))
    if len(usual) < len(rules):
        rows.append((words["some_dates"], words["other_hours"]))
    return rows


def _hours_text(spans: Sequence[Span], language: Language) -> str:
    return _spans_text(spans, language) if spans else _WORDS[language]["closed"]


def _spans_text(spans: Sequence[Span], language: Language) -> str:
    """Spans in order; consecutive spans with the same comment show it once."""
    parts: list[str] = []
    for index, span in enumerate(spans):
        words = _WORDS[language]
        note = span.comment or ("" if span.state is State.OPEN or span.open_ended else words["uncertain"])
        following = spans[index + 1] if index + 1 < len(spans) else None
        if following is not None and following.comment == span.comment and following.state is span.state:
            note = ""
        text = _span_text(span, language)
        if note and span.state is State.UNKNOWN and (span.start_min, span.end_min) == (0, DAY_MIN):
            parts.append(note)  # "sur rendez-vous" alone, not "24 h/24 (sur rendez-vous)"
        else:
            parts.append(f"{text} ({note})" if note else text)
    return ", ".join(parts)


def _span_text(span: Span, language: Language) -> str:
    words = _WORDS[language]
    if span.open_ended:
        return f"{words['from']} {_clock(span.start_min, language)}"
    if span.start_min == 0 and span.end_min == DAY_MIN:
        return words["all_day"].replace(" ", _NBSP)
    start, end = _clock(span.start_min, language), _clock(span.end_min, language)
    return f"{start}{_NBSP}–{_NBSP}{end}" if language == "fr" else f"{start}–{end}"


def _clock(minutes: int, language: Language) -> str:
    """510 -> "8 h 30" or "08:30"; 1440 -> "minuit" or "24:00"; later, the hour of the next day."""
    if minutes == DAY_MIN:
        return "minuit" if language == "fr" else "24:00"
    hour, minute = divmod(minutes % DAY_MIN, 60)
    if language == "en":
        return f"{hour:02d}:{minute:02d}"
    return f"{hour}{_NBSP}h{_NBSP}{minute:02d}" if minute else f"{hour}{_NBSP}h"
