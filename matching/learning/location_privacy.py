"""Location privacy of the search log: it keeps a hexagon of about 5 km², never the position of the searcher.

The values of `proximity` would reveal the position, since three distances to known places determine a point. So the log
keeps, for each result, the mean of the term over the hexagon instead (regression calibration; Carroll et al.,
"Measurement Error in Nonlinear Models", chapter 4). It changes learned weights by some percent;
`matching.learning.recovery_check` learns from such a log.
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
"""The centres of the 49 cells of this resolution sample the hexagon."""
UNUSABLE_MODE = Mode.WALK
"""On foot proximity halves within the hexagon, so its mean says too little: such searches are not learned from."""


def cell_of(point: Point) -> int:
    """The H3 cell of resolution 7 that holds the point."""
    return int(cells_of([point.lon], [point.lat], CELL_RESOLUTION)[0])


@lru_cache(maxsize=4096)
def _points(cell: int) -> tuple[Floats, Floats]:
    """(lons, lats) of points spread evenly over the cell."""
    centres = np.array([h3.cell_to_latlng(child) for child in h3.cell_to_children(cell, SAMPLED_RESOLUTION)])
    return centres[:, 1], centres[:, 0]


def expected_proximity(cell: int, lons: Floats, lats: Floats, floor_m: Floats, half_m: float) -> Floats:
    """Mean of `2 ** (-distance / half_m)` over the points of the cell, per place.

    `lons`, `lats`, `floor_m`: shape (places,), as the result. `floor_m`: least distance of a place known only by its
    commune.
    """
    from_lons, from_lats = _points(cell)
    metres = haversine_array_m(from_lons[:, None], from_lats[:, None], lons[None, :], lats[None, :])
    mean: Floats = np.exp2(-np.maximum(metres, floor_m) / half_m).mean(axis=0)
    return mean
