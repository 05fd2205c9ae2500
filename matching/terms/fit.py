"""Rooms of the right size first: an event room for one person is a waste."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Floats, Reason, ReasonContext

AMPLE = 2.0
LEAST = 0.2
TOO_BIG = 0.35
TABLE_SIZE = 1 << 10
"""Values of fewer seats are looked up (`fit_values` of `matching.arrays.query_arrays`), faster than a logarithm."""


@inlined
def value_of_seats(seats: int, wanted_seats: int) -> float:
    """1 up to twice the wanted seats, falling to 0.2; neutral for 0, unknown."""
    if seats == 0:
        return NEUTRAL
    ratio = max(seats / wanted_seats, AMPLE)
    return max(LEAST, 1.0 - 0.8 * math.log10(ratio / AMPLE))


def values_of_seats(seats: npt.NDArray[np.int32], wanted_seats: int) -> Floats:
    """The same for an array."""
    ratio = np.maximum(seats / wanted_seats, AMPLE)
    return np.where(seats == 0, NEUTRAL, np.maximum(LEAST, 1.0 - 0.8 * np.log10(ratio / AMPLE)))


@inlined
def value(tree: Tree, query: QueryArrays, row: int, metres: float) -> float:
    """1 up to twice the wanted seats, then 0.8 less per factor of ten, down to 0.2 at twenty times; unknown 0.4."""
    seats = tree.seats[row]
    return query.fit_values[seats] if seats < TABLE_SIZE else value_of_seats(seats, query.seats)


@inlined
def upper_bound(tree: Tree, query: QueryArrays, part: int, metres: float) -> float:
    """The value falls with the seats, so the smallest room bounds the others, even if it is too small to match. Spaces,
    and candidates with unknown seats, are never in one part."""
    seats = tree.part_seats[part]
    return query.fit_values[seats] if seats < TABLE_SIZE else value_of_seats(seats, query.seats)


def level(value: float) -> int:
    """1 when there is a reason to give: much too big."""
    return 0 if value > TOO_BIG else 1


class Fit:
    """Its reasons in words."""

    name: ClassVar[str] = "fit"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, context: ReasonContext) -> list[Reason]:
        if context.result.space_id is None or level(value) == 0:
            return []
        return [
            Reason(context.text("bien plus grand que demandé", "much larger than asked"), good=False, objection=True)
        ]
