"""Postal addresses: the street apart from the "44000 Nantes" that ends many of them."""

import re

from geo.toponyms import number_key, split_number, street_key
from ingest.normalise.name import quieter

_LAST_LINE = re.compile(
    r"^(?P<street>.*?)[\s,;–-]*\b(?P<postcode>\d{5})\s+(?P<town>[^\d,;()]{2,60}?)(?:\s+cedex(?:\s+\d{1,2})?)?(?:,?\s*France)?$",
    re.S | re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{1,30}>")


def split(text: str) -> tuple[str, str, str]:
    """(street, postcode, town) of an address; postcode and town are "" when it does not end with them."""
    text = _TAG.sub("\n", text).strip()
    found = _LAST_LINE.match(text)
    if not found:
        return clean(text), "", ""
    return clean(found["street"]), found["postcode"], " ".join(found["town"].split())


def clean(text: str) -> str:
    """An address on one line; shouting turned into title case."""
    return quieter(", ".join(part for line in text.splitlines() if (part := " ".join(line.split()).strip(" ,;")))[:300])


def match_address(street: str) -> str:
    """The address as compared: house number and bare street words, abbreviations spelt out."""
    number = number_key(split_number(street)[0])
    return f"{number} {street_key(street)}".strip()
