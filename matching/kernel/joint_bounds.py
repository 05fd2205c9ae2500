"""Upper bounds of the terms that do not depend on the searcher's position or wishes, taken together; eligible rows.

Bounds that add the best price of one row to the best trust of another are never reached. Searchers of one profile (same
weights, community, seats) share one joint bound per part, which some row does reach; and for each row a bound of seven
bits, so that sixty-four rows are judged by reading one cache line.
"""

import math
from typing import Any

import numpy as np

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.arrays.query_arrays import QueryArrays, read_query
from matching.arrays.tree import BLOCKS, Tree, read_tree
from matching.arrays.workspace import Workspace, read_workspace
from matching.compiler.array_table import bytes_at, floats_at, words_at
from matching.compiler.jit import entry_point, inlined
from matching.kernel.availability import ONE
from matching.kernel.row_filters import is_eligible
from matching.kernel.scoring import write_other_values

MAX_ROW_BOUND = 127
"""Largest number of seven bits. The eighth bit is free, so that eight bounds are compared in one subtraction."""
SLACK = 1e-12
"""Added to each bound, because floating-point sums are rounded."""


@entry_point
def compute_joint_bounds(
    tree: int,
    floats: int,
    integers: int,
    tables: int,
    workspace: int,
    parts: int,
    joint_bounds: int,
    row_bounds: int,
    eligible_rows: int,
    sums: int,
) -> int:
    """See `_compute_joint_bounds`; `parts` is the number of parts of the tree. Returns 0."""
    of_tree, bounds = read_tree(tree), floats_at(joint_bounds, parts + 2)
    blocks = of_tree.counts[BLOCKS]
    of_rows, rows = bytes_at(row_bounds, blocks * BLOCK_ROWS), words_at(eligible_rows, blocks)
    scratch = floats_at(sums, blocks * BLOCK_ROWS)
    _compute_joint_bounds(
        of_tree, read_query(floats, integers, tables), read_workspace(workspace), bounds, of_rows, rows, scratch
    )
    return 0


@inlined
def _compute_joint_bounds(
    tree: Tree,
    query: QueryArrays,
    workspace: Workspace,
    joint_bounds: Any,
    row_bounds: Any,
    eligible_rows: Any,
    sums: Any,
) -> None:
    """Fills in `joint_bounds`: a bound per part of the tree, then the bound that 0 stands for in `row_bounds`, and the
    step between two of these; `row_bounds`: `BLOCK_ROWS` per block; `eligible_rows`: a bitmask per block.

    `sums` is scratch memory for a number per row.
    """
    blocks, parts = tree.counts[BLOCKS], len(joint_bounds) - 2
    least, most = np.inf, 0.0
    for block in range(blocks):
        joint_bounds[block], eligible_rows[block] = 0.0, np.uint64(0)
        first, at = tree.block_start[block], block * BLOCK_ROWS
        for row in range(first, tree.block_start[block + 1]):
            values = workspace.row_values
            total = write_other_values(tree, query, row, values) - query.weights[1] * values[1]
            sums[at + row - first] = total
            joint_bounds[block] = max(joint_bounds[block], total + SLACK)
            least = min(least, total)
            if is_eligible(tree, query, row):
                eligible_rows[block] |= ONE << np.uint64(row - first)
        most = max(most, joint_bounds[block])
    for part in range(blocks, parts):
        joint_bounds[part] = 0.0
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            joint_bounds[part] = max(joint_bounds[part], joint_bounds[child])
    least = min(least, most)
    step = (most - least) / MAX_ROW_BOUND + SLACK
    joint_bounds[parts], joint_bounds[parts + 1] = least, step
    for block in range(blocks):
        at = block * BLOCK_ROWS
        for row in range(tree.block_start[block + 1] - tree.block_start[block]):
            row_bounds[at + row] = np.uint8(math.ceil((sums[at + row] - least) / step))
