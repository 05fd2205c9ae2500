"""Opening hours from text, as OSM syntax in the spelling of `geo.opening_hours.patterns`; None when not understood.

This module parses free text and tags; `columns` parses columns and structured cells. Nothing is guessed.
"""

import re
from collections.abc import Sequence

from geo.errors import InvalidInput
from geo.opening_hours.parser import parse
from geo.opening_hours.rules import WEEKDAYS, Days, Join, Rule, State
from ingest.normalise.blank import cell_text
from ingest.normalise.hours.columns import (
    from_day_columns,
    from_half_day_columns,
    from_mairie_json,
    from_pairs,
    join_columns,
)
from ingest.normalise.hours.grammar import read_week
from ingest.normalise.hours.weekly import BY_APPOINTMENT, canonical

_LONGEST_TEXT = 1000

# French and loose English words for OSM's, as translated or half-translated tags have them.
_OSM_WORDS: dict[str, str] = {
    **dict(zip(("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"), WEEKDAYS, strict=True)),
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


def from_osm(text: str) -> str | None:
    """Hours of an OSM tag, spelled one way, also when loosely written or with its words in French.

    "Lundi-Vendredi 9:00-18:00⏎Jours feries Ferme" -> "Mo-Fr 09:00-18:00; PH off". Times without a day
    are those of every day, as OSM has it.
    """
    pattern = _osm_pattern(text)
    return canonical(pattern) if pattern else None


def from_text(text: str) -> str | None:
    """Hours from a cell that a person wrote: French ("Du mardi au samedi de 10h à 19h") or OSM syntax.

    The days must be named; times alone are understood by `from_osm` and `from_day_columns` only, where the
    source gives the days.
    """
    cleaned = cell_text(text)
    if not cleaned or len(cleaned) > _LONGEST_TEXT:
        return None
    tagged = _osm_pattern(cleaned)
    if tagged is None:
        week = read_week(cleaned)
        return canonical(week) if week else None
    return canonical(tagged) if all(_names_days(rule) for rule in parse(tagged)) else None


def _osm_pattern(text: str) -> str | None:
    """The text with its words translated to OSM's, when that is a pattern with opening times."""
    cleaned = text.strip()
    if not cleaned or len(cleaned) > _LONGEST_TEXT:
        return None
    pattern = _PUBLIC_HOLIDAYS.sub("PH", _LINE.sub("; ", cleaned).replace("–", "-"))
    # "Mar" is March to OSM and mardi to the French: the other days decide, or a month next to it.
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


def _timeless(rule: Rule) -> bool:
    """ "Mo-Fr" alone: for OSM round the clock, for people no times at all."""
    return rule.all_day and rule.state is State.OPEN and not rule.always


def _only_closes(rules: Sequence[Rule]) -> bool:
    """ "PH off" alone gives no opening times. A bare "off" does: never."""
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


__all__ = [
    "BY_APPOINTMENT",
    "from_day_columns",
    "from_half_day_columns",
    "from_mairie_json",
    "from_osm",
    "from_pairs",
    "from_text",
    "join_columns",
]
