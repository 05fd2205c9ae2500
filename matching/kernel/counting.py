"""How many places fit, and how many more would if a need that nobody told were met: every row within reach is read."""

from typing import Any

import numpy as np

from matching.bits import trailing_zeros
from matching.compiled import entry, inner
from matching.kernel.asked import Wanted, understood
from matching.kernel.bounds import nearest_m
from matching.kernel.rows import ALL, ONE, about_m, distance_dm, fits, free_rows, meets_needs, next_block
from matching.kernel.space import Space, working
from matching.kernel.tree import Tree, unpacked

TOTAL, UNSURE, PLACE, STATE = 0, 1, 2, 3
"""In `told`: the two counts, the place being read, and what its rows said: 1 fits for sure, 2 only maybe."""


@entry
def count_places(tree: Any, numbers: Any, whole: Any, tables: Any, space: Any, some: Any, among_some: bool) -> None:
    """See `_count_places`; the arguments as handed over."""
    _count_places(unpacked(tree), understood(numbers, whole, tables), working(space), some, among_some)


@inner
def _count_places(tree: Tree, wanted: Wanted, space: Space, some: Any, among_some: bool) -> None:
    """Leaves the two numbers in `space.told`: of the whole tree, or only `among_some` rows, ascending."""
    _start(space.told)
    at = 0 if among_some else begin(tree, wanted, space.parts)
    while True:
        block, rows, at = next_near(tree, wanted, space.parts, some, among_some, at)
        if block < 0:
            break
        word = rows & free_rows(tree, wanted, space.words, block)
        while word != 0:
            _count(tree, wanted, space.told, tree.block_start[block] + np.int64(trailing_zeros(word)))
            word &= word - ONE
    _close(space.told)


@inner
def next_near(tree: Tree, wanted: Wanted, stack: Any, some: Any, among_some: bool, at: int) -> Any:
    """(block, word of its rows, `at` after it); block -1: there is none left. Places come whole, row after row.

    `at` counts the parts on the stack, or the rows read of `some`.
    """
    if among_some:
        if at == len(some):
            return -1, ALL, at
        return next_block(tree, some, at)
    blocks = tree.counts[0]
    while at > 0:
        at -= 1
        part = stack[at]
        if nearest_m(tree, wanted, part) > wanted.radius_m:
            continue
        if part < blocks:
            return part, ALL, at
        # The last child first, so that rows are read in their order: those of a place follow each other.
        for child in range(tree.child_stop[part - blocks] - 1, tree.child_first[part - blocks] - 1, -1):
            stack[at] = child
            at += 1
    return -1, ALL, at


@inner
def begin(tree: Tree, wanted: Wanted, stack: Any) -> int:
    """Puts the topmost parts on the stack; returns how many."""
    depth = 0
    for section in range(1 if wanted.candidates else 0, -1, -1):
        for part in range(tree.counts[5 + 2 * section] - 1, tree.counts[4 + 2 * section] - 1, -1):
            stack[depth] = part
            depth += 1
    return depth


@inner
def _start(told: Any) -> None:
    told[TOTAL] = told[UNSURE] = told[STATE] = 0
    told[PLACE] = -1


@inner
def _count(tree: Tree, wanted: Wanted, told: Any, row: int) -> None:
    if (tree.no[row] & wanted.needs) != 0 or not fits(tree, wanted, row):
        return
    if not within(tree, wanted, row):
        return
    if tree.place_id[row] != told[PLACE]:
        _close(told)
        told[PLACE] = tree.place_id[row]
    told[STATE] |= 1 if meets_needs(tree, wanted, row) else 2


@inner
def within(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Whether a row lies within the radius."""
    about = about_m(tree, wanted.x, wanted.y, wanted.z, row)
    if about > wanted.radius_m:
        return False
    # Only near the edge the exact distance can matter, or where a place is known by its commune.
    is_close = about + 10.0 < wanted.radius_m and tree.expected_dm[row] == 0
    return is_close or distance_dm(tree, wanted, row) / 10 <= wanted.radius_m


@inner
def _close(told: Any) -> None:
    told[TOTAL] += told[STATE] & 1
    told[UNSURE] += told[STATE] == 2
    told[STATE] = 0
