"""Calendar dates as lists write them."""

import re
from datetime import date

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_FRENCH = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


def normalise(text: str) -> date | None:
    """The first date of a cell (2024-01-31 or 31/01/2024), None without a valid one."""
    iso, french = _ISO.search(text), _FRENCH.search(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if french:
            return date(int(french[3]), int(french[2]), int(french[1]))
    except ValueError:
        return None
    return None
