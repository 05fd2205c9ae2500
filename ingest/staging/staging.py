"""A list read and understood once, kept beside the store until it is published, so that a killed import goes on where
it was.

Each part holds the rows of one batch as Arrow, written whole or not at all. A folder belongs to one file under one
way of reading it; another file, mapping or version of the normalisers has a folder of its own.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from geo.geocoder.geocoder import Geocoder
from ingest.readers.common.raw_list import RawList
from ingest.resolution import linkage
from ingest.rows import facts as facts_of
from ingest.rows.locate import Finder
from ingest.rows.record import Record
from ingest.rows.row_parser import HowToRead, Prepared, prepare

BATCH_ROWS = 10_000
_COMPLETE = "complete"
"""Beside the parts of a list that was read to its end, their number: it need not be read again to know them all."""

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
    """A list that has been understood: its rows, and where its parts lie (None: nowhere)."""

    rows: pl.DataFrame
    folder: Path | None

    def discard(self) -> None:
        """Removes the parts: the list is published, or nobody wants it any more."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def stage(
    raw: RawList,
    how: HowToRead,
    geocoder: Geocoder,
    work: Path | None = None,
    progress: Progress | None = None,
) -> Staged:
    """Every row of a list, understood. With `work`, in parts that a later call with the same list finds again.

    `progress` gets (rows read, 0: nobody knows how many there are). Raises UnreadableFile, StorageFull.
    """
    folder = None if work is None else work / _name_of(raw, how, geocoder.edition)
    found = None if folder is None else _read_all(folder)
    if found is None:
        found = _concat([part for part in _parts(raw, how, geocoder, folder, progress) if part is not None])
    return Staged(found, folder)


def stage_share(raw: RawList, how: HowToRead, geocoder: Geocoder, work: Path, share: int, of: int) -> None:
    """Every `of`th part of a list from part `share` on: several processes stage one list together."""
    folder = work / _name_of(raw, how, geocoder.edition)
    if _read_all(folder) is None:
        for _ in _parts(raw, how, geocoder, folder, None, share, of):
            pass


def _parts(
    raw: RawList,
    how: HowToRead,
    geocoder: Geocoder,
    folder: Path | None,
    progress: Progress | None,
    share: int = 0,
    of: int = 1,
) -> Iterator[pl.DataFrame | None]:
    """The parts of a list in order, each kept in the folder as soon as it is understood; None for those of others."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    finder = Finder(geocoder.areas, geocoder)
    number = done = 0
    for number, batch in enumerate(raw.batches(BATCH_ROWS), start=1):
        part = None
        if number % of == share:
            path = None if folder is None else folder / _part_name(number)
            part = _read_part(path)
            if part is None:
                part = frame(prepare(batch, how, finder, first_row=done + 1))
                _write_part(path, part)
        yield part
        done += len(batch.rows)
        if progress:
            progress(done, 0)
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


def frame(prepared: Sequence[Prepared]) -> pl.DataFrame:
    """Prepared rows as columns (`SCHEMA`)."""
    placed = [one.facts for one in prepared if one.facts is not None]
    told = facts_of.frame(placed)
    known = told.hstack(linkage.comparable(told)).with_columns(
        pl.Series("at", [i for i, one in enumerate(prepared) if one.facts]).cast(pl.Int64)
    )
    elsewhere = {*facts_of.SCHEMA, *linkage.OWN}
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA if name not in elsewhere}
    for one in prepared:
        record = one.record
        for name, value in _own_columns(record, one).items():
            columns[name].append(value)
    own = pl.DataFrame(columns, schema={name: SCHEMA[name] for name in columns})
    joined = own.with_row_index("at").with_columns(pl.col("at").cast(pl.Int64)).join(known, on="at", how="left")
    return joined.with_columns(
        # Rows without a place still show their name in the report.
        pl.coalesce(pl.col("name"), pl.Series([one.record.name for one in prepared], dtype=pl.String)).alias("name")
    ).select(*SCHEMA)


def _own_columns(record: Record, one: Prepared) -> dict[str, Any]:
    rejected = record.rejection
    return {
        "row": record.row,
        "line": record.line,
        "source_key": record.source_key,
        "own_key": record.own_key,
        "fingerprint": record.fingerprint,
        "raw": one.raw,
        "facts": facts_of.encode(one.facts) if one.facts else None,
        "h3_r9": one.cell,
        "offered": one.facts is not None and one.facts.offered,
        "spaces": _JSON.encode(record.spaces).decode() if record.spaces else None,
        "reason": str(rejected.reason) if rejected else None,
        "field": rejected.field if rejected else None,
        "value": rejected.value if rejected else None,
        "notes": _JSON.encode(record.remarks).decode() if record.remarks else None,
    }


def _name_of(raw: RawList, how: HowToRead, edition: str) -> str:
    told = "|".join([raw.sha256, raw.name, how.salt(edition), str(BATCH_ROWS), *SCHEMA])
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _read_part(path: Path | None) -> pl.DataFrame | None:
    if path is None or not path.exists():
        return None
    return pl.read_ipc(path)


def _write_part(path: Path | None, part: pl.DataFrame) -> None:
    if path is None:
        return
    partial = path.with_suffix(f".{os.getpid()}.partial")
    part.write_ipc(partial)
    partial.replace(path)
