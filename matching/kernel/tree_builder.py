"""Builds the tree of a snapshot when it is opened: nodes and groups above its blocks, a few thousand numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import chords_of_m, unit_vectors
from geo.spatial.packed_tree import NODE_BLOCKS, Circles, circles_of_circles, cut
from matching.arrays.tree import Tree
from matching.snapshot.layout import block_of
from matching.snapshot.snapshot import Snapshot
from matching.terms.price import values_of_cents
from matching.terms.term import NEUTRAL

Array = npt.NDArray[Any]
BALL_SLACK = 1e-6
"""In Earth radii, six metres: centres and radii are rounded, and no member may fall out."""


def build_tree(snapshot: Snapshot) -> Tree:
    """The tree of a snapshot, all of whose rows are live."""
    c, meta = snapshot.columns, snapshot.meta
    parts, children, tops = _parts(snapshot)
    stored = {name: getattr(c, name) for name in Tree._fields[: Tree._fields.index("alive")]}
    computed = {name: np.ascontiguousarray(values) for name, values in parts.items()} | {
        "alive": live_rows(snapshot),
        "child_first": np.ascontiguousarray(children[:, 0]),
        "child_stop": np.ascontiguousarray(children[:, 1]),
        "counts": np.array([meta.blocks, meta.offered_blocks, meta.rows, meta.offered_rows, *tops], np.int64),
        "left_start": c.left_start[:-1],
        "left_stop": c.left_start[1:],
        "new_words": c.day_words[:0],
        "new_left_row": c.left_row[:0],
        "new_left_slot": c.left_slot[:0],
        "new_left_seats": c.left_seats[:0],
    }
    return Tree(**(stored | computed))


def live_rows(snapshot: Snapshot) -> npt.NDArray[np.uint64]:
    """Bitmask per block of all its rows."""
    lengths = np.diff(snapshot.columns.block_start).astype(np.uint64)
    words: npt.NDArray[np.uint64] = np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - lengths)
    return words


def row_bitmask(snapshot: Snapshot, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Bitmask per block of some rows."""
    words = np.zeros(snapshot.meta.blocks, np.uint64)
    blocks = block_of(rows, snapshot.meta)
    lanes = (rows - snapshot.columns.block_start[blocks]).astype(np.uint64)
    np.bitwise_or.at(words, blocks, np.uint64(1) << lanes)
    return words


def _parts(snapshot: Snapshot) -> tuple[dict[str, Array], Array, tuple[int, int, int, int]]:
    """The `part_*` arrays; the children of each part that is not a block, shape (parts, 2); the ranges of the roots."""
    c, meta = snapshot.columns, snapshot.meta
    # Beside expensive rows a block may have rows of unknown price, whose value is neutral.
    price = np.maximum(NEUTRAL, values_of_cents(c.block_price_cents))
    level: dict[str, Array] = {
        "part_price": price,
        "part_any_price": np.maximum(price, values_of_cents(c.block_member_price_cents)),
        "part_trust": c.block_trust,
        "part_yes": c.block_yes,
        "part_unknown": c.block_unknown,
        "part_seats": c.block_seats,
        "part_set": c.block_set_id,
    }
    circles = Circles(c.block_lon, c.block_lat, c.block_radius_m)
    levels, rings, children = [level], [circles], []
    first, sections = 0, [meta.offered_blocks, meta.blocks - meta.offered_blocks]
    for _ in range(2):
        starts = cut(sections, NODE_BLOCKS)
        children.append(np.column_stack([starts[:-1], starts[1:]]) + first)
        first += sum(sections)
        sections = [-(-section // NODE_BLOCKS) for section in sections]
        level, circles = _parent_level(level, starts), circles_of_circles(circles, starts)
        levels.append(level)
        rings.append(circles)
    joined = {name: np.concatenate([columns[name] for columns in levels]) for name in level}
    tops = (first, first + sections[0], first + sections[0], first + sum(sections))
    return joined | _balls(rings), np.concatenate(children).astype(np.int64).reshape(-1, 2), tops


def _balls(rings: Sequence[Circles]) -> dict[str, Array]:
    """Circles on the sphere as balls in space: distances to these need no trigonometry."""
    lon, lat, radius_m = (
        np.concatenate([getattr(circles, name) for circles in rings]) for name in ("lon", "lat", "radius_m")
    )
    centre = unit_vectors(lon, lat)
    axes = {f"part_{axis}": centre[:, number] for number, axis in enumerate("xyz")}
    return {**axes, "part_reach": chords_of_m(radius_m) + BALL_SLACK}


def _parent_level(level: dict[str, Array], starts: Array) -> dict[str, Array]:
    """Columns of the parts above those of a level."""
    if len(starts) == 1:
        return {name: values[:0] for name, values in level.items()}
    operations = {
        **dict.fromkeys(("part_price", "part_any_price", "part_trust"), np.maximum),
        **dict.fromkeys(("part_yes", "part_unknown"), np.bitwise_or),
        "part_seats": np.minimum,
    }
    return {
        **{name: operation.reduceat(level[name], starts[:-1]) for name, operation in operations.items()},
        "part_set": np.full(len(starts) - 1, -1, level["part_set"].dtype),
    }
