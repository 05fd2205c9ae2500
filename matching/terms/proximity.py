"""Nearer places first: the value halves every `half` metres, a short distance by the mode of travel."""

import math
from collections.abc import Mapping
from typing import ClassVar

from geo.localisation.quantities import distance_text
from geo.types import Precision
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Mode, Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Reason, ReasonContext

HALF_M: Mapping[Mode | None, float] = {None: 3000.0, Mode.WALK: 800.0, Mode.BIKE: 2500.0, Mode.CAR: 8000.0}
NEAR, NOT_FAR, FURTHER = 0.75, 0.5, 0.2
FAR = 3
"""Level whose reason names the distance."""


@inlined
def value_at(distance_m: float, half_m: float) -> float:
    """1 at distance 0, half as much every `half_m`."""
    return math.exp2(-distance_m / half_m)


@inlined
def value(tree: Tree, query: QueryArrays, row: int, metres: float) -> float:
    """`2 ** (-distance_m / half)`, of the distance as shown."""
    return value_at(metres, query.half_m)


@inlined
def upper_bound(tree: Tree, query: QueryArrays, part: int, metres: float) -> float:
    """By the nearest point of the part."""
    return value_at(metres, query.half_m)


def level(value: float) -> int:
    """Level of a value in words: 0 very near, 1 not far, 2 further, 3 far."""
    if value >= NEAR:
        return 0
    if value >= NOT_FAR:
        return 1
    return 2 if value >= FURTHER else 3


class Proximity:
    """Its reasons in words."""

    name: ClassVar[str] = "proximity"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, context: ReasonContext) -> list[Reason]:
        result = context.result
        if result.facts.get("precision") == Precision.COMMUNE.value:
            return [Reason(context.text("adresse à préciser", "exact address to be confirmed"), good=False)]
        far = distance_text(result.distance_m, context.language)
        return [
            (
                Reason(context.text("tout près", "very near")),
                Reason(context.text("pas loin", "not far")),
                Reason(context.text("un peu plus loin", "a little further away"), good=False),
                Reason(context.text(f"à {far}", f"{far} away"), good=False),
            )[level(value)]
        ]
