"""Nested records as flat rows of text cells."""

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from ingest.readers.common import unreadable
from ingest.readers.common.limits import MAX_CELL_CHARS, MAX_COLUMNS, MAX_NAME_CHARS, MAX_NESTING, SAMPLE_ROWS
from ingest.readers.common.raw_list import Cells, Chunk, FaultLog, LineFault, Reading, chunks_of

NumberedRecords = Iterator[tuple[int, Mapping[str, Any]]]


class Records:
    """Numbered records that can be read again."""

    def records(self) -> NumberedRecords:
        """From the first one on."""
        raise NotImplementedError


class MemoryRecords(Records):
    """Records in memory, numbered by their position."""

    def __init__(self, records: Iterable[Mapping[str, Any]]) -> None:
        self._records = list(records)

    def records(self) -> NumberedRecords:
        return iter(enumerate(self._records, start=1))


def open_records(records: Records, name: str, log: FaultLog) -> Reading:
    """Opens records; the columns are those of the first ones. Raises UnreadableFile when there is none."""
    columns: dict[str, None] = {}
    for _, row in islice(rows(records.records(), log), SAMPLE_ROWS):
        columns.update(dict.fromkeys(row))
        if len(columns) > MAX_COLUMNS:
            raise unreadable.too_many_columns(name, MAX_COLUMNS)
    if not columns:
        raise unreadable.nothing_left(name, [fault.code for fault in log.faults])

    def chunks() -> Iterator[Chunk]:
        return chunks_of(rows(records.records(), log))

    return Reading(tuple(columns), chunks, open_ended=True)


def rows(records: NumberedRecords, log: FaultLog) -> Iterator[tuple[int, Cells]]:
    """Flat rows; empty records are left out, those nested or long beyond use noted."""
    for line, record in records:
        try:
            row: Cells = {}
            _fill(row, record)
        except _TooNestedError:
            log.add(_nested(line))
            continue
        is_long = (
            max(map(len, row.values()), default=0) > MAX_CELL_CHARS or max(map(len, row), default=0) > MAX_NAME_CHARS
        )
        if len(row) > MAX_COLUMNS or is_long:
            log.add(too_long(line))
            continue
        if any(row.values()):
            yield line, row


def as_text(value: object, depth: int = 0) -> str:
    """A JSON value as a cell: "" for null, `true`/`false`, whole floats without their `.0`."""
    if isinstance(value, str):
        text = value.replace("\0", "").strip()
        # JSON may hold halves of characters, which no database takes.
        return text if text.isascii() else text.encode("utf-8", "replace").decode()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    if isinstance(value, list | tuple):
        if depth > MAX_NESTING:
            raise _TooNestedError
        return ";".join(as_text(item, depth + 1) for item in value)
    if isinstance(value, Mapping):
        if depth > MAX_NESTING:
            raise _TooNestedError
        return ", ".join(f"{as_text(key)}: {as_text(item, depth + 1)}".strip() for key, item in value.items()).strip()
    if isinstance(value, int) and value.bit_length() > 4_000:
        return ""  # no id and no measure has a thousand digits; Python refuses to write them
    return str(value).strip()


def _fill(row: Cells, record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> None:
    if depth > MAX_NESTING:
        raise _TooNestedError
    for key, value in record.items():
        column = prefix + (key.strip() if key.isascii() and "\0" not in key else as_text(key))
        if type(value) is str and value.isascii() and "\0" not in value:
            row[column] = value.strip()  # nearly all cells: spared the call
        elif isinstance(value, Mapping):
            _fill(row, value, f"{column}.", depth + 1)
        else:
            row[column] = as_text(value)


class _TooNestedError(Exception):
    """Caught in `rows`."""


def _nested(line: int) -> LineFault:
    return LineFault(
        line,
        "nesting",
        f"cet objet est imbriqué sur plus de {MAX_NESTING} niveaux ; simplifiez-le.",
        f"this object is nested more than {MAX_NESTING} levels deep; simplify it.",
    )


def too_long(line: int) -> LineFault:
    """The fault of a record with an overlong cell or too many fields."""
    return LineFault(
        line,
        "long_cell",
        f"une cellule dépasse {MAX_CELL_CHARS} caractères, ou l'objet {MAX_COLUMNS} champs ; raccourcissez-la.",
        f"a cell is over {MAX_CELL_CHARS} characters, or the object over {MAX_COLUMNS} fields; shorten it.",
    )


def truncated_from(line: int) -> LineFault:
    """The fault of a file that ends before its list does; what came before was read."""
    return LineFault(
        line,
        "truncated",
        "le fichier s'arrête ou est abîmé à partir d'ici ; téléchargez-le de nouveau pour lire la suite.",
        "the file stops or is damaged from here on; download it again to read the rest.",
    )
