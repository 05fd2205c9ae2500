"""Parser of French sentences about opening hours.

A sentence with an unknown word is rejected as a whole: "Lundi au vendredi : 9h-12h (sauf veille de fête)". A text is
a run of days, times, "fermé" and "sur rendez-vous". Days come either before their hours ("Mardi : 15h à 18h30
Mercredi : ...") or after them ("9h-12h et 14h-17h du lundi au vendredi").
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from ingest.normalise.hours.lexer import Item, items_of, spans_of, tokens_of
from ingest.normalise.hours.weekly import BY_APPOINTMENT, CLOSED, DayHours, week_pattern

_NOON_MIN = 12 * 60
_MORNING_ENDS_MIN = 14 * 60


def read_week(text: str) -> str | None:
    """A French sentence as an OSM pattern (not yet canonical), or None."""
    tokens = tokens_of(text)
    if tokens is None:
        return None
    if [token.kind for token in tokens] == ["always"]:
        return "24/7"
    items = items_of(tokens)
    if not items:
        return None
    match [item.kind for item in items]:
        case ["rdv"]:
            return f'"{BY_APPOINTMENT}"'
        case ["closed"]:
            return "off"
    clauses = _clauses(items)
    if not clauses or all(hours == CLOSED for _, hours in clauses):
        return None  # "Fermé le lundi" gives no opening times
    return _pattern_of(clauses)


@lru_cache(maxsize=16_384)
def read_day(text: str) -> DayHours | None:
    """The hours in the cell of one day: "09:00 - 12:00 / 13:30 - 17:00", "8:30 11:30; 13:00 17:00", "Fermé"."""
    # Forms write "7 : 30", and "8:" or "15:" for full hours.
    tidy = re.sub(r"(\d)\s*:\s*(\d\d)(?!\d)", r"\1:\2", text)
    tidy = re.sub(r"(\d):(?!\d)", r"\1h", tidy)
    tokens = tokens_of(tidy)
    if tokens is None:
        return None
    kinds = {token.kind for token in tokens}
    if kinds == {"closed"}:
        return CLOSED
    if kinds == {"rdv"}:
        return DayHours((), BY_APPOINTMENT)
    comment = BY_APPOINTMENT if "rdv" in kinds else ""
    spans = spans_of([token for token in tokens if token.kind != "rdv"], one_day=True)
    if spans is None:
        return None
    # Forms write "00:00 - 00:00" for no hours; other spans of no length are mistakes.
    return DayHours(tuple(span for span in spans if span[0] != span[1]), comment)


# --- sentences -----------------------------------------------------------------------------------------


def _clauses(items: Sequence[Item]) -> list[tuple[list[int], DayHours]] | None:
    """Days with their hours, in the order of the text."""
    kinds = [item.kind for item in items]
    if kinds[0] != "days":
        # "9h-12h du lundi au vendredi", "Fermé le lundi": the hours, then their days.
        if len(items) % 2 or any(kind == "days" for kind in kinds[0::2]) or set(kinds[1::2]) != {"days"}:
            return None
        pairs = zip(items[0::2], items[1::2], strict=True)
        return _all_or_none([_clause(days, [state]) for state, days in pairs])
    clauses: list[tuple[list[int], DayHours] | None] = []
    at = 0
    while at < len(items):
        days, at = items[at], at + 1
        states: list[Item] = []
        while at < len(items) and items[at].kind != "days":
            if items[at].kind == "closed" and states:
                break
            states.append(items[at])
            at += 1
        clauses.append(_clause(days, states))
        if at < len(items) and items[at].kind == "closed":
            # "... de 10h à 19h, fermé le lundi": closes the days that follow, which must end there.
            if at + 2 != len(items) or items[at + 1].kind != "days":
                return None
            clauses.append(_clause(items[at + 1], [items[at]]))
            break
    final_rdv = kinds[-1] == "rdv" and len(clauses) > 1 and kinds[-2] != "days"
    return None if final_rdv else _all_or_none(clauses)  # of all the days, or of the last ones?


def _clause(days: Item, states: Sequence[Item]) -> tuple[list[int], DayHours] | None:
    kinds = sorted(item.kind for item in states)
    if kinds == ["closed"] and not days.half:
        return days.days, CLOSED
    if kinds == ["rdv"] and not days.half:
        return days.days, DayHours((), BY_APPOINTMENT)
    if kinds in (["times"], ["rdv", "times"]):
        spans = next(item.spans for item in states if item.kind == "times")
        if days.half.startswith("matin") and spans[-1][1] > _MORNING_ENDS_MIN:
            return None
        if days.half.startswith("ap") and spans[0][0] < _NOON_MIN:
            return None
        return days.days, DayHours(spans, BY_APPOINTMENT if "rdv" in kinds else "")
    return None


def _all_or_none(
    clauses: Sequence[tuple[list[int], DayHours] | None],
) -> list[tuple[list[int], DayHours]] | None:
    read = [clause for clause in clauses if clause is not None]
    return read if len(read) == len(clauses) else None


def _pattern_of(clauses: Sequence[tuple[list[int], DayHours]]) -> str | None:
    """One pattern; the spans of a repeated day add up, unless they overlap or differ in comment."""
    week: dict[int, DayHours] = {}
    for days, hours in clauses:
        for day in days:
            before = week.get(day)
            if before is None:
                week[day] = hours
                continue
            spans = sorted((*before.spans, *hours.spans))
            touching = any(second[0] < first[1] for first, second in pairwise(spans))
            if before.comment != hours.comment or not before.spans or not hours.spans or touching:
                return None
            week[day] = replace(before, spans=tuple(spans))
    return week_pattern(week)
