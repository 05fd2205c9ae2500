"""What a log may keep of where somebody searched: a hexagon of about 5 km², never the position.

The values of `proximity` would betray it: three distances to known places fix a point. So a log keeps, for each
result, the mean of the term over the whole hexagon instead (regression calibration; Carroll et al., "Measurement Error
in Nonlinear Models", chapter 4). It costs the weights some percent, not more: the proof learns from such a log.
"""

from functools import lru_cache

import h3.api.basic_int as h3
import numpy as np

from geo.spatial.distance import haversine_array_m
from geo.spatial.h3_cells import cells_of
from geo.types import Point
from matching.learning.interaction_log import Floats
from matching.query.query import Mode

CELL_RESOLUTION = 7
SAMPLED_RESOLUTION = 9
"""Centres of the 49 cells of this resolution stand for all points of the hexagon."""
TOO_NEAR = Mode.WALK
"""On foot proximity halves within the hexagon: its mean tells too little, so these searches are not learned from."""


def cell_of(point: Point) -> int:
    """The H3 cell of resolution 7 that holds the point."""
    return int(cells_of([point.lon], [point.lat], CELL_RESOLUTION)[0])


@lru_cache(maxsize=4096)
def _points(cell: int) -> tuple[Floats, Floats]:
    """(lons, lats) spread evenly over the cell."""
    centres = np.array([h3.cell_to_latlng(child) for child in h3.cell_to_children(cell, SAMPLED_RESOLUTION)])
    return centres[:, 1], centres[:, 0]


def expected_proximity(cell: int, lons: Floats, lats: Floats, floor_m: Floats, half_m: float) -> Floats:
    """Mean over the cell of `2 ** (-distance / half_m)` to each place; no distance counts below `floor_m`, which is how
    far a place known only by its commune is shown at least. Shape as `lons`."""
    from_lons, from_lats = _points(cell)
    metres = haversine_array_m(from_lons[:, None], from_lats[:, None], lons[None, :], lats[None, :])
    mean: Floats = np.exp2(-np.maximum(metres, floor_m) / half_m).mean(axis=0)
    return mean
