"""The geometry of a GeoParquet file, as a point in WGS 84. Format: GeoParquet 1.1, "geo" metadata."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyproj
import shapely
from shapely.errors import ShapelyError

from ingest.readers.common.projection import as_cells, lon_lat, transformer


@dataclass(frozen=True, slots=True)
class Geometry:
    """The main geometry column, and what turns its coordinates into lon, lat (None: they are)."""

    column: str
    to_wgs84: pyproj.Transformer | None

    def points(self, column: Any) -> tuple[list[str], list[str]]:
        """Lon and lat of an Arrow column as cells, "" without a point; centroids of lines and outlines."""
        if pa.types.is_struct(column.type):
            x, y = (column.field(axis).to_numpy(zero_copy_only=False) for axis in ("x", "y"))
        else:
            try:
                shapes = shapely.from_wkb(np.array(column.to_pylist(), dtype=object), on_invalid="ignore")
            except (ShapelyError, TypeError, ValueError):
                return [""] * len(column), [""] * len(column)
            centres = shapely.centroid(shapes)
            x, y = shapely.get_x(centres), shapely.get_y(centres)
        lon, lat = lon_lat(x, y, self.to_wgs84)
        return as_cells(lon), as_cells(lat)


def geometry_of(metadata: bytes, columns: list[str], name: str) -> Geometry | None:
    """The main geometry that the metadata declare. Raises UnreadableFile for an unknown projection."""
    try:
        document = json.loads(metadata)
        column = document.get("primary_column", "")
        declared = document["columns"][column] if column else {}
        crs = declared.get("crs", "") if isinstance(declared, Mapping) else ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not column or column not in columns:
        return None
    projection = json.dumps(crs) if isinstance(crs, Mapping) else str(crs or "")
    is_wgs84 = isinstance(crs, Mapping) and crs.get("id", {}).get("code") in ("CRS84", 4326)
    return Geometry(column, None if is_wgs84 else transformer(projection, name))
