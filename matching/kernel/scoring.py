"""The distance, the values and the score of one row."""

import math
from typing import Any

import numpy as np

from geo.spatial.distance import EARTH_RADIUS_M, haversine_m
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.terms import affinity, fit, price, trust, wishes


@inlined
def about_m(tree: Tree, x: float, y: float, z: float, row: int) -> float:
    """Lower bound of the distance, without a sine."""
    dx, dy, dz = tree.x[row] - x, tree.y[row] - y, tree.z[row] - z
    return math.sqrt(dx * dx + dy * dy + dz * dz) * EARTH_RADIUS_M - VECTOR_SLACK_M


@inlined
def distance_dm(tree: Tree, wanted: Wanted, row: int) -> float:
    """Distance as shown, in whole decimetres."""
    return distance_from_dm(tree, wanted.lon, wanted.lat, row)


@inlined
def distance_from_dm(tree: Tree, lon: float, lat: float, row: int) -> float:
    """The same from any point: haversine, rounded, never under the expected one."""
    metres = _haversine_m(lon, lat, tree.lon[row], tree.lat[row])
    return max(np.rint(metres * 10), float(tree.expected_dm[row]))


@inlined
def other_values(tree: Tree, wanted: Wanted, row: int, values: Any) -> float:
    """Fills in the values of the terms after proximity (0 where one weighs nothing); returns what they add to the
    score."""
    weights = wanted.weights
    values[1] = wishes.value(tree, wanted, row, 0.0) if weights[1] > 0.0 else 0.0
    values[2] = price.value(tree, wanted, row, 0.0) if weights[2] > 0.0 else 0.0
    values[3] = affinity.value(tree, wanted, row, 0.0) if weights[3] > 0.0 else 0.0
    values[4] = fit.value(tree, wanted, row, 0.0) if weights[4] > 0.0 else 0.0
    values[5] = trust.value(tree, wanted, row, 0.0) if weights[5] > 0.0 else 0.0
    total = 0.0
    for term in range(1, 6):
        total += weights[term] * values[term]
    return total


@inlined
def score_of(wanted: Wanted, values: Any) -> float:
    """The weighted sum in millionths, term after term as a reader would add, rounded."""
    total = 0.0
    for term in range(6):
        total += wanted.weights[term] * values[term]
    return np.rint(total * 1e6)


@inlined
def merit(windows: int, millionths: float) -> int:
    """What places are ordered by: in how many windows, as far as that counts, then the score."""
    return windows * MORE_THAN_ANY_SCORE + int(millionths)


MORE_THAN_ANY_SCORE = 10_000_000


VECTOR_SLACK_M = 2.0
"""Rows keep their vectors in single precision, good to half a metre."""


_haversine_m = inlined(haversine_m)
