"""Excel workbooks (.xlsx, .xlsm, .xls), in a child process: every cell as the text a person reads.

Formulas are never evaluated: a cell is the value its spreadsheet last showed.
"""

from dataclasses import dataclass
from typing import Any

import fastexcel

from geo.errors import UnreadableFile
from ingest.readers.common import unreadable
from ingest.readers.common.header_detection import Grid, GridChunks
from ingest.readers.common.limits import CHUNK_ROWS, MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS, MAX_MB
from ingest.readers.common.raw_list import FaultLog, Reading
from ingest.readers.common.source import Source, archive_members
from ingest.readers.tables.sheets import best_sheet

_OLE2 = b"\xd0\xcf\x11\xe0"


def read_xlsx(source: Source, log: FaultLog) -> Reading:
    """Opens .xlsx or .xlsm. Raises UnreadableFile."""
    content = source.whole()
    if content.startswith(_OLE2):
        raise unreadable.encrypted(source.name)  # what a password makes of a workbook
    if not content.startswith(b"PK"):
        raise unreadable.really_is(source.name, "autre chose qu'un classeur", "something else than a workbook")
    if sum(item.file_size for item in archive_members(source)) > MAX_MB * 1_000_000:
        raise unreadable.too_large(source.name, MAX_MB)
    return best_sheet(_sheets(content, source.name), source.name, log)


def read_xls(source: Source, log: FaultLog) -> Reading:
    """Opens .xls; some of them are .xlsx by content. Raises UnreadableFile."""
    content = source.whole()
    if content.startswith(b"PK"):
        return read_xlsx(source, log)
    if not content.startswith(_OLE2):
        raise unreadable.really_is(source.name, "autre chose qu'un classeur", "something else than a workbook")
    return best_sheet(_sheets(content, source.name), source.name, log)


def _sheets(content: bytes, name: str) -> list[tuple[str, Grid]]:
    try:
        workbook = fastexcel.read_excel(content)
        return [(sheet, _grid(workbook, sheet, name)) for sheet in workbook.sheet_names]
    except fastexcel.FastExcelError as error:
        raise _refusal(error, name) from error
    except BaseException as error:
        # A panic of the Rust library is no Exception and has no importable name.
        if type(error).__name__ != "PanicException":
            raise
        raise _refusal(error, name) from error


def _grid(workbook: fastexcel.ExcelReader, sheet: str, name: str) -> Grid:
    # From row 0, so that blank lines above the table keep the numbering a person sees.
    loaded = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    if loaded.width * loaded.height > MAX_CELLS:
        raise unreadable.too_many_cells(name, MAX_CELLS)
    if loaded.width > 8 * MAX_COLUMNS:
        raise unreadable.too_many_columns(name, MAX_COLUMNS)
    return _SheetGrid(loaded.to_arrow() if loaded.width and loaded.height else None)


@dataclass(frozen=True, slots=True)
class _SheetGrid(Grid):
    """A sheet as an Arrow record batch of strings, from its first line and column; None for an empty one."""

    batch: Any

    def chunks(self) -> GridChunks:
        """Lines of cells, `CHUNK_ROWS` at a time."""
        for start in range(0, self.batch.num_rows if self.batch is not None else 0, CHUNK_ROWS):
            columns = self.batch.slice(start, CHUNK_ROWS).to_pydict().values()
            lines = [[_cell(value) for value in values] for values in zip(*columns, strict=True)]
            yield range(start + 1, start + 1 + len(lines)), lines


def _cell(value: str | None) -> str:
    text = (value or "").replace("\0", "").strip()[:MAX_CELL_CHARS]
    # Dates come as timestamps at midnight.
    return text.removesuffix(" 00:00:00")


def _refusal(error: BaseException, name: str) -> UnreadableFile:
    return unreadable.encrypted(name) if "password" in str(error).lower() else unreadable.truncated(name)
