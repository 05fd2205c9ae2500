"""CSV with any delimiter, with or without titles above the header, multi-line cells and broken lines."""

import csv
import io
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice

from ingest.readers.common import header_detection, unreadable
from ingest.readers.common.limits import MAX_RECORD_CHARS, MAX_REREADS
from ingest.readers.common.raw_list import FaultLog, LineFault, Reading
from ingest.readers.common.source import Source
from ingest.readers.common.text_decoding import blocks_of_lines, encoding_of, lines

DELIMITERS = (",", ";", "\t", "|")
RARE_DELIMITERS = ("~", "^", "\x1f", "¤", "§", ":", "#")
_SAMPLE_ROWS = 50
_SAMPLE_CHARS = 100_000


def read(source: Source, log: FaultLog) -> Reading:
    """Opens delimited text. Raises UnreadableFile."""
    encoding = encoding_of(source.start(), source.name)
    sample = _sample(source, encoding)
    grid = CsvGrid(source, encoding, _declared(sample) or sniff_delimiter(sample), log)
    opened = header_detection.open_grid(grid, source.name, log)
    if len(opened.columns) < 2:
        raise unreadable.one_column(source.name)
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
class CsvGrid(header_detection.Grid):
    """The records of a file, each with the line it begins on."""

    source: Source
    encoding: str
    delimiter: str
    log: FaultLog

    def chunks(self) -> header_detection.GridChunks:
        """Broken records are noted, and the lines behind an open quote read again as records of their own.

        Raises UnreadableFile when a quote that never closes swallows the whole list.
        """
        reader = _Records(self.delimiter, self.source.name, self.log)
        for block in blocks_of_lines(self.source, self.encoding, self.log):
            yield from reader.take(block, is_last=False)
        yield from reader.take([], is_last=True)


class _Records:
    """Cuts lines into records; what is unfinished waits for the next lines."""

    def __init__(self, delimiter: str, name: str, log: FaultLog) -> None:
        self._delimiter, self._name, self._log = delimiter, name, log
        self._held: deque[str] = deque()
        self._line = 1
        self._sound = self._given_up = 0

    def take(self, block: list[str], *, is_last: bool) -> header_detection.GridChunks:
        """The records that end within these lines."""
        self._held.extend(block)
        while self._held:
            records, is_whole = self._strictly()
            if records:
                yield self._numbered(records)
            if is_whole or not self._held:
                return
            used, cells = self._leniently()
            if cells is not None:
                yield self._numbered([cells], used)
            elif is_last or sum(map(len, self._held)) > MAX_RECORD_CHARS:
                self._give_up()
            else:
                return

    def _strictly(self) -> tuple[list[list[str]], bool]:
        """Records up to the first broken or unfinished one, and whether there is none."""
        records: list[list[str]] = []
        try:
            records.extend(csv.reader(self._held, delimiter=self._delimiter, strict=True))
        except csv.Error:
            return records, False
        return records, True

    def _leniently(self) -> tuple[int, list[str] | None]:
        """The next record and its lines, with quotes inside cells kept as text; None when a quote stays open."""
        # One line more than there is: a record that asks for it is unfinished.
        reader = csv.reader(chain(self._held, ("\n",)), delimiter=self._delimiter, strict=False)
        try:
            cells = next(reader)
        except csv.Error:
            return 0, None
        used = reader.line_num
        too_long = used > 1 and sum(map(len, islice(self._held, used))) > MAX_RECORD_CHARS
        return used, None if too_long or used > len(self._held) else cells

    def _numbered(self, records: list[list[str]], used: int | None = None) -> tuple[Sequence[int], list[list[str]]]:
        """Records with their lines, which are let go."""
        lines: Sequence[int]
        if used is None and len(records) == len(self._held):
            used, lines = len(records), range(self._line, self._line + len(records))
        else:
            counts = [1 + _line_ends(cells) for cells in records]
            lines = list(accumulate(counts[:-1], initial=self._line))
            used = used or sum(counts)
        self._sound += len(records)
        self._let_go(used)
        if lines[0] == 1 and _is_declaration(records[0]):
            return lines, [[], *records[1:]]
        return lines, records

    def _give_up(self) -> None:
        """Leaves out the line whose quote never closes; those behind it too when that happens all the time."""
        if self._sound < 2:
            raise unreadable.truncated(self._name)
        self._given_up += 1
        used = 1
        if self._given_up > MAX_REREADS:
            sizes = accumulate(map(len, self._held))
            used = 1 + sum(size <= MAX_RECORD_CHARS for size in sizes)
        used = min(used, len(self._held))
        self._log.add(_broken(self._line), used)
        self._let_go(used)

    def _let_go(self, used: int) -> None:
        self._line += used
        if used >= len(self._held):
            self._held.clear()
        for _ in range(min(used, len(self._held))):
            self._held.popleft()


def _line_ends(cells: list[str]) -> int:
    text = ",".join(cells)
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _sample(source: Source, encoding: str) -> str:
    parts: list[str] = []
    size = 0
    for line in lines(source, encoding, FaultLog()):
        parts.append(line[:_SAMPLE_CHARS])
        size += len(line)
        if size > _SAMPLE_CHARS:
            break
    return "".join(parts)


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
