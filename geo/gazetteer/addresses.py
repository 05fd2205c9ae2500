"""Looks up an address inside a commune among the streets of the shipped lists.

No national address base is shipped: some 48,000 addresses of town halls, libraries, France Services houses,
coworkings and cafés are known. Any other street gives the middle of its commune, and the label says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from geo.reference import files
from geo.reference.communes import Areas, Commune
from geo.reference.toponyms import fold, is_street, split_number, street_key

_SAME_STREET = 90.0
_MAX_TOWN_WORDS = 8
_POSTCODE = re.compile(r"\b\d{5}\b")


@dataclass(frozen=True, slots=True)
class Address:
    """An address split into house number ("" if none), street, and the text of its town."""

    number: str
    street: str
    town: str


@dataclass(frozen=True, slots=True)
class Spot:
    """The point of a house in the shipped lists, in decimal degrees; `number` is its house number."""

    insee: str
    street: str
    number: str
    lon: float
    lat: float


def readings(text: str) -> Iterator[Address]:
    """The possible splits of a text into street and town, most likely first; none when it holds no street.

    "12 rue de Strasbourg, 44000 Nantes", "44000 Nantes, 12 rue de Strasbourg", "12 rue de Strasbourg Nantes".
    """
    postcode = _POSTCODE.search(text)
    if postcode and _starts_as_street(text):
        yield _address(text[: postcode.start()], text[postcode.start() :])
        return
    parts = [part.strip() for part in text.split(",") if part.strip()]
    for index, part in enumerate(parts):
        # A comma often stands between number and street: "12, rue de Strasbourg, Nantes".
        number_before = index and parts[index - 1].isdigit()
        town_parts = parts[: index - 1 if number_before else index] + parts[index + 1 :]
        if _starts_as_street(part) and town_parts:
            yield _address(f"{parts[index - 1]} {part}" if number_before else part, ", ".join(town_parts))
            return
    if _starts_as_street(text):
        words = text.split()
        for count in range(min(_MAX_TOWN_WORDS, len(words) - 2), 0, -1):
            address = _address(" ".join(words[:-count]), " ".join(words[-count:]))
            # "rue de Paris" alone is a street of an unknown town, not a street called "rue de" in Paris.
            if " " in street_key(address.street):
                yield address


def _starts_as_street(text: str) -> bool:
    return is_street(fold(split_number(text)[1]))


def _address(street: str, town: str) -> Address:
    number, rest = split_number(street.strip(" ,"))
    return Address(number, rest.strip(" ,"), town.strip(" ,"))


class Streets:
    """The shipped addresses by commune, read at the first look-up."""

    def __init__(self, data_dir: Path, areas: Areas) -> None:
        self._data_dir = data_dir
        self._areas = areas

    @cached_property
    def _by_commune(self) -> dict[str, list[Spot]]:
        index: dict[str, list[Spot]] = {}
        for insee, street, number, lon, lat in files.rows(self._data_dir, files.STREETS):
            commune = self._areas.commune(insee)
            spot = Spot(insee, street, number, float(lon), float(lat))
            index.setdefault(insee, []).append(spot)
            if commune and commune.parent:
                index.setdefault(commune.parent, []).append(spot)
        return index

    def find(self, commune: Commune, number: str, street: str) -> Spot | None:
        """The house of that street nearest to `number` (the middle house when `number` is ""), or None.

        A street of nearly the same spelling is accepted. In Paris, Lyon and Marseille any arrondissement counts.
        """
        from rapidfuzz import fuzz

        key = street_key(street)
        if " " not in key:
            return None
        keyed = [(fuzz.ratio(key, street_key(spot.street)), spot) for spot in self._by_commune.get(commune.insee, [])]
        best = max((score for score, _ in keyed), default=0.0)
        if best < _SAME_STREET:
            return None
        houses = sorted((spot for score, spot in keyed if score == best), key=lambda s: (_number(s.number), s.number))
        if not number:
            return houses[len(houses) // 2]
        return min(houses, key=lambda s: (s.number != number, abs(_number(s.number) - _number(number)), s.number))


def _number(house: str) -> int:
    digits = re.match(r"\d+", house)
    return int(digits.group()) if digits else 0
