"""GeoJSON: properties as columns, the geometry as two more columns in WGS 84."""

from collections.abc import Mapping
from typing import Any

import shapely
from shapely.errors import ShapelyError

from ingest.readers import failures
from ingest.readers.base import LAT_COLUMN, LON_COLUMN, RawTable, from_records
from ingest.readers.json_records import parse

_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326", "WGS84", "WGS 84")


def read(content: bytes, name: str) -> RawTable:
    """Reads a FeatureCollection. Raises UnreadableFile."""
    return from_document(parse(content, name), name)


def from_document(document: Any, name: str) -> RawTable:
    """Table of a parsed FeatureCollection: points as they are, other geometries by their centroid."""
    features = document.get("features") if isinstance(document, Mapping) else None
    if not isinstance(features, list) or not all(isinstance(feature, Mapping) for feature in features):
        raise failures.not_a_list(name)
    _check_projection(document, name)
    return from_records((_record(feature) for feature in features), name)


def _record(feature: Mapping[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties")
    record = dict(properties) if isinstance(properties, Mapping) else {}
    if feature.get("id") is not None:
        record.setdefault("@id", feature["id"])
    point = _point(feature.get("geometry"))
    record[LON_COLUMN], record[LAT_COLUMN] = point if point else (None, None)
    return record


def _point(geometry: Any) -> tuple[float, float] | None:
    if not isinstance(geometry, Mapping):
        return None
    if geometry.get("type") == "Point":
        coordinates = geometry.get("coordinates")
        if isinstance(coordinates, list) and len(coordinates) >= 2:
            return coordinates[0], coordinates[1]
        return None
    try:
        shape = shapely.geometry.shape(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None  # a row without a usable geometry: its address may still place it
    if shape.is_empty:
        return None
    centre = shape.centroid
    return float(centre.x), float(centre.y)


def _check_projection(document: Mapping[str, Any], name: str) -> None:
    declared = document.get("crs")
    properties = declared.get("properties") if isinstance(declared, Mapping) else None
    projection = str(properties.get("name", "")) if isinstance(properties, Mapping) else ""
    if projection and not any(known in projection for known in _WGS84):
        raise failures.other_projection(name, projection.rpartition("crs:")[2])
