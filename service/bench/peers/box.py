"""A box of lon and lat around a disk, for indexes that know no sphere. Not for the antimeridian or the poles."""

import math

from geo.types import Point

METRES_PER_DEGREE = 111_194.0
"""Of latitude, a little less than it is: boxes must not be too small."""


def box_around(point: Point, radius_m: float) -> tuple[float, float, float, float]:
    """West, south, east, north."""
    north = (radius_m + 1) / METRES_PER_DEGREE
    east = north / math.cos(math.radians(min(89.0, abs(point.lat) + north)))
    return point.lon - east, point.lat - north, point.lon + east, point.lat + north
