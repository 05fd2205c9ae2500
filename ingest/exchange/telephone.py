"""Telephone numbers in the format of the standard: international, without spaces."""

import re

_FRENCH = re.compile(r"0(?:\d{9})")
_OVERSEAS = {"262": "262", "263": "262", "269": "262", "590": "590", "594": "594", "596": "596"}
"""Country codes by the first digits, after the 0, of numbers overseas."""
_STANDARD = re.compile(r"(?:\+33|\+590|\+594|\+262|\+596|\+269|\+687|\+689|\+508|\+681)\d{6,9}")


def to_standard(stored: str) -> str | None:
    """ "02 40 12 34 56" -> "+33240123456"; None for a number that the standard's pattern does not take."""
    compact = re.sub(r"[\s.\-]", "", stored)
    if _FRENCH.fullmatch(compact):
        national = compact[1:]
        # Saint-Pierre-et-Miquelon has six digits after its country code, which is the prefix itself.
        code = "" if national.startswith("508") else _OVERSEAS.get(national[:3], "33")
        compact = f"+{code}{national}"
    return compact if _STANDARD.fullmatch(compact) else None
