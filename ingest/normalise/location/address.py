"""Postal addresses in their parts: street, complement, and the "44000 Nantes" that ends many of them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from geo.reference.toponyms import fold, is_street, number_key, spelt_out, split_number
from ingest.normalise.title_case import to_title_case

MAX_LENGTH = 300
_LAST_LINE = re.compile(
    r"\b(?P<postcode>\d{5})\s+(?P<town>[^\d,;()]{2,60}?)(?:\s+cedex(?:\s+\d{1,2})?)?(?:,?\s*France)?$", re.IGNORECASE
)
_BEFORE_IT = " ,;–-\n\r\t"
_TAG = re.compile(r"<[^<>]{1,30}>")

# Marks of an address with more parts than a street. Tested first: most addresses have none.
_MARKED = re.compile(
    r"[,;(–]| - |\b(?:b\.?p|cs|tsa|b[aâ]t|[eé]tage|r[eé]sidence|c/o|imm|rdc|rez|cedex|app|esc|porte|hall|bo[iî]te)",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"[\s,;–-]*\b(?:B\.?\s?P\.?|C\.?S\.?|TSA|bo[iî]te postale)\s*(?:n°\s*)?\d{1,5}(?:\s\d{2,3})?\b", re.IGNORECASE
)
_CEDEX = re.compile(r"\s*\bcedex\b(?:\s*\d{1,2}\b)?", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:[,;()\n]|\s[-–]\s)\s*")
_COMPLEMENT = re.compile(
    r"(?:b[âa]t(?:iment)?s?|immeuble|imm|entr[ée]e|esc(?:alier)?|porte|appt?|appartement|r[ée]s(?:idence)?|c/o|chez|hall|"
    r"bureaux?|local|lot|[ée]tage|rdc|rez[ -]de[ -](?:chauss[ée]e|jardin)|niveau|tour|aile|bo[iî]te|"
    r"\d{1,2}\s?(?:er|[eè]re|[eè]me|i[eè]me|e|nd)\s+[ée]tage)\b\.?",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"(?<=[^\W\d])\s(?P<complement>(?:b[âa]t(?:iment|\.)?|immeuble|imm\.|appt\.?|appartement|escalier|r[ée]sidence|rdc|"
    r"rez[ -]de[ -]chauss[ée]e|c/o|\d{1,2}\s?(?:er|[eè]me|e|nd)\s+[ée]tage)(?!\w).*)$",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?P<complement>(?:r[ée]s(?:idence|\.)|immeuble|b[âa]timent|c/o)\s[^\d]{2,60}?)\s+(?=\d)", re.IGNORECASE
)
_ONLY_NUMBER = re.compile(r"\d{1,4}(?:\s*[-/à]\s*\d{1,4})?\s?(?:bis|ter|quater|[a-d])?", re.IGNORECASE)
_SPACED_RANGE = re.compile(r"^(\d{1,4})\s+[-–]\s+(\d{1,4})(?=\s)")
_RANGE_END = re.compile(r"^\s*\d{1,4}\s*[-/à]\s*(\d{1,4})\b")
_SHORT_TYPE = re.compile(
    r"^(?P<number>\d{1,4}(?:\s*[-/à]\s*\d{1,4})?(?:\s?(?:bis|ter|quater|[a-d]))?[\s,]+)?(?P<type>[a-z]{1,4})(?:\.\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
_TYPES = {
    "av": "avenue", "ave": "avenue", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard", "boul": "boulevard",
    "pl": "place", "rte": "route", "chem": "chemin", "che": "chemin", "imp": "impasse", "all": "allée", "sq": "square",
    "fg": "faubourg", "fbg": "faubourg", "crs": "cours",
}  # fmt: skip
_TYPES_AFTER_NUMBER = {**_TYPES, "r": "rue", "ch": "chemin", "qu": "quai"}


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address, "" where it has none. `street` is as shown, its number included.

    `number` is the (first) house number as compared ("12bis"), `number_to` the end of a range ("12-14" -> "14").
    """

    street: str
    complement: str = ""
    postcode: str = ""
    town: str = ""
    number: str = ""
    number_to: str = ""


def split(text: str) -> tuple[str, str, str]:
    """(street, postcode, town) of an address; postcode and town are "" when it does not end with them."""
    text = (_TAG.sub("\n", text) if "<" in text else text).strip()
    last_line = _LAST_LINE.search(text)
    if not last_line:
        return clean(text), "", ""
    street, code, town = text[: last_line.start()], last_line["postcode"], last_line["town"]
    return clean(street.rstrip(_BEFORE_IT)), code, " ".join(town.split())


def clean(text: str) -> str:
    """An address on one line; capitals turned into title case."""
    lines = text.splitlines()
    if len(lines) == 1:
        return to_title_case(" ".join(text.split()).strip(" ,;")[:MAX_LENGTH])
    return to_title_case(
        ", ".join([part for line in lines if (part := " ".join(line.split()).strip(" ,;"))])[:MAX_LENGTH]
    )


def parts(text: str) -> Address:
    """An address in its parts. Post boxes (BP, CS, TSA) and CEDEX are left out: they locate mail, not the place."""
    street, postcode, town = split(text)
    complement = ""
    if _MARKED.search(street):
        street, complement = map(to_title_case, _split_complement(street))
    if street[:1].isdigit():
        number = split_number(street)[0]
        ranged = _RANGE_END.match(street) if number else None
        return Address(_spell_out_type(street), complement, postcode, town, number, ranged[1] if ranged else "")
    return Address(_spell_out_type(street), complement, postcode, town)


def _spell_out_type(street: str) -> str:
    """ "22 Av. Charles de Gaulle" -> "22 avenue Charles de Gaulle"; "ch" and "r" are streets only after a number."""
    match = _SHORT_TYPE.match(street)
    if not match:
        return street
    number = match["number"] or ""
    full = (_TYPES_AFTER_NUMBER if number else _TYPES).get(match["type"].lower())
    if not full:
        return street
    return number + (full if number else full.capitalize()) + " " + street[match.end() :]


@lru_cache(maxsize=16_384)
def _split_complement(street: str) -> tuple[str, str]:
    """(street, complement) of an address of several parts."""
    bare = _SPACED_RANGE.sub(r"\1-\2", _CEDEX.sub("", _BOX.sub("", street)).strip(" ,;-–"))
    segments = [segment for segment in _SEPARATOR.split(bare) if segment]
    streets: list[str] = []
    complements: list[str] = []
    for segment in segments:
        if _COMPLEMENT.match(segment):
            leading = _LEADING.match(segment)
            complements.append(leading["complement"] if leading else segment)
            if leading:
                streets.append(segment[leading.end() :])
        elif streets and _ONLY_NUMBER.fullmatch(streets[-1]) and not segment[0].isdigit():
            streets[-1] += f", {segment}"  # "4, rue Teilhard"
        else:
            inline = _INLINE.search(segment)
            complements += [inline["complement"]] if inline else []
            streets.append(segment[: inline.start()].rstrip() if inline else segment)
    if not streets:
        return bare, ""  # a complement is all there is
    at = max(range(len(streets)), key=lambda index: (_streetness(streets[index]), -index))
    if _streetness(streets[at]):
        # "Maison des Associations, 6 cours des Alliés": the house, then its street; what follows completes it.
        street, rest = streets[at], streets[:at] + streets[at + 1 :]
        if len(rest) == 1 and _ONLY_NUMBER.fullmatch(rest[0]) and not split_number(street)[0]:
            return f"{rest[0]} {street}", ", ".join(complements)  # "Route de Salm, 724"
        return street, ", ".join(complements + rest)
    return ", ".join(streets), ", ".join(complements)


_STREETS = frozenset(
    (
        "rue", "avenue", "boulevard", "place", "chemin", "route", "impasse", "allee", "square", "quai", "cours",
        "faubourg", "passage",
    )
)  # fmt: skip


def _streetness(segment: str) -> int:
    """Rank of a part as the street: 3 with a number, 2 a street without one, 1 a hamlet or a zone, 0 none of these."""
    number, rest = split_number(segment)
    words = spelt_out(fold(rest))
    if not is_street(fold(rest)):
        return 0
    if words.partition(" ")[0] in _STREETS:
        return 3 if number else 2
    return 2 if number else 1


@lru_cache(maxsize=32_768)
def match_address(street: str) -> str:
    """The address as compared: house number and bare street words, abbreviations spelt out."""
    number, rest = split_number(street)
    return f"{number_key(number)} {spelt_out(fold(rest))}".strip()
