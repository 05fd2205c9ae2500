"""What a row is to a query: whether it is free and fits, how far it is, what it scores."""

import math
from typing import Any

import numpy as np

from geo.blocks import BLOCK_ROWS
from geo.distance import EARTH_RADIUS_M, haversine_m
from geo.types import Amenity
from matching.bits import fetch_soon, trailing_zeros
from matching.compiled import aside, inner
from matching.kernel.asked import Wanted
from matching.kernel.tree import Tree, either
from matching.snapshot.layout import SLOTS_PER_DAY, UNKNOWN_CENTS
from matching.terms import affinity, fit, price, trust, wishes

AMENITIES = len(Amenity)
ONE = np.uint64(1)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
MORE_THAN_ANY_SCORE = 10_000_000
VECTOR_SLACK_M = 2.0
"""Rows keep their vectors in single precision, good to half a metre."""

_haversine_m = inner(haversine_m)


@inner
def block_of(tree: Tree, row: int) -> int:
    """The block of a row."""
    offered = tree.counts[3]
    return row // BLOCK_ROWS if row < offered else tree.counts[1] + (row - offered) // BLOCK_ROWS


@inner
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


@inner
def free_in(tree: Tree, wanted: Wanted, slots: Any, block: int, window: int) -> Any:
    """Word of the rows of an offered block that are free in one window."""
    if wanted.windows[3 * window + 2] == 0:
        return _free_all_along(tree, wanted, block, window)
    return _free_somewhere(tree, wanted, slots, block, window)


@inner
def windows_of(tree: Tree, wanted: Wanted, free: Any, row: int) -> int:
    """In how many windows a row is free, as far as that counts; `free` is its block's."""
    if not wanted.most_windows or row >= tree.counts[3]:
        return 0
    lane, count = np.uint64(row % BLOCK_ROWS), 0
    for window in range(wanted.window_count):
        count += int((free[window] >> lane) & ONE)
    return count


@inner
def expect(tree: Tree, wanted: Wanted, block: int) -> None:
    """A block is likely read next: what says when it is free lies far away in memory."""
    if wanted.window_count > 0 and block < tree.counts[1]:
        day = wanted.windows[0] // SLOTS_PER_DAY
        at = (np.int64(tree.block_day[day * tree.counts[1] + block]) - day) * SLOTS_PER_DAY
        last = min(wanted.windows[1], (day + 1) * SLOTS_PER_DAY) - 1
        fetch_soon(tree.day_words, at + wanted.windows[0])
        fetch_soon(tree.day_words, at + last)


@inner
def word_at(tree: Tree, block: int, slot: int) -> Any:
    """Word of the rows of an offered block that have a seat free in a slot."""
    day = np.int64(tree.block_day[slot // SLOTS_PER_DAY * tree.counts[1] + block])
    return either(tree.day_words, tree.new_words, day * SLOTS_PER_DAY + slot % SLOTS_PER_DAY)


@inner
def left_row(tree: Tree, entry: int) -> int:
    """Row of an entry of seats left."""
    return int(either(tree.left_row, tree.new_left_row, entry))


@inner
def left_slot(tree: Tree, entry: int) -> int:
    """Slot of an entry of seats left."""
    return int(either(tree.left_slot, tree.new_left_slot, entry))


@inner
def left_seats(tree: Tree, entry: int) -> int:
    """Seats left in the slot of an entry."""
    return int(either(tree.left_seats, tree.new_left_seats, entry))


@inner
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


@inner
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


@aside
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


@inner
def fits(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Open to who asks, of the kinds asked, and cheap enough."""
    return is_open(tree, wanted, row) and is_chosen(tree, wanted, row)


@inner
def is_open(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Visible, and large enough. What is not asked is not read, here and below."""
    if wanted.some_hidden and not wanted.set_visible[tree.set_id[row]]:
        return False
    # What only an offer can tell does not rule out a candidate.
    return wanted.seats == 1 or row >= tree.counts[3] or tree.seats[row] >= wanted.seats


@inner
def is_chosen(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Of the kinds asked, and cheap enough."""
    if wanted.some_kinds and not wanted.kinds[tree.kind[row]]:
        return False
    if row >= tree.counts[3]:
        return True
    if wanted.some_space_kinds and not wanted.space_kinds[tree.space_kind[row]]:
        return False
    if wanted.max_price_cents >= 0:
        cents = price.asked_cents(tree, wanted, row)
        return cents != UNKNOWN_CENTS and cents <= wanted.max_price_cents
    return True


@inner
def open_in(tree: Tree, wanted: Wanted, block: int, rows: Any) -> Any:
    """Those of the `rows` of a block that are open to who asks."""
    if len(wanted.open_rows) > 0:
        return rows & wanted.open_rows[block]
    if not wanted.some_hidden and wanted.seats == 1:
        return rows
    kept, left = np.uint64(0), rows
    while left != 0:
        lane = trailing_zeros(left)
        if is_open(tree, wanted, tree.block_start[block] + np.int64(lane)):
            kept |= ONE << lane
        left &= left - ONE
    return kept


@inner
def is_choosy(wanted: Wanted) -> bool:
    """Whether an open row might not be chosen."""
    return bool(wanted.some_kinds or wanted.some_space_kinds or wanted.max_price_cents >= 0)


@inner
def meets_needs(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Whether everything needed is known to be there."""
    return (tree.yes[row] & wanted.needs) == wanted.needs


@inner
def lacking_some(tree: Tree, wanted: Wanted, block: int) -> Any:
    """Word of the rows of a block that are known not to have something needed."""
    word, needs = np.uint64(0), wanted.needs
    while needs != 0:
        amenity = np.int64(trailing_zeros(np.uint64(needs)))
        word |= tree.block_lacks[block * AMENITIES + amenity]
        needs &= needs - np.uint32(1)
    return word


@inner
def having_all(tree: Tree, wanted: Wanted, block: int) -> Any:
    """Word of the rows of a block that are known to have everything needed."""
    word, needs = ALL, wanted.needs
    while needs != 0:
        amenity = np.int64(trailing_zeros(np.uint64(needs)))
        word &= tree.block_has[block * AMENITIES + amenity]
        needs &= needs - np.uint32(1)
    return word


@aside
def answers(tree: Tree, wanted: Wanted, slots: Any, free: Any, row: int) -> bool:
    """Whether a row of a place within reach answers the query."""
    block = block_of(tree, row)
    is_free = (free_rows(tree, wanted, slots, free, block) >> np.uint64(row - tree.block_start[block])) & ONE
    return is_free != 0 and fits(tree, wanted, row) and meets_needs(tree, wanted, row)


@aside
def others_answering(tree: Tree, wanted: Wanted, slots: Any, free: Any, row: int) -> int:
    """How many further spaces of the same place answer the query."""
    others = 0
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(tree.place_id) and tree.place_id[other] == tree.place_id[row]:
            others += answers(tree, wanted, slots, free, other)
            other += step
    return others


@inner
def about_m(tree: Tree, x: float, y: float, z: float, row: int) -> float:
    """Lower bound of the distance, without a sine."""
    dx, dy, dz = tree.x[row] - x, tree.y[row] - y, tree.z[row] - z
    return math.sqrt(dx * dx + dy * dy + dz * dz) * EARTH_RADIUS_M - VECTOR_SLACK_M


@inner
def distance_dm(tree: Tree, wanted: Wanted, row: int) -> float:
    """Distance as shown, in whole decimetres."""
    return distance_from_dm(tree, wanted.lon, wanted.lat, row)


@inner
def distance_from_dm(tree: Tree, lon: float, lat: float, row: int) -> float:
    """The same from any point: haversine, rounded, never under the expected one."""
    metres = _haversine_m(lon, lat, tree.lon[row], tree.lat[row])
    return max(np.rint(metres * 10), float(tree.expected_dm[row]))


@inner
def other_values(tree: Tree, wanted: Wanted, row: int, values: Any) -> float:
    """Fills in the values of the terms after proximity (0 where one weighs nothing); returns what they add to the
    score."""
    weights = wanted.weights
    values[1] = wishes.value(tree, wanted, row, 0.0) if weights[1] > 0.0 else 0.0
    values[2] = price.value(tree, wanted, row, 0.0) if weights[2] > 0.0 else 0.0
    values[3] = affinity.value(tree, wanted, row, 0.0) if weights[3] > 0.0 else 0.0
    values[4] = fit.value(tree, wanted, row, 0.0) if weights[4] > 0.0 else 0.0
    values[5] = trust.value(tree, wanted, row, 0.0) if weights[5] > 0.0 else 0.0
    total = 0.0
    for term in range(1, 6):
        total += weights[term] * values[term]
    return total


@inner
def score_of(wanted: Wanted, values: Any) -> float:
    """The weighted sum in millionths, term after term as a reader would add, rounded."""
    total = 0.0
    for term in range(6):
        total += wanted.weights[term] * values[term]
    return np.rint(total * 1e6)


@inner
def merit(windows: int, millionths: float) -> int:
    """What places are ordered by: in how many windows, as far as that counts, then the score."""
    return windows * MORE_THAN_ANY_SCORE + int(millionths)
