"""When a row is free around a window: what is told of a result, read slot by slot."""

from typing import Any

import numpy as np

from geo.blocks import BLOCK_ROWS
from matching.compiled import aside, inner
from matching.kernel.asked import Wanted
from matching.kernel.rows import ONE, free_in
from matching.kernel.space import Space
from matching.kernel.tree import Tree
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

LAST = DAYS * SLOTS_PER_DAY


@aside
def free_run(tree: Tree, wanted: Wanted, row: int, window: int) -> Any:
    """(start, stop) of the run of free slots around a window in which the row is free, from now to the last day known;
    for "any n slots" of the first run inside it that is long enough. Slots are counted from the snapshot's first."""
    first, stop, length = wanted.windows[3 * window], wanted.windows[3 * window + 1], wanted.windows[3 * window + 2]
    if length == 0:
        start = first
        while start > wanted.now and _is_free(tree, wanted, row, start - 1):
            start -= 1
        while stop < LAST and _is_free(tree, wanted, row, stop):
            stop += 1
        return start, stop
    start = first
    for slot in range(first, stop + 1):
        if slot == stop or not _is_free(tree, wanted, row, slot):
            if slot - start >= length:
                return start, slot
            start = slot + 1
    return first, first


@inner
def tell_when(tree: Tree, wanted: Wanted, space: Space, at: int) -> None:
    """In which windows a result is free, its run around the first of them, and the seats left in all of them."""
    row = space.rows[at]
    space.windows[at] = space.start[at] = space.stop[at] = 0
    space.left[at] = -1
    if row >= tree.counts[3]:
        return
    for window in range(wanted.window_count):
        word = free_in(tree, wanted, space.slots, row // BLOCK_ROWS, window)
        if (word >> np.uint64(row % BLOCK_ROWS)) & ONE == 0:
            continue
        start, stop = free_run(tree, wanted, row, window)
        if space.windows[at] == 0:
            space.start[at], space.stop[at] = start, stop
        space.windows[at] |= 1 << window
        length = wanted.windows[3 * window + 2]
        asked = wanted.windows[3 * window] if length == 0 else start
        stop = wanted.windows[3 * window + 1] if length == 0 else start + length
        left = _fewest_left(tree, row, asked, stop)
        space.left[at] = left if space.left[at] < 0 else min(space.left[at], left)


@inner
def _fewest_left(tree: Tree, row: int, start: int, stop: int) -> int:
    """Fewest seats left in any slot of a run that is free."""
    block, left = row // BLOCK_ROWS, int(tree.seats[row])
    for entry in range(tree.left_start[block], tree.left_start[block + 1]):
        if tree.left_row[entry] == row and start <= tree.left_slot[entry] < stop:
            left = min(left, int(tree.left_seats[entry]))
    return left


@inner
def _is_free(tree: Tree, wanted: Wanted, row: int, slot: int) -> bool:
    block = row // BLOCK_ROWS
    day = np.int64(tree.block_day[slot // SLOTS_PER_DAY * tree.counts[1] + block])
    word = tree.day_words[day * SLOTS_PER_DAY + slot % SLOTS_PER_DAY]
    if (word >> np.uint64(row % BLOCK_ROWS)) & ONE == 0:
        return False
    if wanted.seats > 1:
        for entry in range(tree.left_start[block], tree.left_start[block + 1]):
            if tree.left_slot[entry] == slot and tree.left_row[entry] == row:
                return tree.left_seats[entry] >= wanted.seats
    return True
