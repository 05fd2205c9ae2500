"""When a row is free around a window: what is told of a result, read slot by slot."""

from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.arrays.workspace import Space
from matching.compiler.jit import inlined
from matching.kernel.availability import ONE, free_in, left_from, left_row, left_seats, left_slot, word_at
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

LAST = DAYS * SLOTS_PER_DAY


@inlined
def run_around(tree: Tree, wanted: Wanted, row: int, first: int, stop: int) -> Any:
    """(start, stop) of the run of free slots around slots [first, stop), from now to the last day known, as far as a
    day before and after. Slots are counted from the snapshot's first."""
    earliest, latest = max(wanted.now, first - SLOTS_PER_DAY), min(int(LAST), stop + SLOTS_PER_DAY)
    block, lane = row // BLOCK_ROWS, np.uint64(row % BLOCK_ROWS)
    if wanted.seats > 1:
        for entry in range(left_from(tree, block, earliest), tree.left_stop[block]):
            slot = left_slot(tree, entry)
            if slot >= latest:
                break
            if left_row(tree, entry) == row and left_seats(tree, entry) < wanted.seats:
                if slot < first:
                    earliest = max(earliest, slot + 1)
                elif slot >= stop:
                    latest = min(latest, slot)
    while first > earliest and (word_at(tree, block, first - 1) >> lane) & ONE != 0:
        first -= 1
    while stop < latest and (word_at(tree, block, stop) >> lane) & ONE != 0:
        stop += 1
    return first, stop


@inlined
def first_run(slots: Any, lane: Any, first: int, stop: int, length: int) -> Any:
    """(start, stop) of the first run of `length` slots or more in [first, stop); `slots` has a word for each of them,
    as `matching.kernel.availability.free_in` leaves them."""
    start = first
    for slot in range(first, stop + 1):
        if slot == stop or (slots[slot - first] >> lane) & ONE == 0:
            if slot - start >= length:
                return start, slot
            start = slot + 1
    return first, first


@inlined
def tell_when(tree: Tree, wanted: Wanted, space: Space, at: int) -> None:
    """In which windows a result is free, its run around the first of them, and the seats left in all of them. Nothing
    where `now` is not told: who only ranks does not ask."""
    row = space.rows[at]
    space.windows[at] = space.start[at] = space.stop[at] = 0
    space.left[at] = -1
    if row >= tree.counts[3] or wanted.now < 0:
        return
    for window in range(wanted.window_count):
        word = free_in(tree, wanted, space.slots, row // BLOCK_ROWS, window)
        if (word >> np.uint64(row % BLOCK_ROWS)) & ONE == 0:
            continue
        first, last, length = wanted.windows[3 * window], wanted.windows[3 * window + 1], wanted.windows[3 * window + 2]
        start, stop = first, last
        if length > 0:
            start, stop = first_run(space.slots, np.uint64(row % BLOCK_ROWS), first, last, length)
            first, last = start, start + length
        if space.windows[at] == 0:
            if length == 0:
                start, stop = run_around(tree, wanted, row, first, last)
            space.start[at], space.stop[at] = start, stop
        space.windows[at] |= 1 << window
        left = _fewest_left(tree, row, first, last)
        space.left[at] = left if space.left[at] < 0 else min(space.left[at], left)


@inlined
def _fewest_left(tree: Tree, row: int, start: int, stop: int) -> int:
    """Fewest seats left in any slot of a run that is free."""
    block, left = row // BLOCK_ROWS, int(tree.seats[row])
    for entry in range(left_from(tree, block, start), tree.left_stop[block]):
        if left_slot(tree, entry) >= stop:
            break
        if left_row(tree, entry) == row:
            left = min(left, left_seats(tree, entry))
    return left
