"""Opening hours of the lists -> OSM syntax, as `geo.opening_hours` spells it; None when not understood.

Nothing is guessed. What a person wrote for one day and a machine cannot read ("réservé aux scolaires") is
kept as that day's comment, which makes the day unknown: shown as written, never taken for open or closed.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from geo.errors import InvalidInput
from geo.hours.parse import parse
from geo.hours.rules import Days, Join, Rule, State
from geo.opening_hours import normalise
from ingest.normalise.blank import known
from ingest.normalise.french_hours import (
    BY_APPOINTMENT,
    CLOSED,
    WEEKDAYS,
    DayHours,
    read_day,
    read_week,
    week_pattern,
)
from ingest.normalise.hour_words import Minutes

_LONGEST_TEXT = 1000
_FRENCH_DAYS = {
    day: index for index, day in enumerate(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"))
}
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::\d{2})?")

# French and loose English words for OSM's, as translated or half-translated tags have them.
_OSM_WORDS: dict[str, str] = {
    **{french: WEEKDAYS[index] for french, index in _FRENCH_DAYS.items()},
    **{"lun": "Mo", "mer": "We", "jeu": "Th", "ven": "Fr", "sam": "Sa", "dim": "Su"},
    **dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), WEEKDAYS, strict=True)),
    **dict.fromkeys(("ferme", "fermé", "fermée"), "off"),
    **dict.fromkeys(("janvier", "janv"), "Jan"),
    **dict.fromkeys(("février", "fevrier", "févr", "fév", "fevr", "fev"), "Feb"),
    "mars": "Mar",
    **dict.fromkeys(("avril", "avr"), "Apr"),
    "mai": "May",
    "juin": "Jun",
    **dict.fromkeys(("juillet", "juil"), "Jul"),
    **dict.fromkeys(("août", "aout"), "Aug"),
    **dict.fromkeys(("septembre", "sept"), "Sep"),
    **dict.fromkeys(("octobre",), "Oct"),
    **dict.fromkeys(("novembre",), "Nov"),
    **dict.fromkeys(("décembre", "decembre", "déc"), "Dec"),
}
_PUBLIC_HOLIDAYS = re.compile(r"\bjours?\s+f[eé]ri[eé]s?\b", re.IGNORECASE)
_MAR = re.compile(r"\bmar\b", re.IGNORECASE)
_OTHER_SHORT_DAY = re.compile(r"\b(?:lun|mer|jeu|ven|sam|dim)\b", re.IGNORECASE)
_MONTH = r"(?:jan|feb|f[eé]v|apr|avr|may|mai|jun|juin|jul|juil|aug|ao[uû]t|sep|oct|nov|d[eé]c)"
_MARCH = re.compile(rf"\bmar\s*-\s*{_MONTH}|{_MONTH}\w*\s*-\s*mar\b|\bmar\s*\d{{1,2}}(?!\s*[:h\d])", re.IGNORECASE)
_WORD = re.compile(r'"[^"]*"|[^\W\d_]+')
_LINE = re.compile(r"\s*[\r\n]+\s*")


def from_mairie_json(text: str) -> str | None:
    """Hours of a town hall as the DILA's directory has them.

    `[["lundi","jeudi",[["08:00:00","12:00:00"],["13:30:00","17:30:00"]]],["samedi","",[...]]]`: ranges of days
    (the second may be blank), several entries for a day adding up. Spans of no length are dropped.
    """
    try:
        entries = json.loads(text)
    except json.JSONDecodeError:
        return None
    if not isinstance(entries, list):
        return None
    week: dict[int, DayHours] = {}
    for entry in entries:
        match entry:
            case [str(first), str(last), [*ranges]]:
                days = _day_range(first, last or first)
                spans = [_clock_span(item) for item in ranges]
            case _:
                return None
        if days is None or None in spans:
            return None
        real = tuple(span for span in spans if span is not None and span[0] < span[1])
        for day in days:
            before = week.get(day, DayHours(()))
            if before.spans + real:
                week[day] = DayHours(before.spans + real)
    return _canonical(week_pattern(week)) if week else None


def from_day_columns(values: Mapping[int, str]) -> str | None:
    """Hours from one column per weekday (0 is Monday): {0: "09:00 - 12:00 / 13:30 - 17:00", 6: ""}.

    A blank day is closed, and so is the "00:00 - 00:00" of forms; None when no day opens. A day that is not
    understood is kept as a comment.
    """
    week: dict[int, DayHours] = {}
    opens = False
    for day in sorted(values):
        text = " ".join(known(values[day]).split())
        if not text or day not in range(7):
            continue
        hours = read_day(text)
        if hours is None:
            comment = text.replace('"', "'")[:120]
            week[day] = DayHours((), comment)
            continue
        if hours != CLOSED:
            opens = True
            week[day] = hours
    return _canonical(week_pattern(week)) if opens else None


def from_osm(text: str) -> str | None:
    """Hours of an OSM tag, spelled one way, also when loosely written or with its words in French.

    "Lundi-Vendredi 9:00-18:00⏎Jours feries Ferme" -> "Mo-Fr 09:00-18:00; PH off". Times without a day
    are those of every day, as OSM has it.
    """
    pattern = _osm_pattern(text)
    return _canonical(pattern) if pattern else None


def from_text(text: str) -> str | None:
    """Hours from a cell that a person wrote: French ("Du mardi au samedi de 10h à 19h") or OSM syntax.

    The days must be named; times alone are understood by `from_osm` and `from_day_columns` only, where the
    source says which days they are for.
    """
    cleaned = known(text)
    if not cleaned or len(cleaned) > _LONGEST_TEXT:
        return None
    tagged = _osm_pattern(cleaned)
    if tagged is None:
        week = read_week(cleaned)
        return _canonical(week) if week else None
    return _canonical(tagged) if all(_names_days(rule) for rule in parse(tagged)) else None


# Lists repeat themselves: half of the town halls share their hours with another.
@lru_cache(maxsize=32_768)
def _canonical(pattern: str) -> str | None:
    try:
        return normalise(pattern)
    except InvalidInput:
        return None


def _osm_pattern(text: str) -> str | None:
    """The text with OSM's words, when that makes a pattern that says when the place opens."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > _LONGEST_TEXT:
        return None
    pattern = _PUBLIC_HOLIDAYS.sub("PH", _LINE.sub("; ", cleaned).replace("–", "-"))
    # "Mar" is March to OSM and mardi to the French: their other days tell, or the months beside it.
    if _OTHER_SHORT_DAY.search(pattern):
        pattern = _MAR.sub("Tu", pattern)
    elif _MAR.search(_MARCH.sub("", pattern)):
        return None
    pattern = _WORD.sub(lambda match: _OSM_WORDS.get(match[0].lower(), match[0]), pattern)
    try:
        rules = parse(pattern)
    except InvalidInput:
        return None
    useless = any(_timeless(rule) for rule in rules) or _contradicts_itself(rules) or _only_closes(rules)
    return None if useless else pattern


def _day_range(first: str, last: str) -> list[int] | None:
    start, end = _FRENCH_DAYS.get(first.strip().lower()), _FRENCH_DAYS.get(last.strip().lower())
    if start is None or end is None:
        return None
    return [(start + step) % 7 for step in range((end - start) % 7 + 1)]


def _clock_span(item: object) -> Minutes | None:
    match item:
        case [str(start), str(end)]:
            found = _CLOCK.fullmatch(start), _CLOCK.fullmatch(end)
            if found[0] and found[1]:
                return int(found[0][1]) * 60 + int(found[0][2]), int(found[1][1]) * 60 + int(found[1][2])
    return None


def _timeless(rule: Rule) -> bool:
    """ "Mo-Fr" alone: OSM reads round the clock, people mean that they did not say when."""
    return rule.all_day and rule.state is State.OPEN and not rule.always


def _only_closes(rules: Sequence[Rule]) -> bool:
    """ "PH off" alone: when the place is open is not said. A bare "off" is."""
    return all(rule.state is State.CLOSED for rule in rules) and any(rule.days != Days() for rule in rules)


def _names_days(rule: Rule) -> bool:
    days = rule.days
    named = days.weekdays is not None or days.by_calendar or days.public_holidays or days.school_holidays
    return named or rule.all_day


def _contradicts_itself(rules: Sequence[Rule]) -> bool:
    """Whether a rule replaces another of the very same days: written by someone who meant to add to it."""
    hours_by_days: dict[Days, str] = {}
    return any(
        hours_by_days.setdefault(rule.days, rule.times) != rule.times
        for rule in rules
        if rule.state is State.OPEN and rule.join is Join.NORMAL
    )


def join_columns(opens_and_closes: Iterable[tuple[str, str]]) -> str:
    """One day's cell for `from_day_columns` out of pairs of columns: (("08:00", "12:00"), ("", ""))."""
    return " / ".join(f"{opens} - {closes}" for opens, closes in opens_and_closes if opens or closes)


__all__ = [
    "BY_APPOINTMENT",
    "from_day_columns",
    "from_mairie_json",
    "from_osm",
    "from_text",
    "join_columns",
]
