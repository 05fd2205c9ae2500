"""Reads the published schema, our own exports and those of others, as one table of rows.

A Data Package (folder, its datapackage.json, or a zip of it) becomes its one-table form: a row per space that repeats
its place, a row per place without spaces. So every form is one `RawTable` under one declared mapping
(`ingest/mappings/placelibre_schema.toml`).
"""

import csv
import io
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

import polars as pl

from ingest.exchange.columns import load_declaration, names
from ingest.exchange.conversion import places_of, spaces_of
from ingest.exchange.formula_guard import neutralise, restore
from ingest.exchange.table_schema import PACKAGE_FILE, PLACES_FILE, SPACES_FILE
from ingest.readers.common import unreadable
from ingest.readers.common.raw_list import Cells, RawTable
from ingest.readers.open import read as read_list

MAX_MB = 1_000
"""A table of a package, decompressed; a zip bomb stops there."""

Source = Path | bytes


def is_package(source: Source, name: str = "") -> bool:
    """Whether a file (or its bytes) is a Data Package of this schema: a folder or zip with `lieux.csv` in it."""
    if isinstance(source, Path) and (source.is_dir() or source.name == PACKAGE_FILE):
        return (_folder(source) / PLACES_FILE).is_file()
    if not (name or (source.name if isinstance(source, Path) else "")).lower().endswith(".zip"):
        return False
    if isinstance(source, Path) and not source.is_file():
        return False
    try:
        with zipfile.ZipFile(_stream(source)) as archive:
            return PLACES_FILE in _members(archive)
    except zipfile.BadZipFile:
        return False


def read_package(source: Source, name: str = "") -> RawTable:
    """The one-table form of a package. Spaces of a missing place keep their own row, without a name.

    `lines` are those of `lieux.csv`. Raises UnreadableFile.
    """
    title = name or (source.name if isinstance(source, Path) else "") or PACKAGE_FILE
    contents = dict(_contents(source, title))
    places = restore_table(read_list(contents[PLACES_FILE], PLACES_FILE))
    spaces = _spaces(contents.get(SPACES_FILE, b""))
    digest = sha256(b"".join(sha256(content).digest() for _, content in sorted(contents.items()))).hexdigest()
    return replace(_one_table(places, spaces), name=title, sha256=digest)


def as_one_table(source: Source, name: str = "") -> tuple[bytes, str]:
    """A package as a CSV in its one-table form, and the name of that file: any reader of lists can open it.

    Raises UnreadableFile.
    """
    table = read_package(source, name)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([neutralise(row[column]) for column in table.columns] for row in table.rows)
    return text.getvalue().encode(), f"{Path(table.name).stem}.csv"


def restore_table(table: RawTable) -> RawTable:
    """A table with its cells as before `neutralise`."""
    return replace(table, rows=[{column: restore(cell) for column, cell in row.items()} for row in table.rows])


def frames_of(table: RawTable) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Frames of `frames.PLACES` and `frames.SPACES` from the one-table form or from `lieux` alone (cells restored).

    A place is read from its first row. Raises InvalidInput for a cell that does not fit its column.
    """
    first: dict[str, Cells] = {}
    rooms: list[Cells] = []
    for row in table.rows:
        if row.get("nom"):
            first.setdefault(row.get("id", ""), row)
        if row.get("id_espace"):
            rooms.append(row | {"id_lieu": row.get("id", "")})
    return (
        places_of(_cells(list(first.values()), names(load_declaration().lieux))),
        spaces_of(_cells(rooms, names(load_declaration().espaces))),
    )


def _cells(rows: list[Cells], columns: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        {name: [row.get(name, "") for row in rows] for name in columns}, schema=dict.fromkeys(columns, pl.String)
    )


def _one_table(places: RawTable, spaces: RawTable | None) -> RawTable:
    if spaces is None:
        return places
    rooms: dict[str, list[Cells]] = defaultdict(list)
    for space in spaces.rows:
        rooms[space.get("id_lieu", "")].append({name: cell for name, cell in space.items() if name != "id_lieu"})
    columns = places.columns + tuple(
        name for name in spaces.columns if name != "id_lieu" and name not in places.columns
    )
    blank = dict.fromkeys(columns, "")
    rows, lines = [], []
    for place, line in zip(places.rows, places.lines, strict=True):
        for room in rooms.pop(place.get("id", ""), [{}]):
            rows.append(blank | room | place)
            lines.append(line)
    for place_id, orphans in rooms.items():
        for room in orphans:
            rows.append(blank | room | {"id": place_id})
            lines.append(0)
    return RawTable(columns, rows, lines)


def _spaces(content: bytes) -> RawTable | None:
    """The table of spaces; None when it is not there or holds nothing but its header."""
    return restore_table(read_list(content, SPACES_FILE)) if b"\n" in content.strip() else None


def _folder(source: Path) -> Path:
    return source if source.is_dir() else source.parent


def _stream(source: Source) -> Path | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _contents(source: Source, title: str) -> Iterator[tuple[str, bytes]]:
    if isinstance(source, Path) and (source.is_dir() or source.name == PACKAGE_FILE):
        for name in (PLACES_FILE, SPACES_FILE):
            path = _folder(source) / name
            if path.is_file():
                if path.stat().st_size > MAX_MB * 1_000_000:
                    raise unreadable.too_large(name, MAX_MB)
                yield name, path.read_bytes()
        return
    try:
        with zipfile.ZipFile(_stream(source)) as archive:
            for name, member in _members(archive).items():
                with archive.open(member) as stream:
                    content = stream.read(MAX_MB * 1_000_000 + 1)
                if len(content) > MAX_MB * 1_000_000:
                    raise unreadable.too_large(title, MAX_MB)
                yield name, content
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        # RuntimeError is a zip with a password, NotImplementedError one with an unusual compression.
        raise unreadable.truncated(title) from error


def _members(archive: zipfile.ZipFile) -> dict[str, str]:
    """The two tables of a zip, at its top or in the one folder that people zip."""
    tables: dict[str, str] = {}
    for member in archive.namelist():
        path = PurePosixPath(member)
        if path.name in {PLACES_FILE, SPACES_FILE} and len(path.parts) <= 2 and path.parts[0] != "__MACOSX":
            tables.setdefault(path.name, member)
    return tables
