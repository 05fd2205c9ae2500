"""When a result is free in and around the windows of a query, slot by slot."""

from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import OFFERED_ROWS, Tree
from matching.arrays.workspace import Workspace
from matching.compiler.jit import inlined
from matching.kernel.availability import ONE, free_in, left_from, left_row, left_seats, left_slot, word_at
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

LAST = DAYS * SLOTS_PER_DAY


@inlined
def run_around(tree: Tree, query: QueryArrays, row: int, first: int, stop: int) -> Any:
    """(start, stop) of the run of free slots around the free slots [first, stop), at most a day longer at each end.

    Slots are counted from the first of the snapshot; the run does not begin before the current one.
    """
    earliest, latest = max(query.now, first - SLOTS_PER_DAY), min(int(LAST), stop + SLOTS_PER_DAY)
    block, lane = row // BLOCK_ROWS, np.uint64(row % BLOCK_ROWS)
    if query.seats > 1:
        for entry in range(left_from(tree, block, earliest), tree.left_stop[block]):
            slot = left_slot(tree, entry)
            if slot >= latest:
                break
            if left_row(tree, entry) == row and left_seats(tree, entry) < query.seats:
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
    """(start, stop) of the first run of at least `length` free slots in [first, stop); `slots` has a bitmask for each,
    as `matching.kernel.availability.free_in` fills it in."""
    start = first
    for slot in range(first, stop + 1):
        if slot == stop or (slots[slot - first] >> lane) & ONE == 0:
            if slot - start >= length:
                return start, slot
            start = slot + 1
    return first, first


@inlined
def write_free_times(tree: Tree, query: QueryArrays, workspace: Workspace, at: int) -> None:
    """Fills in the windows in which a result is free, its run around the first of them, and the fewest seats left in
    them. Without the current slot (`query.now`), only clears these."""
    row = workspace.rows[at]
    workspace.windows[at] = workspace.start[at] = workspace.stop[at] = 0
    workspace.left[at] = -1
    if row >= tree.counts[OFFERED_ROWS] or query.now < 0:
        return
    for window in range(query.window_count):
        word = free_in(tree, query, workspace.slots, row // BLOCK_ROWS, window)
        if (word >> np.uint64(row % BLOCK_ROWS)) & ONE == 0:
            continue
        first, last, length = query.windows[3 * window], query.windows[3 * window + 1], query.windows[3 * window + 2]
        start, stop = first, last
        if length > 0:
            start, stop = first_run(workspace.slots, np.uint64(row % BLOCK_ROWS), first, last, length)
            first, last = start, start + length
        if workspace.windows[at] == 0:
            if length == 0:
                start, stop = run_around(tree, query, row, first, last)
            workspace.start[at], workspace.stop[at] = start, stop
        workspace.windows[at] |= 1 << window
        left = _fewest_left(tree, row, first, last)
        workspace.left[at] = left if workspace.left[at] < 0 else min(workspace.left[at], left)


@inlined
def _fewest_left(tree: Tree, row: int, start: int, stop: int) -> int:
    """Fewest seats left in any slot of a free run."""
    block, left = row // BLOCK_ROWS, int(tree.seats[row])
    for entry in range(left_from(tree, block, start), tree.left_stop[block]):
        if left_slot(tree, entry) >= stop:
            break
        if left_row(tree, entry) == row:
            left = min(left, left_seats(tree, entry))
    return left
