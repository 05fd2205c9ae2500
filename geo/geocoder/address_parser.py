"""An address line read for geocoding: house number, suffix and street, whatever stands around them."""

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
class Asked:
    """What an address asks for; `number` is 0 when it has none, `suffix` is "" or lower case ("bis", "b").

    `last` is the other number of "12-14 rue X", which may be the one that is known; 0 when there is none.
    """

    number: int
    suffix: str
    key: Key
    last: int = 0


def read_address(text: str) -> tuple[Asked, ...]:
    """What an address line may ask for, most likely first; nothing when it holds no word.

    Of several parts ("Bâtiment A, 12 rue X", "ZA du Bois - 3 rue Y"), those that are numbered streets, then other
    streets; a part that is no street only where there is none. "12, rue X" is one part. Boxes (BP, CS) and CEDEX are
    left out.
    """
    found: list[tuple[int, Asked]] = []
    for part in _parts(_BOX.sub(" ", text)):
        number, last, suffix, street = _split(part)
        folded = fold(street)
        rank = 2 if not is_street(folded) else 1 if not number else 0
        if key := key_text(folded):
            found.append((rank, Asked(number, suffix, split_key(key), last)))
            if rank == 0:
                break
    if not found:
        return ()
    best = min(rank for rank, _ in found)
    if best == 2:
        return (found[0][1],)
    return tuple(asked for rank, asked in sorted(found, key=lambda one: one[0]) if rank < 2)


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
        parts.append(f"{held} {part}" if held and not part.lstrip()[:1].isdigit() else part)
        held = ""
        yield parts[-1]
    for part in parts:
        found = _INSIDE.search(part, 1)
        if found:
            yield part[found.start() :]


def _split(part: str) -> tuple[int, int, str, str]:
    found = _NUMBER.match(part)
    if not found or not part[found.end() :].strip():
        return 0, 0, "", part
    return int(found.group(1)), int(found.group(3) or 0), (found.group(2) or "").lower(), part[found.end() :]
