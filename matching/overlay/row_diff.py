"""Compares rows of two snapshots in everything but availability."""

import numpy as np
import numpy.typing as npt

from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
COMPARED = (
    "place_id",
    "space_id",
    "lon",
    "lat",
    "expected_dm",
    "kind",
    "space_kind",
    "yes",
    "no",
    "precision",
    "checked_year",
    "seats",
    "price_cents",
    "member_price_cents",
    "trust",
)
"""The stored columns of a row. Others are derived from them; the set of communities is compared by its members."""


def unchanged_rows(base: Snapshot, rows: Ints, now: Snapshot) -> tuple[Ints, Ints]:
    """Those of `rows` of `base` that are the same in `now`, ascending, and their row numbers in `now`.

    `rows`: all rows of some places. `now`: these places as they are now, built like `base`. A place counts as unchanged
    only if all of its rows are.
    """
    now_rows = np.arange(now.meta.rows)
    _, at, now_at = np.intersect1d(_keys(base, rows), _keys(now, now_rows), assume_unique=True, return_indices=True)
    same = _are_same(base, rows[at], now, now_at)
    at, now_at = at[same], now_at[same]
    place, now_place = base.columns.place_id[rows], now.columns.place_id
    changed = np.concatenate([np.delete(place, at), np.delete(now_place, now_at)])
    unchanged = ~np.isin(now_place[now_at], changed)
    at, now_at = at[unchanged], now_at[unchanged]
    order = np.argsort(at)
    return rows[at[order]], now_at[order]


def _keys(snapshot: Snapshot, rows: Ints) -> Ints:
    """A unique number per row: the id of its space, or minus the id of the place for a candidate."""
    space = snapshot.columns.space_id[rows]
    return np.where(space > 0, space, -snapshot.columns.place_id[rows])


def _are_same(base: Snapshot, rows: Ints, now: Snapshot, now_rows: Ints) -> Bools:
    same = _same_sets(base, base.columns.set_id[rows], now, now.columns.set_id[now_rows])
    for name in COMPARED:
        same &= getattr(base.columns, name)[rows] == getattr(now.columns, name)[now_rows]
    for at in np.flatnonzero(same).tolist():
        same[at] = base.facts.raw(rows[at]) == now.facts.raw(now_rows[at])
    return same


def _same_sets(base: Snapshot, sets: npt.NDArray[np.int32], now: Snapshot, now_sets: npt.NDArray[np.int32]) -> Bools:
    """Whether sets have the same members. Community numbers agree, because one snapshot is built like the other."""
    pairs, which = np.unique(np.stack([sets, now_sets]), axis=1, return_inverse=True)
    same = [np.array_equal(_members(base, first), _members(now, second)) for first, second in pairs.T.tolist()]
    return np.array(same, np.bool_)[which]


def _members(snapshot: Snapshot, set_id: int) -> npt.NDArray[np.int32]:
    c = snapshot.columns
    return c.set_members[c.set_start[set_id] : c.set_start[set_id + 1]]
