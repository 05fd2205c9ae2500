"""How many people or seats, as people write it."""

import re

MAX_PEOPLE = 100_000
_NUMBER = re.compile(r"\d{1,3}(?:[\s\u00a0\u202f]\d{3})+|\d+(?:[.,]\d+)?")


def normalise(text: str) -> int | None:
    """The count in a cell; the lower bound of a range ("10 à 15" -> 10); None when there is none or it is 0."""
    found = _NUMBER.search(text)
    if not found or text.strip().startswith("-"):
        return None
    count = int(float(re.sub(r"[\s\u00a0\u202f]", "", found.group()).replace(",", ".")))
    return count if 0 < count <= MAX_PEOPLE else None
