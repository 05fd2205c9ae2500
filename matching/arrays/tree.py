"""The index as the kernel reads it: the columns of a snapshot and the tree over its blocks, as one tuple of arrays.

Parts of the tree are numbered: blocks first, then nodes of 64 blocks, then groups of 64 nodes. Each part has a ball
around its places on the unit sphere, and per term an upper bound of the value of its rows.
"""

from typing import Any, NamedTuple

import numpy.typing as npt

from matching.compiler.array_table import bytes_, floats, ints, longs, masks, singles, words
from matching.compiler.jit import inlined

Array = npt.NDArray[Any]
BLOCKS, OFFERED_BLOCKS, ROWS, OFFERED_ROWS, ROOTS = range(5)
"""Positions in `Tree.counts`. From `ROOTS` on it has first and stop of the topmost parts over offered blocks, then of
those over blocks of candidates."""


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
    """Per block, bitmask of the rows that are live: those that the overlay does not replace."""
    part_x: Array
    part_y: Array
    part_z: Array
    part_reach: Array
    """Chord from the centre to the farthest member."""
    part_price: Array
    """Upper bound of the value of a row by its public price."""
    part_any_price: Array
    """The same by the lower of its prices, public or for members."""
    part_trust: Array
    part_yes: Array
    part_unknown: Array
    part_seats: Array
    part_set: Array
    """Set of the communities that offer some row of a block; -1 for other parts, which do not have one."""
    child_first: Array
    """First child, and the one after the last, of each part that is not a block."""
    child_stop: Array
    counts: Array
    """See `BLOCKS` and after."""
    left_stop: Array
    """Per offered block the end of its run of seats left, which begins at `left_start`."""
    new_words: Array
    """Days that replace some of the snapshot's: `block_day` continues to count after `day_words`."""
    new_left_row: Array
    """With the next two, seats left in blocks where they changed: `left_start` continues to count after `left_row`."""
    new_left_slot: Array
    new_left_seats: Array


@inlined
def joined_element(first: Any, second: Any, index: Any) -> Any:
    """Element of two arrays, the second of which continues the first."""
    return first[index] if index < len(first) else second[index - len(first)]


@inlined
def read_tree(table: Any) -> Any:
    """The tree whose arrays are in the table at an address."""
    return Tree(
        longs(table, 0),
        longs(table, 1),
        floats(table, 2),
        floats(table, 3),
        singles(table, 4),
        singles(table, 5),
        singles(table, 6),
        ints(table, 7),
        bytes_(table, 8),
        bytes_(table, 9),
        masks(table, 10),
        masks(table, 11),
        ints(table, 12),
        ints(table, 13),
        ints(table, 14),
        ints(table, 15),
        floats(table, 16),
        longs(table, 17),
        ints(table, 18),
        words(table, 19),
        longs(table, 20),
        longs(table, 21),
        ints(table, 22),
        ints(table, 23),
        words(table, 24),
        words(table, 25),
        words(table, 26),
        ints(table, 27),
        bytes_(table, 28),
        bytes_(table, 29),
        words(table, 30),
        floats(table, 31),
        floats(table, 32),
        floats(table, 33),
        floats(table, 34),
        floats(table, 35),
        floats(table, 36),
        floats(table, 37),
        masks(table, 38),
        masks(table, 39),
        ints(table, 40),
        ints(table, 41),
        longs(table, 42),
        longs(table, 43),
        longs(table, 44),
        longs(table, 45),
        words(table, 46),
        longs(table, 47),
        ints(table, 48),
        ints(table, 49),
    )
