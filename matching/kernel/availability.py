"""Which rows of a block are free: words of 64 bits, one bit a row."""

from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree, either
from matching.compiler.bit_operations import prefetch
from matching.compiler.jit import inlined, outlined
from matching.snapshot.layout import SLOTS_PER_DAY

ONE = np.uint64(1)


ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@inlined
def free_rows(tree: Tree, wanted: Wanted, slots: Any, free: Any, block: int) -> Any:
    """Word of the rows of a block that stand and are free in every window, or in some when most count; candidates are,
    for nobody knows. When most count, `free` gets a word per window."""
    word = tree.alive[block]
    if block >= tree.counts[1] or wanted.window_count == 0:
        return word
    if wanted.most_windows:
        some = np.uint64(0)
        for window in range(wanted.window_count):
            free[window] = word & free_in(tree, wanted, slots, block, window)
            some |= free[window]
        return some
    for window in range(wanted.window_count):
        if word == 0:
            return word
        word &= free_in(tree, wanted, slots, block, window)
    return word


@inlined
def free_in(tree: Tree, wanted: Wanted, slots: Any, block: int, window: int) -> Any:
    """Word of the rows of an offered block that are free in one window."""
    if wanted.windows[3 * window + 2] == 0:
        return _free_all_along(tree, wanted, block, window)
    return _free_somewhere(tree, wanted, slots, block, window)


@inlined
def windows_of(tree: Tree, wanted: Wanted, free: Any, row: int) -> int:
    """In how many windows a row is free, as far as that counts; `free` is its block's."""
    if not wanted.most_windows or row >= tree.counts[3]:
        return 0
    lane, count = np.uint64(row % BLOCK_ROWS), 0
    for window in range(wanted.window_count):
        count += int((free[window] >> lane) & ONE)
    return count


@inlined
def expect(tree: Tree, wanted: Wanted, block: int) -> None:
    """A block is likely read next: what says when it is free lies far away in memory."""
    if wanted.window_count > 0 and block < tree.counts[1]:
        day = wanted.windows[0] // SLOTS_PER_DAY
        at = (np.int64(tree.block_day[day * tree.counts[1] + block]) - day) * SLOTS_PER_DAY
        last = min(wanted.windows[1], (day + 1) * SLOTS_PER_DAY) - 1
        prefetch(tree.day_words, at + wanted.windows[0])
        prefetch(tree.day_words, at + last)


@inlined
def word_at(tree: Tree, block: int, slot: int) -> Any:
    """Word of the rows of an offered block that have a seat free in a slot."""
    day = np.int64(tree.block_day[slot // SLOTS_PER_DAY * tree.counts[1] + block])
    return either(tree.day_words, tree.new_words, day * SLOTS_PER_DAY + slot % SLOTS_PER_DAY)


@inlined
def left_row(tree: Tree, entry: int) -> int:
    """Row of an entry of seats left."""
    return int(either(tree.left_row, tree.new_left_row, entry))


@inlined
def left_slot(tree: Tree, entry: int) -> int:
    """Slot of an entry of seats left."""
    return int(either(tree.left_slot, tree.new_left_slot, entry))


@inlined
def left_seats(tree: Tree, entry: int) -> int:
    """Seats left in the slot of an entry."""
    return int(either(tree.left_seats, tree.new_left_seats, entry))


@inlined
def left_from(tree: Tree, block: int, slot: int) -> int:
    """The first entry of seats left in a block at a slot or later."""
    first, stop = tree.left_start[block], tree.left_stop[block]
    while first < stop:
        middle = (first + stop) // 2
        if left_slot(tree, middle) < slot:
            first = middle + 1
        else:
            stop = middle
    return first


@inlined
def _free_all_along(tree: Tree, wanted: Wanted, block: int, window: int) -> Any:
    first, stop = wanted.windows[3 * window], wanted.windows[3 * window + 1]
    word = ALL
    day, slot = first // SLOTS_PER_DAY, first
    while slot < stop:
        midnight = (day + 1) * SLOTS_PER_DAY
        words, at = tree.day_words, np.int64(tree.block_day[day * tree.counts[1] + block]) * SLOTS_PER_DAY
        if at >= len(words):
            words, at = tree.new_words, at - len(words)
        at -= day * SLOTS_PER_DAY
        for of_day in range(at + slot, at + min(stop, midnight)):
            word &= words[of_day]
        if word == 0:
            return word
        day, slot = day + 1, midnight
    if wanted.seats > 1:
        for entry in range(left_from(tree, block, first), tree.left_stop[block]):
            if left_slot(tree, entry) >= stop:
                break
            if left_seats(tree, entry) < wanted.seats:
                word &= ~(ONE << np.uint64(left_row(tree, entry) % BLOCK_ROWS))
    return word


@outlined
def _free_somewhere(tree: Tree, wanted: Wanted, slots: Any, block: int, window: int) -> Any:
    first, stop, length = wanted.windows[3 * window], wanted.windows[3 * window + 1], wanted.windows[3 * window + 2]
    for slot in range(first, stop):
        slots[slot - first] = word_at(tree, block, slot)
    if wanted.seats > 1:
        for entry in range(left_from(tree, block, first), tree.left_stop[block]):
            if left_slot(tree, entry) >= stop:
                break
            if left_seats(tree, entry) < wanted.seats:
                slots[left_slot(tree, entry) - first] &= ~(ONE << np.uint64(left_row(tree, entry) % BLOCK_ROWS))
    word = np.uint64(0)
    for start in range(stop - first - length + 1):
        run = slots[start]
        for slot in range(start + 1, start + length):
            run &= slots[slot]
        word |= run
    return word
