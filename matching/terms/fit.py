"""A room of the right size: an event room for one person is a waste, and somebody else's loss."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Floats, Reason, Shown

AMPLE = 2.0
LEAST = 0.2
TOO_BIG = 0.35
TABLED = 1 << 10
"""How so many seats suit is looked up (`Wanted.suits`): a logarithm takes longer."""


@inlined
def suits(seats: int, asked: int) -> float:
    """1 up to twice the seats asked, falling to 0.2; neutral for 0, unknown."""
    if seats == 0:
        return NEUTRAL
    ratio = max(seats / asked, AMPLE)
    return max(LEAST, 1.0 - 0.8 * math.log10(ratio / AMPLE))


def all_suit(seats: npt.NDArray[np.int32], asked: int) -> Floats:
    """The same of many."""
    ratio = np.maximum(seats / asked, AMPLE)
    return np.where(seats == 0, NEUTRAL, np.maximum(LEAST, 1.0 - 0.8 * np.log10(ratio / AMPLE)))


@inlined
def value(tree: Tree, wanted: Wanted, row: int, metres: float) -> float:
    """1 up to twice the seats asked, then 0.8 less for each tenfold, down to 0.2 at twenty times; unknown 0.4."""
    seats = tree.seats[row]
    return wanted.suits[seats] if seats < TABLED else suits(seats, wanted.seats)


@inlined
def upper_bound(tree: Tree, wanted: Wanted, part: int, metres: float) -> float:
    """The value falls with the seats: the smallest room bounds the others, be it too small to be a result. Spaces and
    candidates, whose seats nobody knows, are never in one part."""
    seats = tree.part_seats[part]
    return wanted.suits[seats] if seats < TABLED else suits(seats, wanted.seats)


def level(value: float) -> int:
    """1 when there is something to say: much too big."""
    return 0 if value > TOO_BIG else 1


class Fit:
    """In words."""

    name: ClassVar[str] = "fit"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        if shown.result.space_id is None or level(value) == 0:
            return []
        return [Reason(shown.say("bien plus grand que demandé", "much larger than asked"), good=False, objection=True)]
