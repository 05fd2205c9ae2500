"""A room of the right size: an event room for one person is a waste, and somebody else's loss."""

from typing import ClassVar

import numpy as np

from matching.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Asked, Blocks, Floats, Reason, Rows, Shown

AMPLE = 2.0
LEAST = 0.2
TOO_BIG = 0.35


class Fit:
    """1 up to twice the seats asked, then 0.8 less for each tenfold, down to 0.2 at twenty times; unknown 0.4."""

    name: ClassVar[str] = "fit"
    columns: ClassVar[tuple[str, ...]] = ("seats",)
    summaries: ClassVar[tuple[str, ...]] = ("block_seats",)

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def value(self, rows: Rows, asked: Asked) -> Floats:
        seats = rows.columns.seats[rows.index]
        return np.where(seats == 0, NEUTRAL, _value(seats.astype(np.float64), asked))

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        # The value falls with the seats: the smallest room bounds the others, be it too small to be a result. Spaces
        # and candidates, whose seats nobody knows, are never in one block.
        fewest = blocks.columns.block_seats[blocks.index]
        return np.where(fewest == 0, NEUTRAL, _value(fewest.astype(np.float64), asked))

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        if shown.result.space_id is None or value > TOO_BIG:
            return []
        return [Reason(shown.say("bien plus grand que demandé", "much larger than asked"), good=False, objection=True)]


def _value(seats: Floats, asked: Asked) -> Floats:
    ratio = np.maximum(seats / asked.query.seats, AMPLE)
    result: Floats = np.maximum(LEAST, 1.0 - 0.8 * np.log10(ratio / AMPLE))
    return result
