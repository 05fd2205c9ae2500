"""French sentences about opening hours, read word by word.

Every word must be one we know: "Lundi au vendredi : 9h-12h (sauf veille de fête)" is given up rather than
half read. A text is a run of days, times, "fermé" and "sur rendez-vous"; either days come before what holds
on them ("Mardi : 15h à 18h30 Mercredi : ...") or after ("9h-12h et 14h-17h du lundi au vendredi").
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

Minutes = tuple[int, int]

WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
BY_APPOINTMENT = "sur rendez-vous"
_NOON_MIN = 12 * 60
_MORNING_ENDS_MIN = 14 * 60


@dataclass(frozen=True, slots=True)
class DayHours:
    """One day: spans in minutes from midnight; a comment makes them uncertain, and alone, the whole day."""

    spans: tuple[Minutes, ...]
    comment: str = ""


CLOSED = DayHours(())

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<rdv>\(?\s*(?:uniquement\s+)?(?:sur|avec)\s+(?:rendez[\s-]?vous|rdv|rv)(?:\s+uniquement)?\s*\)?)
    | (?P<noise>\(?\s*(?:en\s+continu|sans\s+interruption|non[\s-]stop|sans\s+rendez[\s-]?vous)\s*\)?
        |\b(?:ouverture|ouverte?s?|horaires?|accueil)\b)
    | (?P<always>(?:24\s*h?\s*/\s*24\s*h?)\s*(?:,|et|-)?\s*7\s*j?\s*/\s*7\s*j?)
    | (?P<day>\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?\b
        |\b(?:lun|mar|mer|jeu|ven|sam|dim)\b\.?)
    | (?P<every>\btous\s+les\s+jours\b|\b7\s*j(?:ours)?\s*/\s*7\b)
    | (?P<weekend>\bweek[\s-]?ends?\b)
    | (?P<holidays>\bjours?\s+feries?\b)
    | (?P<closed>\bfermee?s?\b|\bfermeture\b)
    | (?P<half>\b(?:matin|apres[\s-]midi|aprem)\b)
    | (?P<time>(?:[01]?\d|2[0-4])\s*(?:heures?\b|h|:)\s*(?:[0-5]\d(?!\d))?|\b(?:midi|minuit)\b)
    | (?P<number>\b(?:[01]?\d|2[0-4])\b)
    | (?P<to>-|a(?=\s|\d)|au\b|jusqu'a\b)
    | (?P<slash>/)
    | (?P<and>,|;|\bet\b|\bpuis\b|\.)
    | (?P<of>\b(?:du|de|le|les|la|des)\b|:)
    | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_DAY_BY_START = {"lun": 0, "mar": 1, "mer": 2, "jeu": 3, "ven": 4, "sam": 5, "dim": 6}
_PUBLIC_HOLIDAYS = 7  # stands beside the weekdays in a list of days


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@dataclass(slots=True)
class _Item:
    """A run of the text about one thing: `days`, `times`, `closed` or `rdv`."""

    kind: str
    days: list[int] = field(default_factory=list)
    spans: tuple[Minutes, ...] = ()
    half: str = ""


def read_week(text: str) -> str | None:
    """A French sentence as an OSM pattern (not yet canonical), or None."""
    tokens = _tokens(text)
    if tokens is None:
        return None
    if [token.kind for token in tokens] == ["always"]:
        return "24/7"
    items = _items(tokens)
    if not items:
        return None
    if [item.kind for item in items] == ["rdv"]:
        return f'"{BY_APPOINTMENT}"'
    clauses = _clauses(items)
    return _pattern_of(clauses) if clauses else None


def read_day(text: str) -> DayHours | None:
    """A cell that speaks of one known day: "09:00 - 12:00 / 13:30 - 17:00", "8:30 11:30; 13:00 17:00", "Fermé"."""
    # Forms write "7 : 30", and "8:" or "15:" for full hours.
    tidy = re.sub(r"(\d)\s*:\s*(\d\d)(?!\d)", r"\1:\2", text)
    tidy = re.sub(r"(\d):(?!\d)", r"\1h", tidy)
    tokens = _tokens(tidy)
    if tokens is None:
        return None
    kinds = {token.kind for token in tokens}
    if kinds == {"closed"}:
        return CLOSED
    if kinds == {"rdv"}:
        return DayHours((), BY_APPOINTMENT)
    comment = BY_APPOINTMENT if "rdv" in kinds else ""
    spans = _spans([token for token in tokens if token.kind != "rdv"], one_day=True)
    if spans is None:
        return None
    # "00:00 - 00:00" is how a form says nothing; spans of no length are slips of the pen.
    return DayHours(tuple(span for span in spans if span[0] != span[1] and span != (0, 1440)), comment)


def week_pattern(week: Mapping[int, DayHours]) -> str:
    """Hours per day (0-6, 7 for public holidays) as OSM rules; days with nothing to say are off."""
    days_by_hours: dict[DayHours, list[str]] = {}
    for day in sorted(week):
        days_by_hours.setdefault(week[day], []).append((*WEEKDAYS, "PH")[day])
    rules: list[str] = []
    for hours, days in days_by_hours.items():
        times = ",".join(f"{_clock(start)}-{_clock(end)}" for start, end in hours.spans)
        said = f'"{hours.comment}"' if hours.comment else "" if times else "off"
        rules.append(" ".join(part for part in (",".join(days), times, said) if part))
    return "; ".join(rules)


# --- words ---------------------------------------------------------------------------------------------


def _tokens(text: str) -> list[_Token] | None:
    """The words that matter; None as soon as one is not known."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-").replace("—", "-"))
    folded = "".join(char for char in folded if not unicodedata.combining(char)).lower()
    tokens: list[_Token] = []
    for match in _TOKEN.finditer(folded):
        kind = match.lastgroup or "other"
        if kind == "other":
            return None
        if kind != "noise":
            tokens.append(_Token(kind, match[kind].strip()))
    return tokens


def _minutes(token: _Token) -> int:
    if token.text == "midi":
        return _NOON_MIN
    if token.text == "minuit":
        return 1440
    hours, *minutes = re.findall(r"\d+", token.text)
    return int(hours) * 60 + (int(minutes[0]) if minutes else 0)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


# --- runs ----------------------------------------------------------------------------------------------

_DAY_KINDS = frozenset(("day", "every", "weekend", "holidays"))
_TIME_KINDS = frozenset(("time", "number"))
_LINKS = frozenset(("to", "slash", "and", "of"))


def _items(tokens: Sequence[_Token]) -> list[_Item] | None:
    """Days, times, "fermé" and "sur rendez-vous" in the order of the text; None when a run makes no sense."""
    items: list[_Item] = []
    at = 0
    while at < len(tokens):
        kind = tokens[at].kind
        if kind in _LINKS:
            # Between runs, links add nothing; only "à" or "/" there would hide a missing word.
            if kind in ("to", "slash"):
                return None
            at += 1
            continue
        if kind in ("closed", "rdv"):
            items.append(_Item(kind))
            at += 1
            continue
        kinds = _DAY_KINDS if kind in _DAY_KINDS else _TIME_KINDS
        end = at
        for index in range(at, len(tokens)):
            if tokens[index].kind in kinds:
                end = index + 1
            elif tokens[index].kind not in _LINKS:
                break
        run = tokens[at:end]
        if not run:
            return None
        if kinds is _DAY_KINDS:
            days = _days(run)
            half = tokens[end].text if end < len(tokens) and tokens[end].kind == "half" else ""
            at = end + 1 if half else end
            if days is None:
                return None
            items.append(_Item("days", days=days, half=half))
        else:
            spans = _spans(run)
            at = end
            if spans is None:
                return None
            items.append(_Item("times", spans=spans))
    return items


def _days(run: Sequence[_Token]) -> list[int] | None:
    """Weekdays of "lundi, mercredi et du jeudi au samedi"; 7 for public holidays."""
    days: list[int] = []
    range_from: int | None = None
    linked = True
    for token in run:
        if token.kind == "to":
            if not days or linked:
                return None
            range_from = days[-1]
        elif token.kind in ("and", "of"):
            if range_from is not None and token.kind == "and":
                return None
            linked = linked or token.kind == "and"
            continue
        elif token.kind == "slash":
            linked = True
            continue
        else:
            found = _named_days(token)
            if range_from is not None:
                if len(found) != 1 or found[0] > 6 or range_from > 6:
                    return None
                found = [(range_from + step) % 7 for step in range(1, (found[0] - range_from) % 7 + 1)]
                range_from = None
            days += found
        linked = False
    return days if range_from is None else None


def _named_days(token: _Token) -> list[int]:
    if token.kind == "every":
        return list(range(7))
    if token.kind == "weekend":
        return [5, 6]
    if token.kind == "holidays":
        return [_PUBLIC_HOLIDAYS]
    return [_DAY_BY_START[token.text[:3]]]


def _spans(run: Sequence[_Token], *, one_day: bool = False) -> tuple[Minutes, ...] | None:
    """Pairs of times: "9h30 à 12h et de 14 à 17h", "10h -12h30 / 14h - 18h", "9h30 / 12h30 - 14h / 18h".

    Times must rise, and what separates the two ends of a span must differ from what separates spans.
    `one_day` (a form's cell) also takes "8:30 11:30; 13:00 17:00" and does not mind the order.
    """
    times: list[int] = []
    separators: list[str] = []
    between: list[str] = []
    for index, token in enumerate(run):
        if token.kind in _TIME_KINDS:
            if token.kind == "number" and not _is_hour(run, index):
                return None
            if times:
                separators.append(" ".join(between))
            elif between and not one_day:
                return None
            times.append(_minutes(token))
            between = []
        elif token.kind in _LINKS:
            link = "-" if token.text == "-" else token.kind
            if link != "of" and between[-1:] != [link]:  # ", et" is one "and"
                between.append(link)
        else:
            return None
    if len(times) < 2 or len(times) % 2 or between not in ([], ["and"]):
        return None
    inside, outside = set(separators[0::2]), set(separators[1::2])
    joins = {"and", "slash", "and slash"}
    readable = (
        (inside <= {"to", "-"} and outside <= joins)
        or (inside == {"to"} and outside <= joins | {"-"})
        or (inside == {"slash"} and outside <= {"-"})
        or (one_day and inside == {""} and outside <= joins)
    )  # fmt: skip
    spans = tuple(zip(times[0::2], times[1::2], strict=True))
    if not readable or (not one_day and times != sorted(times)):
        return None
    if any(start > end > 6 * 60 for start, end in spans):
        return None  # "13h à 9h": a slip, not a night
    return spans


def _is_hour(run: Sequence[_Token], index: int) -> bool:
    """A bare number is an hour when the other end of its span says so: "14 à 18h", "9h-12"."""
    for step in (1, -1):
        link, other = index + step, index + 2 * step
        if 0 <= other < len(run) and run[link].kind == "to" and run[other].kind == "time":
            return True
    return False


# --- sentences -----------------------------------------------------------------------------------------


def _clauses(items: Sequence[_Item]) -> list[tuple[list[int], DayHours]] | None:
    """Who holds what: days with their hours, in the order of the text."""
    kinds = [item.kind for item in items]
    if kinds[0] != "days":
        # "9h-12h du lundi au vendredi", "Fermé le lundi": what holds, then on which days.
        if len(items) % 2 or any(kind == "days" for kind in kinds[0::2]) or set(kinds[1::2]) != {"days"}:
            return None
        pairs = zip(items[0::2], items[1::2], strict=True)
        return _all_read([_clause(days, [what]) for what, days in pairs])
    clauses: list[tuple[list[int], DayHours] | None] = []
    at = 0
    while at < len(items):
        days, at = items[at], at + 1
        whats: list[_Item] = []
        while at < len(items) and items[at].kind != "days":
            if items[at].kind == "closed" and whats:
                break
            whats.append(items[at])
            at += 1
        clauses.append(_clause(days, whats))
        if at < len(items) and items[at].kind == "closed":
            # "... de 10h à 19h, fermé le lundi": closes the days that follow, which must end there.
            if at + 2 != len(items) or items[at + 1].kind != "days":
                return None
            clauses.append(_clause(items[at + 1], [items[at]]))
            break
    final_rdv = kinds[-1] == "rdv" and len(clauses) > 1 and kinds[-2] != "days"
    return None if final_rdv else _all_read(clauses)  # of all the days, or of the last ones?


def _clause(days: _Item, whats: Sequence[_Item]) -> tuple[list[int], DayHours] | None:
    kinds = sorted(item.kind for item in whats)
    if kinds == ["closed"] and not days.half:
        return days.days, CLOSED
    if kinds == ["rdv"] and not days.half:
        return days.days, DayHours((), BY_APPOINTMENT)
    if kinds in (["times"], ["rdv", "times"]):
        spans = next(item.spans for item in whats if item.kind == "times")
        if days.half.startswith("matin") and spans[-1][1] > _MORNING_ENDS_MIN:
            return None
        if days.half.startswith("ap") and spans[0][0] < _NOON_MIN:
            return None
        return days.days, DayHours(spans, BY_APPOINTMENT if "rdv" in kinds else "")
    return None


def _all_read(
    clauses: Sequence[tuple[list[int], DayHours] | None],
) -> list[tuple[list[int], DayHours]] | None:
    read = [clause for clause in clauses if clause is not None]
    return read if len(read) == len(clauses) else None


def _pattern_of(clauses: Sequence[tuple[list[int], DayHours]]) -> str | None:
    """One pattern; a day said twice adds up, unless the two overlap or differ in kind."""
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
