"""What rows are worth by all that does not depend on where the asker is, and wishes apart; and which are open to them.

Bounds that add up the best price of one row and the trust of another are never reached. People who ask alike (same
weights, community, seats) share one joint bound per part, which some row does reach, and for each row a bound of seven
bits, so that sixty-four rows are judged by reading one line of memory.
"""

import math
from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.arrays.query_arrays import Wanted, understood
from matching.arrays.tree import Tree, unpacked
from matching.arrays.workspace import Space, working
from matching.compiler.array_table import bytes_at, floats_at, words_at
from matching.compiler.jit import entry_point, inlined
from matching.kernel.availability import ONE
from matching.kernel.row_filters import is_open
from matching.kernel.scoring import other_values

MOST = 127
"""The largest number of seven bits: one more bit is left free to compare eight of them at once."""
SLACK = 1e-12
"""Sums are rounded."""


@entry_point
def bound_together(
    tree: int,
    numbers: int,
    whole: int,
    tables: int,
    space: int,
    parts: int,
    together: int,
    worths: int,
    open_rows: int,
    rests: int,
) -> int:
    """See `_bound_together`; `parts` is how many the tree has. Gives 0."""
    of_tree, bounds = unpacked(tree), floats_at(together, parts + 2)
    blocks = of_tree.counts[0]
    of_rows, rows = bytes_at(worths, blocks * BLOCK_ROWS), words_at(open_rows, blocks)
    scratch = floats_at(rests, blocks * BLOCK_ROWS)
    _bound_together(of_tree, understood(numbers, whole, tables), working(space), bounds, of_rows, rows, scratch)
    return 0


@inlined
def _bound_together(
    tree: Tree, wanted: Wanted, space: Space, together: Any, worths: Any, open_rows: Any, rests: Any
) -> None:
    """Fills in a bound per part, and after them what 0 stands for among the bounds of rows, and a step of these; these
    bounds, `BLOCK_ROWS` per block; and per block the word of the rows that are open to who asks. `rests` is room for a
    number per row."""
    blocks, parts = tree.counts[0], len(together) - 2
    least, most = np.inf, 0.0
    for block in range(blocks):
        together[block], open_rows[block] = 0.0, np.uint64(0)
        first, at = tree.block_start[block], block * BLOCK_ROWS
        for row in range(first, tree.block_start[block + 1]):
            rest = other_values(tree, wanted, row, space.scratch) - wanted.weights[1] * space.scratch[1]
            rests[at + row - first] = rest
            together[block] = max(together[block], rest + SLACK)
            least = min(least, rest)
            if is_open(tree, wanted, row):
                open_rows[block] |= ONE << np.uint64(row - first)
        most = max(most, together[block])
    for part in range(blocks, parts):
        together[part] = 0.0
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            together[part] = max(together[part], together[child])
    least = min(least, most)
    step = (most - least) / MOST + SLACK
    together[parts], together[parts + 1] = least, step
    for block in range(blocks):
        at = block * BLOCK_ROWS
        for row in range(tree.block_start[block + 1] - tree.block_start[block]):
            worths[at + row] = np.uint8(math.ceil((rests[at + row] - least) / step))
