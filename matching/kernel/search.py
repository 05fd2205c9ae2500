"""The exact best places for a query, by best-first search."""

import math
from typing import Any

import numpy as np

from matching.arrays.query_arrays import QueryArrays, is_on_earlier_page, read_query
from matching.arrays.tree import BLOCKS, ROOTS, Tree, read_tree
from matching.arrays.workspace import Workspace, read_workspace
from matching.compiler.bit_operations import trailing_zeros
from matching.compiler.jit import entry_point, inlined
from matching.kernel.availability import ALL_ROWS, ONE, count_free_windows, free_rows, prefetch_days
from matching.kernel.bounds import NO_RESULT, ROUNDING, nearest_m, upper_bound
from matching.kernel.free_runs import write_free_times
from matching.kernel.frontier import pop, push
from matching.kernel.joint_bounds import MAX_ROW_BOUND
from matching.kernel.reason_key import reason_key
from matching.kernel.row_filters import (
    count_other_matches,
    eligible_in,
    has_confirmed_match,
    is_match,
    listed_rows,
    passes_room_filters,
)
from matching.kernel.scoring import distance_dm, distance_lower_bound_m, merit, score_of, write_other_values
from matching.kernel.top_k import offer, sort_best_first
from matching.terms import price, proximity, wishes

EACH_BYTE, GATHER = np.uint64(0x0101010101010101), np.uint64(0x0102040810204080)
"""A one in each byte; factor that gathers the lowest bit of each byte in the highest byte."""


@entry_point
def best_places(tree: int, floats: int, integers: int, tables: int, workspace: int, limit: int) -> int:
    """See `_best_places`."""
    return _best_places(read_tree(tree), read_query(floats, integers, tables), read_workspace(workspace), limit)


@inlined
def _best_places(tree: Tree, query: QueryArrays, workspace: Workspace, limit: int) -> int:
    """Number of places found: at most `limit`, after the cursor. They are in `workspace`, best first; its `counters[0]`
    is the number of blocks visited."""
    bounds, parts = workspace.bounds, workspace.parts
    blocks = tree.counts[BLOCKS]
    size = _push_roots(tree, query, bounds, parts)
    hits = visited = 0
    while size > 0:
        bound, part = bounds[0], parts[0]
        pop(bounds, parts, size)
        size -= 1
        if size > 0:
            prefetch_days(tree, query, parts[0])
        if hits == limit and _max_merit(query, bound) < workspace.keys[0]:
            break
        if part < blocks:
            visited += 1
            hits = _visit_block(tree, query, workspace, limit, part, hits)
            continue
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            bound = upper_bound(tree, query, child)
            if bound != NO_RESULT and (hits < limit or _max_merit(query, bound) >= workspace.keys[0]):
                push(bounds, parts, size, bound, child)
                size += 1
    sort_best_first(workspace.keys, workspace.rows, hits)
    _write_results(tree, query, workspace, hits)
    workspace.counters[0] = visited
    return hits


@inlined
def _push_roots(tree: Tree, query: QueryArrays, bounds: Any, parts: Any) -> int:
    """Puts the roots into the frontier; returns how many."""
    size = 0
    for section in range(2 if query.candidates else 1):
        for part in range(tree.counts[ROOTS + 2 * section], tree.counts[ROOTS + 2 * section + 1]):
            bound = upper_bound(tree, query, part)
            if bound != NO_RESULT:
                push(bounds, parts, size, bound, part)
                size += 1
    return size


@inlined
def _max_merit(query: QueryArrays, bound: float) -> float:
    """Merit of a row with that score that is free in every window."""
    return merit(query.window_count if query.most_windows else 0, _millionths(bound))


@inlined
def _millionths(bound: float) -> float:
    """The score, in millionths, that a bound may be rounded to."""
    return math.floor(bound * 1e6 + 0.5)


@inlined
def _visit_block(tree: Tree, query: QueryArrays, workspace: Workspace, limit: int, block: int, hits: int) -> int:
    """Offers the matching rows of a block to the best."""
    first = tree.block_start[block]
    nearest = query.weights[0] * proximity.value_at(nearest_m(tree, query, block), query.half_m)
    word = tree.alive[block] & listed_rows(tree, query, block)
    if hits == limit:
        word &= _rows_above_bound(tree, query, block, nearest, workspace.keys[0])
    word = eligible_in(tree, query, block, word)
    if word != 0:  # last, because availability is far apart in memory
        word &= free_rows(tree, query, workspace.slots, workspace.free, block)
    while word != 0:
        row = first + np.int64(trailing_zeros(word))
        word &= word - ONE
        hits = _visit_row(tree, query, workspace, limit, row, nearest, hits)
    return hits


@inlined
def _rows_above_bound(tree: Tree, query: QueryArrays, block: int, nearest: float, min_merit: int) -> Any:
    """Bitmask of the rows of a block that may be among the best, by their joint bounds. `nearest` bounds what proximity
    adds to a score."""
    if len(query.row_bounds) == 0 or query.most_windows:
        return ALL_ROWS
    other_terms = nearest + ROUNDING
    if query.weights[1] > 0.0:
        other_terms += query.weights[1] * wishes.upper_bound(tree, query, block, 0.0)
    parts = len(query.joint_bounds) - 2
    missing = (min_merit - 0.5) / 1e6 - other_terms - query.joint_bounds[parts]
    min_bound = math.ceil(missing / query.joint_bounds[parts + 1])
    if min_bound <= 0:
        return ALL_ROWS
    if min_bound > MAX_ROW_BOUND:
        return np.uint64(0)
    # Compares eight numbers of seven bits at once: adding 128 - `min_bound` sets the eighth bit of those that reach it;
    # the product gathers these bits in the highest byte.
    complement, word = np.uint64(MAX_ROW_BOUND + 1 - min_bound) * EACH_BYTE, np.uint64(0)
    for eighth in range(8):
        is_reached = (query.row_bounds[8 * block + eighth] + complement) >> np.uint64(7) & EACH_BYTE
        word |= (is_reached * GATHER >> np.uint64(56)) << np.uint64(8 * eighth)
    return word


@inlined
def _visit_row(
    tree: Tree, query: QueryArrays, workspace: Workspace, limit: int, row: int, nearest: float, hits: int
) -> int:
    """Offers a free row to the best, unless it is filtered out, too far, or on an earlier page. `nearest` bounds what
    proximity adds to its score."""
    if not passes_room_filters(tree, query, row):
        return hits
    lower_bound_m = distance_lower_bound_m(tree, query.x, query.y, query.z, row)
    if lower_bound_m > query.radius_m:
        return hits
    keys, values = workspace.keys, workspace.row_values
    rest, windows = write_other_values(tree, query, row, values), count_free_windows(tree, query, workspace.free, row)
    if hits == limit:
        if merit(windows, _millionths(nearest + rest + ROUNDING)) < keys[0]:
            return hits
        near = proximity.value_at(max(0.0, lower_bound_m), query.half_m)
        if merit(windows, _millionths(query.weights[0] * near + rest + ROUNDING)) < keys[0]:
            return hits
    decimetres = distance_dm(tree, query, row)
    if decimetres / 10 > query.radius_m:
        return hits
    values[0] = proximity.value_at(decimetres / 10, query.half_m)
    row_merit, distance = merit(windows, score_of(query, values)), int(decimetres)
    place = tree.place_id[row]
    if query.cursor_merit >= 0 and (
        is_on_earlier_page(query, row_merit, distance, place)
        or _is_place_on_earlier_page(tree, query, workspace, row, distance)
    ):
        return hits
    if query.to_confirm and has_confirmed_match(tree, query, workspace.slots, workspace.other_free, row):
        return hits
    return offer(keys, workspace.rows, limit, hits, row_merit, distance, place, tree.space_id[row], row)


@inlined
def _is_place_on_earlier_page(tree: Tree, query: QueryArrays, workspace: Workspace, row: int, distance: int) -> bool:
    """Whether the place was on an earlier page with another of its spaces."""
    place, values = tree.place_id[row], workspace.row_values
    values[0] = proximity.value_at(distance / 10, query.half_m)
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(tree.place_id) and tree.place_id[other] == place:
            if is_match(tree, query, workspace.slots, workspace.other_free, other):
                write_other_values(tree, query, other, values)
                windows = count_free_windows(tree, query, workspace.other_free, other)
                if is_on_earlier_page(query, merit(windows, score_of(query, values)), distance, place):
                    return True
            other += step
    return False


@inlined
def _write_results(tree: Tree, query: QueryArrays, workspace: Workspace, hits: int) -> None:
    """Fills in the values of the terms, and what is shown, of each result."""
    values = workspace.row_values
    for at in range(hits):
        row = workspace.rows[at]
        write_other_values(tree, query, row, values)
        values[0] = proximity.value_at(workspace.keys[4 * at + 1] / 10, query.half_m)
        for term in range(6):
            workspace.values[6 * at + term] = values[term]
        workspace.cents[at] = price.searcher_cents(tree, query, row)
        workspace.reason_key[at] = reason_key(tree, query.weights, values, row, workspace.cents[at])
        workspace.sets[at] = tree.set_id[row]
        workspace.wishes_met[at] = tree.yes[row] & query.wishes
        workspace.wishes_unmet[at] = tree.no[row] & query.wishes
        workspace.other_spaces[at] = count_other_matches(tree, query, workspace.slots, workspace.other_free, row)
        write_free_times(tree, query, workspace, at)
