"""Workbooks: the sheet that looks most like a list of places, every cell as the text a person reads.

Formulas are never evaluated: a cell is the value its spreadsheet last showed.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator

import fastexcel

from geo.errors import UnreadableFile
from geo.reference.toponyms import fold
from ingest.readers.common import header_detection, unreadable
from ingest.readers.common.limits import BLOCK_BYTES, MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS, MAX_MB
from ingest.readers.common.raw_list import Chunk, FaultLog, LineFault, Reading
from ingest.readers.common.source import DAMAGED, Source, members

Lines = list[tuple[int, list[str]]]
_OLE2 = b"\xd0\xcf\x11\xe0"
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?r="([A-Z]{1,3})(\d{1,7})"')
_TAIL_BYTES = 400


def read(source: Source, log: FaultLog) -> Reading:
    """Opens .xlsx or .xlsm. Raises UnreadableFile."""
    content = source.whole()
    if content.startswith(_OLE2):
        raise unreadable.encrypted(source.name)  # what a password makes of a workbook
    if not content.startswith(b"PK"):
        raise unreadable.really_is(source.name, "autre chose qu'un classeur", "something else than a workbook")
    _check_archive(source, content)
    return best_sheet(_sheets(content, source.name), source.name, log)


def _sheets(content: bytes, name: str) -> list[tuple[str, Lines]]:
    try:
        workbook = fastexcel.read_excel(content)
        return [(sheet, _lines(workbook, sheet)) for sheet in workbook.sheet_names]
    except fastexcel.FastExcelError as error:
        raise unreadable.truncated(name) from error
    except BaseException as error:
        # A panic of the Rust library is no Exception and has no importable name.
        if type(error).__name__ != "PanicException":
            raise
        raise unreadable.truncated(name) from error


def best_sheet(sheets: Iterable[tuple[str, Lines]], name: str, log: FaultLog) -> Reading:
    """The sheet whose column names speak most of places; the others that hold a table are noted in every pass.

    Raises UnreadableFile when no sheet holds rows.
    """
    found: list[tuple[int, str, Lines, Reading]] = []
    refusal: UnreadableFile | None = None
    for sheet, lines in sheets:
        if sum(any(cells) for _, cells in lines) < 2:
            continue
        try:
            opened = header_detection.reading(header_detection.HeldGrid(lines), name, log)
        except UnreadableFile as error:  # this sheet is no list; another one may be
            refusal = refusal or error
            continue
        found.append((likeness(opened.columns), sheet, lines, opened))
    if not found:
        raise refusal or unreadable.no_rows(name)
    best = max(found, key=lambda item: item[0])
    others = [sheet for _, sheet, _, _ in found if sheet != best[1]]
    return with_notes(best[3], [_sheet_left_out(sheet, best[1]) for sheet in others], log)


def with_notes(opened: Reading, notes: Iterable[LineFault], log: FaultLog) -> Reading:
    """The same reading that says, in each pass, what of the file is not read."""
    kept = list(notes)

    def chunks() -> Iterator[Chunk]:
        for note in kept:
            log.add(note, lines=0)
        yield from opened.chunks()

    return Reading(opened.columns, chunks, opened.open_ended)


def likeness(columns: Iterable[str]) -> int:
    """How many column names speak of places: workbooks open with notes, keys and vocabularies."""
    words = {word for column in columns for word in fold(column).split()}
    return len(words & header_detection.PLACE_WORDS)


def _lines(workbook: fastexcel.ExcelReader, sheet: str) -> Lines:
    # From row 0, so that blank lines above the table keep the numbering a person sees.
    loaded = workbook.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    if not (loaded.width and loaded.height):
        return []
    return lines_of(loaded.to_arrow().to_pydict().values())


def lines_of(columns: Iterable[Iterable[str | None]]) -> Lines:
    """Numbered lines of cells from whole columns."""
    return [
        (line, [_cell(value) for value in values]) for line, values in enumerate(zip(*columns, strict=True), start=1)
    ]


def _cell(value: str | None) -> str:
    text = (value or "").replace("\0", "").strip()[:MAX_CELL_CHARS]
    # Dates come as midnight timestamps; nobody typed the midnight.
    return text.removesuffix(" 00:00:00")


def _check_archive(source: Source, content: bytes) -> None:
    """Refuses what would not fit in memory before anything is unpacked into it."""
    held = members(source)
    if sum(item.file_size for item in held) > MAX_MB * 1_000_000:
        raise unreadable.too_large(source.name, MAX_MB)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for item in held:
                if "worksheets/" in item.filename and item.filename.endswith(".xml"):
                    _check_extent(archive, item, source.name)
    except (*DAMAGED, NotImplementedError) as error:
        raise unreadable.truncated(source.name) from error


def _check_extent(archive: zipfile.ZipFile, item: zipfile.ZipInfo, name: str) -> None:
    """A sheet takes memory for the rectangle around its cells, however few they are."""
    width = height = 0
    tail = b""
    with archive.open(item) as stream:
        while block := stream.read(BLOCK_BYTES):
            for letters, digits in set(_CELL.findall(tail + block)):
                width, height = max(width, _column_number(letters)), max(height, int(digits))
            tail = block[-_TAIL_BYTES:]
    if width * height > MAX_CELLS:
        raise unreadable.too_many_cells(name, MAX_CELLS)
    if width > 8 * MAX_COLUMNS:
        raise unreadable.too_many_columns(name, MAX_COLUMNS)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheet_left_out(sheet: str, chosen: str) -> LineFault:
    return LineFault(
        0,
        "sheet",
        f"la feuille « {sheet} » n'a pas été lue, « {chosen} » l'a été ; enregistrez-la à part pour l'importer.",
        f"sheet “{sheet}” was not read, “{chosen}” was; save it on its own to import it.",
        left_out=False,
    )
