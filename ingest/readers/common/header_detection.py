"""Finds the header of a grid of cells, if it has one, and the names of its columns."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, islice
from operator import itemgetter

from geo.reference.toponyms import fold
from ingest.readers.common import unreadable
from ingest.readers.common.limits import CHUNK_ROWS, MAX_COLUMNS, SAMPLE_ROWS
from ingest.readers.common.raw_list import Cells, Chunk, FaultLog, LineFault, Reading

GridChunks = Iterator[tuple[Sequence[int], list[list[str]]]]

HEADER_SEARCH_ROWS = 20
HEADER_FULLNESS = 0.6

PLACE_WORDS = frozenset(
    (
        "nom", "name", "adresse", "address", "rue", "commune", "ville", "city", "cp", "postal", "postcode",
        "lat", "latitude", "lon", "long", "longitude", "lieu",
    )
)  # fmt: skip
"""Words of column names that speak of places."""

_HEADER_WORDS = PLACE_WORDS | frozenset(
    (
        "id", "identifiant", "code", "insee", "tel", "telephone", "phone", "mail", "email", "courriel", "site", "web",
        "url", "website", "type", "kind", "categorie", "horaires", "hours", "capacite", "places", "surface", "date",
        "siret", "siren", "region", "departement", "description", "statut", "status", "contact", "x", "y", "numero",
        "libelle", "denomination", "enseigne", "latitude", "wifi", "prix", "tarif", "title", "titre", "structure",
    )
)  # fmt: skip

_DATA = re.compile(
    r"[^@\s]+@[^@\s]+\.\w+"  # an e-mail address
    r"|(?:https?://|www\.)\S+"
    r"|(?:\+33|0)[ .]?[1-9](?:[ .-]?\d\d){4}"  # a telephone number
    r"|\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d\d-\d\d.*"  # a day
    r"|[-+]?\d+[.,]\d+"  # a coordinate, a price
    r"|\d{5}|\d{9}|\d{14}"  # a postcode, a SIREN, a SIRET
    r"|\d+ ?(?:bis|ter|quater)?,? (?:rue|avenue|av|bd|boulevard|place|pl|route|chemin|quai|impasse|allee|cours)\b.*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class Layout:
    """`first_line` is the line of the first data row; `leftovers` are nameless columns without a cell."""

    first_line: int
    columns: tuple[str, ...]
    leftovers: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that the list really has."""
        return tuple(column for column in self.columns if column not in self.leftovers)


def find_layout(head: Sequence[tuple[int, list[str]]], name: str, codes: Sequence[str] = ()) -> Layout:
    """The layout of a grid by its first filled lines; `codes` are those of the faults met. Raises UnreadableFile."""
    if not head:
        raise unreadable.nothing_left(name, codes)
    start = _header_position([cells for _, cells in head[:HEADER_SEARCH_ROWS]])
    body = head[start:]
    if _used_width(body[0][1]) > MAX_COLUMNS:
        raise unreadable.too_many_columns(name, MAX_COLUMNS)
    # A line beyond the limit is one fault further down, not the width of the list.
    width = max(width for _, cells in body if (width := _used_width(cells)) <= MAX_COLUMNS)
    if is_data([cells for _, cells in body]):
        if not any(cell and not _NUMBER.fullmatch(cell) for _, cells in body for cell in cells):
            raise unreadable.no_header(name)
        header: Sequence[str] = ()
    else:
        header, body = body[0][1], body[1:]
    if not body:
        raise unreadable.nothing_left(name, codes)
    columns = _column_names(header, width)
    empty = [i for i, column in enumerate(columns) if column.startswith("column_") and not _any_cell(body, i)]
    return Layout(body[0][0], tuple(columns), tuple(columns[i] for i in empty))


def open_grid(grid: "Grid", name: str, log: FaultLog) -> Reading:
    """Opens a grid. Raises UnreadableFile when its first lines hold no list."""
    numbered = (pair for lines, records in grid.chunks() for pair in zip(lines, records, strict=True))
    stripped = ((line, [cell.strip() for cell in cells]) for line, cells in numbered)
    head = list(islice((pair for pair in stripped if any(pair[1])), SAMPLE_ROWS))
    layout = find_layout(head, name, [fault.code for fault in log.faults])

    def chunks() -> Iterator[Chunk]:
        return rows(grid.chunks(), layout, log)

    return Reading(layout.named, chunks)


class Grid:
    """Lines of cells that can be read again."""

    def chunks(self) -> GridChunks:
        """From the first line on: numbers of lines, and the cells of each."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class MemoryGrid(Grid):
    """A grid in memory."""

    lines: Sequence[tuple[int, list[str]]]

    def chunks(self) -> GridChunks:
        """`CHUNK_ROWS` lines at a time."""
        for lines in batched(self.lines, CHUNK_ROWS):
            yield [line for line, _ in lines], [cells for _, cells in lines]


def count_place_words(columns: Iterable[str]) -> int:
    """How many column names speak of places: workbooks open with notes, keys and vocabularies."""
    words = {word for column in columns for word in fold(column).split()}
    return len(words & PLACE_WORDS)


def rows(grid: GridChunks, layout: Layout, log: FaultLog) -> Iterator[Chunk]:
    """The rows under the header, stripped; blank lines are left out."""
    columns, width, strip = layout.columns, len(layout.columns), str.strip
    for given_lines, given_records in grid:
        above = sum(line < layout.first_line for line in given_lines) if given_lines[0] < layout.first_line else 0
        lines, records = given_lines[above:], given_records[above:]
        if not layout.leftovers and set(map(len, records)) == {width}:
            full_rows = [dict(zip(columns, map(strip, cells), strict=False)) for cells in records]
            if all(map(itemgetter(columns[0]), full_rows)):
                yield lines, full_rows
                continue
            pairs = list(zip(lines, full_rows, strict=True))
        else:
            each = zip(lines, records, strict=True)
            pairs = [(line, row) for line, cells in each if (row := _row(cells, layout, line, log)) is not None]
        filled = [(line, row) for line, row in pairs if any(row.values())]
        yield [line for line, _ in filled], [row for _, row in filled]


def is_data(body: Sequence[Sequence[str]]) -> bool:
    """Whether the first line is a row like the others rather than their header.

    A header has no postcode, coordinate, address, e-mail..., is not all numbers, and its words do not recur in the
    cells below.
    """
    first = body[0]
    filled = [cell for cell in first if cell]
    if all(_NUMBER.fullmatch(cell) for cell in filled):
        return True
    if any(set(fold(cell).split()) & _HEADER_WORDS and len(cell) < 40 and not _DATA.fullmatch(cell) for cell in filled):
        return any(_DATA.fullmatch(cell) for cell in filled) and sum(map(_is_value, filled)) > len(filled) / 2
    if any(_DATA.fullmatch(cell) for cell in filled):
        return True
    rest = [line for line in body[1:200] if list(line) != list(first)]
    return any(cell and any(i < len(line) and line[i] == cell for line in rest) for i, cell in enumerate(first))


def _is_value(cell: str) -> bool:
    return bool(_DATA.fullmatch(cell) or _NUMBER.fullmatch(cell))


def _row(cells: list[str], layout: Layout, line: int, log: FaultLog) -> Cells | None:
    """A row shorter or longer than the header. Cells beyond it get the name of their position.

    None when there are absurdly many.
    """
    if len(cells) > MAX_COLUMNS and any(cell.strip() for cell in cells[MAX_COLUMNS:]):
        log.add(_too_wide(line))
        return None
    width = len(layout.columns)
    row = dict.fromkeys(layout.columns, "")
    row.update(zip(layout.columns, map(str.strip, cells), strict=False))
    for column in layout.leftovers:
        if not row[column]:
            del row[column]
    for i in range(width, min(len(cells), MAX_COLUMNS)):
        if text := cells[i].strip():
            row[f"column_{i + 1}"] = text
    return row


def _header_position(first: Sequence[Sequence[str]]) -> int:
    """Titles and notes above a header fill few cells: the header is the first nearly full line."""
    widths = [sum(map(bool, cells)) for cells in first]
    return next(i for i, width in enumerate(widths) if width >= HEADER_FULLNESS * max(widths))


def _used_width(cells: Sequence[str]) -> int:
    return max((i + 1 for i, cell in enumerate(cells) if cell), default=0)


def _any_cell(body: Sequence[tuple[int, Sequence[str]]], i: int) -> bool:
    return any(i < len(cells) and cells[i] for _, cells in body)


def _column_names(header: Sequence[str], width: int) -> list[str]:
    """Header cells made unique; cells beyond or without a header get the name of their position."""
    names: dict[str, None] = {}
    copies: dict[str, int] = {}
    for position in range(width):
        title = " ".join((header[position] if position < len(header) else "").split()) or f"column_{position + 1}"
        name = title
        while name in names:
            copies[title] = copies.get(title, 1) + 1
            name = f"{title} ({copies[title]})"
        names[name] = None
    return list(names)


def _too_wide(line: int) -> LineFault:
    return LineFault(
        line,
        "columns",
        f"cette ligne a plus de {MAX_COLUMNS} cellules ; corrigez ses séparateurs.",
        f"this line has more than {MAX_COLUMNS} cells; correct its separators.",
    )
