"""A box of lon and lat around a disk, for flat indexes. It is wrong across the antimeridian and at the poles."""

import math

from geo.types import Point

METRES_PER_DEGREE = 111_194.0
"""Length of a degree of latitude, rounded down: boxes must not be too small."""


def box_around(point: Point, radius_m: float) -> tuple[float, float, float, float]:
    """West, south, east, north."""
    north = (radius_m + 1) / METRES_PER_DEGREE
    east = north / math.cos(math.radians(min(89.0, abs(point.lat) + north)))
    return point.lon - east, point.lat - north, point.lon + east, point.lat + north
