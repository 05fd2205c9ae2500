"""Cheaper is better: free counts 1, half as much every 15 EUR per half-day, at the searcher's price."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from geo.localisation.quantities import euros_text
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Floats, Reason, Shown

HALF_CENTS = 1500.0
NAMED = (2, 3)
"""Levels of which the price is told."""
CHEAP = 0.8
DEAR = 0.4
TABLED = 1 << 12
"""The worth of so many cents is looked up (`Wanted.worths`): a power takes longer."""


@inlined
def worth(cents: int) -> float:
    """1 when free, half as much every 15 EUR, neutral when unknown."""
    return NEUTRAL if cents == UNKNOWN_CENTS else math.exp2(-cents / HALF_CENTS)


def worths(cents: npt.NDArray[np.int32]) -> Floats:
    """The same of many."""
    return np.where(cents == UNKNOWN_CENTS, NEUTRAL, np.exp2(-cents / HALF_CENTS))


@inlined
def asked_cents(tree: Tree, wanted: Wanted, row: int) -> int:
    """What the searcher would pay per half-day: the members' price where there is one and their community offers it."""
    if wanted.any_own and wanted.set_own[tree.set_id[row]] and tree.member_price_cents[row] != UNKNOWN_CENTS:
        return tree.member_price_cents[row]
    return tree.price_cents[row]


@inlined
def value(tree: Tree, wanted: Wanted, row: int, metres: float) -> float:
    """`2 ** (-price / 15 EUR)`; unknown 0.4."""
    cents = asked_cents(tree, wanted, row)
    return wanted.worths[cents - UNKNOWN_CENTS] if cents < TABLED else worth(cents)


@inlined
def upper_bound(tree: Tree, wanted: Wanted, part: int, metres: float) -> float:
    """By the lowest price of the part, or by one that nobody knows."""
    return tree.part_any_price[part] if wanted.any_own else tree.part_price[part]


def level(value: float, cents: int) -> int:
    """How cheap in words: 0 nothing to say, 1 free, 2 cheap, 3 dear."""
    if cents == 0:
        return 1
    if cents == UNKNOWN_CENTS or DEAR <= value < CHEAP:
        return 0
    return 3 if value < DEAR else 2


class Price:
    """In words."""

    name: ClassVar[str] = "price"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        cents = UNKNOWN_CENTS if shown.result.price_cents is None else shown.result.price_cents
        price = euros_text(cents, shown.language)
        return (
            [],
            [Reason(shown.say("gratuit", "free of charge"))],
            [Reason(shown.say(f"à {price} seulement", f"only {price}"))],
            [Reason(shown.say(f"plus cher ({price})", f"dearer ({price})"), good=False)],
        )[level(value, cents)]
