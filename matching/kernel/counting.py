"""Counts the places that match, and those that would if unknown amenities were there. Reads every row within reach."""

from typing import Any

import numpy as np

from geo.spatial.distance import EARTH_RADIUS_M
from matching.arrays.query_arrays import QueryArrays, read_query
from matching.arrays.tree import BLOCKS, ROOTS, Tree, read_tree
from matching.arrays.workspace import Workspace, read_workspace
from matching.compiler.bit_operations import count_ones, trailing_zeros
from matching.compiler.jit import entry_point, inlined
from matching.kernel.availability import ONE, free_rows, prefetch_days
from matching.kernel.bounds import nearest_m
from matching.kernel.row_filters import (
    eligible_in,
    has_room_filters,
    passes_room_filters,
    rows_lacking_needs,
    rows_meeting_needs,
)
from matching.kernel.scoring import distance_dm, distance_lower_bound_m

TOTAL, TO_CONFIRM, PLACE, STATE = 0, 1, 2, 3
"""In `counters`: the two counts, the last place of the block before, and how it was counted: 0, or one of the next."""
MATCH, UNCONFIRMED = 1, 2
PREFETCH_BLOCKS = 4
"""How many blocks ahead availability is prefetched."""


@entry_point
def count_places(tree: int, floats: int, integers: int, tables: int, workspace: int) -> int:
    """See `_count_places`. Returns 0."""
    _count_places(read_tree(tree), read_query(floats, integers, tables), read_workspace(workspace))
    return 0


@inlined
def _count_places(tree: Tree, query: QueryArrays, workspace: Workspace) -> None:
    """Writes the two counts into `workspace.counters`."""
    counters = workspace.counters
    counters[TOTAL] = counters[TO_CONFIRM] = counters[STATE] = 0
    counters[PLACE] = -1
    depth = push_roots(tree, query, workspace.parts)
    while True:
        block, depth = next_block(tree, query, workspace.parts, depth)
        if block < 0:
            break
        _count_block(tree, query, workspace, block, free_rows(tree, query, workspace.slots, workspace.free, block))
    if query.to_confirm:  # these are the places that the search lists
        counters[TOTAL], counters[TO_CONFIRM] = counters[TO_CONFIRM], 0


@inlined
def next_block(tree: Tree, query: QueryArrays, stack: Any, depth: int) -> Any:
    """(next block within the radius, depth of the stack after it); block -1: there is none left. Blocks come in
    ascending order, so that the rows of a place follow each other."""
    blocks = tree.counts[BLOCKS]
    while depth > 0:
        depth -= 1
        part = stack[depth]
        if part < blocks:
            if depth >= PREFETCH_BLOCKS:
                prefetch_days(tree, query, stack[depth - PREFETCH_BLOCKS])
            return part, depth
        # The last child first: the stack turns them round.
        for child in range(tree.child_stop[part - blocks] - 1, tree.child_first[part - blocks] - 1, -1):
            if nearest_m(tree, query, child) <= query.radius_m:
                stack[depth] = child
                depth += 1
    return -1, depth


@inlined
def push_roots(tree: Tree, query: QueryArrays, stack: Any) -> int:
    """Puts the roots within the radius on the stack; returns how many."""
    depth = 0
    for section in range(1 if query.candidates else 0, -1, -1):
        for part in range(tree.counts[ROOTS + 2 * section + 1] - 1, tree.counts[ROOTS + 2 * section] - 1, -1):
            if nearest_m(tree, query, part) <= query.radius_m:
                stack[depth] = part
                depth += 1
    return depth


@inlined
def _count_block(tree: Tree, query: QueryArrays, workspace: Workspace, block: int, free: Any) -> None:
    """Adds the places of a block to the counts. Blocks come in ascending order: a place may continue in the next."""
    counters = workspace.counters
    matches = free & rows_meeting_needs(tree, query, block)
    unconfirmed = free & ~matches & ~rows_lacking_needs(tree, query, block)
    if matches | unconfirmed == 0:
        return
    filtered = _filtered_rows(tree, query, block, matches | unconfirmed)
    last = tree.block_last[block]
    matches = _last_rows(matches & filtered, last)
    unconfirmed = _last_rows(unconfirmed & filtered, last) & ~matches
    first, final = last & (~last + ONE), ONE << np.uint64(tree.block_start[block + 1] - tree.block_start[block] - 1)
    state = counters[STATE] if tree.place_id[tree.block_start[block]] == counters[PLACE] else 0
    if state == MATCH:
        matches, unconfirmed = matches & ~first, unconfirmed & ~first
    elif state == UNCONFIRMED:
        unconfirmed &= ~first
        counters[TO_CONFIRM] -= matches & first != 0
    last_state = MATCH if matches & final != 0 else (UNCONFIRMED if unconfirmed & final != 0 else 0)
    counters[STATE] = state if last_state == 0 and final == first else last_state
    counters[PLACE] = tree.place_id[tree.block_start[block + 1] - 1]
    counters[TOTAL] += np.int64(count_ones(matches))
    counters[TO_CONFIRM] += np.int64(count_ones(unconfirmed))


@inlined
def _last_rows(rows: Any, last: Any) -> Any:
    """Bitmask of the last row of each place that has some of `rows`: the addition carries over its other rows."""
    not_last = ~last
    return (((rows & not_last) + not_last) | rows) & last


@inlined
def _filtered_rows(tree: Tree, query: QueryArrays, block: int, rows: Any) -> Any:
    """Those of the `rows` that pass the filters and are within the radius. What holds for a whole block is not checked
    row by row."""
    is_block_within = _is_block_within(tree, query, block)
    rows = eligible_in(tree, query, block, rows)
    if is_block_within and not has_room_filters(query):
        return rows
    filtered, left = np.uint64(0), rows
    while left != 0:
        lane = trailing_zeros(left)
        row = tree.block_start[block] + np.int64(lane)
        if passes_room_filters(tree, query, row) and (is_block_within or is_within(tree, query, row)):
            filtered |= ONE << lane
        left &= left - ONE
    return filtered


@inlined
def _is_block_within(tree: Tree, query: QueryArrays, block: int) -> bool:
    """Whether all rows of the block surely are within the radius; an arc is at most 1e-5 longer than its chord."""
    across_m = 2.0 * tree.part_reach[block] * EARTH_RADIUS_M
    return (nearest_m(tree, query, block) + across_m) * 1.0001 + 1.0 < query.radius_m and (
        tree.block_expected_dm[block] / 10 <= query.radius_m
    )


@inlined
def is_within(tree: Tree, query: QueryArrays, row: int) -> bool:
    """Whether a row is within the radius."""
    lower_bound_m = distance_lower_bound_m(tree, query.x, query.y, query.z, row)
    if lower_bound_m > query.radius_m:
        return False
    # The exact distance matters near the edge only, or where just the commune of a place is known.
    if lower_bound_m + 10.0 < query.radius_m and tree.expected_dm[row] == 0:
        return True
    return distance_dm(tree, query, row) / 10 <= query.radius_m
