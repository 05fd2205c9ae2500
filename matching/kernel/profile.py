"""What rows are worth by all that does not depend on where the asker is, and wishes apart: the most of each part.

Bounds that add up the best price of one row and the trust of another are never reached. People who ask alike (same
weights, community, seats) share one joint bound per part, which some row does reach.
"""

from typing import Any

from matching.compiled import entry, inner
from matching.kernel.asked import Wanted, understood
from matching.kernel.passing import floats_at
from matching.kernel.rows import other_values
from matching.kernel.space import Space, working
from matching.kernel.tree import Tree, unpacked


@entry
def bound_together(tree: int, numbers: int, whole: int, tables: int, space: int, answer: int, parts: int) -> int:
    """Fills in `answer`, a number per part. Gives 0."""
    into = floats_at(answer, parts)
    _bound_together(unpacked(tree), understood(numbers, whole, tables), working(space), into)
    return 0


@inner
def _bound_together(tree: Tree, wanted: Wanted, space: Space, answer: Any) -> None:
    blocks = tree.counts[0]
    for block in range(blocks):
        most = 0.0
        for row in range(tree.block_start[block], tree.block_start[block + 1]):
            rest = other_values(tree, wanted, row, space.scratch)
            most = max(most, rest - wanted.weights[1] * space.scratch[1])
        answer[block] = most + 1e-12
    for part in range(blocks, len(answer)):
        most = 0.0
        for child in range(tree.child_first[part - blocks], tree.child_stop[part - blocks]):
            most = max(most, answer[child])
        answer[part] = most
