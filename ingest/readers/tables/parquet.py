"""Parquet and GeoParquet, in a child process, batch by batch; geometries become a point in WGS 84."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.readers.common import unreadable
from ingest.readers.common.limits import MAX_CELL_CHARS, MAX_COLUMNS, MAX_SPOOLED_MB
from ingest.readers.common.nested_records import as_text, too_long, truncated_from
from ingest.readers.common.raw_list import LAT_COLUMN, LON_COLUMN, Chunk, FaultLog, Reading
from ingest.readers.common.source import Source

if TYPE_CHECKING:
    from ingest.readers.tables.geoparquet import Geometry

_BATCH_ROWS = 5_000
_ARROW_ERRORS = (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError)


def read(source: Source, log: FaultLog) -> Reading:
    """Opens a Parquet file. Raises UnreadableFile."""
    if not source.start(4).startswith(b"PAR1"):
        raise unreadable.really_is(source.name, "autre chose que du Parquet", "something else than Parquet")
    with _opened(source) as file:
        names = file.schema_arrow.names
        if len(names) > MAX_COLUMNS:
            raise unreadable.too_many_columns(source.name, MAX_COLUMNS)
        if not file.metadata.num_rows:
            raise unreadable.no_rows(source.name)
        geometry = _geometry(file, source.name)
    table = _Table(source, log, geometry)
    first = next((rows[0] for _, rows in table.chunks() if rows), None)
    if first is None:
        raise unreadable.nothing_left(source.name, [fault.code for fault in log.faults])
    return Reading(tuple(first), table.chunks)


@dataclass(frozen=True, slots=True)
class _Table:
    source: Source
    log: FaultLog
    geometry: "Geometry | None" = None

    def chunks(self) -> Iterator[Chunk]:
        """Stops with a fault where the file is damaged."""
        line = 1
        with _opened(self.source) as file:
            try:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                    batch.validate(full=True)  # Arrow takes any bytes for text, polars does not
                    yield self._chunk(batch, line)
                    line += batch.num_rows
            except _ARROW_ERRORS:
                self.log.add(truncated_from(line))

    def _chunk(self, batch: Any, line: int) -> Chunk:
        names: list[str] = []
        columns: list[Sequence[str | None]] = []
        for name, column in _columns(batch, self.geometry.column if self.geometry else ""):
            names.append(name)
            columns.append(column)
        if self.geometry is not None:
            names += [LON_COLUMN, LAT_COLUMN]
            columns += self.geometry.points(batch.column(self.geometry.column))
        rows: list[Any] = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
        lines: Sequence[int] = range(line, line + len(rows))
        if columns and all(columns[0]) and not any(None in column for column in columns):
            return lines, rows
        filled = []
        for number, row in zip(lines, rows, strict=True):
            if None in row.values():
                self.log.add(too_long(number))
            elif any(row.values()):
                filled.append((number, row))
        return [number for number, _ in filled], [row for _, row in filled]


def _opened(source: Source) -> Any:
    path = source.on_disk(MAX_SPOOLED_MB, ".parquet") if source.content is None or source.packing else None
    try:
        # Pages are read as they are needed: a row group may be larger than memory.
        where = path if path is not None else pa.BufferReader(source.content)
        return pq.ParquetFile(where, pre_buffer=False, buffer_size=1 << 20)
    except _ARROW_ERRORS as error:
        raise unreadable.damaged(source.name, "Parquet") from error


def _columns(batch: Any, skipped: str) -> Iterator[tuple[str, list[str | None]]]:
    """Cells of each column; None for one over MAX_CELL_CHARS."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == skipped or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            continue
        if pa.types.is_struct(column.type):
            yield from _columns_of_struct(name, column)
        else:
            yield name, _texts(column)


def _columns_of_struct(name: str, column: Any) -> Iterator[tuple[str, list[str | None]]]:
    for i, inner in enumerate(column.type):
        values = column.flatten()[i]
        if not pa.types.is_binary(inner.type):
            yield f"{name}.{inner.name}", _texts(values)


def _texts(column: Any) -> list[str | None]:
    kind = column.type
    if pa.types.is_nested(kind):
        return [as_text(value) for value in column.to_pylist()]
    if pa.types.is_null(kind):
        return [""] * len(column)
    series = pl.Series("text", pl.from_arrow(column))
    text = pl.col("text")
    if series.dtype.is_float():
        text = pl.when(text.is_finite()).then(text).cast(pl.String).str.strip_suffix(".0")
    elif series.dtype != pl.String:
        text = text.cast(pl.String)
    if series.dtype == pl.Datetime:
        text = text.str.replace(r" 00:00:00(\.0+)?$", "").str.replace(r"\.0+$", "")
    text = text.fill_null("").str.strip_chars()
    # One expression, so that polars walks the column once.
    cells: list[str | None] = (
        series.to_frame().select(pl.when(text.str.len_bytes() <= MAX_CELL_CHARS).then(text))["text"].to_list()
    )
    return cells


def _geometry(file: Any, name: str) -> "Geometry | None":
    metadata = file.schema_arrow.metadata or {}
    if b"geo" not in metadata:
        return None
    from ingest.readers.tables.geoparquet import geometry_of  # loads libraries that most files do without

    return geometry_of(metadata[b"geo"], file.schema_arrow.names, name)
