"""Cheaper is better: free counts 1, half as much every 15 EUR per half-day, at the searcher's price."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from matching.numbers import euros_text
from matching.query import Query
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Asked, Blocks, Floats, Reason, Rows, Shown

HALF_CENTS = 1500.0
CHEAP = 0.8
DEAR = 0.4


def asked_cents(rows: Rows, asked: Asked) -> npt.NDArray[np.int32]:
    """What the searcher would pay per half-day: the members' price where there is one and their community offers it."""
    public = rows.columns.price_cents[rows.index]
    members = rows.columns.member_price_cents[rows.index]
    own = asked.set_own[rows.columns.set_id[rows.index]]
    result: npt.NDArray[np.int32] = np.where(own & (members != UNKNOWN_CENTS), members, public)
    return result


def worth(cents: int) -> float:
    """1 when free, half as much every 15 EUR, neutral when unknown. Compiled by the kernel."""
    return NEUTRAL if cents == UNKNOWN_CENTS else math.exp2(-cents / HALF_CENTS)


def worths(cents: npt.NDArray[np.int32]) -> Floats:
    """The same of many."""
    return np.where(cents == UNKNOWN_CENTS, NEUTRAL, np.exp2(-cents / HALF_CENTS))


class Price:
    """`2 ** (-price / 15 EUR)`; unknown 0.4."""

    name: ClassVar[str] = "price"
    columns: ClassVar[tuple[str, ...]] = ("price_cents", "member_price_cents", "set_id")
    summaries: ClassVar[tuple[str, ...]] = ("block_price_cents", "block_member_price_cents", "block_set_id")

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def value(self, rows: Rows, asked: Asked) -> Floats:
        result: Floats = worths(asked_cents(rows, asked))
        return result

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        c = blocks.columns
        public = c.block_price_cents[blocks.index]
        members = c.block_member_price_cents[blocks.index]
        own = asked.set_own[c.block_set_id[blocks.index]]
        lowest = np.where(own, np.minimum(public, members), public)
        # A block may hold rows whose price nobody knows, beside expensive ones.
        result: Floats = np.maximum(NEUTRAL, worths(lowest))
        return result

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        cents = shown.result.price_cents
        if cents == 0:
            return [Reason(shown.say("gratuit", "free of charge"))]
        if cents is None or DEAR <= value < CHEAP:
            return []
        price = euros_text(cents, shown.language)
        if value < DEAR:
            return [Reason(shown.say(f"plus cher ({price})", f"dearer ({price})"), good=False)]
        return [Reason(shown.say(f"à {price} seulement", f"only {price}"))]
