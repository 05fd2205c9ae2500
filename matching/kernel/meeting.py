"""Exact meeting places, best-first: the rooms that a group reaches soonest, by its slowest member or all together.

A way is rounded to tenths of a minute, person by person, so what is shown adds up and the order is that of whole
numbers. `people`: seven numbers for each (`LON` ... `MOST`); the sooner those come who have far to go, the sooner a
place is seen to be too far. A cost is one number: the tenths that decide, then those that decide between equals; the
merit of a room is in how many windows it is free, as far as that counts, less its cost.
"""

import math
from typing import Any

import numpy as np

from geo.spatial.distance import EARTH_RADIUS_M, QUANTUM_M
from matching.arrays.query_arrays import NO_PAGE_BEFORE, Wanted, is_told, understood
from matching.arrays.tree import Tree, unpacked
from matching.arrays.workspace import Space, working
from matching.compiler.array_table import floats_at, longs_at
from matching.compiler.bit_operations import trailing_zeros
from matching.compiler.jit import entry_point, inlined, outlined
from matching.kernel.availability import ONE, free_rows, windows_of
from matching.kernel.bounds import least_m
from matching.kernel.free_runs import tell_when
from matching.kernel.frontier import pop, push
from matching.kernel.row_filters import answers, fits, having_all, others_answering
from matching.kernel.scoring import about_m, distance_from_dm
from matching.kernel.top_k import in_order, offer
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms import price

LON, LAT, X, Y, Z, PACE, MOST, PERSON = range(8)
"""Degrees; the unit vector; decimetres as the crow flies in a tenth of a minute; tenths at most. And how many."""
SECOND = 1 << 24
"""More than any sum of tenths."""
MORE_THAN_ANY_COST = 1 << 43
NEVER = -1
"""Cost where somebody would be too long on the way, or that is higher than asked about."""
UNKNOWN_SEATS, UNKNOWN_PRICE = 1 << 30, (1 << 32) - 1
"""After all that is known."""
ROUNDING = 1e-6


@entry_point
def meeting_places(
    tree: int,
    numbers: int,
    whole: int,
    tables: int,
    space: int,
    people: int,
    group: int,
    by_sum: int,
    limit: int,
    ways: int,
) -> int:
    """See `_meeting_places`; the arguments as handed over, a `group` of `people`."""
    return _meeting_places(
        unpacked(tree),
        understood(numbers, whole, tables),
        working(space),
        floats_at(people, PERSON * group),
        by_sum != 0,
        limit,
        longs_at(ways, limit * group),
    )


@inlined
def _meeting_places(
    tree: Tree,
    wanted: Wanted,
    space: Space,
    people: Any,
    by_sum: bool,
    limit: int,
    ways: Any,
) -> int:
    """How many places were found: the best `limit` after those told, best first, in `space` (`keys`: merit, size of the
    room, place, space; `rows`, `others`, `cents`), and in `ways` the decimetres of each person to each of them;
    `told[0]` is how many blocks were looked into."""
    bounds, parts = space.bounds, space.parts
    blocks, ahead = tree.counts[0], _most_ahead(wanted)
    size = _begin(tree, wanted, people, by_sum, bounds, parts)
    found = looked = 0
    while size > 0:
        bound, part = bounds[0], parts[0]
        pop(bounds, parts, size)
        size -= 1
        highest = ahead - space.keys[0] if found == limit else MORE_THAN_ANY_COST
        if -bound > highest:
            break
        if part < blocks:
            looked += 1
            found = _look_into(tree, wanted, space, people, by_sum, limit, part, found)
            continue
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            cost = _least(tree, wanted, people, by_sum, child, highest)
            if cost != NEVER:
                push(bounds, parts, size, -float(cost), child)
                size += 1
    in_order(space.keys, space.rows, found)
    _tell(tree, wanted, space, people, ways, found)
    space.told[0] = looked
    return found


@inlined
def _begin(tree: Tree, wanted: Wanted, people: Any, by_sum: bool, bounds: Any, parts: Any) -> int:
    """Puts the topmost parts into the frontier; returns how many."""
    size = 0
    for section in range(2 if wanted.candidates else 1):
        for part in range(tree.counts[4 + 2 * section], tree.counts[5 + 2 * section]):
            cost = _least(tree, wanted, people, by_sum, part, MORE_THAN_ANY_COST)
            if cost != NEVER:
                push(bounds, parts, size, -float(cost), part)
                size += 1
    return size


@inlined
def _most_ahead(wanted: Wanted) -> int:
    """What a room is ahead by that is free as often as may be."""
    return wanted.window_count * MORE_THAN_ANY_COST if wanted.most_windows else 0


@inlined
def _tenths(decimetres: float, people: Any, at: int) -> int:
    """Tenths of a minute on the way; grows with the distance."""
    return int(np.rint(decimetres / people[at + PACE]))


@inlined
def _cost(worst: int, total: int, by_sum: bool) -> int:
    return total * SECOND + worst if by_sum else worst * SECOND + total


@inlined
def _least(tree: Tree, wanted: Wanted, people: Any, by_sum: bool, part: int, highest: int) -> int:
    """The least a row of the part may cost, or `NEVER`, also where that is more than `highest`.

    Everybody at the point of the ball that is nearest to them: exact for one, far too little for a sum, because those
    who stand around the ball would need it to be on all sides at once. Sums of chords are convex, so over a ball of
    radius r they are at least the sum at its centre less r times the length of the gradient there, which is
    short where people pull in all directions.
    """
    if (tree.part_yes[part] & wanted.needs) != wanted.needs:
        return NEVER
    reach = tree.part_reach[part]
    worst = total = 0
    middle = slope_x = slope_y = slope_z = 0.0
    for at in range(0, len(people), PERSON):
        dx = tree.part_x[part] - people[at + X]
        dy = tree.part_y[part] - people[at + Y]
        dz = tree.part_z[part] - people[at + Z]
        chord = math.sqrt(dx * dx + dy * dy + dz * dz)
        tenths = _tenths(10.0 * least_m(chord - reach), people, at)
        if tenths > people[at + MOST]:
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
        rounded_off = 0.5 * (len(people) // PERSON) + ROUNDING
        total = max(total, math.ceil(middle - slope * reach - rounded_off))
    cost = _cost(worst, total, by_sum)
    return NEVER if cost > highest else cost


@inlined
def _look_into(
    tree: Tree, wanted: Wanted, space: Space, people: Any, by_sum: bool, limit: int, block: int, found: int
) -> int:
    """Offers the rows of a block that fit."""
    first = tree.block_start[block]
    word = having_all(tree, wanted, block)
    if word != 0:  # last, for it reads what is far apart in memory
        word &= free_rows(tree, wanted, space.slots, space.free, block)
    while word != 0:
        row = first + np.int64(trailing_zeros(word))
        word &= word - ONE
        if fits(tree, wanted, row):
            found = _consider(tree, wanted, space, people, by_sum, limit, row, found)
    return found


@inlined
def _consider(
    tree: Tree, wanted: Wanted, space: Space, people: Any, by_sum: bool, limit: int, row: int, found: int
) -> int:
    """Offers a row that fits to the best."""
    ahead = windows_of(tree, wanted, space.free, row) * MORE_THAN_ANY_COST
    highest = ahead - space.keys[0] if found == limit else MORE_THAN_ANY_COST
    if _about(tree, people, by_sum, row, highest) == NEVER:
        return found
    cost = _exactly(tree, people, by_sum, row)
    if cost == NEVER:
        return found
    merit, room, place = ahead - cost, _room(tree, wanted, row), tree.place_id[row]
    if wanted.after_merit != NO_PAGE_BEFORE[0] and (
        is_told(wanted, merit, room, place) or _a_better_room_was_told(tree, wanted, space, row, cost)
    ):
        return found
    return offer(space.keys, space.rows, limit, found, merit, room, place, tree.space_id[row], row)


@outlined
def _a_better_room_was_told(tree: Tree, wanted: Wanted, space: Space, row: int, cost: int) -> bool:
    """Whether another room of the same place, which costs the same, was on an earlier page."""
    place = tree.place_id[row]
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(tree.place_id) and tree.place_id[other] == place:
            if answers(tree, wanted, space.slots, space.beside, other):
                ahead = windows_of(tree, wanted, space.beside, other) * MORE_THAN_ANY_COST
                if is_told(wanted, ahead - cost, _room(tree, wanted, other), place):
                    return True
            other += step
    return False


@inlined
def _about(tree: Tree, people: Any, by_sum: bool, row: int, highest: int) -> int:
    """Lower bound of what a row costs, without a sine; `NEVER` where that is more than `highest`."""
    worst = total = 0
    for at in range(0, len(people), PERSON):
        metres = max(0.0, about_m(tree, people[at + X], people[at + Y], people[at + Z], row))
        tenths = _tenths(10.0 * metres, people, at)
        if tenths > people[at + MOST]:
            return NEVER
        worst, total = max(worst, tenths), total + tenths
        if _cost(worst, total, by_sum) > highest:
            return NEVER
    return _cost(worst, total, by_sum)


@inlined
def _exactly(tree: Tree, people: Any, by_sum: bool, row: int) -> int:
    """What a row costs."""
    worst = total = 0
    for at in range(0, len(people), PERSON):
        tenths = _tenths(distance_from_dm(tree, people[at + LON], people[at + LAT], row), people, at)
        if tenths > people[at + MOST]:
            return NEVER
        worst, total = max(worst, tenths), total + tenths
    return _cost(worst, total, by_sum)


@inlined
def _room(tree: Tree, wanted: Wanted, row: int) -> int:
    """The smaller of two rooms first, then the cheaper; what nobody knows last."""
    seats, cents = tree.seats[row], price.asked_cents(tree, wanted, row)
    known = seats if seats > 0 else UNKNOWN_SEATS
    return known * (UNKNOWN_PRICE + 1) + (UNKNOWN_PRICE if cents == UNKNOWN_CENTS else cents)


@inlined
def _tell(tree: Tree, wanted: Wanted, space: Space, people: Any, ways: Any, found: int) -> None:
    count = len(people) // PERSON
    for at in range(found):
        row = space.rows[at]
        space.cents[at] = price.asked_cents(tree, wanted, row)
        space.others[at] = others_answering(tree, wanted, space.slots, space.beside, row)
        tell_when(tree, wanted, space, at)
        for one in range(count):
            lon, lat = people[PERSON * one + LON], people[PERSON * one + LAT]
            ways[count * at + one] = np.int64(distance_from_dm(tree, lon, lat, row))
