"""What any row of a part of the tree is worth at most."""

import math

from geo.spatial.distance import EARTH_RADIUS_M, QUANTUM_M
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.terms import affinity, fit, price, proximity, trust, wishes

OUT = -1.0
"""Bound of a part that can hold no result."""
ROUNDING = 1e-9
"""Sums of bounds are rounded like sums of values, maybe the other way."""


@inlined
def nearest_m(tree: Tree, wanted: Wanted, part: int) -> float:
    """Lower bound of the distance to any row of the part."""
    dx, dy, dz = tree.part_x[part] - wanted.x, tree.part_y[part] - wanted.y, tree.part_z[part] - wanted.z
    return least_m(math.sqrt(dx * dx + dy * dy + dz * dz) - tree.part_reach[part])


@inlined
def least_m(chord: float) -> float:
    """Lower bound of a distance as shown; chords are shorter than arcs."""
    return max(0.0, chord * EARTH_RADIUS_M - QUANTUM_M)


@inlined
def most(tree: Tree, wanted: Wanted, part: int) -> float:
    """The most a row of the part may score, or `OUT`."""
    metres = nearest_m(tree, wanted, part)
    yes = tree.part_yes[part]
    if metres > wanted.radius_m or (yes & wanted.needs) != wanted.needs:
        return OUT
    weights = wanted.weights
    bound = weights[0] * proximity.upper_bound(tree, wanted, part, metres) + ROUNDING
    if weights[1] > 0.0:
        bound += weights[1] * wishes.upper_bound(tree, wanted, part, metres)
    if len(wanted.together) > 0:
        return bound + wanted.together[part]
    if weights[2] > 0.0:
        bound += weights[2] * price.upper_bound(tree, wanted, part, metres)
    if weights[3] > 0.0:
        bound += weights[3] * affinity.upper_bound(tree, wanted, part, metres)
    if weights[4] > 0.0:
        bound += weights[4] * fit.upper_bound(tree, wanted, part, metres)
    if weights[5] > 0.0:
        bound += weights[5] * trust.upper_bound(tree, wanted, part, metres)
    return bound
