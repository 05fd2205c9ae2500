"""What any row of a part of the tree is worth at most."""

import math

import numpy as np

from geo.distance import EARTH_RADIUS_M, QUANTUM_M
from matching.kernel.asked import Wanted
from matching.kernel.bits import count_ones
from matching.kernel.compiled import inner
from matching.kernel.rows import granted, near, suits
from matching.kernel.tree import Tree

OUT = -1.0
"""Bound of a part that can hold no result."""
ROUNDING = 1e-9
"""Sums of bounds are rounded like sums of values, maybe the other way."""


@inner
def nearest_m(tree: Tree, wanted: Wanted, part: int) -> float:
    """Lower bound of the distance to any row of the part; chords are shorter than arcs."""
    dx, dy, dz = tree.part_x[part] - wanted.x, tree.part_y[part] - wanted.y, tree.part_z[part] - wanted.z
    chord = math.sqrt(dx * dx + dy * dy + dz * dz) - tree.part_reach[part]
    return max(0.0, chord * EARTH_RADIUS_M - QUANTUM_M)


@inner
def most(tree: Tree, wanted: Wanted, part: int) -> float:
    """The most a row of the part may score, or `OUT`."""
    metres = nearest_m(tree, wanted, part)
    yes = tree.part_yes[part]
    if metres > wanted.radius_m or (yes & wanted.needs) != wanted.needs:
        return OUT
    weights = wanted.weights
    bound = weights[0] * near(metres, wanted.half_m) + ROUNDING
    if weights[1] > 0.0:
        there = count_ones(np.uint64(yes & wanted.wishes))
        untold = count_ones(np.uint64(tree.part_unknown[part] & ~yes & wanted.wishes))
        bound += weights[1] * granted(float(there), float(untold), wanted.wish_count)
    if weights[2] > 0.0:
        bound += weights[2] * (tree.part_any_price[part] if wanted.any_own else tree.part_price[part])
    if weights[3] > 0.0:
        of_set = tree.part_set[part]
        bound += weights[3] * (wanted.most_affinity if of_set < 0 else wanted.set_affinity[of_set])
    if weights[4] > 0.0:
        seats = tree.part_seats[part]
        # Most parts have a room that is small enough: no need for a logarithm.
        bound += weights[4] * (1.0 if 0 < seats <= 2 * wanted.seats else suits(seats, wanted.seats))
    if weights[5] > 0.0:
        bound += weights[5] * tree.part_trust[part]
    return bound
