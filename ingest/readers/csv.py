"""CSV as people save it: any usual delimiter, titles above the header, multi-line cells."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from ingest.readers import failures
from ingest.readers.base import RawTable, from_grid
from ingest.readers.text import decode

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50


def read(content: bytes, name: str) -> RawTable:
    """Reads delimited text. Raises UnreadableFile."""
    text = decode(content, name)
    delimiter = sniff_delimiter(text)
    grid = list(_lines(text, delimiter, name))
    if any(any(cells) for _, cells in grid) and max(len(cells) for _, cells in grid) < 2:
        raise failures.one_column(name)
    return from_grid(grid, name)


def sniff_delimiter(text: str) -> str:
    """The delimiter that cuts the first rows into the most columns, most regularly."""
    sample = text[:100_000]

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

    return max(DELIMITERS, key=regularity)


def _lines(text: str, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from list(_parse(text, delimiter, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise failures.truncated(name) from error
        # Quotes inside unquoted or sloppily quoted cells: the lenient parser keeps them as text.
        try:
            yield from list(_parse(text, delimiter, strict=False))
        except csv.Error as again:
            raise failures.truncated(name) from again


def _parse(text: str, delimiter: str, *, strict: bool) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    line = 1
    for cells in reader:
        yield line, [cell.strip() for cell in cells]
        line = reader.line_num + 1
