"""Exact top-k, best-first."""

import math
from typing import Any

import numpy as np

from geo.blocks import BLOCK_ROWS
from matching.bits import trailing_zeros
from matching.compiled import aside, entry, inner
from matching.kernel.asked import Wanted, understood
from matching.kernel.best import in_order, offer
from matching.kernel.bounds import OUT, most, nearest_m
from matching.kernel.frontier import pop, push
from matching.kernel.rows import (
    ALL,
    ONE,
    about_m,
    block_of,
    distance_dm,
    expect,
    fits,
    free_in,
    free_rows,
    having_all,
    meets_needs,
    merit,
    next_block,
    other_values,
    score_of,
    windows_of,
)
from matching.kernel.runs import fewest_left, free_run
from matching.kernel.space import Space, working
from matching.kernel.tree import Tree, unpacked
from matching.kernel.why import why
from matching.terms import price, proximity


@entry
def best_places(
    tree: Any, numbers: Any, whole: Any, tables: Any, space: Any, limit: int, some: Any, among_some: bool
) -> int:
    """See `_best_places`; the arguments as handed over."""
    return _best_places(unpacked(tree), understood(numbers, whole, tables), working(space), limit, some, among_some)


@inner
def _best_places(tree: Tree, wanted: Wanted, space: Space, limit: int, some: Any, among_some: bool) -> int:
    """How many places were found: the best `limit` after those told, best first, in `space`; `told[0]` is how many
    blocks were looked into.

    Of the whole tree, or only `among_some` rows, ascending.
    """
    bounds, parts = space.bounds, space.parts
    blocks = tree.counts[0]
    size = 0 if among_some else _begin(tree, wanted, bounds, parts)
    found = looked = at = 0
    while True:
        if among_some:
            if at == len(some):
                break
            block, rows, at = next_block(tree, some, at)
        else:
            if size == 0:
                break
            bound, block, rows = bounds[0], parts[0], ALL
            pop(bounds, parts, size)
            size -= 1
            if size > 0:
                expect(tree, wanted, parts[0])
            if found == limit and _most_merit(wanted, bound) < space.keys[0]:
                break
            if block >= blocks:
                for child in range(tree.child_first[block - blocks], tree.child_stop[block - blocks]):
                    bound = most(tree, wanted, child)
                    if bound != OUT and (found < limit or _most_merit(wanted, bound) >= space.keys[0]):
                        push(bounds, parts, size, bound, child)
                        size += 1
                continue
        looked += 1
        found = _look_into(tree, wanted, space, limit, block, rows, found)
    in_order(space.keys, space.rows, found)
    _tell(tree, wanted, space, found)
    space.told[0] = looked
    return found


@inner
def _begin(tree: Tree, wanted: Wanted, bounds: Any, parts: Any) -> int:
    """Puts the topmost parts into the frontier; returns how many."""
    size = 0
    for section in range(2 if wanted.candidates else 1):
        for part in range(tree.counts[4 + 2 * section], tree.counts[5 + 2 * section]):
            bound = most(tree, wanted, part)
            if bound != OUT:
                push(bounds, parts, size, bound, part)
                size += 1
    return size


@inner
def _most_merit(wanted: Wanted, bound: float) -> float:
    """The merit of a row with that score, free as often as may be."""
    return merit(wanted.window_count if wanted.most_windows else 0, _millionths(bound))


@inner
def _millionths(bound: float) -> float:
    """The score that a sum may be rounded to."""
    return math.floor(bound * 1e6 + 0.5)


@inner
def _look_into(tree: Tree, wanted: Wanted, space: Space, limit: int, block: int, rows: Any, found: int) -> int:
    """Offers those of the `rows` of a block (bits of a word) that fit."""
    first = tree.block_start[block]
    word = rows & having_all(tree, wanted, block)
    if word != 0:  # last, for it reads what is far apart in memory
        word &= free_rows(tree, wanted, space.slots, space.free, block)
    if word == 0:
        return found
    nearest = wanted.weights[0] * proximity.near(nearest_m(tree, wanted, block), wanted.half_m)
    while word != 0:
        row = first + np.int64(trailing_zeros(word))
        word &= word - ONE
        found = _consider(tree, wanted, space, limit, row, nearest, found)
    return found


@inner
def _consider(tree: Tree, wanted: Wanted, space: Space, limit: int, row: int, nearest: float, found: int) -> int:
    """Offers a free row to the best; by being near it adds at most `nearest` to its score."""
    if not fits(tree, wanted, row):
        return found
    about = about_m(tree, wanted.x, wanted.y, wanted.z, row)
    if about > wanted.radius_m:
        return found
    keys, values = space.keys, space.scratch
    rest, windows = other_values(tree, wanted, row, values), windows_of(tree, wanted, space.free, row)
    if found == limit:
        if merit(windows, _millionths(nearest + rest + 1e-9)) < keys[0]:
            return found
        near = proximity.near(max(0.0, about), wanted.half_m)
        if merit(windows, _millionths(wanted.weights[0] * near + rest + 1e-9)) < keys[0]:
            return found
    decimetres = distance_dm(tree, wanted, row)
    if decimetres / 10 > wanted.radius_m:
        return found
    values[0] = proximity.near(decimetres / 10, wanted.half_m)
    reached, distance = merit(windows, score_of(wanted, values)), int(decimetres)
    place = tree.place_id[row]
    if wanted.after_merit >= 0 and (
        _is_told(wanted, reached, distance, place) or _a_better_space_was_told(tree, wanted, space, row, distance)
    ):
        return found
    return offer(keys, space.rows, limit, found, reached, distance, place, tree.space_id[row], row)


@inner
def _is_told(wanted: Wanted, reached: int, distance: int, place: int) -> bool:
    """Whether this is on an earlier page: the last of it, or something better."""
    if reached != wanted.after_merit:
        return reached > wanted.after_merit
    if distance != wanted.after_distance:
        return distance < wanted.after_distance
    return place <= wanted.after_place


@aside
def _a_better_space_was_told(tree: Tree, wanted: Wanted, space: Space, row: int, distance: int) -> bool:
    """Whether another space of the same place was on an earlier page."""
    place, values = tree.place_id[row], space.scratch
    values[0] = proximity.near(distance / 10, wanted.half_m)
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(tree.place_id) and tree.place_id[other] == place:
            if _is_result(tree, wanted, space, other):
                other_values(tree, wanted, other, values)
                windows = windows_of(tree, wanted, space.beside, other)
                if _is_told(wanted, merit(windows, score_of(wanted, values)), distance, place):
                    return True
            other += step
    return False


@aside
def _is_result(tree: Tree, wanted: Wanted, space: Space, row: int) -> bool:
    """Whether a row of a place within reach answers the query."""
    block = block_of(tree, row)
    free = (free_rows(tree, wanted, space.slots, space.beside, block) >> np.uint64(row - tree.block_start[block])) & ONE
    return free != 0 and fits(tree, wanted, row) and meets_needs(tree, wanted, row)


@aside
def _tell(tree: Tree, wanted: Wanted, space: Space, found: int) -> None:
    values = space.scratch
    for at in range(found):
        row = space.rows[at]
        other_values(tree, wanted, row, values)
        values[0] = proximity.near(space.keys[4 * at + 1] / 10, wanted.half_m)
        for term in range(6):
            space.values[6 * at + term] = values[term]
        space.cents[at] = price.asked_cents(tree, wanted, row)
        space.why[at] = why(wanted.weights, values, space.cents[at])
        space.others[at] = 0
        for step in (-1, 1):
            other = row + step
            while 0 <= other < len(tree.place_id) and tree.place_id[other] == space.keys[4 * at + 2]:
                space.others[at] += _is_result(tree, wanted, space, other)
                other += step
        _tell_when(tree, wanted, space, at)


@inner
def _tell_when(tree: Tree, wanted: Wanted, space: Space, at: int) -> None:
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
        start, stop = free_run(tree, wanted, space.slots, row, window)
        if space.windows[at] == 0:
            space.start[at], space.stop[at] = start, stop
        space.windows[at] |= 1 << window
        length = wanted.windows[3 * window + 2]
        asked = wanted.windows[3 * window] if length == 0 else start
        stop = wanted.windows[3 * window + 1] if length == 0 else start + length
        left = fewest_left(tree, row, asked, stop)
        space.left[at] = left if space.left[at] < 0 else min(space.left[at], left)
