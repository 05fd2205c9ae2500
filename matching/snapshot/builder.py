"""Builds the search index from the store's tables, in memory (`build_index`) or as files (`build_snapshot`).

The same input gives the same bytes: everything is sorted, nothing depends on hashing or on threads.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.spatial.distance import unit_vectors
from geo.spatial.packed_tree import BLOCK_ROWS, cut
from matching.affinity.affinity_matrix import AffinityMatrix, CommunityEntry, build_affinities
from matching.snapshot.arrow_file import checksum
from matching.snapshot.availability import build_availability
from matching.snapshot.block_summaries import block_summaries
from matching.snapshot.community_sets import pack_sets, sets_of_blocks, sets_of_rows
from matching.snapshot.feature_rendering import render
from matching.snapshot.files import publish
from matching.snapshot.index_input import IndexInput
from matching.snapshot.layout import COLUMN_DTYPES, Columns, Meta, first_slot_of
from matching.snapshot.open_slots import Calendar, GeoCalendar, open_tables
from matching.snapshot.rendered_features import Facts
from matching.snapshot.rows import index_rows
from matching.snapshot.snapshot import Snapshot

__all__ = ["IndexInput", "build_index", "build_snapshot"]

Arrays = dict[str, npt.NDArray[Any]]


def build_snapshot(
    source: IndexInput,
    folder: Path,
    *,
    as_of: datetime,
    revision: int | None = None,
    calendar: Calendar | None = None,
    store_id: str = "",
) -> Path:
    """Builds the index, writes it under `folder` and makes it the current one; returns its directory.

    `revision` is the store's when `source` was read; `store_id` is the store's identity, for the manifest. Raises
    StorageFull, the previous snapshot staying current.
    """
    return publish(build_index(source, as_of=as_of, revision=revision, calendar=calendar), folder, store_id)


def build_index(
    source: IndexInput,
    *,
    as_of: datetime,
    revision: int | None = None,
    calendar: Calendar | None = None,
    like: Snapshot | None = None,
) -> Snapshot:
    """The index in memory, `as_of` a timezone-aware moment.

    `like` is the snapshot that this one is an overlay of: its communities and their affinities are used, so that both
    rank alike.
    """
    as_of = as_of.astimezone(UTC)
    rows = index_rows(source, as_of.date())
    with ThreadPoolExecutor(1) as pool:  # rendering is half of the work, and does not hold the interpreter's lock
        rendered = pool.submit(_render, rows)
        affinities = build_affinities(source.communities, source.memberships) if like is None else like.affinities
        entries = _communities(affinities.communities if like is None else like.meta.communities, rows)
        columns, counts = _columns(source, rows, as_of, calendar, entries)
        columns |= _learned_columns(affinities)
        facts, sums = rendered.result()
    built = Columns(**{name: np.ascontiguousarray(columns[name], dtype) for name, dtype in COLUMN_DTYPES.items()})
    sums |= {name: checksum(getattr(built, name)) for name in COLUMN_DTYPES}
    meta = Meta(
        version=_version(as_of, sums),
        as_of=as_of,
        revision=source.revision if revision is None else revision,
        communities=entries,
        store_id="",
        **counts,
    )
    return Snapshot(built, meta, facts, affinities, sums)


def _render(rows: pl.DataFrame) -> tuple[Facts, dict[str, str]]:
    facts = render(rows)
    return facts, {"start": checksum(facts.start), "data": checksum(facts.data)}


def _columns(
    source: IndexInput,
    rows: pl.DataFrame,
    as_of: datetime,
    calendar: Calendar | None,
    entries: tuple[CommunityEntry, ...],
) -> tuple[Arrays, dict[str, int]]:
    """The columns but those of affinity, and the counts of `Meta`."""
    columns = _row_columns(rows)
    candidates = int(rows["candidate"].sum())
    offered = len(rows) - candidates
    starts = cut([offered, candidates], BLOCK_ROWS)
    columns["block_start"] = starts
    columns |= block_summaries(columns, starts)
    columns |= _set_columns(rows, entries, starts)
    columns |= _availability_columns(rows.head(offered), source.busy, as_of, calendar or GeoCalendar(as_of.date()))
    counts = {
        "rows": len(rows),
        "offered_rows": offered,
        "blocks": len(starts) - 1,
        "offered_blocks": -(-offered // BLOCK_ROWS),
    }
    return columns, counts


def _communities(described: tuple[CommunityEntry, ...], rows: pl.DataFrame) -> tuple[CommunityEntry, ...]:
    """The described communities, then those that only rows name (not yet in the table)."""
    named = set(rows["offered_by"].explode(keep_nulls=False, empty_as_null=False).to_list())
    undescribed = sorted(named - {entry.slug for entry in described})
    return (*described, *(CommunityEntry(slug, slug, "", ()) for slug in undescribed))


def _learned_columns(affinities: AffinityMatrix) -> Arrays:
    start, other, value, members = affinities.pairs
    return {"akin_start": start, "akin_other": other, "akin_value": value, "akin_members": members}


def _row_columns(rows: pl.DataFrame) -> Arrays:
    stored = {
        "place_id": "place_id",
        "space_id": "space_id",
        "lon": "lon",
        "lat": "lat",
        "expected_dm": "expected_dm",
        "kind": "kind_code",
        "space_kind": "space_kind_code",
        "precision": "precision_code",
        "checked_year": "checked_year",
        "yes": "yes",
        "no": "no",
        "seats": "seats",
        "price_cents": "price",
        "member_price_cents": "member_price",
        "trust": "trust",
    }
    columns = {name: rows[column].to_numpy().astype(COLUMN_DTYPES[name]) for name, column in stored.items()}
    vectors = unit_vectors(columns["lon"], columns["lat"])
    return columns | {axis: vectors[:, at] for at, axis in enumerate("xyz")}


def _set_columns(rows: pl.DataFrame, entries: tuple[CommunityEntry, ...], starts: npt.NDArray[np.int64]) -> Arrays:
    position = {entry.slug: index for index, entry in enumerate(entries)}
    sets, of_row = sets_of_rows(rows["offered_key"].to_list(), position)
    of_block = sets_of_blocks(sets, of_row, starts)
    set_start, set_members = pack_sets(sets)
    return {"set_id": of_row, "block_set_id": of_block, "set_start": set_start, "set_members": set_members}


def _availability_columns(offered: pl.DataFrame, busy: pl.DataFrame, as_of: datetime, calendar: Calendar) -> Arrays:
    pattern_of_row, tables = open_tables(offered, calendar)
    row_of_space = offered.select("space_id").with_row_index("row")
    busy_slots = busy.join(row_of_space, on="space_id").with_columns(slot=pl.col("slot") - first_slot_of(as_of.date()))
    built = build_availability(pattern_of_row, tables, busy_slots, offered["seats"].to_numpy().astype(np.int32))
    return {
        "block_day": built.block_day,
        "day_words": built.day_words,
        "left_start": built.left_start,
        "left_row": built.left_row,
        "left_slot": built.left_slot,
        "left_seats": built.left_seats,
    }


def _version(as_of: datetime, sums: dict[str, str]) -> str:
    """Name of a version, from moment and content: two builds of the same input have one name."""
    digest = hashlib.blake2b(repr(sorted(sums.items())).encode(), digest_size=6)
    return f"{as_of:%Y%m%dT%H%M%SZ}-{digest.hexdigest()}"
