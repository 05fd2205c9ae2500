"""Filters of a query: on one row, and on the 64 rows of a block at once as bitmasks."""

from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from geo.types import Amenity
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import OFFERED_BLOCKS, OFFERED_ROWS, Tree
from matching.compiler.bit_operations import trailing_zeros
from matching.compiler.jit import inlined
from matching.kernel.availability import ALL_ROWS, ONE, free_rows
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms import price

AMENITIES = len(Amenity)


@inlined
def block_of(tree: Tree, row: int) -> int:
    """The block of a row."""
    offered = tree.counts[OFFERED_ROWS]
    return row // BLOCK_ROWS if row < offered else tree.counts[OFFERED_BLOCKS] + (row - offered) // BLOCK_ROWS


@inlined
def passes_filters(tree: Tree, query: QueryArrays, row: int) -> bool:
    """Whether a row passes the filters, needs and windows apart."""
    return is_eligible(tree, query, row) and passes_room_filters(tree, query, row)


@inlined
def is_eligible(tree: Tree, query: QueryArrays, row: int) -> bool:
    """Whether a row is visible to the searcher and has enough seats. Here and below, a column is read only where a
    filter needs it."""
    if query.has_hidden_sets and not query.set_visible[tree.set_id[row]]:
        return False
    # Candidates have no seats and no price yet: filters on these let them pass.
    return query.seats == 1 or row >= tree.counts[OFFERED_ROWS] or tree.seats[row] >= query.seats


@inlined
def passes_room_filters(tree: Tree, query: QueryArrays, row: int) -> bool:
    """Whether a row is of the wanted kinds, not too large and not too expensive."""
    if query.has_kinds and not query.kinds[tree.kind[row]]:
        return False
    if row >= tree.counts[OFFERED_ROWS]:
        return True
    if query.has_space_kinds and not query.space_kinds[tree.space_kind[row]]:
        return False
    if query.max_seats >= 0 and tree.seats[row] > query.max_seats:
        return False
    if query.max_price_cents >= 0:
        cents = price.searcher_cents(tree, query, row)
        return cents != UNKNOWN_CENTS and cents <= query.max_price_cents
    return True


@inlined
def eligible_in(tree: Tree, query: QueryArrays, block: int, rows: Any) -> Any:
    """Those of the `rows` of a block that are eligible."""
    if len(query.eligible_rows) > 0:
        return rows & query.eligible_rows[block]
    if not query.has_hidden_sets and query.seats == 1:
        return rows
    eligible, left = np.uint64(0), rows
    while left != 0:
        lane = trailing_zeros(left)
        if is_eligible(tree, query, tree.block_start[block] + np.int64(lane)):
            eligible |= ONE << lane
        left &= left - ONE
    return eligible


@inlined
def has_room_filters(query: QueryArrays) -> bool:
    """Whether the query has a filter that `passes_room_filters` checks."""
    return bool(query.has_kinds or query.has_space_kinds or query.max_seats >= 0 or query.max_price_cents >= 0)


@inlined
def meets_needs(tree: Tree, query: QueryArrays, row: int) -> bool:
    """Whether every needed amenity is known to be there."""
    return (tree.yes[row] & query.needs) == query.needs


@inlined
def rows_lacking_needs(tree: Tree, query: QueryArrays, block: int) -> Any:
    """Bitmask of the rows of a block that are known to lack a needed amenity."""
    word, needs = np.uint64(0), query.needs
    while needs != 0:
        amenity = np.int64(trailing_zeros(np.uint64(needs)))
        word |= tree.block_lacks[block * AMENITIES + amenity]
        needs &= needs - np.uint32(1)
    return word


@inlined
def rows_meeting_needs(tree: Tree, query: QueryArrays, block: int) -> Any:
    """Bitmask of the rows of a block that are known to have every needed amenity."""
    word, needs = ALL_ROWS, query.needs
    while needs != 0:
        amenity = np.int64(trailing_zeros(np.uint64(needs)))
        word &= tree.block_has[block * AMENITIES + amenity]
        needs &= needs - np.uint32(1)
    return word


@inlined
def is_listed(tree: Tree, query: QueryArrays, row: int) -> bool:
    """Whether a row meets the needs; with `to_confirm`, whether it may, for what it is not known to have is unknown."""
    if query.to_confirm:
        return (tree.no[row] & query.needs) == 0 and not meets_needs(tree, query, row)
    return meets_needs(tree, query, row)


@inlined
def listed_rows(tree: Tree, query: QueryArrays, block: int) -> Any:
    """Bitmask of the rows of a block that `is_listed` is true of."""
    word = rows_meeting_needs(tree, query, block)
    if query.to_confirm:
        word = ~(word | rows_lacking_needs(tree, query, block))
    return word


@inlined
def is_match(tree: Tree, query: QueryArrays, slots: Any, free: Any, row: int) -> bool:
    """Whether a row matches the query, its distance apart."""
    return is_listed(tree, query, row) and _is_free_and_passes(tree, query, slots, free, row)


@inlined
def has_confirmed_match(tree: Tree, query: QueryArrays, slots: Any, free: Any, row: int) -> bool:
    """Whether a space of the same place meets the needs and matches, distance apart: the place is not to confirm."""
    for step in (-1, 1):
        other_row = row + step
        while 0 <= other_row < len(tree.place_id) and tree.place_id[other_row] == tree.place_id[row]:
            if meets_needs(tree, query, other_row) and _is_free_and_passes(tree, query, slots, free, other_row):
                return True
            other_row += step
    return False


@inlined
def _is_free_and_passes(tree: Tree, query: QueryArrays, slots: Any, free: Any, row: int) -> bool:
    """Whether a row matches the query, its distance and the needs apart."""
    block = block_of(tree, row)
    is_free = (free_rows(tree, query, slots, free, block) >> np.uint64(row - tree.block_start[block])) & ONE
    return is_free != 0 and passes_filters(tree, query, row)


@inlined
def count_other_matches(tree: Tree, query: QueryArrays, slots: Any, free: Any, row: int) -> int:
    """How many further spaces of the same place match the query."""
    count = 0
    for step in (-1, 1):
        other_row = row + step
        while 0 <= other_row < len(tree.place_id) and tree.place_id[other_row] == tree.place_id[row]:
            count += is_match(tree, query, slots, free, other_row)
            other_row += step
    return count
