"""The houses of a street, seven bytes each, and where a number is among them, even one that is not there.

A house is a number, a suffix code and the way from the street's own point in steps of `STEP` degrees (1.1 m), so a
street may reach 36 km from its point. Houses are sorted by number and suffix.
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
MOST_NUMBER = 65_535
FARTHEST_STEPS = 32_767

Houses = npt.NDArray[Any]

NO_SUFFIX, OTHER_SUFFIX = 0, 255
_NAMED = {"bis": 27, "ter": 28, "quater": 29, "quinquies": 30}
_LETTER_OF = {27: 2, 28: 20, 29: 17, 30: 17}
"""What people write for bis, ter and quater: B, T, Q (codes of letters are their place in the alphabet)."""

BETWEEN_NUMBERS, BETWEEN_M = 20, 150.0
"""Houses between two known ones at most so far apart, in numbers and metres, are placed between them: `exact`."""


class Found(Enum):
    """How a house was placed, with the certainty that it brings to the score."""

    HOUSE = 1.0
    SAME_NUMBER = 0.95
    BETWEEN = 0.85
    NEAREST = 0.7
    STREET = 0.65


@dataclass(frozen=True, slots=True)
class Spot:
    """A point on a street; `number` is the house it belongs to, 0 for the street itself or a point between houses."""

    lon: float
    lat: float
    number: int
    found: Found


def suffix_code(suffix: str) -> int:
    """One byte for "", "bis", "ter", "a"...; `OTHER_SUFFIX` for what has no code."""
    word = re.sub(r"[^a-z]", "", suffix.lower())
    if not word:
        return NO_SUFFIX if not suffix.strip() else OTHER_SUFFIX
    if word in _NAMED:
        return _NAMED[word]
    return ord(word) - 96 if len(word) == 1 else OTHER_SUFFIX


def place(houses: Houses, lon: float, lat: float, number: int, suffix: str) -> Spot:
    """Where house `number` is on a street whose own point is (lon, lat); number 0 asks for the street.

    The house; else one of the same number; else between the neighbours of the same parity, in proportion; else, when
    these are far apart or missing, the nearest in number.
    """
    if not number or not len(houses):
        return Spot(lon, lat, 0, Found.STREET)
    numbers = houses["number"]
    first, last = np.searchsorted(numbers, [number, number + 1])
    if first < last:
        return _same_number(houses[first:last], lon, lat, number, suffix)
    even = np.flatnonzero(numbers % 2 == number % 2)
    at = int(np.searchsorted(numbers[even], number))
    if 0 < at < len(even):
        return _between(houses[even[at - 1]], houses[even[at]], lon, lat, number)
    nearest = houses[int(np.argmin(np.abs(numbers.astype(np.int64) - number)))]
    return _spot(nearest, lon, lat, Found.NEAREST)


def _same_number(same: Houses, lon: float, lat: float, number: int, suffix: str) -> Spot:
    code = suffix_code(suffix)
    codes = [int(one) for one in same["suffix"]]
    if code in codes:
        return _spot(same[codes.index(code)], lon, lat, Found.HOUSE)
    letters = [_LETTER_OF.get(one, one) for one in codes]
    wanted = _LETTER_OF.get(code, code)
    if wanted in letters:
        return _spot(same[letters.index(wanted)], lon, lat, Found.HOUSE)
    return _spot(same[0], lon, lat, Found.SAME_NUMBER)


def _between(low: Any, high: Any, lon: float, lat: float, number: int) -> Spot:
    one, other = _spot(low, lon, lat, Found.BETWEEN), _spot(high, lon, lat, Found.BETWEEN)
    share = (number - one.number) / (other.number - one.number)
    near = (
        other.number - one.number <= BETWEEN_NUMBERS
        and haversine_m(one.lon, one.lat, other.lon, other.lat) <= BETWEEN_M
    )
    if near:
        return Spot(one.lon + share * (other.lon - one.lon), one.lat + share * (other.lat - one.lat), 0, Found.BETWEEN)
    return _spot(low if share <= 0.5 else high, lon, lat, Found.NEAREST)


def _spot(house: Any, lon: float, lat: float, found: Found) -> Spot:
    return Spot(lon + int(house["east"]) * STEP, lat + int(house["north"]) * STEP, int(house["number"]), found)
