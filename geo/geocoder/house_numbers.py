"""The houses of a street, seven bytes each, and the position of a house number, interpolated when it is missing.

A house is a number, a suffix code and an offset from the street's reference point in steps of `STEP` degrees (1.1 m),
so a street may reach 36 km from its point. Houses are sorted by number and suffix.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import haversine_m

STEP = 1e-5
STEPS_PER_DEGREE = 100_000
HOUSE = np.dtype([("number", "<u2"), ("suffix", "u1"), ("east", "<i2"), ("north", "<i2")])
MAX_NUMBER = 65_535
MAX_STEPS = 32_767

Houses = npt.NDArray[Any]

NO_SUFFIX, OTHER_SUFFIX = 0, 255
_NAMED = {"bis": 27, "ter": 28, "quater": 29, "quinquies": 30}
_LETTER_OF = {27: 2, 28: 20, 29: 17, 30: 17}
"""Letters that stand for bis, ter and quater: B, T, Q (the code of a letter is its place in the alphabet)."""

BETWEEN_NUMBERS, BETWEEN_M = 20, 150.0
"""Two houses at most this far apart, in numbers and metres, give an `exact` position to the numbers between them."""


class Placement(Enum):
    """How the position of a house was derived; the value is its factor in the score."""

    HOUSE = 1.0
    SAME_NUMBER = 0.95
    BETWEEN = 0.85
    NEAREST = 0.7
    STREET = 0.65


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on a street, in decimal degrees; `number` is its house, 0 for the street or a point between houses."""

    lon: float
    lat: float
    number: int
    placement: Placement


def suffix_code(suffix: str) -> int:
    """One byte for "", "bis", "ter", "a"...; `OTHER_SUFFIX` for what has no code."""
    word = re.sub(r"[^a-z]", "", suffix.lower())
    if not word:
        return NO_SUFFIX if not suffix.strip() else OTHER_SUFFIX
    if word in _NAMED:
        return _NAMED[word]
    return ord(word) - 96 if len(word) == 1 else OTHER_SUFFIX


def place(houses: Houses, lon: float, lat: float, number: int, suffix: str) -> Spot:
    """The position of house `number` on a street with reference point (lon, lat); for number 0, the street's.

    The house; else one of the same number; else interpolated between the next houses of the same parity; else, when
    these are far apart or missing, the house nearest in number.
    """
    if not number or not len(houses):
        return Spot(lon, lat, 0, Placement.STREET)
    numbers = houses["number"]
    first, last = np.searchsorted(numbers, [number, number + 1])
    if first < last:
        return _same_number(houses[first:last], lon, lat, number, suffix)
    even = np.flatnonzero(numbers % 2 == number % 2)
    at = int(np.searchsorted(numbers[even], number))
    if 0 < at < len(even):
        return _between(houses[even[at - 1]], houses[even[at]], lon, lat, number)
    nearest = houses[int(np.argmin(np.abs(numbers.astype(np.int64) - number)))]
    return _spot(nearest, lon, lat, Placement.NEAREST)


def _same_number(same: Houses, lon: float, lat: float, number: int, suffix: str) -> Spot:
    code = suffix_code(suffix)
    codes = [int(value) for value in same["suffix"]]
    if code in codes:
        return _spot(same[codes.index(code)], lon, lat, Placement.HOUSE)
    letters = [_LETTER_OF.get(value, value) for value in codes]
    letter = _LETTER_OF.get(code, code)
    if letter in letters:
        return _spot(same[letters.index(letter)], lon, lat, Placement.HOUSE)
    return _spot(same[0], lon, lat, Placement.SAME_NUMBER)


def _between(low: Any, high: Any, lon: float, lat: float, number: int) -> Spot:
    before, after = _spot(low, lon, lat, Placement.BETWEEN), _spot(high, lon, lat, Placement.BETWEEN)
    share = (number - before.number) / (after.number - before.number)
    near = (
        after.number - before.number <= BETWEEN_NUMBERS
        and haversine_m(before.lon, before.lat, after.lon, after.lat) <= BETWEEN_M
    )
    if near:
        return Spot(
            before.lon + share * (after.lon - before.lon),
            before.lat + share * (after.lat - before.lat),
            0,
            Placement.BETWEEN,
        )
    return _spot(low if share <= 0.5 else high, lon, lat, Placement.NEAREST)


def _spot(house: Any, lon: float, lat: float, placement: Placement) -> Spot:
    return Spot(lon + int(house["east"]) * STEP, lat + int(house["north"]) * STEP, int(house["number"]), placement)
