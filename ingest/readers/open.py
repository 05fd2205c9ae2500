"""Opens a list: finds the format by the name, unpacks, bounds the size, calls the reader of the format."""

import hashlib
from dataclasses import replace
from pathlib import Path

from geo.errors import UnreadableFile
from ingest.readers.child.process import ChildReader
from ingest.readers.common import source, unreadable
from ingest.readers.common.limits import MAX_CELLS, MAX_MB, MAX_PACKING, MAX_STREAMED_MB, SMALL_BYTES
from ingest.readers.common.raw_list import FaultLog, RawList, RawTable, Reader, Reading
from ingest.readers.common.source import PACKED, Source
from ingest.readers.datasets import sirene
from ingest.readers.geographic import kml
from ingest.readers.json import json_lines, json_records
from ingest.readers.tables import csv, ods

_EXCEL = "ingest.readers.tables.excel"
_PARQUET = "ingest.readers.tables.parquet"
_OSM = "ingest.readers.datasets.osm"
_GDAL = "ingest.readers.geographic.geofiles"


def _far_off_cells(name: str) -> UnreadableFile:
    """A sheet takes memory for the rectangle around its cells, however few they are."""
    return unreadable.too_many_cells(name, MAX_CELLS)


def _bare_shapefile(source: Source, log: FaultLog) -> Reading:
    """A .shp alone has no table."""
    raise unreadable.shapefile_alone(source.name)


READERS: dict[str, Reader] = {
    ".csv": csv.read,
    ".tsv": csv.read,
    ".txt": csv.read,
    ".geojson": json_records.read_geojson,
    ".json": json_records.read,
    ".jsonl": json_lines.read,
    ".ndjson": json_lines.read,
    ".geojsonl": json_lines.read,
    ".geojsons": json_lines.read,
    ".xlsx": ChildReader(_EXCEL, "read_xlsx", _far_off_cells),
    ".xlsm": ChildReader(_EXCEL, "read_xlsx", _far_off_cells),
    ".xls": ChildReader(_EXCEL, "read_xls", _far_off_cells),
    ".ods": ods.read,
    ".parquet": ChildReader(_PARQUET),
    ".geoparquet": ChildReader(_PARQUET),
    ".osm": ChildReader(_OSM),
    ".pbf": ChildReader(_OSM),
    ".kml": kml.read,
    ".kmz": kml.read_packed,
    ".gpkg": ChildReader(_GDAL, "read_geopackage"),
    ".shp": _bare_shapefile,
}
"""By the end of a file's name. Formats that a library of compiled code reads are read in a child process."""


_NOT_PACKED = {
    ".gz": ("autre chose qu'une archive gzip", "something else than gzip"),
    ".bz2": ("autre chose qu'une archive bzip2", "something else than bzip2"),
    ".zip": ("autre chose qu'une archive zip", "something else than zip"),
}


def open_list(file: Path | bytes, name: str = "") -> RawList:
    """Opens a file or its bytes (then `name` gives the format), to be read in batches. Raises UnreadableFile."""
    return _opened(file, name, MAX_STREAMED_MB)


def read(file: Path | bytes, name: str = "") -> RawTable:
    """The whole list at once, for small ones. Raises UnreadableFile, above MAX_MB too."""
    return _opened(file, name, MAX_MB).whole()


def _opened(file: Path | bytes, name: str, limit_mb: int) -> RawList:
    name = Path(name).name or (file.name if isinstance(file, Path) else "")
    if isinstance(file, Path) and file.is_dir():
        raise unreadable.is_directory(name)
    if isinstance(file, Path) and not file.exists():
        raise unreadable.missing(name)
    if _suffix(name) not in READERS and _suffix(name) not in PACKED:
        raise unreadable.unsupported(name)
    packed = _source(file, name, limit_mb)
    if not packed.size_bytes:
        raise unreadable.empty(name)
    unpacked, reader = _unpacked(packed)
    if not unpacked.start(1):
        raise unreadable.empty(name)
    log = FaultLog()
    reading = reader(unpacked, log)
    if sirene.recognises(reading.columns):
        reading = sirene.with_derived_columns(reading, name)
    return RawList(unpacked, reading, log)


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _source(file: Path | bytes, name: str, limit_mb: int) -> Source:
    """Small files are read into memory, so that two passes read the same; large ones stay on the disk."""
    if isinstance(file, bytes):
        return Source(name, file, None, hashlib.sha256(file).hexdigest(), len(file), limit_mb)
    try:
        size = file.stat().st_size
        if size <= SMALL_BYTES:
            return _source(file.read_bytes(), name, limit_mb)
    except PermissionError as error:
        raise unreadable.not_permitted(name) from error
    except OSError as error:
        raise unreadable.not_readable(name) from error
    if size > limit_mb * 1_000_000:
        raise unreadable.too_large(name, limit_mb)
    return Source(name, None, file, source.digest_of(file, name), size, limit_mb)


def _unpacked(packed: Source) -> tuple[Source, Reader]:
    """The list inside its packings and the reader of its format."""
    inner = packed.name
    while _suffix(inner) in PACKED:
        kind = _suffix(inner)
        if len(packed.packing) == MAX_PACKING or (kind == ".zip" and packed.packing):
            raise unreadable.unusual_packing(packed.name)
        if not source.is_packed_as(kind, packed.start(8)):
            raise unreadable.really_is(packed.name, *_NOT_PACKED[kind])
        member = ""
        if kind == ".zip":
            member = _only_list(packed)
            if _suffix(member) == ".shp":
                return packed, ChildReader(_GDAL, "read_shapefile")
        inner = member or Path(inner).stem
        packed = replace(packed, packing=(*packed.packing, (kind, member)))
    if _suffix(inner) not in READERS:
        raise unreadable.unsupported(packed.name)
    if _suffix(inner) != ".shp" and packed.start(8).startswith(b"\x1f\x8b"):
        packed = replace(packed, packing=(*packed.packing, (".gz", "")))  # packed under the name of a plain list
    return replace(packed, inner_name=inner), READERS[_suffix(inner)]


def _only_list(archive: Source) -> str:
    """The one list of an archive. Raises UnreadableFile when it holds none or several."""
    names = [item.filename for item in source.archive_members(archive)]
    lists = [name for name in names if _suffix(name) in READERS or _suffix(Path(name).stem) in READERS]
    lists = [name for name in lists if not name.lower().endswith(".shp.xml")]
    if len(lists) > 1:
        # A text next to a list is a note on it.
        lists = [name for name in lists if _suffix(name) != ".txt"] or lists
    if len(lists) > 1:
        raise unreadable.several_lists(archive.name, [Path(name).name for name in lists])
    if not lists:
        raise unreadable.no_list_inside(archive.name)
    return lists[0]
