"""OpenDocument spreadsheets, read as XML: repeated empty cells to the edge of the sheet cost nothing."""

from dataclasses import dataclass, field

from ingest.readers.common import unreadable
from ingest.readers.common.header_detection import MemoryGrid
from ingest.readers.common.limits import BLOCK_BYTES, MAX_CELL_CHARS, MAX_CELLS, MAX_COLUMNS, MAX_MB
from ingest.readers.common.raw_list import FaultLog, Reading
from ingest.readers.common.safe_xml import XmlPieces
from ingest.readers.common.source import Source, archive_members, member_bytes
from ingest.readers.tables.sheets import best_sheet

_CONTENT = "content.xml"


def read(source: Source, log: FaultLog) -> Reading:
    """Opens .ods. Raises UnreadableFile."""
    if not source.start(4).startswith(b"PK"):
        raise unreadable.really_is(source.name, "autre chose qu'un classeur", "something else than a workbook")
    names = {item.filename for item in archive_members(source)}
    if _CONTENT not in names:
        raise unreadable.damaged(source.name, "ODS")
    content = member_bytes(source, _CONTENT, MAX_MB)
    if "META-INF/manifest.xml" in names and b"encryption-data" in member_bytes(source, "META-INF/manifest.xml", 1):
        raise unreadable.encrypted(source.name)
    sheets = _Sheets(source.name)
    xml = XmlPieces(source.name, sheets.start, sheets.end, MAX_CELL_CHARS)
    sound = all(xml.feed(content[i : i + BLOCK_BYTES]) for i in range(0, len(content), BLOCK_BYTES)) and xml.close()
    if not sound:
        raise unreadable.truncated(source.name)
    return best_sheet([(name, MemoryGrid(lines)) for name, lines in sheets.tables], source.name, log)


@dataclass(slots=True)
class _Sheets:
    """Collects sheets, rows and cells from the events of content.xml."""

    name: str
    tables: list[tuple[str, list[tuple[int, list[str]]]]] = field(default_factory=list)
    _line: int = 0
    _row: list[str] = field(default_factory=list)
    _row_repeat: int = 1
    _repeat: int = 1
    _typed_value: str = ""
    _paragraphs: list[str] = field(default_factory=list)
    _ignored: int = 0
    _cells: int = 0

    def start(self, element: str, attributes: dict[str, str]) -> None:
        if element in ("annotation", "tracked-changes", "shape"):
            self._ignored += 1
        elif element == "table":
            self.tables.append((attributes.get("name", ""), []))
            self._line = 0
        elif element == "table-row":
            self._row, self._row_repeat = [], _count(attributes, "number-rows-repeated")
        elif element in ("table-cell", "covered-table-cell"):
            self._repeat = _count(attributes, "number-columns-repeated")
            self._typed_value, self._paragraphs = _typed_value(attributes), []

    def end(self, element: str, text: str) -> None:
        if element in ("annotation", "tracked-changes", "shape"):
            self._ignored -= 1
        elif element in ("p", "span", "a") and not self._ignored:
            self._paragraphs.append(text)
        elif element in ("table-cell", "covered-table-cell"):
            self._take(
                "" if element.startswith("covered") else self._typed_value or "\n".join(filter(None, self._paragraphs))
            )
        elif element == "table-row" and self.tables:
            self._finish_row()

    def _take(self, text: str) -> None:
        beyond = len(self._row) + self._repeat > MAX_COLUMNS + 1
        if text and beyond:
            raise unreadable.too_many_columns(self.name, MAX_COLUMNS)
        if not beyond:
            self._row.extend([text.strip()] * self._repeat)

    def _finish_row(self) -> None:
        if any(self._row):
            while self._row and not self._row[-1]:
                self._row.pop()
            self._cells += len(self._row) * self._row_repeat
            if self._cells > MAX_CELLS:
                raise unreadable.too_many_cells(self.name, MAX_CELLS)
            for i in range(self._row_repeat):
                self.tables[-1][1].append((self._line + 1 + i, list(self._row)))
        self._line += self._row_repeat


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def _typed_value(attributes: dict[str, str]) -> str:
    """The typed value, for cells whose text depends on a display format."""
    kind = attributes.get("value-type", "")
    if kind == "date":
        return attributes.get("date-value", "").removesuffix("T00:00:00").replace("T", " ")
    if kind == "boolean":
        return attributes.get("boolean-value", "")
    return attributes.get("value", "") if kind in ("float", "currency") else ""
