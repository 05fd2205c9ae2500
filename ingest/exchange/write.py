"""Writes places and spaces in the published schema: a folder, a zip of it, or one table."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from ingest.exchange.conversion import place_cells, space_cells
from ingest.exchange.formula_guard import neutralise_column
from ingest.exchange.table_schema import PACKAGE_FILE, PLACES_FILE, SPACES_FILE, ExportFile, Source, data_package

PART_ROWS = 50_000
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member of a zip: the same places give the same bytes."""


def write_folder(
    folder: Path, places: pl.DataFrame, spaces: pl.DataFrame, sources: Sequence[Source], *, created: str
) -> list[str]:
    """Writes the Data Package of frames of `frames.PLACES` and `frames.SPACES`; returns the names of its files.

    `created` is an ISO 8601 time. The descriptor comes last: as long as it is not there, the folder is no package.
    """
    files = {
        "lieux": _write_table(folder / PLACES_FILE, map(place_cells, _parts(places))),
        "espaces": _write_table(folder / SPACES_FILE, map(space_cells, _parts(spaces))),
    }
    descriptor = data_package(files, sources, created=created)
    text = json.dumps(descriptor, ensure_ascii=False, indent=2)
    (folder / PACKAGE_FILE).write_text(text + "\n", encoding="utf-8")
    return [PLACES_FILE, SPACES_FILE, PACKAGE_FILE]


def write_zip(path: Path, folder: Path, members: Sequence[str]) -> None:
    """A zip of files of a folder, the same bytes for the same files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in members:
            with (folder / name).open("rb") as content, archive.open(_member(name), "w", force_zip64=True) as target:
                while chunk := content.read(1 << 20):
                    target.write(chunk)


def write_one_table(path: Path, places: pl.DataFrame, spaces: pl.DataFrame) -> int:
    """Writes the one-table form, a place repeated for each of its spaces; returns the rows written."""
    rooms = space_cells(spaces).rename({"id_lieu": "id"})
    parts = (place_cells(part).join(rooms, on="id", how="left", maintain_order="left_right") for part in _parts(places))
    return _write_table(path, (part.fill_null("") for part in parts)).rows


def _parts(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """A frame by slices, at least one, so that a national export keeps little of it as cells at a time."""
    return (frame.slice(start, PART_ROWS) for start in range(0, max(frame.height, 1), PART_ROWS))


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member


def _write_table(path: Path, parts: Iterable[pl.DataFrame]) -> ExportFile:
    """UTF-8, commas, line feeds; formulas are neutralised."""
    rows = 0
    with path.open("wb") as target:
        for i, cells in enumerate(parts):
            safe = cells.select(neutralise_column(pl.col(name)) for name in cells.columns)
            # A null is written as nothing, an empty text as two quotes.
            safe.with_columns(pl.all().replace("", None)).write_csv(target, include_header=i == 0)
            rows += cells.height
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ExportFile(path.name, rows, path.stat().st_size, digest)
