"""Workbooks: the sheet that looks most like a list of places, every cell as the text a person reads."""

import io
import re
import zipfile

import fastexcel

from ingest.readers import failures
from ingest.readers.base import RawTable, from_grid

MAX_UNZIPPED_MB = 400


_PLACE_WORDS = frozenset(
    (
        "nom", "name", "adresse", "address", "rue", "commune", "ville", "city", "cp", "postal", "postcode",
        "lat", "latitude", "lon", "long", "longitude", "lieu",
    )
)  # fmt: skip


def read(content: bytes, name: str) -> RawTable:
    """Reads .xlsx, .xlsm or .ods. Raises UnreadableFile."""
    _check_archive(content, name)
    try:
        workbook = fastexcel.read_excel(content)
        tables = [_sheet(workbook, sheet, name) for sheet in workbook.sheet_names]
    except fastexcel.FastExcelError as error:
        raise failures.truncated(name) from error
    found = [table for table in tables if table]
    if not found:
        raise failures.no_rows(name)
    return max(found, key=_likeness)


def _sheet(workbook: fastexcel.ExcelReader, sheet: str, name: str) -> RawTable | None:
    # From row 0, so that blank lines above the table keep the numbering a person sees.
    loaded = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    if not (loaded.width and loaded.height):
        return None
    cells = loaded.to_arrow().to_pydict().values()
    grid = [(line, [_cell(value) for value in values]) for line, values in enumerate(zip(*cells, strict=True), start=1)]
    if sum(any(values) for _, values in grid) < 2:
        return None
    return from_grid(grid, name)


def _likeness(table: RawTable) -> int:
    """How many column names speak of places: workbooks open with notes, keys and vocabularies."""
    words = {word for column in table.columns for word in re.split(r"[\W_]+", column.lower())}
    return len(words & _PLACE_WORDS)


def _cell(value: str | None) -> str:
    text = (value or "").strip()
    # Dates come as midnight timestamps; nobody typed the midnight.
    return text.removesuffix(" 00:00:00")


def _check_archive(content: bytes, name: str) -> None:
    if not content.startswith(b"PK"):
        raise failures.really_is(name, "autre chose qu'un classeur", "something else than a workbook")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_UNZIPPED_MB * 1_000_000:
                raise failures.too_large(name, MAX_UNZIPPED_MB)
    except zipfile.BadZipFile as error:
        raise failures.truncated(name) from error
