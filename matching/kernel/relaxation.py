"""Relaxation of a query: the places that match after the cheapest changes, and how many match at each of many times.

The cost of a row is an integer, the sum of what it costs to drop or to widen each condition that the row misses. The
rows of least cost give the smallest changes. They are found best-first, the frontier being ordered by what distance
alone costs.
"""

from typing import Any

import numpy as np

from matching.arrays.query_arrays import QueryArrays, read_query
from matching.arrays.tree import BLOCKS, OFFERED_BLOCKS, OFFERED_ROWS, ROOTS, Tree, read_tree
from matching.arrays.workspace import Workspace, read_workspace
from matching.compiler.array_table import longs_at
from matching.compiler.bit_operations import count_ones, trailing_zeros
from matching.compiler.jit import entry_point, inlined
from matching.kernel.availability import ALL_ROWS, ONE, free_in, left_from, left_row, left_seats, left_slot, word_at
from matching.kernel.bounds import nearest_m
from matching.kernel.counting import is_within, next_block, push_roots
from matching.kernel.frontier import pop, push
from matching.kernel.row_filters import passes_filters, rows_meeting_needs
from matching.kernel.scoring import distance_dm, distance_lower_bound_m
from matching.kernel.top_k import offer, sort_best_first
from matching.query.query import MAX_RADIUS_M, clean_dm
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms.price import searcher_cents

DECIMETRE, NEED, SEAT, EXTRA_SEAT, CENT, ANY_PRICE, ANY_KIND, ANY_SPACE_KIND, CANDIDATE, SEATS, WINDOWS = range(11)
"""In `costs`: cost of a decimetre more, a need dropped, a seat fewer, a seat of a larger room, a cent more (at most
`ANY_PRICE`, which is also the cost of an unknown price), any kind of place, any kind of space, a candidate; then the
seats of the query, and the number of windows of each time."""
COSTS = WINDOWS + 1
_clean_dm = inlined(clean_dm)
NEVER = 1 << 40
"""Costs from here on are too high: the change is not allowed."""


@entry_point
def least_changes(
    tree: int,
    floats: int,
    integers: int,
    tables: int,
    workspace: int,
    limit: int,
    costs: int,
    times: int,
    times_count: int,
) -> int:
    """See `_least_changes`."""
    return _least_changes(
        read_tree(tree),
        read_query(floats, integers, tables),
        read_workspace(workspace),
        limit,
        longs_at(costs, COSTS),
        longs_at(times, times_count),
    )


@entry_point
def count_at_times(
    tree: int,
    floats: int,
    integers: int,
    tables: int,
    workspace: int,
    windows: int,
    counts: int,
    places: int,
    times_count: int,
) -> int:
    """See `_count_at_times`. Returns 0."""
    _count_at_times(
        read_tree(tree),
        read_query(floats, integers, tables),
        read_workspace(workspace),
        windows,
        longs_at(counts, times_count),
        longs_at(places, times_count),
    )
    return 0


@inlined
def _least_changes(tree: Tree, query: QueryArrays, workspace: Workspace, limit: int, costs: Any, times: Any) -> int:
    """Number of places found: at most `limit`, of least cost, in `workspace`: `keys` (negative cost, distance, place,
    space), `rows` (row * number of times + time) and `cents`.

    `times` has the cost of each time, ascending; the windows of the query are theirs, `costs[WINDOWS]` each.
    `query.seats` is 1 where fewer seats are allowed. `workspace.counters[0]` is the number of blocks visited.
    """
    bounds, parts, blocks = workspace.bounds, workspace.parts, tree.counts[BLOCKS]
    size = _push_roots(tree, query, costs, bounds, parts)
    hits = visited = 0
    while size > 0:
        cost, part = -bounds[0], parts[0]
        pop(bounds, parts, size)
        size -= 1
        if cost > _max_cost(workspace, limit, hits):
            break
        if part < blocks:
            visited += 1
            hits = _visit_block(tree, query, workspace, limit, costs, times, part, hits)
            continue
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            size = _push_part(tree, query, costs, bounds, parts, size, child)
    sort_best_first(workspace.keys, workspace.rows, hits)
    for place in range(hits):
        workspace.cents[place] = searcher_cents(tree, query, workspace.rows[place] // len(times))
    workspace.counters[0] = visited
    return hits


@inlined
def _push_roots(tree: Tree, query: QueryArrays, costs: Any, bounds: Any, parts: Any) -> int:
    """Puts the roots into the frontier; returns how many."""
    size = 0
    for section in range(2 if query.candidates or costs[CANDIDATE] < NEVER else 1):
        for part in range(tree.counts[ROOTS + 2 * section], tree.counts[ROOTS + 2 * section + 1]):
            size = _push_part(tree, query, costs, bounds, parts, size, part)
    return size


@inlined
def _push_part(tree: Tree, query: QueryArrays, costs: Any, bounds: Any, parts: Any, size: int, part: int) -> int:
    """Adds a part that can hold a result, by the least cost of its distance; returns the new size of the frontier."""
    metres = nearest_m(tree, query, part)
    if metres > _max_distance_m(query, costs):
        return size
    if costs[NEED] >= NEVER and (tree.part_yes[part] & query.needs) != query.needs:
        return size
    over = max(0.0, 10.0 * (metres - query.radius_m) - 1.0)
    push(bounds, parts, size, -over * costs[DECIMETRE] if over > 0.0 else 0.0, part)
    return size + 1


@inlined
def _max_distance_m(query: QueryArrays, costs: Any) -> float:
    """The farthest that a result may be."""
    return query.radius_m if costs[DECIMETRE] >= NEVER else MAX_RADIUS_M


@inlined
def _max_cost(workspace: Workspace, limit: int, hits: int) -> int:
    """Highest cost with which a place is still among the best `limit`."""
    return min(NEVER - 1, -workspace.keys[0]) if hits == limit else NEVER - 1


@inlined
def _visit_block(
    tree: Tree, query: QueryArrays, workspace: Workspace, limit: int, costs: Any, times: Any, block: int, hits: int
) -> int:
    """Offers the rows of a block that are free at some time, with their cost."""
    first, offered = tree.block_start[block], block < tree.counts[OFFERED_BLOCKS]
    pending = _affordable_rows(tree, query, workspace, limit, costs, block, hits)
    for time in range(len(times) if offered else 1):
        if pending == 0 or times[time] > _max_cost(workspace, limit, hits):
            break
        word = pending & _free_at(tree, query, workspace.slots, block, time, costs[WINDOWS]) if offered else pending
        while word != 0:
            bit = word & (~word + ONE)
            row = first + np.int64(trailing_zeros(word))
            word &= word - ONE
            missing_seats = 0
            if offered:
                missing_seats = costs[SEATS] - _seats_left(tree, query, workspace.slots, block, row, time, costs)
            if missing_seats <= 0:
                pending &= ~bit
            hits = _visit_row(tree, query, workspace, limit, costs, times, time, row, missing_seats, hits)
    return hits


@inlined
def _affordable_rows(
    tree: Tree, query: QueryArrays, workspace: Workspace, limit: int, costs: Any, block: int, hits: int
) -> Any:
    """Bitmask of the visible rows of a block whose cost, time and distance apart, is low enough."""
    word = tree.alive[block]
    if costs[NEED] >= NEVER:
        word &= rows_meeting_needs(tree, query, block)
    left, max_cost = word, _max_cost(workspace, limit, hits)
    while left != 0:
        bit = left & (~left + ONE)
        row = tree.block_start[block] + np.int64(trailing_zeros(left))
        left &= left - ONE
        is_hidden = query.has_hidden_sets and not query.set_visible[tree.set_id[row]]
        if is_hidden or _cost(tree, query, costs, row) > max_cost:
            word &= ~bit
    return word


@inlined
def _free_at(tree: Tree, query: QueryArrays, slots: Any, block: int, time: int, windows: int) -> Any:
    """Bitmask of the rows of an offered block that are free in every window of a time."""
    word = ALL_ROWS
    for window in range(time * windows, (time + 1) * windows):
        if word != 0:
            word &= free_in(tree, query, slots, block, window)
    return word


@inlined
def _seats_left(tree: Tree, query: QueryArrays, slots: Any, block: int, row: int, time: int, costs: Any) -> Any:
    """Most seats that a row, free at a time, has left in all windows of it; all its seats where fewer are not allowed,
    because then only rows with enough seats are free."""
    left: Any = tree.seats[row]
    if query.seats < costs[SEATS]:
        for window in range(time * costs[WINDOWS], (time + 1) * costs[WINDOWS]):
            left = min(left, _left_in(tree, query, slots, block, row, window))
    return left


@inlined
def _left_in(tree: Tree, query: QueryArrays, slots: Any, block: int, row: int, window: int) -> Any:
    """Most seats that a row has left throughout a window, or throughout a long enough run in it."""
    first, stop, length = query.windows[3 * window], query.windows[3 * window + 1], query.windows[3 * window + 2]
    if first == stop:
        return np.int64(tree.seats[row])
    lane = np.uint64(row - tree.block_start[block])
    for slot in range(first, stop):
        is_free = (word_at(tree, block, slot) >> lane) & ONE
        slots[slot - first] = np.uint64(tree.seats[row]) * is_free
    for other in range(left_from(tree, block, first), tree.left_stop[block]):
        at = left_slot(tree, other) - first
        if at >= stop - first:
            break
        if left_row(tree, other) == row:
            slots[at] = min(slots[at], np.uint64(left_seats(tree, other)))
    max_cost = np.uint64(0)
    length = stop - first if length == 0 else length
    for start in range(stop - first - length + 1):
        least = slots[start]
        for slot in range(start + 1, start + length):
            least = min(least, slots[slot])
        max_cost = max(max_cost, least)
    return np.int64(max_cost)


@inlined
def _visit_row(
    tree: Tree,
    query: QueryArrays,
    workspace: Workspace,
    limit: int,
    costs: Any,
    times: Any,
    time: int,
    row: int,
    missing_seats: int,
    hits: int,
) -> int:
    """Offers a row at a time, with its cost; it has `missing_seats` too few."""
    cost = _cost(tree, query, costs, row) + times[time] + _total_cost(missing_seats, costs[SEAT])
    lower_bound_m = distance_lower_bound_m(tree, query.x, query.y, query.z, row)
    if cost > _max_cost(workspace, limit, hits) or lower_bound_m > _max_distance_m(query, costs):
        return hits
    decimetres: Any = np.int64(distance_dm(tree, query, row))
    if decimetres / 10 > _max_distance_m(query, costs):
        return hits
    if decimetres / 10 > query.radius_m:
        cost += _total_cost(_clean_dm(decimetres) - np.int64(10 * query.radius_m), costs[DECIMETRE])
    if cost >= NEVER:
        return hits
    row_and_time = row * len(times) + time
    return offer(
        workspace.keys,
        workspace.rows,
        limit,
        hits,
        -cost,
        decimetres,
        tree.place_id[row],
        tree.space_id[row],
        row_and_time,
    )


@inlined
def _cost(tree: Tree, query: QueryArrays, costs: Any, row: int) -> Any:
    """Cost of a row, without that of its distance, its time and the seats left then."""
    cost = _total_cost(np.int64(count_ones(np.uint64(query.needs & ~tree.yes[row]))), costs[NEED])
    if query.has_kinds and not query.kinds[tree.kind[row]]:
        cost += costs[ANY_KIND]
    if row >= tree.counts[OFFERED_ROWS]:
        return cost if query.candidates else cost + costs[CANDIDATE]
    if query.has_space_kinds and not query.space_kinds[tree.space_kind[row]]:
        cost += costs[ANY_SPACE_KIND]
    if query.max_seats >= 0:
        cost += _total_cost(np.int64(tree.seats[row]) - query.max_seats, costs[EXTRA_SEAT])
    if query.max_price_cents >= 0:
        cents = np.int64(searcher_cents(tree, query, row))
        if cents == UNKNOWN_CENTS:
            cost += costs[ANY_PRICE]
        else:
            cost += min(costs[ANY_PRICE], _total_cost(cents - query.max_price_cents, costs[CENT]))
    return cost


@inlined
def _total_cost(amount: Any, cost: Any) -> Any:
    """Cost of a number of units, 0 when that is not positive."""
    if amount <= 0:
        return 0
    return NEVER if cost >= NEVER else amount * cost


@inlined
def _count_at_times(
    tree: Tree, query: QueryArrays, workspace: Workspace, windows: int, counts: Any, places: Any
) -> None:
    """Fills in `counts`: the number of places that match at each time. The windows of the query are those of the times,
    `windows` each. Candidates match at any time. `places` is scratch memory of the same length."""
    for time in range(len(counts)):
        counts[time], places[time] = 0, -1
    depth = push_roots(tree, query, workspace.parts)
    while True:
        block, depth = next_block(tree, query, workspace.parts, depth)
        if block < 0:
            break
        word = _matching_rows(tree, query, block)
        for time in range(len(counts)):
            if word == 0:
                break
            free = word
            if block < tree.counts[OFFERED_BLOCKS]:
                free &= _free_at(tree, query, workspace.slots, block, time, windows)
            while free != 0:
                place = tree.place_id[tree.block_start[block] + np.int64(trailing_zeros(free))]
                free &= free - ONE
                counts[time] += place != places[time]
                places[time] = place


@inlined
def _matching_rows(tree: Tree, query: QueryArrays, block: int) -> Any:
    """Bitmask of the rows of a block that match, time apart."""
    word = tree.alive[block] & rows_meeting_needs(tree, query, block)
    left = word
    while left != 0:
        bit = left & (~left + ONE)
        row = tree.block_start[block] + np.int64(trailing_zeros(left))
        left &= left - ONE
        if not passes_filters(tree, query, row) or not is_within(tree, query, row):
            word &= ~bit
    return word
