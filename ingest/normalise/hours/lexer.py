"""Lexer of French opening hours: runs of days, of times, "fermé", "sur rendez-vous".

A text with an unknown word is rejected as a whole.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

Minutes = tuple[int, int]

PUBLIC_HOLIDAYS = 7  # follows the weekdays 0-6 in a list of days
DAY_MIN = 1440
_NOON_MIN = 12 * 60
_NIGHT_ENDS_MIN = 6 * 60

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<rdv>\(?\s*(?:uniquement\s+)?(?:sur|avec)\s+(?:rendez[\s-]?vous|rdv|rv)(?:\s+uniquement)?\s*\)?)
    | (?P<noise>\(?\s*(?:en\s+continu|sans\s+interruption|non[\s-]stop|sans\s+rendez[\s-]?vous)\s*\)?
        |\b(?:ouverture|ouverte?s?|horaires?|accueil)\b)
    | (?P<always>24\s*h?\s*/\s*24\s*h?\s*(?:,|et|-)?\s*7\s*j?\s*/\s*7\s*j?
        |7\s*j\s*/\s*7\s*j?\s*(?:,|et|-)?\s*24\s*h?\s*/\s*24\s*h?)
    | (?P<day>\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?\b
        |\b(?:lun|mar|mer|jeu|ven|sam|dim|lu|ma|me|je|ve|sa|di)\b\.?|\bl(?=\s?(?:-|a|au)\s?v\b)|(?<=[-au\s])v\b)
    | (?P<every>\btous\s+les\s+jours\b|\btlj\b|\b7\s*j(?:ours)?\s*/\s*7\b)
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
_DAY_BY_START = {"lu": 0, "ma": 1, "me": 2, "je": 3, "ve": 4, "sa": 5, "di": 6, "l": 0, "v": 4}
"""Two letters are enough; "L-V" is the one shorter form people write."""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str


@dataclass(slots=True)
class Item:
    """A run of the text about one thing: `days`, `times`, `closed` or `rdv`."""

    kind: str
    days: list[int] = field(default_factory=list)
    spans: tuple[Minutes, ...] = ()
    half: str = ""


def tokens_of(text: str) -> list[Token] | None:
    """The tokens of a text without noise; None when a word is unknown."""
    folded = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-").replace("—", "-"))
    folded = "".join(char for char in folded if not unicodedata.combining(char)).lower()
    tokens: list[Token] = []
    for match in _TOKEN.finditer(folded):
        kind = match.lastgroup or "other"
        if kind == "other":
            return None
        if kind != "noise":
            tokens.append(Token(kind, match[kind].strip()))
    return tokens


def _minutes(token: Token) -> int:
    if token.text == "midi":
        return _NOON_MIN
    if token.text == "minuit":
        return DAY_MIN
    hours, *minutes = re.findall(r"\d+", token.text)
    return int(hours) * 60 + (int(minutes[0]) if minutes else 0)


# --- runs ----------------------------------------------------------------------------------------------

_DAY_KINDS = frozenset(("day", "every", "weekend", "holidays"))
_TIME_KINDS = frozenset(("time", "number"))
_LINKS = frozenset(("to", "slash", "and", "of"))


def items_of(tokens: Sequence[Token]) -> list[Item] | None:
    """Days, times, "fermé" and "sur rendez-vous" in the order of the text; None when a run makes no sense."""
    items: list[Item] = []
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
            items.append(Item(kind))
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
            items.append(Item("days", days=days, half=half))
        else:
            spans = spans_of(run)
            at = end
            if spans is None:
                return None
            items.append(Item("times", spans=spans))
    return items


def _days(run: Sequence[Token]) -> list[int] | None:
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
            named = _named_days(token)
            if range_from is not None:
                if len(named) != 1 or named[0] > 6 or range_from > 6:
                    return None
                named = [(range_from + step) % 7 for step in range(1, (named[0] - range_from) % 7 + 1)]
                range_from = None
            days += named
        linked = False
    return days if range_from is None else None


def _named_days(token: Token) -> list[int]:
    if token.kind == "every":
        return list(range(7))
    if token.kind == "weekend":
        return [5, 6]
    if token.kind == "holidays":
        return [PUBLIC_HOLIDAYS]
    return [_DAY_BY_START[token.text[:2].rstrip(".")]]


def spans_of(run: Sequence[Token], *, one_day: bool = False) -> tuple[Minutes, ...] | None:
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
    if times[-2] > times[-1] and times[-1] <= _NIGHT_ENDS_MIN:
        times[-1] += DAY_MIN  # "18h-2h"
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


def _is_hour(run: Sequence[Token], index: int) -> bool:
    """Whether a bare number is an hour: the other end of its span is a time, as in "14 à 18h", "9h-12"."""
    for step in (1, -1):
        link, other = index + step, index + 2 * step
        if 0 <= other < len(run) and run[link].kind == "to" and run[other].kind == "time":
            return True
    return False
