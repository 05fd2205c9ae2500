"""What a row is to a query: whether it is free and fits, how far it is, what it scores."""

from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from geo.types import Amenity
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.bit_operations import trailing_zeros
from matching.compiler.jit import inlined, outlined
from matching.kernel.availability import ALL, ONE, free_rows
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.terms import price

AMENITIES = len(Amenity)


@inlined
def block_of(tree: Tree, row: int) -> int:
    """The block of a row."""
    offered = tree.counts[3]
    return row // BLOCK_ROWS if row < offered else tree.counts[1] + (row - offered) // BLOCK_ROWS


@inlined
def fits(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Open to who asks, of the kinds asked, and cheap enough."""
    return is_open(tree, wanted, row) and is_chosen(tree, wanted, row)


@inlined
def is_open(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Visible, and large enough. What is not asked is not read, here and below."""
    if wanted.some_hidden and not wanted.set_visible[tree.set_id[row]]:
        return False
    # What only an offer can tell does not rule out a candidate.
    return wanted.seats == 1 or row >= tree.counts[3] or tree.seats[row] >= wanted.seats


@inlined
def is_chosen(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Of the kinds asked, and cheap enough."""
    if wanted.some_kinds and not wanted.kinds[tree.kind[row]]:
        return False
    if row >= tree.counts[3]:
        return True
    if wanted.some_space_kinds and not wanted.space_kinds[tree.space_kind[row]]:
        return False
    if wanted.max_price_cents >= 0:
        cents = price.asked_cents(tree, wanted, row)
        return cents != UNKNOWN_CENTS and cents <= wanted.max_price_cents
    return True


@inlined
def open_in(tree: Tree, wanted: Wanted, block: int, rows: Any) -> Any:
    """Those of the `rows` of a block that are open to who asks."""
    if len(wanted.open_rows) > 0:
        return rows & wanted.open_rows[block]
    if not wanted.some_hidden and wanted.seats == 1:
        return rows
    kept, left = np.uint64(0), rows
    while left != 0:
        lane = trailing_zeros(left)
        if is_open(tree, wanted, tree.block_start[block] + np.int64(lane)):
            kept |= ONE << lane
        left &= left - ONE
    return kept


@inlined
def is_choosy(wanted: Wanted) -> bool:
    """Whether an open row might not be chosen."""
    return bool(wanted.some_kinds or wanted.some_space_kinds or wanted.max_price_cents >= 0)


@inlined
def meets_needs(tree: Tree, wanted: Wanted, row: int) -> bool:
    """Whether everything needed is known to be there."""
    return (tree.yes[row] & wanted.needs) == wanted.needs


@inlined
def lacking_some(tree: Tree, wanted: Wanted, block: int) -> Any:
    """Word of the rows of a block that are known not to have something needed."""
    word, needs = np.uint64(0), wanted.needs
    while needs != 0:
        amenity = np.int64(trailing_zeros(np.uint64(needs)))
        word |= tree.block_lacks[block * AMENITIES + amenity]
        needs &= needs - np.uint32(1)
    return word


@inlined
def having_all(tree: Tree, wanted: Wanted, block: int) -> Any:
    """Word of the rows of a block that are known to have everything needed."""
    word, needs = ALL, wanted.needs
    while needs != 0:
        amenity = np.int64(trailing_zeros(np.uint64(needs)))
        word &= tree.block_has[block * AMENITIES + amenity]
        needs &= needs - np.uint32(1)
    return word


@outlined
def answers(tree: Tree, wanted: Wanted, slots: Any, free: Any, row: int) -> bool:
    """Whether a row of a place within reach answers the query."""
    block = block_of(tree, row)
    is_free = (free_rows(tree, wanted, slots, free, block) >> np.uint64(row - tree.block_start[block])) & ONE
    return is_free != 0 and fits(tree, wanted, row) and meets_needs(tree, wanted, row)


@outlined
def others_answering(tree: Tree, wanted: Wanted, slots: Any, free: Any, row: int) -> int:
    """How many further spaces of the same place answer the query."""
    others = 0
    for step in (-1, 1):
        other = row + step
        while 0 <= other < len(tree.place_id) and tree.place_id[other] == tree.place_id[row]:
            others += answers(tree, wanted, slots, free, other)
            other += step
    return others
