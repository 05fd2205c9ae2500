"""Parses an address line for geocoding: house number, suffix and street, whatever stands around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from geo.geocoder.street_names import Key, key_text, split_key
from geo.reference.toponyms import fold, is_street

_PARTS = re.compile(r"[,;|\n]| [-–—] |\(|\)")
_NUMBER = re.compile(
    r"^\s*(?:n°\s*|no\s+)?(\d{1,5})\s*(bis|ter|quater|quinquies|[a-qs-z](?=[\s,./&-]))?\b"
    r"(?:\s*(?:[-/&à]|et)\s*(\d{1,5})(?:\s*(?:bis|ter|quater|[a-f])\b)?)*[\s,.°]*",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"(?<![\w/-])\d{1,4}\s*(?:bis|ter|quater|[a-f])?[\s,]+(?=[a-zéè])", re.IGNORECASE)
_BOX = re.compile(r"\b(?:b\.?\s?p\.?|c\.?s\.?|tsa)\s?\d+.*$|\bcedex\b.*$", re.IGNORECASE)
_ONLY_NUMBER = re.compile(r"^\s*\d{1,5}\s*(?:bis|ter|quater|[a-z])?(?:\s*(?:[-/&à]|et)\s*\d{1,5})?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """A parsed address; `number` is 0 when it has none, `suffix` is "" or lower case ("bis", "b").

    `last` is the second number of "12-14 rue X", because the index may hold only that one; 0 when there is none.
    """

    number: int
    suffix: str
    key: Key
    last: int = 0


def read_address(text: str) -> tuple[AddressQuery, ...]:
    """The possible readings of an address line, most likely first; none when it holds no word.

    Of several parts ("Bâtiment A, 12 rue X", "ZA du Bois - 3 rue Y"), those that are numbered streets, then other
    streets; a part that is no street only where there is none. "12, rue X" is one part. Boxes (BP, CS) and CEDEX are
    left out.
    """
    ranked: list[tuple[int, AddressQuery]] = []
    for part in _parts(_BOX.sub(" ", text)):
        number, last, suffix, street = _split(part)
        folded = fold(street)
        rank = 2 if not is_street(folded) else 1 if not number else 0
        if key := key_text(folded):
            ranked.append((rank, AddressQuery(number, suffix, split_key(key), last)))
            if rank == 0:
                break
    if not ranked:
        return ()
    best = min(rank for rank, _ in ranked)
    if best == 2:
        return (ranked[0][1],)
    return tuple(query for rank, query in sorted(ranked, key=lambda pair: pair[0]) if rank < 2)


def _parts(text: str) -> Iterator[str]:
    """Parts between commas and dashes, a number joined to the next part; then streets that start inside a part."""
    parts: list[str] = []
    number = ""
    for part in _PARTS.split(text):
        if not part or part.isspace():
            continue
        if _ONLY_NUMBER.match(part):
            number = part
            continue
        parts.append(f"{number} {part}" if number and not part.lstrip()[:1].isdigit() else part)
        number = ""
        yield parts[-1]
    for part in parts:
        match = _INSIDE.search(part, 1)
        if match:
            yield part[match.start() :]


def _split(part: str) -> tuple[int, int, str, str]:
    match = _NUMBER.match(part)
    if not match or not part[match.end() :].strip():
        return 0, 0, "", part
    return int(match.group(1)), int(match.group(3) or 0), (match.group(2) or "").lower(), part[match.end() :]
