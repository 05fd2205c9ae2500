"""Names of communes as lists write them: what stands around a name apart from the name."""

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
    """A name ready to be looked up ("Lyon 3e" for an arrondissement), and what the cell says beside it, else ""."""

    name: str
    postcode: str = ""
    departement: str = ""


@lru_cache(maxsize=32_768)
def read(text: str) -> Town:
    """The parts of a cell: "ST DENIS (93) CEDEX" -> Saint Denis, département 93."""
    name = " ".join(text.split())
    postcode = ""
    if any(map(str.isdigit, name)):
        found = _POSTCODE.search(name)
        if found:
            postcode, name = found[1], f"{name[: found.start()]} {name[found.end() :]}"
    departement = ""
    if "(" in name or "[" in name:
        said = _PARENTHESES.search(name)
        if said:
            departement = _departement(said[1])
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


def _saint(found: re.Match[str]) -> str:
    said = found.group()
    return _SAINTS[found[1].lower()] + ("-" if "-" in said else " ")


def _departement(said: str) -> str:
    """A département's code or name from what stands between parentheses; "" for "Paris 12e", "le bourg"."""
    if _DEPARTEMENT_CODE.fullmatch(said):
        return said.upper().zfill(2)
    return said if said[:1].isupper() and not any(map(str.isdigit, said)) else ""
