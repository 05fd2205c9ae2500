"""Distance, term values and score of one row."""

import math
from typing import Any

import numpy as np

from geo.spatial.distance import EARTH_RADIUS_M, haversine_m
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.jit import inlined
from matching.terms import affinity, fit, price, trust, wishes

MORE_THAN_ANY_SCORE = 10_000_000
VECTOR_SLACK_M = 2.0
"""Rows keep their unit vectors in single precision, accurate to half a metre."""
_haversine_m = inlined(haversine_m)


@inlined
def distance_lower_bound_m(tree: Tree, x: float, y: float, z: float, row: int) -> float:
    """Lower bound of the distance to a unit vector, without trigonometry."""
    dx, dy, dz = tree.x[row] - x, tree.y[row] - y, tree.z[row] - z
    return math.sqrt(dx * dx + dy * dy + dz * dz) * EARTH_RADIUS_M - VECTOR_SLACK_M


@inlined
def distance_dm(tree: Tree, query: QueryArrays, row: int) -> float:
    """Distance as shown, in whole decimetres."""
    return distance_from_dm(tree, query.lon, query.lat, row)


@inlined
def distance_from_dm(tree: Tree, lon: float, lat: float, row: int) -> float:
    """The same from any point: haversine, rounded, at least the expected distance of a place known by its commune."""
    metres = _haversine_m(lon, lat, tree.lon[row], tree.lat[row])
    return max(np.rint(metres * 10), float(tree.expected_dm[row]))


@inlined
def write_other_values(tree: Tree, query: QueryArrays, row: int, values: Any) -> float:
    """Fills in the values of the terms after proximity, 0 where the weight is 0; returns their part of the score."""
    weights = query.weights
    values[1] = wishes.value(tree, query, row, 0.0) if weights[1] > 0.0 else 0.0
    values[2] = price.value(tree, query, row, 0.0) if weights[2] > 0.0 else 0.0
    values[3] = affinity.value(tree, query, row, 0.0) if weights[3] > 0.0 else 0.0
    values[4] = fit.value(tree, query, row, 0.0) if weights[4] > 0.0 else 0.0
    values[5] = trust.value(tree, query, row, 0.0) if weights[5] > 0.0 else 0.0
    total = 0.0
    for term in range(1, 6):
        total += weights[term] * values[term]
    return total


@inlined
def score_of(query: QueryArrays, values: Any) -> float:
    """The score in millionths: the weighted sum in the order of the terms, rounded."""
    total = 0.0
    for term in range(6):
        total += query.weights[term] * values[term]
    return np.rint(total * 1e6)


@inlined
def merit(windows: int, millionths: float) -> int:
    """What places are ranked by: number of free windows, 0 unless it counts, then score."""
    return windows * MORE_THAN_ANY_SCORE + int(millionths)
