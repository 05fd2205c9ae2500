"""Exact top-k, best-first."""

import math
from typing import Any

import numpy as np

from matching.arrays.query_arrays import Wanted, is_told, understood
from matching.arrays.tree import Tree, unpacked
from matching.arrays.workspace import Space, working
from matching.compiler.bit_operations import trailing_zeros
from matching.compiler.jit import entry_point, inlined, outlined
from matching.kernel.availability import ALL, ONE, expect, free_rows, windows_of
from matching.kernel.bounds import OUT, ROUNDING, most, nearest_m
from matching.kernel.free_runs import tell_when
from matching.kernel.frontier import pop, push
from matching.kernel.joint_bounds import MOST as MOST_WORTH
from matching.kernel.reason_key import why
from matching.kernel.row_filters import answers, having_all, is_chosen, open_in, others_answering
from matching.kernel.scoring import about_m, distance_dm, merit, other_values, score_of
from matching.kernel.top_k import in_order, offer
from matching.terms import price, proximity, wishes

EACH_BYTE, TOGETHER = np.uint64(0x0101010101010101), np.uint64(0x0102040810204080)


@entry_point
def best_places(tree: int, numbers: int, whole: int, tables: int, space: int, limit: int) -> int:
    """See `_best_places`; the arguments as handed over."""
    return _best_places(unpacked(tree), understood(numbers, whole, tables), working(space), limit)


@inlined
def _best_places(tree: Tree, wanted: Wanted, space: Space, limit: int) -> int:
    """How many places were found: the best `limit` after those told, best first, in `space`; `told[0]` is how many
    blocks were looked into."""
    bounds, parts = space.bounds, space.parts
    blocks = tree.counts[0]
    size = _begin(tree, wanted, bounds, parts)
    found = looked = 0
    while size > 0:
        bound, part = bounds[0], parts[0]
        pop(bounds, parts, size)
        size -= 1
        if size > 0:
            expect(tree, wanted, parts[0])
        if found == limit and _most_merit(wanted, bound) < space.keys[0]:
            break
        if part < blocks:
            looked += 1
            found = _look_into(tree, wanted, space, limit, part, found)
            continue
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            bound = most(tree, wanted, child)
            if bound != OUT and (found < limit or _most_merit(wanted, bound) >= space.keys[0]):
                push(bounds, parts, size, bound, child)
                size += 1
    in_order(space.keys, space.rows, found)
    _tell(tree, wanted, space, found)
    space.told[0] = looked
    return found


@inlined
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


@inlined
def _most_merit(wanted: Wanted, bound: float) -> float:
    """The merit of a row with that score, free as often as may be."""
    return merit(wanted.window_count if wanted.most_windows else 0, _millionths(bound))


@inlined
def _millionths(bound: float) -> float:
    """The score that a sum may be rounded to."""
    return math.floor(bound * 1e6 + 0.5)


@inlined
def _look_into(tree: Tree, wanted: Wanted, space: Space, limit: int, block: int, found: int) -> int:
    """Offers the rows of a block that fit."""
    first = tree.block_start[block]
    nearest = wanted.weights[0] * proximity.near(nearest_m(tree, wanted, block), wanted.half_m)
    word = tree.alive[block] & having_all(tree, wanted, block)
    if found == limit:
        word &= _promising(tree, wanted, block, nearest, space.keys[0])
    word = open_in(tree, wanted, block, word)
    if word != 0:  # last, for it reads what is far apart in memory
        word &= free_rows(tree, wanted, space.slots, space.free, block)
    while word != 0:
        row = first + np.int64(trailing_zeros(word))
        word &= word - ONE
        found = _consider(tree, wanted, space, limit, row, nearest, found)
    return found


@inlined
def _promising(tree: Tree, wanted: Wanted, block: int, nearest: float, to_beat: int) -> Any:
    """Word of the rows of a block that may be among the best, by what each is worth to those who ask alike."""
    if len(wanted.row_worths) == 0 or wanted.most_windows:
        return ALL
    known = nearest + ROUNDING
    if wanted.weights[1] > 0.0:
        known += wanted.weights[1] * wishes.upper_bound(tree, wanted, block, 0.0)
    parts = len(wanted.together) - 2
    missing = (to_beat - 0.5) / 1e6 - known - wanted.together[parts]
    least = math.ceil(missing / wanted.together[parts + 1])
    if least <= 0:
        return ALL
    if least > MOST_WORTH:
        return np.uint64(0)
    # Eight numbers of seven bits at once: adding what lacks to 128 sets the eighth bit of those that reach it; the
    # product brings these bits together in the topmost byte.
    lacking, word = np.uint64(MOST_WORTH + 1 - least) * EACH_BYTE, np.uint64(0)
    for eighth in range(8):
        reached = (wanted.row_worths[8 * block + eighth] + lacking) >> np.uint64(7) & EACH_BYTE
        word |= (reached * TOGETHER >> np.uint64(56)) << np.uint64(8 * eighth)
    return word


@inlined
def _consider(tree: Tree, wanted: Wanted, space: Space, limit: int, row: int, nearest: float, found: int) -> int:
    """Offers a free row to the best; by being near it adds at most `nearest` to its score."""
    if not is_chosen(tree, wanted, row):
        return found
    about = about_m(tree, wanted.x, wanted.y, wanted.z, row)
    if about > wanted.radius_m:
        return found
    keys, values = space.keys, space.scratch
    rest, windows = other_values(tree, wanted, row, values), windows_of(tree, wanted, space.free, row)
    if found == limit:
        if merit(windows, _millionths(nearest + rest + ROUNDING)) < keys[0]:
            return found
        near = proximity.near(max(0.0, about), wanted.half_m)
        if merit(windows, _millionths(wanted.weights[0] * near + rest + ROUNDING)) < keys[0]:
            return found
    decimetres = distance_dm(tree, wanted, row)
    if decimetres / 10 > wanted.radius_m:
        return found
    values[0] = proximity.near(decimetres / 10, wanted.half_m)
    reached, distance = merit(windows, score_of(wanted, values)), int(decimetres)
    place = tree.place_id[row]
    if wanted.after_merit >= 0 and (
        is_told(wanted, reached, distance, place) or _a_better_space_was_told(tree, wanted, space, row, distance)
    ):
        return found
    return offer(keys, space.rows, limit, found, reached, distance, place, tree.space_id[row], row)


@outlined
def _a_better_space_was_told(tree: Tree, wanted: Wanted, space: Space, row: int, distance: int) -> bool:
    """Whether another space of the same place was on an earlier page."""
    place, values = tree.place_id[row], space.scratch
    values[0] = proximity.near(distance / 10, wanted.half_m)
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(tree.place_id) and tree.place_id[other] == place:
            if answers(tree, wanted, space.slots, space.beside, other):
                other_values(tree, wanted, other, values)
                windows = windows_of(tree, wanted, space.beside, other)
                if is_told(wanted, merit(windows, score_of(wanted, values)), distance, place):
                    return True
            other += step
    return False


@outlined
def _tell(tree: Tree, wanted: Wanted, space: Space, found: int) -> None:
    values = space.scratch
    for at in range(found):
        row = space.rows[at]
        other_values(tree, wanted, row, values)
        values[0] = proximity.near(space.keys[4 * at + 1] / 10, wanted.half_m)
        for term in range(6):
            space.values[6 * at + term] = values[term]
        space.cents[at] = price.asked_cents(tree, wanted, row)
        space.why[at] = why(tree, wanted.weights, values, row, space.cents[at])
        space.sets[at] = tree.set_id[row]
        space.granted[at] = tree.yes[row] & wanted.wishes
        space.refused[at] = tree.no[row] & wanted.wishes
        space.others[at] = others_answering(tree, wanted, space.slots, space.beside, row)
        tell_when(tree, wanted, space, at)
