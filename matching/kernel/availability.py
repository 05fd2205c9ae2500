"""Which rows of a block are free: bitmasks of 64 bits, one per row."""

from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import OFFERED_BLOCKS, OFFERED_ROWS, Tree, joined_element
from matching.compiler.bit_operations import prefetch
from matching.compiler.jit import inlined
from matching.snapshot.layout import SLOTS_PER_DAY

ONE = np.uint64(1)
ALL_ROWS = np.uint64(0xFFFFFFFFFFFFFFFF)


@inlined
def free_rows(tree: Tree, query: QueryArrays, slots: Any, free: Any, block: int) -> Any:
    """Bitmask of the live rows of a block that are free in every window; candidates always are.

    With `query.most_windows`: of those free in some window, and `free` gets a bitmask per window.
    """
    word = tree.alive[block]
    if block >= tree.counts[OFFERED_BLOCKS] or query.window_count == 0:
        return word
    if query.most_windows:
        some = np.uint64(0)
        for window in range(query.window_count):
            free[window] = word & free_in(tree, query, slots, block, window)
            some |= free[window]
        return some
    for window in range(query.window_count):
        if word == 0:
            return word
        word &= free_in(tree, query, slots, block, window)
    return word


@inlined
def free_in(tree: Tree, query: QueryArrays, slots: Any, block: int, window: int) -> Any:
    """Bitmask of the rows of an offered block that are free in one window."""
    if query.windows[3 * window + 2] == 0:
        return _free_throughout(tree, query, block, window)
    return _free_for_a_run(tree, query, slots, block, window)


@inlined
def count_free_windows(tree: Tree, query: QueryArrays, free: Any, row: int) -> int:
    """In how many windows a row is free, 0 unless results are ranked by that; `free` has the bitmasks of its block."""
    if not query.most_windows or row >= tree.counts[OFFERED_ROWS]:
        return 0
    lane, count = np.uint64(row % BLOCK_ROWS), 0
    for window in range(query.window_count):
        count += int((free[window] >> lane) & ONE)
    return count


@inlined
def prefetch_days(tree: Tree, query: QueryArrays, block: int) -> None:
    """Starts to load the availability of a block that is likely to be read next: it is far away in memory."""
    if query.window_count > 0 and block < tree.counts[OFFERED_BLOCKS]:
        day = query.windows[0] // SLOTS_PER_DAY
        at = (np.int64(tree.block_day[day * tree.counts[OFFERED_BLOCKS] + block]) - day) * SLOTS_PER_DAY
        last = min(query.windows[1], (day + 1) * SLOTS_PER_DAY) - 1
        prefetch(tree.day_words, at + query.windows[0])
        prefetch(tree.day_words, at + last)


@inlined
def word_at(tree: Tree, block: int, slot: int) -> Any:
    """Bitmask of the rows of an offered block that have a seat free in a slot."""
    day = np.int64(tree.block_day[slot // SLOTS_PER_DAY * tree.counts[OFFERED_BLOCKS] + block])
    return joined_element(tree.day_words, tree.new_words, day * SLOTS_PER_DAY + slot % SLOTS_PER_DAY)


@inlined
def left_row(tree: Tree, entry: int) -> int:
    """Row of an entry in the table of seats left."""
    return int(joined_element(tree.left_row, tree.new_left_row, entry))


@inlined
def left_slot(tree: Tree, entry: int) -> int:
    """Slot of an entry in that table."""
    return int(joined_element(tree.left_slot, tree.new_left_slot, entry))


@inlined
def left_seats(tree: Tree, entry: int) -> int:
    """Seats left in the slot of an entry."""
    return int(joined_element(tree.left_seats, tree.new_left_seats, entry))


@inlined
def left_from(tree: Tree, block: int, slot: int) -> int:
    """First entry of a block at a slot or later, by binary search."""
    first, stop = tree.left_start[block], tree.left_stop[block]
    while first < stop:
        middle = (first + stop) // 2
        if left_slot(tree, middle) < slot:
            first = middle + 1
        else:
            stop = middle
    return first


@inlined
def _free_throughout(tree: Tree, query: QueryArrays, block: int, window: int) -> Any:
    """Bitmask of the rows that are free in every slot of a window."""
    first, stop = query.windows[3 * window], query.windows[3 * window + 1]
    word = ALL_ROWS
    day, slot = first // SLOTS_PER_DAY, first
    while slot < stop:
        midnight = (day + 1) * SLOTS_PER_DAY
        words, at = tree.day_words, np.int64(tree.block_day[day * tree.counts[OFFERED_BLOCKS] + block]) * SLOTS_PER_DAY
        if at >= len(words):
            words, at = tree.new_words, at - len(words)
        at -= day * SLOTS_PER_DAY
        for of_day in range(at + slot, at + min(stop, midnight)):
            word &= words[of_day]
        if word == 0:
            return word
        day, slot = day + 1, midnight
    if query.seats > 1:
        for entry in range(left_from(tree, block, first), tree.left_stop[block]):
            if left_slot(tree, entry) >= stop:
                break
            if left_seats(tree, entry) < query.seats:
                word &= ~(ONE << np.uint64(left_row(tree, entry) % BLOCK_ROWS))
    return word


@inlined
def _free_for_a_run(tree: Tree, query: QueryArrays, slots: Any, block: int, window: int) -> Any:
    """Bitmask of the rows that are free in enough slots in a row of a window; fills in `slots`, a bitmask each."""
    first, stop, length = query.windows[3 * window], query.windows[3 * window + 1], query.windows[3 * window + 2]
    for slot in range(first, stop):
        slots[slot - first] = word_at(tree, block, slot)
    if query.seats > 1:
        for entry in range(left_from(tree, block, first), tree.left_stop[block]):
            if left_slot(tree, entry) >= stop:
                break
            if left_seats(tree, entry) < query.seats:
                slots[left_slot(tree, entry) - first] &= ~(ONE << np.uint64(left_row(tree, entry) % BLOCK_ROWS))
    word = np.uint64(0)
    for start in range(stop - first - length + 1):
        run = slots[start]
        for slot in range(start + 1, start + length):
            run &= slots[slot]
        word |= run
    return word
