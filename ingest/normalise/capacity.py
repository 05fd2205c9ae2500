"""Numbers of people or seats, as people write them."""

import re
from functools import lru_cache

MAX_PEOPLE = 100_000
_BLANKS = re.compile(r"[\s\u00a0\u202f]")
_NUMBER = re.compile(r"\d{1,3}(?:[\s\u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,]\d+)?")
_NOT_PEOPLE = re.compile(
    r"\s*(?:m2|m²|m\b|mètres|metres|€|%|h\b|euros?|(?:er|re|e|ème|eme)\s+étage|salles?\b|bureaux\b|pièces)",
    re.IGNORECASE,
)
_PEOPLE = re.compile(
    r"\s*(?:personnes?|pers\b|places?|postes?|participants?|sièges?|chaises|assis|people|seats?)", re.IGNORECASE
)
_RANGE = re.compile(r"(\d+)\s*(?:à|a|-|–|/|et|ou|to)\s*(\d+)")
_SPELT = {
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
    "douze": 12, "quinze": 15, "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "cent": 100,
    "dizaine": 10, "douzaine": 12, "quinzaine": 15, "vingtaine": 20, "trentaine": 30, "quarantaine": 40,
    "cinquantaine": 50, "soixantaine": 60, "centaine": 100,
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_ROOMS = frozenset({"salle", "salles", "bureau", "bureaux", "pièce", "pièces"})
_LONGEST = 200


def normalise(text: str) -> int | None:
    """The count in a cell; the lower bound of a range ("10 à 15" -> 10); None when there is none or it is 0.

    "une dizaine" is 10; "2 salles de 12 personnes (40 m²)" is 12, the number that counts people.
    """
    if not text:
        return None
    if text.isdigit() and text.isascii() and len(text) < 7:
        count = int(text)
        return _valid(count)
    return _count(text[:_LONGEST])


@lru_cache(maxsize=8_192)
def _count(text: str) -> int | None:
    if text.strip().startswith("-"):
        return None
    numbers = [match for match in _NUMBER.finditer(text) if not _NOT_PEOPLE.match(text, match.end())]
    ranged = _RANGE.search(text)
    if ranged and not _NOT_PEOPLE.match(text, ranged.end()) and int(ranged[1]) < int(ranged[2]):
        return _valid(int(ranged[1])) if int(ranged[2]) <= MAX_PEOPLE else None
    if numbers:
        best = next((match for match in numbers if _PEOPLE.match(text, match.end())), numbers[0])
        return _valid(int(float(_BLANKS.sub("", best.group()).replace(",", ".")[:20])))
    words = _WORD.findall(text.lower())
    if _NUMBER.search(text) or not _ROOMS.isdisjoint(words):
        return None
    return _valid(next((_SPELT[word] for word in words if word in _SPELT), 0))


def _valid(count: int) -> int | None:
    return count if 0 < count <= MAX_PEOPLE else None
