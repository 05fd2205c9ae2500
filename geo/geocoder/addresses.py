"""An address line read for geocoding: house number, suffix and street, whatever stands around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from geo.geocoder.words import Key, key_text, split_key
from geo.toponyms import fold, is_street

_PARTS = re.compile(r"[,;|\n]| [-–—] |\(|\)")
_NUMBER = re.compile(
    r"^\s*(?:n°\s*|no\s+)?(\d{1,5})(?:\s*(?:[-/&à]|et)\s*\d{1,5}(?:\s*(?:bis|ter|quater|[a-f])\b)?)*\s*"
    r"(bis|ter|quater|quinquies|[a-z](?=[\s,.]))?\b[\s,.°]*",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"(?<![\w/-])\d{1,4}\s*(?:bis|ter|quater|[a-f])?[\s,]+(?=[a-zéè])", re.IGNORECASE)
_BOX = re.compile(r"\b(?:b\.?\s?p\.?|c\.?s\.?|tsa)\s?\d+.*$|\bcedex\b.*$", re.IGNORECASE)
_ONLY_NUMBER = re.compile(r"^\s*\d{1,5}\s*(?:bis|ter|quater|[a-f])?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; `number` is 0 when it has none, `suffix` is "" or lower case ("bis", "b")."""

    number: int
    suffix: str
    key: Key


def read_address(text: str) -> Asked | None:
    """The house and street of an address line, None when it holds no word.

    Of several parts ("Bâtiment A, 12 rue X", "ZA du Bois - 3 rue Y"), the first that is a numbered street, else the
    first that is a street, else the first. "12, rue X" is one part. Boxes (BP, CS) and CEDEX are not part of it.
    """
    best: Asked | None = None
    best_rank = 3
    for part in _parts(_BOX.sub(" ", text)):
        number, suffix, street = _split(part)
        folded = fold(street)
        rank = 2 if not is_street(folded) else 1 if not number else 0
        if rank < best_rank and (key := key_text(folded)):
            best, best_rank = Asked(number, suffix, split_key(key)), rank
            if rank == 0:
                break
    return best


def _parts(text: str) -> Iterator[str]:
    """Parts between commas and dashes, a number joined with what follows it; then what begins inside a part."""
    parts: list[str] = []
    held = ""
    for part in _PARTS.split(text):
        if not part or part.isspace():
            continue
        if _ONLY_NUMBER.match(part):
            held = part
            continue
        parts.append(f"{held} {part}" if held else part)
        held = ""
        yield parts[-1]
    for part in parts:
        found = _INSIDE.search(part, 1)
        if found:
            yield part[found.start() :]


def _split(part: str) -> tuple[int, str, str]:
    found = _NUMBER.match(part)
    if not found or not part[found.end() :].strip():
        return 0, "", part
    return int(found.group(1)), (found.group(2) or "").lower(), part[found.end() :]
