"""Features of GeoJSON as records: properties as columns, the geometry as two more columns in WGS 84."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyproj
import shapely
from shapely.errors import ShapelyError

from ingest.readers.common import unreadable
from ingest.readers.common.nested_records import MemoryRecords, NumberedRecords, Records, open_records
from ingest.readers.common.projection import as_cells, lon_lat, transformer
from ingest.readers.common.raw_list import ID_COLUMN, LAT_COLUMN, LON_COLUMN, FaultLog, Reading


def from_document(document: Any, name: str, log: FaultLog) -> Reading:
    """A parsed FeatureCollection: points as they are, other geometries by their centroid."""
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list) or not all(isinstance(feature, Mapping) for feature in features):
        raise unreadable.not_a_list(name)
    declared = document.get("crs")
    properties = declared.get("properties") if isinstance(declared, Mapping) else None
    projection = str(properties.get("name", "")) if isinstance(properties, Mapping) else ""
    return from_features(MemoryRecords(features), projection, name, log)


def from_features(features: Records, projection: str, name: str, log: FaultLog) -> Reading:
    """Features with coordinates in `projection` ("" is WGS 84). Raises UnreadableFile when none can be read."""
    to_wgs84 = transformer(projection, name)
    opened = open_records(_Features(features, to_wgs84), name, log)
    if to_wgs84 is not None:
        _, first = next(opened.chunks())
        if not any(row.get(LON_COLUMN) for row in first):
            raise unreadable.other_projection(name, projection.rpartition("crs:")[2])
    columns = [column for column in opened.columns if column not in (LON_COLUMN, LAT_COLUMN)]
    return replace(opened, columns=(*columns, LON_COLUMN, LAT_COLUMN))


def record_of(feature: Mapping[str, Any], to_wgs84: pyproj.Transformer | None = None) -> dict[str, Any]:
    """Properties, `@id`, and the point; null coordinates without a usable geometry: the address may still place it."""
    properties = feature.get("properties")
    record = dict(properties) if isinstance(properties, Mapping) else {}
    if feature.get("id") is not None:
        record.setdefault(ID_COLUMN, feature["id"])
    point = _point(feature.get("geometry"))
    if point and to_wgs84 is not None:
        point = _projected(point, to_wgs84)
    record[LON_COLUMN], record[LAT_COLUMN] = point or (None, None)
    return record


@dataclass(frozen=True, slots=True)
class _Features(Records):
    features: Records
    to_wgs84: pyproj.Transformer | None

    def records(self) -> NumberedRecords:
        for line, feature in self.features.records():
            yield line, record_of(feature, self.to_wgs84)


def _point(geometry: Any) -> tuple[Any, Any] | None:
    if not isinstance(geometry, Mapping):
        return None
    if geometry.get("type") == "Point":
        coordinates = geometry.get("coordinates")
        if isinstance(coordinates, list) and len(coordinates) >= 2:
            return coordinates[0], coordinates[1]
        return None
    try:
        shape = shapely.geometry.shape(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None
    if shape.is_empty:
        return None
    centre = shape.centroid
    return float(centre.x), float(centre.y)


def _projected(point: tuple[Any, Any], to_wgs84: pyproj.Transformer) -> tuple[str, str] | None:
    try:
        lon, lat = lon_lat([float(point[0])], [float(point[1])], to_wgs84)
    except (TypeError, ValueError):
        return None
    cells = as_cells([*lon, *lat])
    return (cells[0], cells[1]) if all(cells) else None
