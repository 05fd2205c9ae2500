"""What the compiled search reads: the columns of a snapshot and the tree over its blocks, as one tuple of arrays.

Parts of the tree are numbered: blocks first, then nodes of 64 blocks, then groups of 64 nodes. Of each part there is a
ball around its places on the unit sphere, and the best that any of its rows may be worth by each term.
"""

from typing import Any, NamedTuple

import numpy.typing as npt

from matching.compiler.array_table import (
    AddressTable,
    address_table,
    bytes_,
    floats,
    ints,
    longs,
    masks,
    singles,
    words,
)
from matching.compiler.jit import inlined

Array = npt.NDArray[Any]


class Tree(NamedTuple):
    """See `matching.snapshot.layout` for the columns; `part_*` are per part of the tree."""

    place_id: Array
    space_id: Array
    lon: Array
    lat: Array
    x: Array
    y: Array
    z: Array
    expected_dm: Array
    kind: Array
    space_kind: Array
    yes: Array
    no: Array
    seats: Array
    price_cents: Array
    member_price_cents: Array
    set_id: Array
    trust: Array
    block_start: Array
    block_day: Array
    day_words: Array
    left_start: Array
    left_row: Array
    left_slot: Array
    left_seats: Array
    block_has: Array
    block_lacks: Array
    block_last: Array
    block_expected_dm: Array
    precision: Array
    checked_year: Array
    alive: Array
    """Per block, bit i: row i still stands."""
    part_x: Array
    part_y: Array
    part_z: Array
    part_reach: Array
    """Chord from the centre to the farthest member."""
    part_price: Array
    """Most that a row is worth by its public price."""
    part_any_price: Array
    """The same by the lower of its prices."""
    part_trust: Array
    part_yes: Array
    part_unknown: Array
    part_seats: Array
    part_set: Array
    """Set of the communities that offer some row; -1 for a node, which does not tell."""
    child_first: Array
    """First child, and the one after the last, of each part that is no block."""
    child_stop: Array
    counts: Array
    """Blocks, offered blocks, rows, offered rows, and the range of the topmost parts: offered, then candidates."""
    left_stop: Array
    """Per offered block the end of its run; `left_start` is the beginning only."""
    new_words: Array
    """Days that replace some of the snapshot's: `block_day` counts on after `day_words`."""
    new_left_row: Array
    """With the two after it, seats left in blocks where they changed: `left_start` counts on after `left_row`."""
    new_left_slot: Array
    new_left_seats: Array


def handed(tree: Tree) -> AddressTable:
    """The tree as `unpacked` takes it."""
    return address_table(tree)


@inlined
def either(first: Any, second: Any, at: Any) -> Any:
    """An element of two arrays of which the second goes on where the first ends."""
    return first[at] if at < len(first) else second[at - len(first)]


@inlined
def unpacked(where: Any) -> Any:
    """The tree that `handed` handed over."""
    return Tree(
        longs(where, 0),
        longs(where, 1),
        floats(where, 2),
        floats(where, 3),
        singles(where, 4),
        singles(where, 5),
        singles(where, 6),
        ints(where, 7),
        bytes_(where, 8),
        bytes_(where, 9),
        masks(where, 10),
        masks(where, 11),
        ints(where, 12),
        ints(where, 13),
        ints(where, 14),
        ints(where, 15),
        floats(where, 16),
        longs(where, 17),
        ints(where, 18),
        words(where, 19),
        longs(where, 20),
        longs(where, 21),
        ints(where, 22),
        ints(where, 23),
        words(where, 24),
        words(where, 25),
        words(where, 26),
        ints(where, 27),
        bytes_(where, 28),
        bytes_(where, 29),
        words(where, 30),
        floats(where, 31),
        floats(where, 32),
        floats(where, 33),
        floats(where, 34),
        floats(where, 35),
        floats(where, 36),
        floats(where, 37),
        masks(where, 38),
        masks(where, 39),
        ints(where, 40),
        ints(where, 41),
        longs(where, 42),
        longs(where, 43),
        longs(where, 44),
        longs(where, 45),
        words(where, 46),
        longs(where, 47),
        ints(where, 48),
        ints(where, 49),
    )
