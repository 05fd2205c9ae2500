"""CSV as people save it: any delimiter, titles above the header or none, multi-line cells, broken lines."""

import csv
import io
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from ingest.readers import failures, layout
from ingest.readers.base import FaultLog, LineFault, Reading
from ingest.readers.limits import MAX_RECORD_CHARS, MAX_REREADS
from ingest.readers.source import Source
from ingest.readers.text import encoding_of, lines

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = ("~", "^", "\x1f", "¤", "§", ":", "#")
_SAMPLE_ROWS = 50
_SAMPLE_CHARS = 100_000


def read(source: Source, log: FaultLog) -> Reading:
    """Opens delimited text. Raises UnreadableFile."""
    encoding = encoding_of(source.start(), source.name)
    sample = _sample(source, encoding)
    grid = CsvGrid(source, encoding, _declared(sample) or sniff_delimiter(sample), log)
    opened = layout.reading(grid, source.name, log)
    if len(opened.columns) < 2:
        raise failures.one_column(source.name)
    return opened


def sniff_delimiter(sample: str) -> str:
    """The delimiter that cuts the first rows into the most columns, most regularly."""

    def regularity(delimiter: str) -> tuple[int, int]:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths: Counter[int] = Counter()
        try:
            for row, _ in zip(rows, range(_SAMPLE_ROWS), strict=False):
                widths[len(row)] += 1
        except csv.Error:
            return 0, 0
        useful = {width: count for width, count in widths.items() if width > 1}
        if not useful:
            return 0, 0
        width, count = max(useful.items(), key=lambda item: (item[1], item[0]))
        return count * (width - 1), width

    best = max(DELIMITERS, key=regularity)
    return best if regularity(best) > (0, 0) else max((best, *RARE_DELIMITERS), key=regularity)


@dataclass(frozen=True, slots=True)
class CsvGrid(layout.Grid):
    """The records of a file, each with the line it begins on."""

    source: Source
    encoding: str
    delimiter: str
    log: FaultLog

    def lines(self) -> layout.NumberedCells:
        """Broken records are noted, and the lines behind an open quote read again as records of their own.

        Raises UnreadableFile when a quote that never closes swallows the whole list.
        """
        feed = _Feed(lines(self.source, self.encoding, self.log))
        sound = rereads = 0
        while not feed.ended:
            for line, cells in _strictly(feed, self.delimiter):
                sound += 1
                if line > 1 or not _is_declaration(cells):
                    yield line, cells
            if not feed.pending:
                return
            kept = _leniently(feed, self.delimiter)
            if kept is not None:
                sound += 1
                yield feed.line, kept
                feed.forget()
                continue
            if feed.ended and sound < 2:
                raise failures.truncated(self.source.name)
            rereads += 1
            again = rereads <= MAX_REREADS
            self.log.add(_broken(feed.line), 1 if again else len(feed.pending))
            feed.give_up_first() if again else feed.forget()


class _Feed:
    """Hands lines to a csv parser and keeps those of the record under way, to read them otherwise if need be."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = source
        self._again: deque[str] = deque()
        self.pending: list[str] = []
        self.line = 1
        self.ended = self.overrun = False

    def lines(self) -> Iterator[str]:
        """Stops at the end (`ended`), or when the record under way is longer than anybody wrote (`overrun`)."""
        pending, size = self.pending, 0
        for line in chain(_drained(self._again), self._source):
            size = size + len(line) if pending else 0
            pending.append(line)
            yield line
            if size > MAX_RECORD_CHARS and pending:
                self.overrun = True
                return
        self.ended = True

    def forget(self) -> None:
        """The record under way has been read."""
        self.line += len(self.pending)
        self.pending.clear()

    def rewind(self) -> None:
        """The record under way will be read again."""
        self._again.extendleft(reversed(self.pending))
        self.pending.clear()
        self.ended = self.overrun = False

    def give_up_first(self) -> None:
        """The first line of the record is lost; those after it will be read again."""
        del self.pending[0]
        self.line += 1
        self.rewind()


def _strictly(feed: _Feed, delimiter: str) -> layout.NumberedCells:
    """Records up to the first broken one, which stays in `feed.pending`."""
    pending, line = feed.pending, feed.line
    try:
        for cells in csv.reader(feed.lines(), delimiter=delimiter, strict=True):
            yield line, cells
            line += len(pending)
            pending.clear()
            feed.line = line
    except csv.Error:
        return


def _leniently(feed: _Feed, delimiter: str) -> list[str] | None:
    """The record under way with quotes inside cells kept as text; None when a quote never closes."""
    feed.rewind()
    reader = csv.reader(feed.lines(), delimiter=delimiter, strict=False)
    try:
        cells = next(reader, None)
    except csv.Error:
        return None
    return None if feed.ended or feed.overrun else cells


def _drained(again: deque[str]) -> Iterator[str]:
    while again:
        yield again.popleft()


def _sample(source: Source, encoding: str) -> str:
    taken: list[str] = []
    size = 0
    for line in lines(source, encoding, FaultLog()):
        taken.append(line[:_SAMPLE_CHARS])
        size += len(line)
        if size > _SAMPLE_CHARS:
            break
    return "".join(taken)


def _declared(sample: str) -> str:
    """The delimiter of a first line `sep=;`, as some spreadsheets write; "" without one."""
    first = sample.partition("\n")[0].rstrip("\r")
    return first[4] if len(first) == 5 and first.lower().startswith("sep=") else ""


def _is_declaration(cells: list[str]) -> bool:
    return bool(cells) and cells[0].lower().startswith("sep=") and not any(cells[1:])


def _broken(line: int) -> LineFault:
    return LineFault(
        line,
        "open_quote",
        "un guillemet ouvert à cette ligne ne se ferme pas ; fermez-le ou supprimez-le.",
        "a quote opened on this line never closes; close it or delete it.",
    )
