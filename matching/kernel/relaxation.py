"""The places that take the least change of a query to fit, and how many fit at each of many times.

What a row takes is a whole number, the sum of what each condition it misses costs to give up or to widen; so the
smallest change, or the smallest set of changes, is that of the row that takes least: found best-first, like the best
places, the frontier being ordered by what distance alone costs.
"""

from typing import Any

import numpy as np

from matching.arrays.query_arrays import Wanted, understood
from matching.arrays.tree import Tree, unpacked
from matching.arrays.workspace import Space, working
from matching.compiler.array_table import longs_at
from matching.compiler.bit_operations import count_ones, trailing_zeros
from matching.compiler.jit import entry_point, inlined, outlined
from matching.kernel.availability import ALL, ONE, free_in, left_from, left_row, left_seats, left_slot, word_at
from matching.kernel.bounds import nearest_m
from matching.kernel.counting import begin, next_near, within
from matching.kernel.frontier import pop, push
from matching.kernel.row_filters import fits, having_all
from matching.kernel.scoring import about_m, distance_dm
from matching.kernel.top_k import in_order, offer
from matching.query.query import MAX_RADIUS_M, clean_dm
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms.price import asked_cents

DECIMETRE, NEED, SEAT, CENT, ANY_PRICE, ANY_KIND, ANY_SPACE_KIND, CANDIDATE, SEATS, WINDOWS = range(10)
"""In `costs`: what a decimetre further costs, a need, a seat fewer, a cent more (at most `ANY_PRICE`, which an unknown
price costs too), another kind, a candidate; then the seats asked, and how many windows each time has."""
COSTS = WINDOWS + 1
_clean_dm = inlined(clean_dm)
NEVER = 1 << 40
"""Costs from here on are not paid."""


@entry_point
def least_changes(
    tree: int,
    numbers: int,
    whole: int,
    tables: int,
    space: int,
    limit: int,
    costs: int,
    times: int,
    times_count: int,
) -> int:
    """See `_least_changes`; the arguments as handed over."""
    return _least_changes(
        unpacked(tree),
        understood(numbers, whole, tables),
        working(space),
        limit,
        longs_at(costs, COSTS),
        longs_at(times, times_count),
    )


@entry_point
def count_at_times(
    tree: int,
    numbers: int,
    whole: int,
    tables: int,
    space: int,
    windows: int,
    counts: int,
    places: int,
    times_count: int,
) -> int:
    """See `_count_at_times`; the arguments as handed over. Gives 0."""
    _count_at_times(
        unpacked(tree),
        understood(numbers, whole, tables),
        working(space),
        windows,
        longs_at(counts, times_count),
        longs_at(places, times_count),
    )
    return 0


@inlined
def _least_changes(tree: Tree, wanted: Wanted, space: Space, limit: int, costs: Any, times: Any) -> int:
    """How many places were found: the `limit` that take least, in `space`: `keys` (0 less the cost, distance, place,
    space), `rows` (row * times + time) and `cents`.

    `times`: what each costs, ascending; the windows of the query are theirs, `costs[WINDOWS]` each. `wanted.seats` is 1
    where fewer seats will do. `space.told[0]` is how many blocks were looked into.
    """
    bounds, parts, blocks = space.bounds, space.parts, tree.counts[0]
    size = _plant(tree, wanted, costs, bounds, parts)
    found = looked = 0
    while size > 0:
        cost, part = -bounds[0], parts[0]
        pop(bounds, parts, size)
        size -= 1
        if cost > _most(space, limit, found):
            break
        if part < blocks:
            looked += 1
            found = _look_into(tree, wanted, space, limit, costs, times, part, found)
            continue
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            size = _push(tree, wanted, costs, bounds, parts, size, child)
    in_order(space.keys, space.rows, found)
    for place in range(found):
        space.cents[place] = asked_cents(tree, wanted, space.rows[place] // len(times))
    space.told[0] = looked
    return found


@inlined
def _plant(tree: Tree, wanted: Wanted, costs: Any, bounds: Any, parts: Any) -> int:
    """Puts the topmost parts into the frontier; returns how many."""
    size = 0
    for section in range(2 if wanted.candidates or costs[CANDIDATE] < NEVER else 1):
        for part in range(tree.counts[4 + 2 * section], tree.counts[5 + 2 * section]):
            size = _push(tree, wanted, costs, bounds, parts, size, part)
    return size


@inlined
def _push(tree: Tree, wanted: Wanted, costs: Any, bounds: Any, parts: Any, size: int, part: int) -> int:
    """Adds a part that can hold a result, by the least that distance costs there; distances are rounded."""
    metres = nearest_m(tree, wanted, part)
    if metres > _reach_m(wanted, costs):
        return size
    if costs[NEED] >= NEVER and (tree.part_yes[part] & wanted.needs) != wanted.needs:
        return size
    over = max(0.0, 10.0 * (metres - wanted.radius_m) - 1.0)
    push(bounds, parts, size, -over * costs[DECIMETRE] if over > 0.0 else 0.0, part)
    return size + 1


@inlined
def _reach_m(wanted: Wanted, costs: Any) -> float:
    """How far one may go."""
    return wanted.radius_m if costs[DECIMETRE] >= NEVER else MAX_RADIUS_M


@inlined
def _most(space: Space, limit: int, found: int) -> int:
    """What a place may take at most to be among the `limit`."""
    return min(NEVER - 1, -space.keys[0]) if found == limit else NEVER - 1


@inlined
def _look_into(
    tree: Tree, wanted: Wanted, space: Space, limit: int, costs: Any, times: Any, block: int, found: int
) -> int:
    """Offers the rows of a block that fit at some time, with what that takes."""
    first, offered = tree.block_start[block], block < tree.counts[1]
    pending = _payable(tree, wanted, space, limit, costs, block, found)
    for time in range(len(times) if offered else 1):
        if pending == 0 or times[time] > _most(space, limit, found):
            break
        word = pending & _free_at(tree, wanted, space.slots, block, time, costs[WINDOWS]) if offered else pending
        while word != 0:
            bit = word & (~word + ONE)
            row = first + np.int64(trailing_zeros(word))
            word &= word - ONE
            short = 0
            if offered:
                short = costs[SEATS] - _seats_left(tree, wanted, space.slots, block, row, time, costs)
            if short <= 0:
                pending &= ~bit
            found = _consider(tree, wanted, space, limit, costs, times, time, row, short, found)
    return found


@inlined
def _payable(tree: Tree, wanted: Wanted, space: Space, limit: int, costs: Any, block: int, found: int) -> Any:
    """Word of the rows of a block that may be seen and, time and distance apart, take no more than the places found."""
    word = tree.alive[block]
    if costs[NEED] >= NEVER:
        word &= having_all(tree, wanted, block)
    left, most = word, _most(space, limit, found)
    while left != 0:
        bit = left & (~left + ONE)
        row = tree.block_start[block] + np.int64(trailing_zeros(left))
        left &= left - ONE
        is_hidden = wanted.some_hidden and not wanted.set_visible[tree.set_id[row]]
        if is_hidden or _cost(tree, wanted, costs, row) > most:
            word &= ~bit
    return word


@inlined
def _free_at(tree: Tree, wanted: Wanted, slots: Any, block: int, time: int, windows: int) -> Any:
    """Word of the rows of an offered block that are free in every window of a time."""
    word = ALL
    for window in range(time * windows, (time + 1) * windows):
        if word != 0:
            word &= free_in(tree, wanted, slots, block, window)
    return word


@inlined
def _seats_left(tree: Tree, wanted: Wanted, slots: Any, block: int, row: int, time: int, costs: Any) -> Any:
    """The most seats that a row, free at a time, has left in all its windows; all it has where fewer will not do,
    for then it was asked whether enough are free."""
    left: Any = tree.seats[row]
    if wanted.seats < costs[SEATS]:
        for window in range(time * costs[WINDOWS], (time + 1) * costs[WINDOWS]):
            left = min(left, _left_in(tree, wanted, slots, block, row, window))
    return left


@outlined
def _left_in(tree: Tree, wanted: Wanted, slots: Any, block: int, row: int, window: int) -> Any:
    """The most seats that a row has left all along a window, or for as long as is enough somewhere in it."""
    first, stop, length = wanted.windows[3 * window], wanted.windows[3 * window + 1], wanted.windows[3 * window + 2]
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
    most = np.uint64(0)
    length = stop - first if length == 0 else length
    for start in range(stop - first - length + 1):
        least = slots[start]
        for slot in range(start + 1, start + length):
            least = min(least, slots[slot])
        most = max(most, least)
    return np.int64(most)


@inlined
def _consider(
    tree: Tree,
    wanted: Wanted,
    space: Space,
    limit: int,
    costs: Any,
    times: Any,
    time: int,
    row: int,
    short: int,
    found: int,
) -> int:
    """Offers a row at a time, `short` of so many seats, with what it takes."""
    cost = _cost(tree, wanted, costs, row) + times[time] + _times(short, costs[SEAT])
    about = about_m(tree, wanted.x, wanted.y, wanted.z, row)
    if cost > _most(space, limit, found) or about > _reach_m(wanted, costs):
        return found
    decimetres: Any = np.int64(distance_dm(tree, wanted, row))
    if decimetres / 10 > _reach_m(wanted, costs):
        return found
    if decimetres / 10 > wanted.radius_m:
        cost += _times(_clean_dm(decimetres) - np.int64(10 * wanted.radius_m), costs[DECIMETRE])
    if cost >= NEVER:
        return found
    number = row * len(times) + time
    return offer(
        space.keys, space.rows, limit, found, -cost, decimetres, tree.place_id[row], tree.space_id[row], number
    )


@inlined
def _cost(tree: Tree, wanted: Wanted, costs: Any, row: int) -> Any:
    """What a row takes, but for its distance, its time and the seats left then."""
    cost = _times(np.int64(count_ones(np.uint64(wanted.needs & ~tree.yes[row]))), costs[NEED])
    if wanted.some_kinds and not wanted.kinds[tree.kind[row]]:
        cost += costs[ANY_KIND]
    if row >= tree.counts[3]:
        return cost if wanted.candidates else cost + costs[CANDIDATE]
    if wanted.some_space_kinds and not wanted.space_kinds[tree.space_kind[row]]:
        cost += costs[ANY_SPACE_KIND]
    if wanted.max_price_cents >= 0:
        cents = np.int64(asked_cents(tree, wanted, row))
        if cents == UNKNOWN_CENTS:
            cost += costs[ANY_PRICE]
        else:
            cost += min(costs[ANY_PRICE], _times(cents - wanted.max_price_cents, costs[CENT]))
    return cost


@inlined
def _times(amount: Any, cost: Any) -> Any:
    """What so many units cost; nothing for none."""
    if amount <= 0:
        return 0
    return NEVER if cost >= NEVER else amount * cost


@inlined
def _count_at_times(tree: Tree, wanted: Wanted, space: Space, windows: int, counts: Any, places: Any) -> None:
    """Fills in `counts`: the places that fit at each time; `places` is space of the same length. The windows of the
    query are those of the times, so many each. A candidate fits at any time."""
    for time in range(len(counts)):
        counts[time], places[time] = 0, -1
    depth = begin(tree, wanted, space.parts)
    while True:
        block, depth = next_near(tree, wanted, space.parts, depth)
        if block < 0:
            break
        word = _fitting(tree, wanted, block)
        for time in range(len(counts)):
            if word == 0:
                break
            free = word
            if block < tree.counts[1]:
                free &= _free_at(tree, wanted, space.slots, block, time, windows)
            while free != 0:
                place = tree.place_id[tree.block_start[block] + np.int64(trailing_zeros(free))]
                free &= free - ONE
                counts[time] += place != places[time]
                places[time] = place


@inlined
def _fitting(tree: Tree, wanted: Wanted, block: int) -> Any:
    """Word of the rows of a block that fit at any time."""
    word = tree.alive[block] & having_all(tree, wanted, block)
    left = word
    while left != 0:
        bit = left & (~left + ONE)
        row = tree.block_start[block] + np.int64(trailing_zeros(left))
        left &= left - ONE
        if not fits(tree, wanted, row) or not within(tree, wanted, row):
            word &= ~bit
    return word
