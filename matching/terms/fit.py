"""A room of the right size: an event room for one person is a waste, and somebody else's loss."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from matching.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Asked, Blocks, Floats, Reason, Rows, Shown

AMPLE = 2.0
LEAST = 0.2
TOO_BIG = 0.35


def suits(seats: int, asked: int) -> float:
    """1 up to twice the seats asked, falling to 0.2; neutral for 0, unknown. Compiled by the kernel."""
    if seats == 0:
        return NEUTRAL
    ratio = max(seats / asked, AMPLE)
    return max(LEAST, 1.0 - 0.8 * math.log10(ratio / AMPLE))


def all_suit(seats: npt.NDArray[np.int32], asked: int) -> Floats:
    """The same of many."""
    ratio = np.maximum(seats / asked, AMPLE)
    return np.where(seats == 0, NEUTRAL, np.maximum(LEAST, 1.0 - 0.8 * np.log10(ratio / AMPLE)))


class Fit:
    """1 up to twice the seats asked, then 0.8 less for each tenfold, down to 0.2 at twenty times; unknown 0.4."""

    name: ClassVar[str] = "fit"
    columns: ClassVar[tuple[str, ...]] = ("seats",)
    summaries: ClassVar[tuple[str, ...]] = ("block_seats",)

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def value(self, rows: Rows, asked: Asked) -> Floats:
        result: Floats = all_suit(rows.columns.seats[rows.index], asked.query.seats)
        return result

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        # The value falls with the seats: the smallest room bounds the others, be it too small to be a result. Spaces
        # and candidates, whose seats nobody knows, are never in one block.
        result: Floats = all_suit(blocks.columns.block_seats[blocks.index], asked.query.seats)
        return result

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        if shown.result.space_id is None or value > TOO_BIG:
            return []
        return [Reason(shown.say("bien plus grand que demandé", "much larger than asked"), good=False, objection=True)]
