"""What every reader gives: a table of text cells, rows numbered as a person counts them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ingest.readers import failures

Cells = dict[str, str]

LON_COLUMN, LAT_COLUMN = "@lon", "@lat"
"""Columns that readers of map formats add: the point, or the centroid of a line or polygon."""

HEADER_SEARCH_ROWS = 20
HEADER_FULLNESS = 0.6


@dataclass(frozen=True, slots=True)
class RawTable:
    """A list as its file says it. Cells are stripped text, "" when empty; blank lines are left out.

    `rows[i]` is data row i + 1 (1 is the first row under the header); `lines[i]` is the line where a
    spreadsheet or an editor shows it, or its position in a JSON array.
    """

    columns: tuple[str, ...]
    rows: list[Cells]
    lines: list[int]
    name: str = ""
    sha256: str = ""


class Reader(Protocol):
    """Reads one format. Raises UnreadableFile when `content` is not what `name` says."""

    def __call__(self, content: bytes, name: str) -> RawTable: ...


def from_grid(grid: Sequence[tuple[int, Sequence[str]]], name: str) -> RawTable:
    """Table from numbered lines of cells: finds the header below title lines, drops blank lines."""
    filled = [(line, cells) for line, cells in grid if any(cells)]
    if not filled:
        raise failures.no_rows(name)
    start = _header_position([cells for _, cells in filled[:HEADER_SEARCH_ROWS]])
    columns = _column_names(filled[start][1], max(len(cells) for _, cells in filled[start:]))
    if all(_is_number(column) for column in columns):
        raise failures.no_header(name)
    rows: list[Cells] = []
    for _, cells in filled[start + 1 :]:
        row = dict.fromkeys(columns, "")
        row.update(zip(columns, cells, strict=False))
        rows.append(row)
    if not rows:
        raise failures.no_rows(name)
    return RawTable(_without_empty(columns, rows), rows, [line for line, _ in filled[start + 1 :]])


def from_records(records: Iterable[Mapping[str, Any]], name: str) -> RawTable:
    """Table from JSON objects: nested objects become `outer.inner` columns, lists are joined by `;`."""
    rows, lines, columns = [], [], dict[str, None]()
    for line, record in enumerate(records, start=1):
        row = dict(_flat(record))
        if any(row.values()):
            rows.append(row)
            lines.append(line)
            columns.update(dict.fromkeys(row))
    if not rows:
        raise failures.no_rows(name)
    for row in rows:
        for column in columns:
            row.setdefault(column, "")
    return RawTable(tuple(columns), rows, lines)


def as_text(value: object) -> str:
    """A JSON value as a cell: "" for null, `true`/`false`, whole floats without their `.0`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return ";".join(as_text(item) for item in value)
    text = str(value).replace("\0", "").strip()
    # JSON may hold halves of characters, which no database takes.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _flat(record: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + str(key).strip(), as_text(value)


def _header_position(first: Sequence[Sequence[str]]) -> int:
    """Titles and notes above a header fill few cells: the header is the first nearly full line."""
    widths = [sum(map(bool, cells)) for cells in first]
    return next(i for i, width in enumerate(widths) if width >= HEADER_FULLNESS * max(widths))


def _column_names(header: Sequence[str], width: int) -> list[str]:
    """Header cells made unique; cells beyond or without a header get the name of their position."""
    names: dict[str, None] = {}
    for position in range(width):
        wanted = " ".join((header[position] if position < len(header) else "").split()) or f"column_{position + 1}"
        name, copy = wanted, 2
        while name in names:
            name, copy = f"{wanted} ({copy})", copy + 1
        names[name] = None
    return list(names)


def _without_empty(columns: Sequence[str], rows: Sequence[Cells]) -> tuple[str, ...]:
    """Nameless columns without a single cell are spreadsheet leftovers."""
    empty = [c for c in columns if c.startswith("column_") and not any(row[c] for row in rows)]
    for row in rows:
        for column in empty:
            del row[column]
    return tuple(column for column in columns if column not in empty)


def _is_number(text: str) -> bool:
    return text.replace(".", "").replace(",", "").replace("-", "").isdigit()
