"""Staging: a list is parsed once and kept beside the store until it is published, so that a killed import resumes.

Each part holds the rows of one batch as Arrow, written whole or not at all. A folder belongs to one file and one set of
parse options; another file, mapping or version of the normalisers has a folder of its own.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from geo.files import replace_file
from geo.geocoder.geocoder import Geocoder
from ingest.readers.common.raw_list import RawList
from ingest.resolution import linkage
from ingest.rows import facts as facts_of
from ingest.rows.locate import Finder
from ingest.rows.row_parser import ParsedRow, ParseOptions, parse_rows

BATCH_ROWS = 10_000
_COMPLETE = "complete"
"""File beside the parts of a list that was read to its end; it holds their number."""

SCHEMA: dict[str, Any] = {
    "row": pl.Int64,
    "line": pl.Int64,
    "source_key": pl.String,
    "own_key": pl.Boolean,
    "fingerprint": pl.String,
    "raw": pl.String,
    "facts": pl.String,
    **facts_of.SCHEMA,
    "h3_r9": pl.UInt64,
    **linkage.OWN,
    "offered": pl.Boolean,
    "spaces": pl.String,
    "reason": pl.String,
    "field": pl.String,
    "value": pl.String,
    "notes": pl.String,
}
"""One row per row of the list. `reason` (code), `field` and `value` say why a row makes no place (null: it does);
`facts`
is their JSON, with what others are compared by (`linkage.OWN`); `offered` whether the host agreed, as the facts say;
`spaces` (drafts) and `notes` (code, field, value) are JSON lists, null when empty."""

Progress = Callable[[int, int], None]
_JSON = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class Staged:
    """A parsed list: its rows, and the folder of its parts (None: not kept)."""

    rows: pl.DataFrame
    folder: Path | None

    def discard(self) -> None:
        """Removes the parts of a list that is published or given up."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def stage(
    raw: RawList,
    options: ParseOptions,
    geocoder: Geocoder,
    work: Path | None = None,
    progress: Progress | None = None,
) -> Staged:
    """Parses every row of a list. With `work`, keeps parts that a later call with the same list reads instead.

    `progress` gets (rows read, 0: their total is unknown). Raises UnreadableFile, StorageFull.
    """
    folder = None if work is None else work / _name_of(raw, options, geocoder.edition)
    rows = None if folder is None else _read_all(folder)
    if rows is None:
        rows = _concat([part for part in _parts(raw, options, geocoder, folder, progress) if part is not None])
    return Staged(rows, folder)


def stage_share(raw: RawList, options: ParseOptions, geocoder: Geocoder, work: Path, share: int, of: int) -> None:
    """Stages every `of`th part of a list from part `share` on: several processes stage one list together."""
    folder = work / _name_of(raw, options, geocoder.edition)
    if _read_all(folder) is None:
        for _ in _parts(raw, options, geocoder, folder, None, share, of):
            pass


def _parts(
    raw: RawList,
    options: ParseOptions,
    geocoder: Geocoder,
    folder: Path | None,
    progress: Progress | None,
    share: int = 0,
    of: int = 1,
) -> Iterator[pl.DataFrame | None]:
    """The parts of a list in order, each written to the folder once it is parsed; None for those of other shares."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    finder = Finder(geocoder.areas, geocoder)
    number = rows_read = 0
    for number, batch in enumerate(raw.batches(BATCH_ROWS), start=1):
        part = None
        if number % of == share:
            path = None if folder is None else folder / _part_name(number)
            part = _read_part(path)
            if part is None:
                part = frame(parse_rows(batch, options, finder, first_row=rows_read + 1))
                _write_part(path, part)
        yield part
        rows_read += len(batch.rows)
        if progress:
            progress(rows_read, 0)
    if folder is not None:
        (folder / _COMPLETE).write_text(str(number), "utf-8")


def _read_all(folder: Path) -> pl.DataFrame | None:
    """Every part of a list that was staged to its end; None while some are missing."""
    try:
        count = int((folder / _COMPLETE).read_text("utf-8"))
        return _concat([pl.read_ipc(folder / _part_name(number)) for number in range(1, count + 1)])
    except (FileNotFoundError, ValueError):
        return None


def _part_name(number: int) -> str:
    return f"{number:06d}.arrow"


def _concat(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


def frame(parsed: Sequence[ParsedRow]) -> pl.DataFrame:
    """Parsed rows as columns (`SCHEMA`)."""
    facts = facts_of.frame([row.facts for row in parsed if row.facts is not None])
    placed = facts.hstack(linkage.comparable(facts)).with_columns(
        pl.Series("at", [i for i, row in enumerate(parsed) if row.facts]).cast(pl.Int64)
    )
    elsewhere = {*facts_of.SCHEMA, *linkage.OWN}
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA if name not in elsewhere}
    for row in parsed:
        for name, value in _own_columns(row).items():
            columns[name].append(value)
    own = pl.DataFrame(columns, schema={name: SCHEMA[name] for name in columns})
    joined = own.with_row_index("at").with_columns(pl.col("at").cast(pl.Int64)).join(placed, on="at", how="left")
    return joined.with_columns(
        # Rows without a place still show their name in the report.
        pl.coalesce(pl.col("name"), pl.Series([row.record.name for row in parsed], dtype=pl.String)).alias("name")
    ).select(*SCHEMA)


def _own_columns(row: ParsedRow) -> dict[str, Any]:
    record, facts, rejection = row.record, row.facts, row.record.rejection
    return {
        "row": record.row,
        "line": record.line,
        "source_key": record.source_key,
        "own_key": record.own_key,
        "fingerprint": record.fingerprint,
        "raw": row.raw,
        "facts": facts_of.encode(facts) if facts else None,
        "h3_r9": row.cell,
        "offered": facts is not None and facts.offered,
        "spaces": _JSON.encode(record.spaces).decode() if record.spaces else None,
        "reason": str(rejection.reason) if rejection else None,
        "field": rejection.field if rejection else None,
        "value": rejection.value if rejection else None,
        "notes": _JSON.encode(record.remarks).decode() if record.remarks else None,
    }


def _name_of(raw: RawList, options: ParseOptions, edition: str) -> str:
    parts = [raw.sha256, raw.name, options.salt(edition), str(BATCH_ROWS), *SCHEMA]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _read_part(path: Path | None) -> pl.DataFrame | None:
    if path is None or not path.exists():
        return None
    return pl.read_ipc(path)


def _write_part(path: Path | None, part: pl.DataFrame) -> None:
    if path is None:
        return
    with replace_file(path, sync=False) as draft:  # a lost part is staged again
        part.write_ipc(draft)
