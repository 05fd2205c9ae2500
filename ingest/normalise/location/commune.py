"""Names of communes in cells, separated from postcodes, départements and CEDEX around them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ingest.normalise.title_case import to_title_case

_CEDEX = re.compile(r"\s*\bcedex\b(?:\s*\d{1,2}\b)?.*$", re.IGNORECASE | re.S)
_POSTCODE = re.compile(r"(?<!\d)(?:[Ff][Rr]?-)?(\d{5})(?!\d)")
_PARENTHESES = re.compile(r"\s*[(\[]\s*([^()\[\]]*?)\s*[)\]]")
_FRANCE = re.compile(r"[\s,;/-]+france\s*$", re.IGNORECASE)
_SAINT = re.compile(r"(?<![\w'’])(st|ste|sts|stes)(?:\.\s*|[\s-]+)(?=\w)", re.IGNORECASE)
_SAINTS = {"st": "Saint", "ste": "Sainte", "sts": "Saints", "stes": "Saintes"}
_OVER = re.compile(r"[\s-]s/\s*", re.IGNORECASE)
_UNDER = re.compile(r"[\s-]ss?/s\s*|[\s-]s/s\s*", re.IGNORECASE)
_ARRONDISSEMENT = re.compile(
    r"^(paris|lyon|marseille)[\s,-]*(\d{1,2})\s*(?:er|[eè]re?|[eè]me|i[eè]me|e)?(?:\s*arr(?:ondissement|dt|t)?\.?)?$",
    re.IGNORECASE,
)
_COUNT = {"paris": 20, "lyon": 9, "marseille": 16}
_DEPARTEMENT_CODE = re.compile(r"(?:0?[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-8]|98\d)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Town:
    """A name ready to be looked up ("Lyon 3e" for an arrondissement), and what else the cell holds, or ""."""

    name: str
    postcode: str = ""
    departement: str = ""


@lru_cache(maxsize=32_768)
def read(text: str) -> Town:
    """The parts of a cell: "ST DENIS (93) CEDEX" -> Saint Denis, département 93."""
    name = " ".join(text.split())
    postcode = ""
    if any(map(str.isdigit, name)):
        match = _POSTCODE.search(name)
        if match:
            postcode, name = match[1], f"{name[: match.start()]} {name[match.end() :]}"
    departement = ""
    if "(" in name or "[" in name:
        parentheses = _PARENTHESES.search(name)
        if parentheses:
            departement = _departement(parentheses[1])
            name = _PARENTHESES.sub("", name)
    name = _FRANCE.sub("", _CEDEX.sub("", name)).strip(" ,;-–/")
    arrondissement = _ARRONDISSEMENT.match(name)
    if arrondissement:
        city, number = arrondissement[1].capitalize(), int(arrondissement[2])
        if 1 <= number <= _COUNT[city.lower()]:
            return Town(f"{city} {number}{'er' if number == 1 else 'e'}", postcode, departement)
    name = _OVER.sub(" sur ", _UNDER.sub(" sous ", name)) if "/" in name else name
    name = _SAINT.sub(_saint, to_title_case(" ".join(name.split())))
    return Town(name, postcode, departement)


def _saint(match: re.Match[str]) -> str:
    text = match.group()
    return _SAINTS[match[1].lower()] + ("-" if "-" in text else " ")


def _departement(text: str) -> str:
    """A département's code or name from the text between parentheses; "" for "Paris 12e", "le bourg"."""
    if _DEPARTEMENT_CODE.fullmatch(text):
        return text.upper().zfill(2)
    return text if text[:1].isupper() and not any(map(str.isdigit, text)) else ""
