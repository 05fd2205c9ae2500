"""Comparison of names of communes, stations and streets: accents, case, St/Ste, CEDEX, articles.

`fold` keeps the differences between two communes ("Chalon-sur-Saône" is not "Châlons-en-Champagne") and drops
variants of spelling.
"""

import re
import unicodedata
from functools import lru_cache

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss", "’": "'"})
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NOT_WORD_OR_SLASH = re.compile(r"[^a-z0-9/]+")
_ORDINAL = re.compile(r"^(\d{1,2})(?:e|er|eme|ieme|ere)$")
_ARTICLES = ("le", "la", "les", "l", "aux", "las", "los")

_WORDS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_STREET_WORDS = {
    "r": "rue",
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "blvd": "boulevard",
    "boul": "boulevard",
    "pl": "place",
    "ch": "chemin",
    "che": "chemin",
    "chem": "chemin",
    "rte": "route",
    "imp": "impasse",
    "all": "allee",
    "allees": "allee",
    "sq": "square",
    "fg": "faubourg",
    "fbg": "faubourg",
    "crs": "cours",
    "esp": "esplanade",
    "prom": "promenade",
    "qu": "quai",
    "gal": "general",
    "gen": "general",
    "mal": "marechal",
    "cdt": "commandant",
    "cne": "capitaine",
    "col": "colonel",
    "lt": "lieutenant",
    "dr": "docteur",
    "pr": "professeur",
    "pdt": "president",
    "mgr": "monseigneur",
    "za": "zone artisanale",
    "zi": "zone industrielle",
    "zac": "zone d amenagement concerte",
}
_STREET_TYPE = re.compile(
    r"rue|avenue|boulevard|place|chemin|route|impasse|allee|square|faubourg|cours|esplanade|promenade|"
    r"quai|passage|ruelle|sentier|voie|villa|cite|hameau|residence|rond|parvis|mail|montee|traverse|"
    r"venelle|grande|zone|lieu|lotissement|galerie|pont|porte|clos|cour|domaine|quartier|port|halle|"
    r"carrefour|sente|rampe|descente"
)
_LITTLE_WORDS = frozenset(["de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "aux", "et", "en", "sur"])


class _Folding(dict[int, str]):
    """Cache of the folded text of each character; its size is bounded by the number of characters."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _NOT_WORD_OR_SLASH.sub(" ", _ascii(chr(code)).lower())
        return folded


_FOLDING = _Folding()


@lru_cache(maxsize=131_072)
def fold(text: str) -> str:
    """`text` in lower-case ASCII words separated by single blanks, "St" spelt out: "L'Haÿ" -> "l hay".

    " s/" is read "sur"; a trailing CEDEX (with its number) is dropped.
    """
    folded = text.translate(_FOLDING)
    if "/" in folded:
        folded = _NOT_WORD.sub(" ", _ascii(text).lower().replace(" s/", " sur "))
    # Few texts hold "st" or "cedex": a search for both costs a tenth of a look at every word.
    if "st" not in folded and "cedex" not in folded:
        return " ".join(folded.split())
    words = folded.split()
    if "cedex" in words:
        words = words[: words.index("cedex")]
    return " ".join([_WORDS.get(word, word) for word in words])


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return plain.encode("ascii", "ignore").decode()


def without_article(folded: str) -> str:
    """A folded name without its leading article: "le mans" -> "mans"; "las" and "los" count too."""
    first, _, rest = folded.partition(" ")
    return rest if rest and first in _ARTICLES else folded


def ordinal(word: str) -> int | None:
    """The number in "1er", "10e", "2eme" or "02" (a folded word), else None."""
    if word.isdigit() and len(word) <= 2:
        return int(word)
    match = _ORDINAL.match(word)
    return int(match.group(1)) if match else None


def street_key(street: str) -> str:
    """A street's name for comparison: abbreviations spelt out, little words dropped, no house number.

    "12 bis, av. du Gal de Gaulle" and "Avenue Général de Gaulle" both give "avenue general gaulle".
    """
    return spelt_out(fold(split_number(street)[1]))


def spelt_out(folded: str) -> str:
    """Folded words of a street, abbreviations spelt out, little words dropped: "av du gal leclerc" -> "avenue general
    leclerc"."""
    words = " ".join([_STREET_WORDS.get(word, word) for word in folded.split()])
    return " ".join([word for word in words.split() if word not in _LITTLE_WORDS])


_NUMBER = re.compile(
    r"^\s*(\d{1,4})(?:\s*[-/à]\s*\d{1,4})?\s*(bis|ter|quater|[a-dA-D](?=[\s,]))?[\s,]+(?=\S)", re.IGNORECASE
)


def split_number(address: str) -> tuple[str, str]:
    """House number ("12", "12bis" or "") and the rest of a street address."""
    # Most streets without a number begin with a letter: no need to look further.
    match = None if address[:1].isalpha() else _NUMBER.match(address)
    if not match:
        return "", address.strip()
    return match.group(1) + (match.group(2) or "").lower(), address[match.end() :].strip()


def number_key(number: str) -> str:
    """A house number of `split_number` for comparison: "15bis" and "15 B" give "15b"."""
    return number[: len(number.rstrip("abcdefghijklmnopqrstuvwxyz")) + 1]


def is_street(folded: str) -> bool:
    """Whether folded words begin as a street does ("rue", "av", "place", ...)."""
    return _is_street_type(folded.partition(" ")[0])


@lru_cache(maxsize=20_000)
def _is_street_type(word: str) -> bool:
    return _STREET_TYPE.fullmatch(_STREET_WORDS.get(word, word)) is not None
