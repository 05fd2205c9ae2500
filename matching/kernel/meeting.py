"""Exact meeting places, best-first: the rooms that a group reaches soonest, by its slowest member or all together.

Travel times are rounded to tenths of a minute, person by person, so that what is shown adds up and the order is that
of integers. A cost is one integer: the tenths that decide (the longest time, or the sum), then the tenths that decide
between equals. The merit of a room is the number of windows in which it is free, where results are ranked by that, then
its cost, negative.

`people` has seven numbers for each person (`LON` ... `MAX_TENTHS`). A place that is too far is dropped sooner when
those who travel farthest come first.
"""

import math
from typing import Any

import numpy as np

from geo.spatial.distance import EARTH_RADIUS_M, QUANTUM_M
from matching.arrays.query_arrays import NO_CURSOR, QueryArrays, is_on_earlier_page, read_query
from matching.arrays.tree import BLOCKS, ROOTS, Tree, read_tree
from matching.arrays.workspace import Workspace, read_workspace
from matching.compiler.array_table import floats_at, longs_at
from matching.compiler.bit_operations import trailing_zeros
from matching.compiler.jit import entry_point, inlined
from matching.kernel.availability import ONE, count_free_windows, free_rows
from matching.kernel.bounds import arc_lower_bound_m
from matching.kernel.free_runs import write_free_times
from matching.kernel.frontier import pop, push
from matching.kernel.row_filters import count_other_matches, is_match, passes_filters, rows_meeting_needs
from matching.kernel.scoring import distance_from_dm, distance_lower_bound_m
from matching.kernel.top_k import offer, sort_best_first
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms import price

LON, LAT, X, Y, Z, PACE, MAX_TENTHS, PERSON_FIELDS = range(8)
"""Position in degrees, and as a unit vector; decimetres in a straight line per tenth of a minute; longest time in
tenths of a minute."""
PRIMARY_UNIT = 1 << 24
"""Factor of the tenths that decide, larger than any sum of tenths."""
MORE_THAN_ANY_COST = 1 << 43
NEVER = -1
"""Cost of a place that is too far for somebody, or that costs more than the caller accepts."""
UNKNOWN_SEATS, UNKNOWN_PRICE = 1 << 30, (1 << 32) - 1
"""Ordered after all known ones."""
ROUNDING = 1e-6


@entry_point
def meeting_places(
    tree: int,
    floats: int,
    integers: int,
    tables: int,
    workspace: int,
    people: int,
    group: int,
    by_sum: int,
    limit: int,
    distances_dm: int,
) -> int:
    """See `_meeting_places`; `group` is the number of people."""
    return _meeting_places(
        read_tree(tree),
        read_query(floats, integers, tables),
        read_workspace(workspace),
        floats_at(people, PERSON_FIELDS * group),
        by_sum != 0,
        limit,
        longs_at(distances_dm, limit * group),
    )


@inlined
def _meeting_places(
    tree: Tree,
    query: QueryArrays,
    workspace: Workspace,
    people: Any,
    by_sum: bool,
    limit: int,
    distances_dm: Any,
) -> int:
    """Number of places found: at most `limit`, after the cursor.

    They are in `workspace`, best first (`keys`: merit, room order, place, space); `distances_dm` has the distance of
    each person to each place, in decimetres; `workspace.counters[0]` is the number of blocks visited.
    """
    bounds, parts = workspace.bounds, workspace.parts
    blocks, window_merit = tree.counts[BLOCKS], _max_window_merit(query)
    size = _push_roots(tree, query, people, by_sum, bounds, parts)
    hits = visited = 0
    while size > 0:
        bound, part = bounds[0], parts[0]
        pop(bounds, parts, size)
        size -= 1
        highest = window_merit - workspace.keys[0] if hits == limit else MORE_THAN_ANY_COST
        if -bound > highest:
            break
        if part < blocks:
            visited += 1
            hits = _visit_block(tree, query, workspace, people, by_sum, limit, part, hits)
            continue
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            cost = _cost_lower_bound(tree, query, people, by_sum, child, highest)
            if cost != NEVER:
                push(bounds, parts, size, -float(cost), child)
                size += 1
    sort_best_first(workspace.keys, workspace.rows, hits)
    _write_results(tree, query, workspace, people, distances_dm, hits)
    workspace.counters[0] = visited
    return hits


@inlined
def _push_roots(tree: Tree, query: QueryArrays, people: Any, by_sum: bool, bounds: Any, parts: Any) -> int:
    """Puts the roots into the frontier; returns how many."""
    size = 0
    for section in range(2 if query.candidates else 1):
        for part in range(tree.counts[ROOTS + 2 * section], tree.counts[ROOTS + 2 * section + 1]):
            cost = _cost_lower_bound(tree, query, people, by_sum, part, MORE_THAN_ANY_COST)
            if cost != NEVER:
                push(bounds, parts, size, -float(cost), part)
                size += 1
    return size


@inlined
def _max_window_merit(query: QueryArrays) -> int:
    """Merit of being free in every window."""
    return query.window_count * MORE_THAN_ANY_COST if query.most_windows else 0


@inlined
def _tenths(decimetres: float, people: Any, at: int) -> int:
    """Travel time in tenths of a minute; monotonic in the distance. `at` is where the person begins in `people`."""
    return int(np.rint(decimetres / people[at + PACE]))


@inlined
def _cost(worst: int, total: int, by_sum: bool) -> int:
    return total * PRIMARY_UNIT + worst if by_sum else worst * PRIMARY_UNIT + total


@inlined
def _cost_lower_bound(tree: Tree, query: QueryArrays, people: Any, by_sum: bool, part: int, highest: int) -> int:
    """Lower bound of the cost of a row of the part, or `NEVER`, also where it exceeds `highest`.

    The first bound takes the point of the ball that is nearest to each person. It is tight for one person, but far too
    low for a sum over people who stand around the ball. A sum of chords is convex: over a ball of radius r it is at
    least the sum at the centre less r times the length of the gradient there, which is short where people stand on
    opposite sides.
    """
    if (tree.part_yes[part] & query.needs) != query.needs:
        return NEVER
    reach = tree.part_reach[part]
    worst = total = 0
    middle = slope_x = slope_y = slope_z = 0.0
    for at in range(0, len(people), PERSON_FIELDS):
        dx = tree.part_x[part] - people[at + X]
        dy = tree.part_y[part] - people[at + Y]
        dz = tree.part_z[part] - people[at + Z]
        chord = math.sqrt(dx * dx + dy * dy + dz * dz)
        tenths = _tenths(10.0 * arc_lower_bound_m(chord - reach), people, at)
        if tenths > people[at + MAX_TENTHS]:
            return NEVER
        worst, total = max(worst, tenths), total + tenths
        if _cost(worst, total, by_sum) > highest:
            return NEVER
        if by_sum:
            middle += 10.0 * (chord * EARTH_RADIUS_M - QUANTUM_M) / people[at + PACE]
            pull = 1.0 / (people[at + PACE] * max(chord, 1e-12))
            slope_x, slope_y, slope_z = slope_x + dx * pull, slope_y + dy * pull, slope_z + dz * pull
    if by_sum:
        slope = 10.0 * EARTH_RADIUS_M * math.sqrt(slope_x * slope_x + slope_y * slope_y + slope_z * slope_z)
        rounded_off = 0.5 * (len(people) // PERSON_FIELDS) + ROUNDING
        total = max(total, math.ceil(middle - slope * reach - rounded_off))
    cost = _cost(worst, total, by_sum)
    return NEVER if cost > highest else cost


@inlined
def _visit_block(
    tree: Tree, query: QueryArrays, workspace: Workspace, people: Any, by_sum: bool, limit: int, block: int, hits: int
) -> int:
    """Offers the matching rows of a block to the best."""
    first = tree.block_start[block]
    word = rows_meeting_needs(tree, query, block)
    if word != 0:  # last, because availability is far apart in memory
        word &= free_rows(tree, query, workspace.slots, workspace.free, block)
    while word != 0:
        row = first + np.int64(trailing_zeros(word))
        word &= word - ONE
        if passes_filters(tree, query, row):
            hits = _visit_row(tree, query, workspace, people, by_sum, limit, row, hits)
    return hits


@inlined
def _visit_row(
    tree: Tree, query: QueryArrays, workspace: Workspace, people: Any, by_sum: bool, limit: int, row: int, hits: int
) -> int:
    """Offers a matching row to the best, unless it is too far or on an earlier page."""
    window_merit = count_free_windows(tree, query, workspace.free, row) * MORE_THAN_ANY_COST
    highest = window_merit - workspace.keys[0] if hits == limit else MORE_THAN_ANY_COST
    if _approximate_cost(tree, people, by_sum, row, highest) == NEVER:
        return hits
    cost = _exact_cost(tree, people, by_sum, row)
    if cost == NEVER:
        return hits
    merit, room, place = window_merit - cost, _room_order(tree, query, row), tree.place_id[row]
    if query.cursor_merit != NO_CURSOR[0] and (
        is_on_earlier_page(query, merit, room, place) or _is_place_on_earlier_page(tree, query, workspace, row, cost)
    ):
        return hits
    return offer(workspace.keys, workspace.rows, limit, hits, merit, room, place, tree.space_id[row], row)


@inlined
def _is_place_on_earlier_page(tree: Tree, query: QueryArrays, workspace: Workspace, row: int, cost: int) -> bool:
    """Whether the place was on an earlier page with another of its rooms, which have the same cost."""
    place = tree.place_id[row]
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(tree.place_id) and tree.place_id[other] == place:
            if is_match(tree, query, workspace.slots, workspace.other_free, other):
                window_merit = count_free_windows(tree, query, workspace.other_free, other) * MORE_THAN_ANY_COST
                if is_on_earlier_page(query, window_merit - cost, _room_order(tree, query, other), place):
                    return True
            other += step
    return False


@inlined
def _approximate_cost(tree: Tree, people: Any, by_sum: bool, row: int, highest: int) -> int:
    """Lower bound of the cost of a row, without trigonometry; `NEVER` where it exceeds `highest`."""
    worst = total = 0
    for at in range(0, len(people), PERSON_FIELDS):
        metres = max(0.0, distance_lower_bound_m(tree, people[at + X], people[at + Y], people[at + Z], row))
        tenths = _tenths(10.0 * metres, people, at)
        if tenths > people[at + MAX_TENTHS]:
            return NEVER
        worst, total = max(worst, tenths), total + tenths
        if _cost(worst, total, by_sum) > highest:
            return NEVER
    return _cost(worst, total, by_sum)


@inlined
def _exact_cost(tree: Tree, people: Any, by_sum: bool, row: int) -> int:
    """Cost of a row, or `NEVER`."""
    worst = total = 0
    for at in range(0, len(people), PERSON_FIELDS):
        tenths = _tenths(distance_from_dm(tree, people[at + LON], people[at + LAT], row), people, at)
        if tenths > people[at + MAX_TENTHS]:
            return NEVER
        worst, total = max(worst, tenths), total + tenths
    return _cost(worst, total, by_sum)


@inlined
def _room_order(tree: Tree, query: QueryArrays, row: int) -> int:
    """Order between rooms of equal merit: fewer seats first, then cheaper; unknown ones last."""
    seats, cents = tree.seats[row], price.searcher_cents(tree, query, row)
    size = seats if seats > 0 else UNKNOWN_SEATS
    return size * (UNKNOWN_PRICE + 1) + (UNKNOWN_PRICE if cents == UNKNOWN_CENTS else cents)


@inlined
def _write_results(
    tree: Tree, query: QueryArrays, workspace: Workspace, people: Any, distances_dm: Any, hits: int
) -> None:
    """Fills in what is shown of each result."""
    count = len(people) // PERSON_FIELDS
    for at in range(hits):
        row = workspace.rows[at]
        workspace.cents[at] = price.searcher_cents(tree, query, row)
        workspace.other_spaces[at] = count_other_matches(tree, query, workspace.slots, workspace.other_free, row)
        write_free_times(tree, query, workspace, at)
        for person in range(count):
            lon, lat = people[PERSON_FIELDS * person + LON], people[PERSON_FIELDS * person + LAT]
            distances_dm[count * at + person] = np.int64(distance_from_dm(tree, lon, lat, row))
