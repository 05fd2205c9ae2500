"""Tariffs as people write them: amounts with their unit, for members or not, tax included.

A half-day is 4 hours and half a day's price; a price per week, month or year gives no price per half-day. Prices before
tax (HT) are raised by French VAT at 20 %. "À partir de" marks the lowest price.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

HOURS_PER_HALF_DAY = 4
VAT = 0.20
MAX_EUROS = 2_000
MAX_EUROS_LONG = 50_000
_LONGEST = 600

HOUR, HALF_DAY, DAY, WEEK, MONTH, YEAR = "hour", "half_day", "day", "week", "month", "year"
FACTORS = {HALF_DAY: 1.0, DAY: 0.5, HOUR: float(HOURS_PER_HALF_DAY)}
"""Price of a half-day from the price of a unit, best unit first."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """One price in euro cents, tax included. `unit` is None when not stated, `member` None for everybody."""

    cents: int
    unit: str | None = None
    member: bool | None = None
    lowest: bool = False
    before_tax: bool = False


_AMOUNT = re.compile(
    r"(?P<euros>\d{1,3}(?:[ \u00a0\u202f.]\d{3})+(?!\d)|\d+)(?:[.,](?P<cents>\d{1,2})(?!\d))?\s*"
    r"(?P<to>(?:à|-|–|et)\s*\d+(?:[.,]\d{1,2})?\s*(?=€|euros?\b))?"
    r"(?P<mark>€\s*(?P<after>\d\d)?(?!\d)|euros?\b|eur\b)?"
    r"|(?P<free>\b(?:gratuit(?:e|ement)?s?|offerte?s?|libre|free|sans frais)\b)",
    re.IGNORECASE,
)
_HALF = re.compile(r"(?:1\s?/\s?2|½)\s*-?\s*(?=j)|\bdemi[ -]?(?=journ|jour)", re.IGNORECASE)
_NO_PRICE = re.compile(
    r"\d+\s*(?:%|personnes?\b|pers\b|places?\b|postes?\b|m2\b|m²|h\s*(?:-|à|/)\s*\d)|\b\d{1,2}h\d\d\b", re.IGNORECASE
)
_COUNTED = re.compile(r"\b(?:les|pour|par|/)\s*(\d{1,2})\s*(?=h\b|heures?\b|jours?\b|mois\b|demi)", re.IGNORECASE)
_UNIT_PATTERNS = (
    (HALF_DAY, re.compile(r"\bdemi|\bhalf|\bmatin[ée]e|\bapr[eè]s[ -]midi", re.IGNORECASE)),
    (HOUR, re.compile(r"\bheures?\b|(?:/|\b)\s?h\b(?!\.?\s?t)|\bhour|\bhoraire", re.IGNORECASE)),
    (DAY, re.compile(r"\bjour|\bday\b|/\s?j\b", re.IGNORECASE)),
    (WEEK, re.compile(r"\bsemaine|\bweek\b|\bhebdo", re.IGNORECASE)),
    (MONTH, re.compile(r"\bmois\b|\bmensuel|\bmonth", re.IGNORECASE)),
    (YEAR, re.compile(r"\ban\b|\bann[ée]e|\bannuel|\byear", re.IGNORECASE)),
)
_OTHER_UNIT = re.compile(
    r"\b(?:carnet|forfait|pack|tickets?|trimestre|caution|m[ée]nage|copie|impression|repas|caf[ée])", re.IGNORECASE
)
_NOT_MEMBER = re.compile(
    r"\bnon[ -]?(?:adh[ée]rent|membre|abonn)|\bext[ée]rieur|\bhors (?:adh|commune|membre)", re.IGNORECASE
)
_MEMBER = re.compile(r"\badh[ée]rent|\bmembres?\b|\babonn[ée]s?\b|\bmember", re.IGNORECASE)
_BEFORE_TAX = re.compile(r"\bH\.?T\b", re.IGNORECASE)
_WITH_TAX = re.compile(r"\bT\.?T\.?C\b", re.IGNORECASE)
_LOWEST = re.compile(r"(?:à|a) partir d|\bd[eè]s\b|\bfrom\b", re.IGNORECASE)
_BREAK = re.compile(r"[;|\n]| [-–] |,\s|\. |\bpuis\b|\bou\b|\bsinon\b", re.IGNORECASE)


@lru_cache(maxsize=16_384)
def tariffs(text: str) -> tuple[Tariff, ...]:
    """Every price of a cell, in its order; () for "sur devis" and for text without an amount.

    "12€/jour - 8€ la 1/2 journée pour les adhérents" -> 12 € a day for everybody, 8 € a half-day for members.
    """
    plain = _HALF.sub("demi ", text[:_LONGEST])
    counted = [(match.start(1), match.end(1)) for match in _COUNTED.finditer(plain)]
    silent = [*counted, *((match.start(), match.end()) for match in _NO_PRICE.finditer(plain))]
    numbers = [
        match for match in _AMOUNT.finditer(plain) if not any(start <= match.start() < end for start, end in silent)
    ]
    amounts = [match for match in numbers if match["mark"] or match["free"]] or numbers[:1]
    read = [_tariff(amount, words) for amount, words in zip(amounts, _words_by_amount(plain, amounts), strict=True)]
    return tuple(tariff for tariff in read if tariff is not None)


def _words_by_amount(text: str, amounts: list[re.Match[str]]) -> Iterable[str]:
    """The words about each amount: the text around it, up to the separator that lies between two amounts.

    Words come before ("Demi-journée : 15 €, journée : 25 €") or after ("12 €/jour, 8 € la demi-journée").
    """
    edges = [0]
    label = text[: amounts[0].start()] if amounts else ""
    words_before = bool(_unit(label) or _MEMBER.search(label))
    for before, after in pairwise(amounts):
        separator = _BREAK.search(text, before.end(), after.start())
        edges.append(separator.start() if separator else before.end() if words_before else after.start())
    edges.append(len(text))
    return [text[start:end] for start, end in pairwise(edges)] if amounts else []


def _tariff(amount: re.Match[str], words: str) -> Tariff | None:
    count = _COUNTED.search(words)
    unit = HOUR if count and words[count.end() :].lstrip()[:1] in "hH" else _unit(words)
    if unit is None and _OTHER_UNIT.search(words):
        return None
    member = False if _NOT_MEMBER.search(words) else True if _MEMBER.search(words) else None
    if amount["free"]:
        return Tariff(0, unit, member)
    euros = (
        int(re.sub(r"\D", "", amount["euros"])) + int((amount["cents"] or amount["after"] or "0").ljust(2, "0")) / 100
    )
    if euros > (MAX_EUROS if unit in FACTORS or unit is None else MAX_EUROS_LONG):
        return None
    before_tax = bool(_BEFORE_TAX.search(words)) and not _WITH_TAX.search(words)
    cents = euros * 100 * (1 + VAT if before_tax else 1) / (int(count[1]) or 1 if count else 1)
    return Tariff(round(cents), unit, member, bool(amount["to"] or _LOWEST.search(words)), before_tax)


def _unit(words: str) -> str | None:
    """The unit that comes first in the words about an amount, a half-day before the day in its name."""
    places = [
        (match.start(), order, unit)
        for order, (unit, pattern) in enumerate(_UNIT_PATTERNS)
        if (match := pattern.search(words))
    ]
    return min(places)[2] if places else None


def half_day_of(tariffs: Iterable[Tariff], unit: str = "", *, member: bool = False) -> int | None:
    """Cents per half-day among the tariffs of a cell; `unit` is that of the column: half_day, day, hour or "".

    A unit inside the cell wins over the column's. Of several prices, those of everybody (with `member`, the members')
    count, by the half-day rather than by the day or the hour. None when no half-day price is known.
    """
    usable = [(tariff.unit or unit or HALF_DAY, tariff) for tariff in tariffs]
    for for_member in (True, None) if member else (None, False):
        for best_unit, factor in FACTORS.items():
            for named_unit, tariff in usable:
                if named_unit == best_unit and tariff.member is for_member:
                    return round(tariff.cents * factor)
    return None
