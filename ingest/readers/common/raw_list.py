"""The result of every reader: rows of text cells in batches, with the line numbers that a person sees."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Protocol

from ingest.readers.common import unreadable
from ingest.readers.common.limits import CHUNK_ROWS, MAX_COLUMNS, MAX_FAULTS_KEPT, SAMPLE_ROWS
from ingest.readers.common.source import Source

Cells = dict[str, str]
Chunk = tuple[Sequence[int], list[Cells]]
"""Rows with the line of each. Chunks are of any size; handling rows together is faster than one by one."""

LON_COLUMN, LAT_COLUMN, ID_COLUMN = "@lon", "@lat", "@id"
"""Columns that readers of map formats add: the point, or the centroid of a line or polygon; the feature's own id."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """A list as in its file, or one batch of it. Cells are stripped text, "" when empty; no blank lines.

    `lines[i]` is the line where a spreadsheet or an editor shows `rows[i]`, or its position among the
    records of a format without lines.
    """

    columns: tuple[str, ...]
    rows: list[Cells]
    lines: list[int]
    name: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class LineFault:
    """A fault of a line. `line` 0 is the file itself (a sheet or layer not read).

    With `left_out` the line is missing from the rows; else it was read with the change in the sentence. `code` is
    stable: nul, open_quote, long_line, long_cell, columns, json, encoding, nesting, truncated, sheet, layer, link,
    geometry.
    """

    line: int
    code: str
    fr: str
    en: str
    left_out: bool = True


class FaultLog:
    """Collects the faults of one pass: the first ones in full, the others counted."""

    def __init__(self) -> None:
        self.faults: list[LineFault] = []
        self.lines_left_out = 0
        self.total = 0

    def clear(self) -> None:
        self.faults.clear()
        self.lines_left_out = self.total = 0

    def add(self, fault: LineFault, lines: int = 1) -> None:
        """Notes a fault that covers `lines` lines."""
        self.total += 1
        if fault.left_out:
            self.lines_left_out += lines
        if len(self.faults) < MAX_FAULTS_KEPT:
            self.faults.append(fault)

    def extend(self, faults: Iterable[LineFault], total: int, lines_left_out: int) -> None:
        """Appends faults noted elsewhere in the same pass, and takes over its counts so far."""
        self.faults.extend(faults)
        self.total, self.lines_left_out = total, lines_left_out


@dataclass(frozen=True, slots=True)
class Reading:
    """An opened file: `chunks()` starts again at the first row each time and notes faults in the reader's log.

    With `open_ended`, rows hold only the columns they have a cell for, and later rows may add columns.
    """

    columns: tuple[str, ...]
    chunks: Callable[[], Iterator[Chunk]]
    open_ended: bool = False


def with_notes(opened: Reading, notes: Iterable[LineFault], log: FaultLog) -> Reading:
    """The same reading that notes, in each pass, what of the file is not read."""
    faults = list(notes)

    def chunks() -> Iterator[Chunk]:
        for note in faults:
            log.add(note, lines=0)
        yield from opened.chunks()

    return Reading(opened.columns, chunks, opened.open_ended)


class Reader(Protocol):
    """Opens one format. Raises UnreadableFile when the content is not of that format."""

    def __call__(self, source: Source, log: FaultLog) -> Reading: ...


class RawList:
    """One list, read in batches; may be iterated again, one pass at a time.

    `columns` are those of the first rows. `faults` and `lines_left_out` are those of the pass under way or
    just ended; `faults` holds the first thousand.
    """

    def __init__(self, source: Source, reading: Reading, log: FaultLog) -> None:
        self.name, self.sha256, self.size_bytes = source.name, source.sha256, source.size_bytes
        self.columns = reading.columns
        self._reading = reading
        self._log = log
        self._sample: RawTable | None = None

    @property
    def faults(self) -> list[LineFault]:
        return self._log.faults

    @property
    def lines_left_out(self) -> int:
        """Lines missing from the rows, those beyond the faults kept included."""
        return self._log.lines_left_out

    def batches(self, rows: int = 10_000) -> Iterator[RawTable]:
        """The rows, `rows` at a time. Every row of a batch has every column of that batch, known ones first.

        Raises UnreadableFile when a packed file turns out damaged or too large on the way.
        """
        self._log.clear()
        blank = dict.fromkeys(self.columns, "")
        for lines, cells in rechunk(self._reading.chunks(), rows):
            if self._reading.open_ended or set(map(len, cells)) != {len(blank)}:
                completed = _completed(cells, blank, self.name)
            else:
                completed = cells
            yield RawTable(tuple(blank), completed, lines, self.name, self.sha256)

    def sample(self, rows: int = SAMPLE_ROWS) -> RawTable:
        """The first rows, at most `SAMPLE_ROWS`, for the mapping. Not a pass: `faults` stay as they are."""
        if self._sample is None:
            faults, total, lines_left_out = list(self._log.faults), self._log.total, self._log.lines_left_out
            empty = RawTable(self.columns, [], [], self.name, self.sha256)
            self._sample = next(self.batches(SAMPLE_ROWS), empty)
            self._log.clear()
            self._log.extend(faults, total, lines_left_out)
        return replace(self._sample, rows=self._sample.rows[:rows], lines=self._sample.lines[:rows])

    def whole(self) -> RawTable:
        """All rows at once. Raises UnreadableFile when there is none."""
        batches = list(self.batches())
        if not batches:
            raise unreadable.nothing_left(self.name, [fault.code for fault in self.faults])
        blank = dict.fromkeys(batches[-1].columns, "")
        rows = [row for batch in batches for row in batch.rows]
        if len(batches[0].columns) != len(blank):
            rows = _completed(rows, blank, self.name)
        lines = [line for batch in batches for line in batch.lines]
        return RawTable(tuple(blank), rows, lines, self.name, self.sha256)


def rechunk(chunks: Iterable[Chunk], size: int) -> Iterator[tuple[list[int], list[Cells]]]:
    """The same rows, `size` at a time."""
    lines: list[int] = []
    rows: list[Cells] = []
    for more_lines, more_rows in chunks:
        lines.extend(more_lines)
        rows.extend(more_rows)
        while len(rows) >= size:
            yield lines[:size], rows[:size]
            del lines[:size], rows[:size]
    if rows:
        yield lines, rows


def chunks_of(numbered: Iterator[tuple[int, Cells]]) -> Iterator[Chunk]:
    """Chunks of rows that come one by one."""
    while pairs := list(islice(numbered, CHUNK_ROWS)):
        yield [line for line, _ in pairs], [row for _, row in pairs]


def _completed(rows: list[Cells], blank: Cells, name: str) -> list[Cells]:
    """Rows that all have the columns of `blank`, to which new ones are added."""
    for row in rows:
        for column in row:
            if column not in blank:
                if len(blank) >= MAX_COLUMNS:
                    raise unreadable.too_many_columns(name, MAX_COLUMNS)
                blank[column] = ""
    return [{**blank, **row} for row in rows]
