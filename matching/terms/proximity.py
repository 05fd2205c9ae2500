"""Nearer is better: half the value every `half` metres, `half` being what one covers without thinking by that mode."""

import math
from collections.abc import Mapping
from typing import ClassVar

from geo.localisation.quantities import distance_text
from geo.types import Precision
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.query.query import Mode, Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Reason, Shown

HALF_M: Mapping[Mode | None, float] = {None: 3000.0, Mode.WALK: 800.0, Mode.BIKE: 2500.0, Mode.CAR: 8000.0}
NEAR, NOT_FAR, FURTHER = 0.75, 0.5, 0.2
FAR = 3
"""Level of what is told by its distance."""


@inlined
def near(distance_m: float, half_m: float) -> float:
    """1 here, half as much every `half_m`."""
    return math.exp2(-distance_m / half_m)


@inlined
def value(tree: Tree, wanted: Wanted, row: int, metres: float) -> float:
    """`2 ** (-distance_m / half)`, of the distance as shown."""
    return near(metres, wanted.half_m)


@inlined
def upper_bound(tree: Tree, wanted: Wanted, part: int, metres: float) -> float:
    """By the nearest point of the part."""
    return near(metres, wanted.half_m)


def level(value: float) -> int:
    """How near in words: 0 very near, 1 not far, 2 further, 3 far."""
    if value >= NEAR:
        return 0
    if value >= NOT_FAR:
        return 1
    return 2 if value >= FURTHER else 3


class Proximity:
    """In words."""

    name: ClassVar[str] = "proximity"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        result = shown.result
        if result.facts.get("precision") == Precision.COMMUNE.value:
            return [Reason(shown.say("adresse à préciser", "exact address to be confirmed"), good=False)]
        far = distance_text(result.distance_m, shown.language)
        return [
            (
                Reason(shown.say("tout près", "very near")),
                Reason(shown.say("pas loin", "not far")),
                Reason(shown.say("un peu plus loin", "a little further away"), good=False),
                Reason(shown.say(f"à {far}", f"{far} away"), good=False),
            )[level(value)]
        ]
