"""Opens a list: finds its format by name, unpacks .gz, bounds its size, hands it to the reader."""

import gzip
import hashlib
import io
import zlib
from dataclasses import replace
from pathlib import Path

from ingest.readers import csv, failures, geojson, json_records, xlsx
from ingest.readers.base import RawTable, Reader

MAX_MB = 400

READERS: dict[str, Reader] = {
    ".csv": csv.read,
    ".tsv": csv.read,
    ".txt": csv.read,
    ".xlsx": xlsx.read,
    ".xlsm": xlsx.read,
    ".ods": xlsx.read,
    ".geojson": geojson.read,
    ".json": json_records.read,
}


class RawList:
    def __init__(self, table: RawTable) -> None:
        self._table = table
        self.name, self.sha256, self.columns = table.name, table.sha256, table.columns
        self.size_bytes = 0
        self.faults: list[object] = []

    def batches(self, rows: int = 10_000):  # type: ignore[no-untyped-def]
        t = self._table
        for start in range(0, len(t.rows), rows):
            yield replace(t, rows=t.rows[start : start + rows], lines=t.lines[start : start + rows])

    def sample(self, rows: int = 2_000) -> RawTable:
        t = self._table
        return replace(t, rows=t.rows[:rows], lines=t.lines[:rows])


def open_list(source: Path | bytes, name: str = "") -> RawList:
    return RawList(read(source, name))


def read(source: Path | bytes, name: str = "") -> RawTable:
    """Reads a file or its bytes (then `name` says the format). Raises UnreadableFile."""
    name = Path(name).name or (source.name if isinstance(source, Path) else "")
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if isinstance(source, Path) and source.is_dir():
        raise failures.is_directory(name)
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    suffix = next(iter(suffixes[-2:-1] if packed else suffixes[-1:]), "")
    if isinstance(source, Path) and not source.exists():
        raise failures.missing(name)
    if suffix not in READERS:
        raise failures.unsupported(name)
    content = source if isinstance(source, bytes) else _content(source, name)
    if not content:
        raise failures.empty(name)
    digest = hashlib.sha256(content).hexdigest()
    content = _unpacked(content, name)
    return replace(READERS[suffix](content, name), name=name, sha256=digest)


def _content(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > MAX_MB * 1_000_000:
            raise failures.too_large(name, MAX_MB)
        return path.read_bytes()
    except PermissionError as error:
        raise failures.not_permitted(name) from error
    except OSError as error:
        raise failures.not_readable(name) from error


def _unpacked(content: bytes, name: str) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        if name.lower().endswith(".gz"):
            raise failures.really_is(name, "autre chose qu'une archive gzip", "something else than gzip")
        return content
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            unpacked = stream.read(MAX_MB * 1_000_000 + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise failures.truncated(name) from error
    if len(unpacked) > MAX_MB * 1_000_000:
        raise failures.too_large(name, MAX_MB)
    if not unpacked:
        raise failures.empty(name)
    return unpacked
