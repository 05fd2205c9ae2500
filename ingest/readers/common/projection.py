"""Points of any declared projection as WGS 84 lon, lat."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyproj
from pyproj.exceptions import CRSError, ProjError

from ingest.readers.common import unreadable

_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326", "WGS84", "WGS 84")


def transformer(declared: str, name: str) -> pyproj.Transformer | None:
    """The transformation of `declared` coordinates to lon, lat; None for WGS 84. Raises UnreadableFile."""
    if not declared or declared in _WGS84 or declared.endswith(_WGS84[:3]):
        return None
    try:
        return _transformer(declared)
    except (CRSError, ProjError) as error:
        raise unreadable.other_projection(name, declared[:80]) from error


def lon_lat(x: Any, y: Any, to_wgs84: pyproj.Transformer | None) -> tuple[Any, Any]:
    """Arrays of lon and lat, NaN where there is no point or it falls outside the projection."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if to_wgs84 is not None:
        x, y = to_wgs84.transform(x, y)
    wrong = ~(np.isfinite(x) & np.isfinite(y)) | (np.abs(x) > 180) | (np.abs(y) > 90)
    return np.where(wrong, np.nan, x), np.where(wrong, np.nan, y)


def as_cells(values: Sequence[float]) -> list[str]:
    """Degrees as text to a centimetre, "" for NaN."""
    return ["" if math.isnan(value) else f"{value:.7f}".rstrip("0").rstrip(".") for value in values]


@lru_cache(maxsize=32)
def _transformer(declared: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(pyproj.CRS.from_user_input(declared), 4326, always_xy=True)
