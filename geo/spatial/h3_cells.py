"""H3 cells of points. Cells are `uint64` arrays inside; text only at the edges, in responses and URLs."""

from collections.abc import Iterable

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[np.uint64]

FINEST = 15
"""Cells of about 1 m²: fine enough to sort places along the grid so that neighbours are near."""


def cells_of(lons: Iterable[float], lats: Iterable[float], resolution: int) -> Cells:
    """H3 cells (uint64) of points in decimal degrees, one per point, at `resolution` (0-15).

    h3 has no vectorised form; `np.fromiter` over its integer API costs about 1 µs per point.
    """
    points = zip(lons, lats, strict=True)
    return np.fromiter((h3.latlng_to_cell(lat, lon, resolution) for lon, lat in points), np.uint64)


def cell_text(cell: int) -> str:
    """The usual hexadecimal name of a cell, as in responses and URLs."""
    return format(int(cell), "x")
