"""H3-ordered packed tree: points sorted by cell, split into blocks, blocks grouped into nodes, with bounding circles.

The tree does not depend on the meaning of the points. A tree over n points is two arrays of starts and two `Circles`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import EARTH_RADIUS_M, haversine_array_m, unit_vectors

BLOCK_ROWS = 64
"""Rows per block: one bit each in a 64-bit word."""
NODE_BLOCKS = 64
"""Blocks per node."""
SLACK_M = 1.0
"""Added to every radius: haversine loses up to some decimetres between nearly antipodal points, and a
circle must never miss a member."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Circles:
    """Circles on the sphere: centres in decimal degrees, radii in metres, arrays of one shape."""

    lon: Floats
    lat: Floats
    radius_m: Floats

    def nearest_m(self, lon: float, lat: float, which: Ints | slice = slice(None)) -> Floats:
        """Lower bound, in metres, of the distance from a point to anything inside each circle; 0 inside."""
        centre_m = haversine_array_m(lon, lat, self.lon[which], self.lat[which])
        result: Floats = np.maximum(0.0, centre_m - self.radius_m[which])
        return result


def cut(sections: Sequence[int], size: int) -> Ints:
    """Starts (and the final stop) of runs of `size`, none of which crosses from one section to the next.

    `cut([5, 3], 4)` is `[0, 4, 5, 8]`.
    """
    starts, base = [0], 0
    for length in sections:
        starts += [min(base + stop, base + length) for stop in range(size, length + size, size)]
        base += length
    return np.array(starts, np.int64)


def expand(starts: Ints, which: Ints) -> Ints:
    """The members of runs `which`, in order: `expand([0, 4, 5, 8], [0, 2])` is `[0, 1, 2, 3, 5, 6, 7]`."""
    lengths = starts[which + 1] - starts[which]
    total = int(lengths.sum())
    first_of_run = np.repeat(starts[which], lengths)
    before = np.repeat(np.cumsum(lengths) - lengths, lengths)
    result: Ints = first_of_run + np.arange(total, dtype=np.int64) - before
    return result


def circles_around(lons: Floats, lats: Floats, starts: Ints) -> Circles:
    """A bounding circle per run of points: centred on their mean direction, reaching the farthest."""
    return _enclose(lons, lats, np.zeros(len(lons)), starts)


def circles_of_circles(inner: Circles, starts: Ints) -> Circles:
    """A bounding circle per run of circles."""
    return _enclose(inner.lon, inner.lat, inner.radius_m, starts)


def _enclose(lons: Floats, lats: Floats, radii_m: Floats, starts: Ints) -> Circles:
    if len(starts) == 1:
        return Circles(np.zeros(0), np.zeros(0), np.zeros(0))
    sums = np.add.reduceat(unit_vectors(lons, lats), starts[:-1], axis=0)
    # A run whose points cancel out (the two poles) has no mean direction; any centre is valid, with a wide circle.
    centre_lon = np.degrees(np.arctan2(sums[:, 1], sums[:, 0]))
    centre_lat = np.degrees(np.arctan2(sums[:, 2], np.hypot(sums[:, 0], sums[:, 1])))
    lengths = np.diff(starts)
    reach_m = radii_m + _pairwise_m(np.repeat(centre_lon, lengths), np.repeat(centre_lat, lengths), lons, lats)
    return Circles(centre_lon, centre_lat, np.maximum.reduceat(reach_m, starts[:-1]) + SLACK_M)


def _pairwise_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Haversine between points of the same position in two lists, metres."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    a = np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    result: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, a)))
    return result
