"""How many places fit, and how many more would if a need that nobody told were met: every row within reach is read."""

from typing import Any

import numpy as np

from geo.spatial.distance import EARTH_RADIUS_M
from matching.arrays.query_arrays import Wanted, understood
from matching.arrays.tree import Tree, unpacked
from matching.arrays.workspace import Space, working
from matching.compiler.bit_operations import count_ones, trailing_zeros
from matching.compiler.jit import entry_point, inlined
from matching.kernel.availability import ONE, expect, free_rows
from matching.kernel.bounds import nearest_m
from matching.kernel.row_filters import having_all, is_choosy, is_chosen, lacking_some, open_in
from matching.kernel.scoring import about_m, distance_dm

TOTAL, UNSURE, PLACE, STATE = 0, 1, 2, 3
"""In `told`: the two counts, the last place of the block before, and whether it was counted."""
SURE, MAYBE = 1, 2
AHEAD = 4
"""So many blocks later one is read whose times are fetched now."""


@entry_point
def count_places(tree: int, numbers: int, whole: int, tables: int, space: int) -> int:
    """See `_count_places`; the arguments as handed over. Gives 0."""
    _count_places(unpacked(tree), understood(numbers, whole, tables), working(space))
    return 0


@inlined
def _count_places(tree: Tree, wanted: Wanted, space: Space) -> None:
    """Leaves the two numbers in `space.told`."""
    told = space.told
    told[TOTAL] = told[UNSURE] = told[STATE] = 0
    told[PLACE] = -1
    depth = begin(tree, wanted, space.parts)
    while True:
        block, depth = next_near(tree, wanted, space.parts, depth)
        if block < 0:
            break
        _count(tree, wanted, space, block, free_rows(tree, wanted, space.slots, space.free, block))


@inlined
def next_near(tree: Tree, wanted: Wanted, stack: Any, depth: int) -> Any:
    """(block, how many parts are on the stack after it); block -1: there is none left. Places come whole, row after
    row."""
    blocks = tree.counts[0]
    while depth > 0:
        depth -= 1
        part = stack[depth]
        if part < blocks:
            if depth >= AHEAD:
                expect(tree, wanted, stack[depth - AHEAD])
            return part, depth
        # The last child first, so that rows are read in their order: those of a place follow each other.
        for child in range(tree.child_stop[part - blocks] - 1, tree.child_first[part - blocks] - 1, -1):
            if nearest_m(tree, wanted, child) <= wanted.radius_m:
                stack[depth] = child
                depth += 1
    return -1, depth


@inlined
def begin(tree: Tree, wanted: Wanted, stack: Any) -> int:
    """Puts the topmost parts within reach on the stack; returns how many."""
    depth = 0
    for section in range(1 if wanted.candidates else 0, -1, -1):
        for part in range(tree.counts[5 + 2 * section] - 1, tree.counts[4 + 2 * section] - 1, -1):
            if nearest_m(tree, wanted, part) <= wanted.radius_m:
                stack[depth] = part
                depth += 1
    return depth


@inlined
def _count(tree: Tree, wanted: Wanted, space: Space, block: int, free: Any) -> None:
    """Adds the places of a block to the two numbers; blocks come in their order, for a place may go on in the next."""
    told = space.told
    sure = free & having_all(tree, wanted, block)
    unsure = free & ~sure & ~lacking_some(tree, wanted, block)
    if sure | unsure == 0:
        return
    kept = _kept(tree, wanted, block, sure | unsure)
    last = tree.block_last[block]
    sure = _ends(sure & kept, last)
    unsure = _ends(unsure & kept, last) & ~sure
    first, final = last & (~last + ONE), ONE << np.uint64(tree.block_start[block + 1] - tree.block_start[block] - 1)
    before = told[STATE] if tree.place_id[tree.block_start[block]] == told[PLACE] else 0
    if before == SURE:
        sure, unsure = sure & ~first, unsure & ~first
    elif before == MAYBE:
        unsure &= ~first
        told[UNSURE] -= sure & first != 0
    now = SURE if sure & final != 0 else (MAYBE if unsure & final != 0 else 0)
    told[STATE] = before if now == 0 and final == first else now
    told[PLACE] = tree.place_id[tree.block_start[block + 1] - 1]
    told[TOTAL] += np.int64(count_ones(sure))
    told[UNSURE] += np.int64(count_ones(unsure))


@inlined
def _ends(rows: Any, last: Any) -> Any:
    """The last rows of the places of which some row is among `rows`: adding carries a bit over the rest of a place."""
    others = ~last
    return (((rows & others) + others) | rows) & last


@inlined
def _kept(tree: Tree, wanted: Wanted, block: int, rows: Any) -> Any:
    """Those of the rows that fit and are within the radius: what the whole block is need not be asked of a row."""
    is_within = _is_within(tree, wanted, block)
    rows = open_in(tree, wanted, block, rows)
    if is_within and not is_choosy(wanted):
        return rows
    kept, left = np.uint64(0), rows
    while left != 0:
        lane = trailing_zeros(left)
        row = tree.block_start[block] + np.int64(lane)
        if is_chosen(tree, wanted, row) and (is_within or within(tree, wanted, row)):
            kept |= ONE << lane
        left &= left - ONE
    return kept


@inlined
def _is_within(tree: Tree, wanted: Wanted, block: int) -> bool:
    """Whether all rows of the block are within the radius; an arc is longer than its chord by a hundred thousandth."""
    across_m = 2.0 * tree.part_reach[block] * EARTH_RADIUS_M
    return (nearest_m(tree, wanted, block) + across_m) * 1.0001 + 1.0 < wanted.radius_m and (
        tree.block_expected_dm[block] / 10 <= wanted.radius_m
    )


@inlined
def within(tree: Tree, wanted: Wanted, row: int) -> bool:
    about = about_m(tree, wanted.x, wanted.y, wanted.z, row)
    if about > wanted.radius_m:
        return False
    # Only near the edge the exact distance can matter, or where a place is known by its commune.
    if about + 10.0 < wanted.radius_m and tree.expected_dm[row] == 0:
        return True
    return distance_dm(tree, wanted, row) / 10 <= wanted.radius_m
