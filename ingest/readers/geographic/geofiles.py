"""GeoPackage and Shapefile through GDAL, in a child process: batches of features, a point in WGS 84 each."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import pyogrio.errors
import pyproj
import shapely
from shapely.errors import ShapelyError

from ingest.readers.common import unreadable
from ingest.readers.common.header_detection import count_place_words
from ingest.readers.common.limits import MAX_COLUMNS, MAX_MB
from ingest.readers.common.nested_records import NumberedRecords, Records, open_records, truncated_from
from ingest.readers.common.projection import as_cells, lon_lat, transformer
from ingest.readers.common.raw_list import (
    ID_COLUMN,
    LAT_COLUMN,
    LON_COLUMN,
    FaultLog,
    LineFault,
    Reading,
    with_notes,
)
from ingest.readers.common.source import Scratch, Source, archive_members, member_bytes

_BATCH_ROWS = 2_000
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHP_MAGIC = b"\x00\x00\x27\x0a"
_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    pa.ArrowException,
    RuntimeError,
    ValueError,
    OSError,
    MemoryError,
)


def read_geopackage(source: Source, log: FaultLog) -> Reading:
    """Opens the layer of a GeoPackage that looks most like places. Raises UnreadableFile."""
    if not source.start(16).startswith(b"SQLite format 3\0"):
        raise unreadable.really_is(source.name, "autre chose qu'un GeoPackage", "something else than a GeoPackage")
    if source.path is not None and not source.packing:
        if source.size_bytes > MAX_MB * 1_000_000:
            raise unreadable.too_large(source.name, MAX_MB)
        return _opened(source.path, source.name, log, None)
    folder = Scratch()
    path = folder.path / "list.gpkg"
    path.write_bytes(source.whole())
    return _opened(path, source.name, log, folder)


def read_shapefile(source: Source, log: FaultLog) -> Reading:
    """Opens the shapefile of a zip archive. Raises UnreadableFile."""
    entries = archive_members(source)
    shape = next((item.filename for item in entries if item.filename.lower().endswith(".shp")), None)
    if shape is None:
        raise unreadable.no_list_inside(source.name)
    stem = str(PurePosixPath(shape).with_suffix("")).lower()
    folder = Scratch()
    for item in entries:
        name = PurePosixPath(item.filename)
        # Only the parts that belong together, under names of ours: an archive may name any path.
        if name.suffix.lower() in _PARTS and str(name.with_suffix("")).lower() == stem:
            content = member_bytes(source, item.filename, MAX_MB)
            (folder.path / f"list{name.suffix.lower()}").write_bytes(content)
    path = folder.path / "list.shp"
    if not path.read_bytes()[:4] == _SHP_MAGIC:
        raise unreadable.damaged(source.name, "Shapefile")
    return _opened(path, source.name, log, folder)


def _opened(path: Path, name: str, log: FaultLog, folder: Scratch | None) -> Reading:
    if path.suffix == ".gpkg":
        _check_geopackage(path, name)
    try:
        infos = [(str(layer), pyogrio.read_info(path, layer=layer)) for layer, _ in pyogrio.list_layers(path)]
    except _ERRORS as error:
        raise unreadable.damaged(name, path.suffix.strip(".")) from error
    filled = [(layer, info) for layer, info in infos if len(info["fields"]) and info["features"] != 0]
    if not filled:
        raise unreadable.no_layer(name)
    layer, info = max(filled, key=lambda item: count_place_words(map(str, item[1]["fields"])))
    if len(info["fields"]) > MAX_COLUMNS:
        raise unreadable.too_many_columns(name, MAX_COLUMNS)
    to_wgs84 = transformer(str(info["crs"] or ""), name)
    opened = open_records(_Features(path, layer, to_wgs84, log, folder), name, log)
    return with_notes(opened, [_layer_left_out(other, layer) for other, _ in filled if other != layer], log)


@dataclass(frozen=True, slots=True)
class _Features(Records):
    path: Path
    layer: str
    to_wgs84: pyproj.Transformer | None
    log: FaultLog
    folder: Scratch | None
    """Kept, so that what was unpacked stays as long as it may be read."""

    def records(self) -> NumberedRecords:
        """Stops with a fault where the file is damaged."""
        line = 0
        try:
            with pyogrio.open_arrow(self.path, layer=self.layer, batch_size=_BATCH_ROWS, use_pyarrow=True) as (
                meta,
                batches,
            ):
                geometry = str(meta["geometry_name"] or "wkb_geometry")
                for batch in batches:
                    batch.validate(full=True)  # Arrow takes any bytes for text
                    for record in self._records_of(batch, geometry, str(meta["fid_column"] or "")):
                        line += 1
                        yield line, record
        except _ERRORS:
            self.log.add(truncated_from(line + 1))

    def _records_of(self, batch: Any, geometry: str, key: str) -> Iterator[Mapping[str, Any]]:
        plain = [name for name in batch.schema.names if name not in (geometry, key)]
        lon, lat = self._points(batch, geometry)
        keys = batch.column(key).to_pylist() if key in batch.schema.names else [None] * batch.num_rows
        columns = [_values(batch.column(name)) for name in plain]
        for i, values in enumerate(zip(*columns, strict=True)):
            record = dict(zip(plain, values, strict=True))
            if keys[i] is not None:
                record.setdefault(ID_COLUMN, keys[i])
            record[LON_COLUMN], record[LAT_COLUMN] = lon[i], lat[i]
            yield record

    def _points(self, batch: Any, geometry: str) -> tuple[list[str], list[str]]:
        blank = [""] * batch.num_rows
        if geometry not in batch.schema.names:
            return blank, blank
        try:
            shapes = shapely.from_wkb(np.array(batch.column(geometry).to_pylist(), dtype=object), on_invalid="ignore")
        except (ShapelyError, TypeError, ValueError):
            return blank, blank
        centres = shapely.centroid(shapes)
        lon, lat = lon_lat(shapely.get_x(centres), shapely.get_y(centres), self.to_wgs84)
        return as_cells(lon), as_cells(lat)


def _values(column: Any) -> list[Any]:
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        return [None] * len(column)
    if pa.types.is_temporal(column.type):
        return [str(value).removesuffix(" 00:00:00") if value is not None else None for value in column.to_pylist()]
    return list(column.to_pylist())


def _check_geopackage(path: Path, name: str) -> None:
    """Refuses databases that are no GeoPackage, and virtual tables that would read other files."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            tables = dict(database.execute("SELECT lower(name), coalesce(sql, '') FROM sqlite_master"))
    except sqlite3.Error as error:
        raise unreadable.damaged(name, "GeoPackage") from error
    virtual = [sql.lower() for sql in tables.values() if "create virtual" in sql.lower()]
    if "gpkg_contents" not in tables or any("using rtree" not in sql and "using fts" not in sql for sql in virtual):
        raise unreadable.damaged(name, "GeoPackage")


def _layer_left_out(layer: str, chosen: str) -> LineFault:
    return LineFault(
        0,
        "layer",
        f"la couche « {layer} » n'a pas été lue, « {chosen} » l'a été ; exportez-la à part pour l'importer.",
        f"layer “{layer}” was not read, “{chosen}” was; export it on its own to import it.",
        left_out=False,
    )
