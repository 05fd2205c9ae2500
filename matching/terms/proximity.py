"""Nearer is better: half the value every `half` metres, `half` being what one covers without thinking by that mode."""

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from geo.distance import QUANTUM_M
from geo.types import Precision
from matching.numbers import distance_text
from matching.query import Mode, Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import Asked, Blocks, Floats, Reason, Rows, Shown

HALF_M: Mapping[Mode | None, float] = {None: 3000.0, Mode.WALK: 800.0, Mode.BIKE: 2500.0, Mode.CAR: 8000.0}
NEAR, NOT_FAR, FURTHER = 0.75, 0.5, 0.2


def near(distance_m: float, half_m: float) -> float:
    """1 here, half as much every `half_m`. Compiled by the kernel."""
    return math.exp2(-distance_m / half_m)


class Proximity:
    """`2 ** (-distance_m / half)`, of the distance as shown."""

    name: ClassVar[str] = "proximity"
    columns: ClassVar[tuple[str, ...]] = ("lon", "lat", "expected_dm")
    summaries: ClassVar[tuple[str, ...]] = ("block_lon", "block_lat", "block_radius_m")

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return True

    def value(self, rows: Rows, asked: Asked) -> Floats:
        result: Floats = np.exp2(-rows.distance_m / HALF_M[asked.query.mode])
        return result

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        # A distance is shown rounded, so it may be half a quantum nearer than it is.
        nearest_m = np.maximum(0.0, blocks.nearest_m - QUANTUM_M)
        result: Floats = np.exp2(-nearest_m / HALF_M[asked.query.mode])
        return result

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        result = shown.result
        if result.facts.get("precision") == Precision.COMMUNE.value:
            return [Reason(shown.say("adresse à préciser", "exact address to be confirmed"), good=False)]
        if value >= NEAR:
            return [Reason(shown.say("tout près", "very near"))]
        if value >= NOT_FAR:
            return [Reason(shown.say("pas loin", "not far"))]
        if value >= FURTHER:
            return [Reason(shown.say("un peu plus loin", "a little further away"), good=False)]
        far = distance_text(result.distance_m, shown.language)
        return [Reason(shown.say(f"à {far}", f"{far} away"), good=False)]
