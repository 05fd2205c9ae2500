"""Slots that were freed or taken since the snapshot: the days, and the seats left, that replace some of its own.

Nothing else of a tree depends on when a row is free, so no bound moves.
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


def replacements(tree: Tree, base: Snapshot, rows: Ints, now: Snapshot, now_rows: Ints) -> Columns:
    """Columns of the tree of `base` in which its offered `rows`, ascending, are free when the `now_rows` of another
    snapshot of the same days are."""
    return _days(base, rows, now, now_rows) | _seats_left(tree, base, rows, now, now_rows)


def _days(base: Snapshot, rows: Ints, now: Snapshot, now_rows: Ints) -> Columns:
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


def _seats_left(tree: Tree, base: Snapshot, rows: Ints, now: Snapshot, now_rows: Ints) -> Columns:
    """Of a block of which some row changed, all entries are listed anew."""
    blocks = np.unique(rows // BLOCK_ROWS)
    old = _entries(base, blocks)
    is_of_rows = np.isin(old[0], rows)
    kept, was = old[:, ~is_of_rows], old[:, is_of_rows]
    new = _entries(now, np.unique(now_rows // BLOCK_ROWS))
    new = new[:, np.isin(new[0], now_rows)]
    by_row = np.argsort(now_rows)
    new[0] = rows[by_row][np.searchsorted(now_rows[by_row], new[0])]
    blocks = np.unique(_in_one_only(was, new)[0] // BLOCK_ROWS)
    listed = np.concatenate([kept, new], axis=1)
    listed = listed[:, np.isin(listed[0] // BLOCK_ROWS, blocks)]
    listed = listed[:, np.lexsort((listed[0], listed[1], listed[0] // BLOCK_ROWS))]
    own = len(base.columns.left_row)
    start, stop = tree.left_start.copy(), tree.left_stop.copy()
    start[blocks] = own + np.searchsorted(listed[0] // BLOCK_ROWS, blocks)
    stop[blocks] = own + np.searchsorted(listed[0] // BLOCK_ROWS, blocks + 1)
    return {
        "left_start": start,
        "left_stop": stop,
        "new_left_row": np.ascontiguousarray(listed[0]),
        "new_left_slot": listed[1].astype(np.int32),
        "new_left_seats": listed[2].astype(np.int32),
    }


def _entries(snapshot: Snapshot, blocks: Ints) -> Ints:
    """Row, slot and seats left of all entries of some blocks: shape (3, entries)."""
    c = snapshot.columns
    at = expand(c.left_start, blocks)
    return np.stack([c.left_row[at], c.left_slot[at].astype(np.int64), c.left_seats[at].astype(np.int64)])


def _in_one_only(some: Ints, others: Ints) -> Ints:
    """Entries that only one of two lists has; neither has one twice."""
    both, counts = np.unique(np.concatenate([some, others], axis=1), axis=1, return_counts=True)
    only: Ints = both[:, counts == 1]
    return only


def _lanes(rows: Ints) -> npt.NDArray[np.uint64]:
    return (rows % BLOCK_ROWS).astype(np.uint64)


@entry_point
def compare_days(table: int) -> int:
    """Marks, for each row and day, whether it is free otherwise now. `table`: days of each block, words of each day and
    rows before; the same now; the marks. Returns 0."""
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
            other = np.uint64(0)
            for slot in range(SLOTS_PER_DAY):
                other |= (day_words[first + slot] >> lane) ^ (now_day_words[now_first + slot] >> now_lane)
            differs[at * DAYS + day] = other & np.uint64(1)
    return 0
