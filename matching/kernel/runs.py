"""When a row is free around a window: what is told of a result, read slot by slot."""

from typing import Any

import numpy as np

from geo.blocks import BLOCK_ROWS
from matching.compiled import aside, inner
from matching.kernel.asked import Wanted
from matching.kernel.rows import ONE, left_row, left_seats, left_slot, word_at
from matching.kernel.tree import Tree
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

LAST = DAYS * SLOTS_PER_DAY


@aside
def free_run(tree: Tree, wanted: Wanted, slots: Any, row: int, window: int) -> Any:
    """(start, stop) of the run of free slots around a window in which the row is free, from now to the last day known;
    for "any n slots" of the first run inside it that is long enough, by the words of `slots` that `free_in` left. Slots
    are counted from the snapshot's first."""
    first, stop, length = wanted.windows[3 * window], wanted.windows[3 * window + 1], wanted.windows[3 * window + 2]
    block, lane = row // BLOCK_ROWS, np.uint64(row % BLOCK_ROWS)
    if length == 0:
        start = first
        while start > wanted.now and (word_at(tree, block, start - 1) >> lane) & ONE != 0:
            start -= 1
        while stop < LAST and (word_at(tree, block, stop) >> lane) & ONE != 0:
            stop += 1
        if wanted.seats > 1:
            for entry in range(tree.left_start[block], tree.left_stop[block]):
                if left_row(tree, entry) == row and left_seats(tree, entry) < wanted.seats:
                    slot = left_slot(tree, entry)
                    if slot < first:
                        start = max(start, slot + 1)
                    else:  # after the window: inside it there are seats enough
                        stop = min(stop, slot)
        return start, stop
    start = first
    for slot in range(first, stop + 1):
        if slot == stop or (slots[slot - first] >> lane) & ONE == 0:
            if slot - start >= length:
                return start, slot
            start = slot + 1
    return first, first


@inner
def fewest_left(tree: Tree, row: int, start: int, stop: int) -> int:
    """Fewest seats left in any slot of a run that is free."""
    block, left = row // BLOCK_ROWS, int(tree.seats[row])
    for entry in range(tree.left_start[block], tree.left_stop[block]):
        if left_row(tree, entry) == row and start <= left_slot(tree, entry) < stop:
            left = min(left, left_seats(tree, entry))
    return left
