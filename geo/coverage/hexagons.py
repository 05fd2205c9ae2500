"""Sums of grid cells by H3 hexagon: few enough for a browser to draw."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Hexagons:
    """H3 cells in ascending order: people, people beyond the limit, people-weighted mean distance in metres."""

    cells: npt.NDArray[np.uint64]
    people: Floats
    beyond: Floats
    mean_m: Floats


def sum_by_hexagon(cells: npt.NDArray[np.uint64], people: Floats, distance_m: Floats, limit_m: float) -> Hexagons:
    """Sums over equal cells: people, people farther than `limit_m`, mean distance (infinite without places)."""
    unique, group = np.unique(cells, return_inverse=True)
    count = len(unique)
    total = np.bincount(group, people, count)
    beyond = np.bincount(group, np.where(distance_m > limit_m, people, 0.0), count)
    if not np.isfinite(distance_m).all():
        return Hexagons(unique, total, beyond, np.full(count, np.inf))
    weighted = np.bincount(group, people * distance_m, count)
    plain = np.bincount(group, distance_m, count) / np.maximum(np.bincount(group, minlength=count), 1)
    return Hexagons(unique, total, beyond, np.where(total > 0, weighted / np.maximum(total, 1e-9), plain))
