"""The tree of a snapshot: nodes and groups are made when it is opened, a few thousand numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import chords_of_m, unit_vectors
from geo.spatial.packed_tree import NODE_BLOCKS, Circles, circles_of_circles, cut
from matching.arrays.tree import Tree
from matching.snapshot.layout import block_of
from matching.snapshot.snapshot import Snapshot
from matching.terms.price import worths
from matching.terms.term import NEUTRAL

Array = npt.NDArray[Any]
BALL_SLACK = 1e-6
"""Of the Earth's radius, six metres: centres and radii are rounded, and no member may fall out."""


def tree_of(snapshot: Snapshot) -> Tree:
    """The tree of a snapshot, all of whose rows stand."""
    c, meta = snapshot.columns, snapshot.meta
    parts, children, tops = _parts(snapshot)
    stored = {name: getattr(c, name) for name in Tree._fields[: Tree._fields.index("alive")]}
    made = {name: np.ascontiguousarray(values) for name, values in parts.items()} | {
        "alive": all_standing(snapshot),
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
    return Tree(**(stored | made))


def all_standing(snapshot: Snapshot) -> npt.NDArray[np.uint64]:
    """One word per block: a bit for each of its rows."""
    lengths = np.diff(snapshot.columns.block_start).astype(np.uint64)
    words: npt.NDArray[np.uint64] = np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - lengths)
    return words


def words_of(snapshot: Snapshot, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """One word per block: a bit for each of these rows."""
    words = np.zeros(snapshot.meta.blocks, np.uint64)
    blocks = block_of(rows, snapshot.meta)
    lanes = (rows - snapshot.columns.block_start[blocks]).astype(np.uint64)
    np.bitwise_or.at(words, blocks, np.uint64(1) << lanes)
    return words


def _parts(snapshot: Snapshot) -> tuple[dict[str, Array], Array, tuple[int, int, int, int]]:
    """The `part_*` arrays, the children of each part that is no block, and the range of the topmost parts."""
    c, meta = snapshot.columns, snapshot.meta
    # A block may hold rows whose price nobody knows, beside expensive ones.
    price = np.maximum(NEUTRAL, worths(c.block_price_cents))
    level: dict[str, Array] = {
        "part_price": price,
        "part_any_price": np.maximum(price, worths(c.block_member_price_cents)),
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
        level, circles = _above(level, starts), circles_of_circles(circles, starts)
        levels.append(level)
        rings.append(circles)
    together = {name: np.concatenate([one[name] for one in levels]) for name in level}
    tops = (first, first + sections[0], first + sections[0], first + sum(sections))
    return together | _balls(rings), np.concatenate(children).astype(np.int64).reshape(-1, 2), tops


def _balls(rings: Sequence[Circles]) -> dict[str, Array]:
    """Circles on the sphere as balls in space, which a distance is found to without a sine."""
    lon, lat, radius_m = (np.concatenate([getattr(one, name) for one in rings]) for name in ("lon", "lat", "radius_m"))
    centre = unit_vectors(lon, lat)
    axes = {f"part_{axis}": centre[:, number] for number, axis in enumerate("xyz")}
    return {**axes, "part_reach": chords_of_m(radius_m) + BALL_SLACK}


def _above(level: dict[str, Array], starts: Array) -> dict[str, Array]:
    """The parts above those of a level."""
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
