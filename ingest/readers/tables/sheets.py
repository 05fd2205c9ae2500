"""The sheet of a workbook that looks most like a list of places."""

from collections.abc import Iterable
from itertools import islice

from geo.errors import UnreadableFile
from ingest.readers.common import header_detection, unreadable
from ingest.readers.common.header_detection import Grid
from ingest.readers.common.raw_list import FaultLog, LineFault, Reading, with_notes


def best_sheet(sheets: Iterable[tuple[str, Grid]], name: str, log: FaultLog) -> Reading:
    """The sheet whose column names speak most of places; the others that hold a table are noted in every pass.

    `sheets` are names and cells. Raises UnreadableFile when no sheet holds rows.
    """
    tables: list[tuple[int, str, Reading]] = []
    refusal: UnreadableFile | None = None
    for sheet, grid in sheets:
        if not _has_rows(grid):
            continue
        try:
            opened = header_detection.open_grid(grid, name, log)
        except UnreadableFile as error:  # this sheet is no list; another one may be
            refusal = refusal or error
            continue
        tables.append((header_detection.count_place_words(opened.columns), sheet, opened))
    if not tables:
        raise refusal or unreadable.no_rows(name)
    _, chosen, opened = max(tables, key=lambda table: table[0])
    rest = [sheet for _, sheet, _ in tables if sheet != chosen]
    return with_notes(opened, [_sheet_left_out(sheet, chosen) for sheet in rest], log)


def _has_rows(grid: Grid) -> bool:
    """Whether two lines are filled: a header and a row."""
    filled = (cells for _, lines in grid.chunks() for cells in lines if any(cells))
    return len(list(islice(filled, 2))) == 2


def _sheet_left_out(sheet: str, chosen: str) -> LineFault:
    return LineFault(
        0,
        "sheet",
        f"la feuille « {sheet} » n'a pas été lue, « {chosen} » l'a été ; enregistrez-la à part pour l'importer.",
        f"sheet “{sheet}” was not read, “{chosen}” was; save it on its own to import it.",
        left_out=False,
    )
