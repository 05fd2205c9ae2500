"""Cheaper is better: free counts 1, half as much every 15 EUR per half-day, at the searcher's price."""

import math
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from geo.localisation.quantities import euros_text
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Floats, Reason, ReasonContext

HALF_CENTS = 1500.0
LEVELS_WITH_PRICE = (2, 3)
"""Levels whose reason names the price."""
CHEAP = 0.8
DEAR = 0.4
TABLE_SIZE = 1 << 12
"""Values of fewer cents are looked up (`price_values` of `matching.arrays.query_arrays`), faster than a power."""


@inlined
def value_of_cents(cents: int) -> float:
    """1 when free, half as much every 15 EUR, neutral when unknown."""
    return NEUTRAL if cents == UNKNOWN_CENTS else math.exp2(-cents / HALF_CENTS)


def values_of_cents(cents: npt.NDArray[np.int32]) -> Floats:
    """The same for an array."""
    return np.where(cents == UNKNOWN_CENTS, NEUTRAL, np.exp2(-cents / HALF_CENTS))


@inlined
def searcher_cents(tree: Tree, query: QueryArrays, row: int) -> int:
    """Price per half-day for the searcher: that for members where there is one and their community offers the space."""
    if query.has_own_sets and query.set_own[tree.set_id[row]] and tree.member_price_cents[row] != UNKNOWN_CENTS:
        return tree.member_price_cents[row]
    return tree.price_cents[row]


@inlined
def value(tree: Tree, query: QueryArrays, row: int, metres: float) -> float:
    """`2 ** (-price / 15 EUR)`; unknown 0.4."""
    cents = searcher_cents(tree, query, row)
    return query.price_values[cents - UNKNOWN_CENTS] if cents < TABLE_SIZE else value_of_cents(cents)


@inlined
def upper_bound(tree: Tree, query: QueryArrays, part: int, metres: float) -> float:
    """By the lowest price of the part, or by an unknown one, which is neutral."""
    return tree.part_any_price[part] if query.has_own_sets else tree.part_price[part]


def level(value: float, cents: int) -> int:
    """Level of a value in words: 0 no reason, 1 free, 2 cheap, 3 expensive."""
    if cents == 0:
        return 1
    if cents == UNKNOWN_CENTS or DEAR <= value < CHEAP:
        return 0
    return 3 if value < DEAR else 2


class Price:
    """Its reasons in words."""

    name: ClassVar[str] = "price"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, context: ReasonContext) -> list[Reason]:
        cents = UNKNOWN_CENTS if context.result.price_cents is None else context.result.price_cents
        price = euros_text(cents, context.language)
        return (
            [],
            [Reason(context.text("gratuit", "free of charge"))],
            [Reason(context.text(f"à {price} seulement", f"only {price}"))],
            [Reason(context.text(f"plus cher ({price})", f"dearer ({price})"), good=False)],
        )[level(value, cents)]
