"""Patches the availability of a snapshot: new day words and seats left for rows whose slots were freed or taken.

Nothing else in a tree depends on availability, so no bound changes.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.spatial.packed_tree import BLOCK_ROWS, expand
from matching.arrays.tree import Tree
from matching.compiler.array_table import address_table, bytes_, ints, longs, words
from matching.compiler.jit import entry_point
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY
from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Columns = dict[str, npt.NDArray[Any]]


def availability_columns(tree: Tree, base: Snapshot, rows: Ints, now: Snapshot, now_rows: Ints) -> Columns:
    """New columns for the tree of `base`, in which its offered `rows`, ascending, are free when the `now_rows` of `now`
    are, one for one. Both snapshots cover the same days."""
    return _day_columns(base, rows, now, now_rows) | _seat_columns(tree, base, rows, now, now_rows)


def _day_columns(base: Snapshot, rows: Ints, now: Snapshot, now_rows: Ints) -> Columns:
    """New day words for each block and day on which some row differs, appended after those of `base`."""
    differs = np.zeros(len(rows) * DAYS, np.bool_)
    was, is_now = base.columns, now.columns
    arrays: list[npt.NDArray[Any]] = [
        was.block_day,
        was.day_words,
        rows,
        is_now.block_day,
        is_now.day_words,
        now_rows,
        differs,
    ]
    table = address_table(arrays)
    compare_days(table.address)
    at, day = np.divmod(np.flatnonzero(differs), DAYS)
    block = rows[at] // BLOCK_ROWS
    keys, which = np.unique(day * base.meta.offered_blocks + block, return_inverse=True)
    words = base.days()[was.block_day[keys]]
    free = now.days()[now.block_days()[day, now_rows[at] // BLOCK_ROWS]]
    free = (free >> _lanes(now_rows[at])[:, None]) & np.uint64(1)
    lanes = _lanes(rows[at])[:, None]
    np.bitwise_and.at(words, which, ~(np.uint64(1) << np.broadcast_to(lanes, free.shape)))
    np.bitwise_or.at(words, which, free << lanes)
    block_day = was.block_day.copy()
    block_day[keys] = len(base.days()) + np.arange(len(keys))
    return {"block_day": block_day, "new_words": words.reshape(-1)}


def _seat_columns(tree: Tree, base: Snapshot, rows: Ints, now: Snapshot, now_rows: Ints) -> Columns:
    """New entries of seats left: for a block in which a row changed, the entries of all of its rows."""
    blocks = np.unique(rows // BLOCK_ROWS)
    old = _entries(base, blocks)
    is_of_rows = np.isin(old[0], rows)
    unaffected, was = old[:, ~is_of_rows], old[:, is_of_rows]
    new = _entries(now, np.unique(now_rows // BLOCK_ROWS))
    new = new[:, np.isin(new[0], now_rows)]
    by_row = np.argsort(now_rows)
    new[0] = rows[by_row][np.searchsorted(now_rows[by_row], new[0])]
    blocks = np.unique(_symmetric_difference(was, new)[0] // BLOCK_ROWS)
    listed = np.concatenate([unaffected, new], axis=1)
    listed = listed[:, np.isin(listed[0] // BLOCK_ROWS, blocks)]
    listed = listed[:, np.lexsort((listed[0], listed[1], listed[0] // BLOCK_ROWS))]
    first_new = len(base.columns.left_row)
    start, stop = tree.left_start.copy(), tree.left_stop.copy()
    start[blocks] = first_new + np.searchsorted(listed[0] // BLOCK_ROWS, blocks)
    stop[blocks] = first_new + np.searchsorted(listed[0] // BLOCK_ROWS, blocks + 1)
    return {
        "left_start": start,
        "left_stop": stop,
        "new_left_row": np.ascontiguousarray(listed[0]),
        "new_left_slot": listed[1].astype(np.int32),
        "new_left_seats": listed[2].astype(np.int32),
    }


def _entries(snapshot: Snapshot, blocks: Ints) -> Ints:
    """Row, slot and seats left of all entries of these blocks: shape (3, entries)."""
    c = snapshot.columns
    at = expand(c.left_start, blocks)
    return np.stack([c.left_row[at], c.left_slot[at].astype(np.int64), c.left_seats[at].astype(np.int64)])


def _symmetric_difference(first: Ints, second: Ints) -> Ints:
    """Columns that only one of two arrays has; neither repeats a column."""
    both, counts = np.unique(np.concatenate([first, second], axis=1), axis=1, return_counts=True)
    only: Ints = both[:, counts == 1]
    return only


def _lanes(rows: Ints) -> npt.NDArray[np.uint64]:
    """Bit of each row in the words of its block."""
    return (rows % BLOCK_ROWS).astype(np.uint64)


@entry_point
def compare_days(table: int) -> int:
    """Sets `differs[row, day]`, flattened, where two availabilities differ. Returns 0.

    `table`: day of each block, day words and rows of the first snapshot; the same of the second; `differs`.
    """
    block_day, day_words, rows = ints(table, 0), words(table, 1), longs(table, 2)
    now_block_day, now_day_words, now_rows = ints(table, 3), words(table, 4), longs(table, 5)
    differs = bytes_(table, 6)
    blocks, now_blocks = len(block_day) // DAYS, len(now_block_day) // DAYS
    for at in range(len(rows)):
        row, now_row = rows[at], now_rows[at]
        lane, now_lane = np.uint64(row % BLOCK_ROWS), np.uint64(now_row % BLOCK_ROWS)
        for day in range(DAYS):
            first = np.int64(block_day[day * blocks + row // BLOCK_ROWS]) * SLOTS_PER_DAY
            now_first = np.int64(now_block_day[day * now_blocks + now_row // BLOCK_ROWS]) * SLOTS_PER_DAY
            difference = np.uint64(0)
            for slot in range(SLOTS_PER_DAY):
                difference |= (day_words[first + slot] >> lane) ^ (now_day_words[now_first + slot] >> now_lane)
            differs[at * DAYS + day] = difference & np.uint64(1)
    return 0
