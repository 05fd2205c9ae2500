"""Upper bounds of the score of the rows in a part of the tree."""

import math

from geo.spatial.distance import EARTH_RADIUS_M, QUANTUM_M
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.terms import affinity, fit, price, proximity, trust, wishes

NO_RESULT = -1.0
"""Bound of a part that can hold no result."""
ROUNDING = 1e-9
"""Added to each bound: floating-point sums of bounds and of values may round in opposite directions."""


@inlined
def nearest_m(tree: Tree, query: QueryArrays, part: int) -> float:
    """Lower bound of the distance to any row of the part."""
    dx, dy, dz = tree.part_x[part] - query.x, tree.part_y[part] - query.y, tree.part_z[part] - query.z
    return arc_lower_bound_m(math.sqrt(dx * dx + dy * dy + dz * dz) - tree.part_reach[part])


@inlined
def arc_lower_bound_m(chord: float) -> float:
    """Lower bound of a distance as shown, from a chord of the unit sphere, which is shorter than its arc."""
    return max(0.0, chord * EARTH_RADIUS_M - QUANTUM_M)


@inlined
def upper_bound(tree: Tree, query: QueryArrays, part: int) -> float:
    """Upper bound of the score of a row of the part, or `NO_RESULT`."""
    metres = nearest_m(tree, query, part)
    yes = tree.part_yes[part]
    if metres > query.radius_m or ((yes & query.needs) != query.needs and not query.to_confirm):
        return NO_RESULT
    weights = query.weights
    bound = weights[0] * proximity.upper_bound(tree, query, part, metres) + ROUNDING
    if weights[1] > 0.0:
        bound += weights[1] * wishes.upper_bound(tree, query, part, metres)
    if len(query.joint_bounds) > 0:
        return bound + query.joint_bounds[part]
    if weights[2] > 0.0:
        bound += weights[2] * price.upper_bound(tree, query, part, metres)
    if weights[3] > 0.0:
        bound += weights[3] * affinity.upper_bound(tree, query, part, metres)
    if weights[4] > 0.0:
        bound += weights[4] * fit.upper_bound(tree, query, part, metres)
    if weights[5] > 0.0:
        bound += weights[5] * trust.upper_bound(tree, query, part, metres)
    return bound
