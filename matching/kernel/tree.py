"""What the compiled search reads: the columns of a snapshot and the tree over its blocks, as one tuple of arrays.

Parts of the tree are numbered: blocks first, then nodes of 64 blocks, then groups of 64 nodes. Of each part there is a
ball around its places on the unit sphere, and the best that any of its rows may be worth by each term. Nodes and groups
are made when a snapshot is opened: they are a few thousand numbers.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.blocks import NODE_BLOCKS, cut
from geo.distance import EARTH_RADIUS_M, unit_vectors
from geo.types import Amenity
from matching.kernel.compiled import unpacking
from matching.kernel.passing import addresses, bytes_, floats, ints, longs, masks, singles, words
from matching.snapshot.snapshot import Snapshot
from matching.terms.price import worths
from matching.terms.term import NEUTRAL

Array = npt.NDArray[Any]
BALL_SLACK = 1e-6
"""Of the Earth's radius, six metres: centres and radii are rounded, and no member may fall out."""
AMENITIES = len(Amenity)


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
    alive: Array
    """Per block, bit i: row i still stands."""
    block_has: Array
    """Per block and amenity, bit i: row i has it."""
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


def tree_of(snapshot: Snapshot, alive: Array | None = None) -> Tree:
    """The tree of a snapshot. `alive` is per row; None: all of them."""
    c, meta = snapshot.columns, snapshot.meta
    parts, children, tops = _parts(snapshot)
    return Tree(
        *(getattr(c, name) for name in Tree._fields[: Tree._fields.index("alive")]),
        alive=alive_words(snapshot, alive),
        block_has=_block_has(snapshot),
        **{name: np.ascontiguousarray(values) for name, values in parts.items()},
        child_first=np.ascontiguousarray(children[:, 0]),
        child_stop=np.ascontiguousarray(children[:, 1]),
        counts=np.array([meta.blocks, meta.offered_blocks, meta.rows, meta.offered_rows, *tops], np.int64),
    )


def handed(tree: Tree) -> npt.NDArray[np.int64]:
    """The tree as `unpacked` takes it."""
    return addresses(tree)


@unpacking
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
        floats(where, 26),
        floats(where, 27),
        floats(where, 28),
        floats(where, 29),
        floats(where, 30),
        floats(where, 31),
        floats(where, 32),
        masks(where, 33),
        masks(where, 34),
        ints(where, 35),
        ints(where, 36),
        longs(where, 37),
        longs(where, 38),
        longs(where, 39),
    )


def alive_words(snapshot: Snapshot, alive: Array | None) -> Array:
    """One word per block: bit i says that its row i is there and still stands."""
    rows = np.ones(snapshot.meta.rows, np.bool_) if alive is None else alive
    return _sliced(snapshot, rows[:, None])


def _block_has(snapshot: Snapshot) -> Array:
    bits = np.uint32(1) << np.arange(AMENITIES, dtype=np.uint32)
    return _sliced(snapshot, (snapshot.columns.yes[:, None] & bits) != 0)


def _sliced(snapshot: Snapshot, facts: Array) -> Array:
    """Facts of rows, shape (rows, facts), as one word per block and fact, in one piece."""
    starts = snapshot.columns.block_start
    lengths = np.diff(starts)
    block = np.repeat(np.arange(len(lengths)), lengths)
    lane = np.arange(len(facts)) - np.repeat(starts[:-1], lengths)
    square = np.zeros((len(lengths), 64, facts.shape[1]), np.bool_)
    square[block, lane] = facts
    packed = np.packbits(square, axis=1, bitorder="little")
    sliced: Array = np.ascontiguousarray(packed.transpose(0, 2, 1)).view("<u8").reshape(-1).astype(np.uint64)
    return sliced


def _parts(snapshot: Snapshot) -> tuple[dict[str, Array], Array, tuple[int, int, int, int]]:
    c, meta = snapshot.columns, snapshot.meta
    centre = unit_vectors(c.block_lon, c.block_lat)
    # A block may hold rows whose price nobody knows, beside expensive ones.
    price = np.maximum(NEUTRAL, worths(c.block_price_cents))
    level: dict[str, Array] = {
        "part_x": centre[:, 0],
        "part_y": centre[:, 1],
        "part_z": centre[:, 2],
        "part_reach": _chords(c.block_radius_m) + BALL_SLACK,
        "part_price": price,
        "part_any_price": np.maximum(price, worths(c.block_member_price_cents)),
        "part_trust": c.block_trust,
        "part_yes": c.block_yes,
        "part_unknown": c.block_unknown,
        "part_seats": c.block_seats,
        "part_set": c.block_set_id,
    }
    levels, children = [level], []
    first, sections = 0, [meta.offered_blocks, meta.blocks - meta.offered_blocks]
    for _ in range(2):
        starts = cut(sections, NODE_BLOCKS)
        children.append(np.column_stack([starts[:-1], starts[1:]]) + first)
        first += sum(sections)
        sections = [-(-section // NODE_BLOCKS) for section in sections]
        level = _above(level, starts)
        levels.append(level)
    together = {name: np.concatenate([one[name] for one in levels]) for name in level}
    tops = (first, first + sections[0], first + sections[0], first + sum(sections))
    return together, np.concatenate(children).astype(np.int64).reshape(-1, 2), tops


def _above(level: dict[str, Array], starts: Array) -> dict[str, Array]:
    """The parts above those of a level."""
    if len(starts) == 1:
        return {name: values[:0] for name, values in level.items()}
    axes, lengths = ("part_x", "part_y", "part_z"), np.diff(starts)
    centre = {axis: np.add.reduceat(level[axis], starts[:-1]) / lengths for axis in axes}
    square = sum((level[axis] - np.repeat(centre[axis], lengths)) ** 2 for axis in axes)
    away = np.sqrt(square) + level["part_reach"]
    operations = {
        **dict.fromkeys(("part_price", "part_any_price", "part_trust"), np.maximum),
        **dict.fromkeys(("part_yes", "part_unknown"), np.bitwise_or),
        "part_seats": np.minimum,
    }
    return {
        **centre,
        "part_reach": np.maximum.reduceat(away, starts[:-1]) + BALL_SLACK,
        **{name: operation.reduceat(level[name], starts[:-1]) for name, operation in operations.items()},
        "part_set": np.full(len(lengths), -1, level["part_set"].dtype),
    }


def _chords(radius_m: Array) -> Array:
    """Chords on the unit sphere of arcs in metres."""
    result: Array = 2 * np.sin(np.minimum(radius_m / (2 * EARTH_RADIUS_M), np.pi / 2))
    return result
