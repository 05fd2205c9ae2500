"""Frontier of a best-first search: a binary heap of the parts of the tree to visit, highest bound first.

The caller keeps its size.
"""

from typing import Any

from matching.compiler.jit import inlined


@inlined
def push(bounds: Any, parts: Any, size: int, bound: float, part: int) -> None:
    """Adds a part to a heap of `size` parts."""
    at = size
    while at > 0:
        above = (at - 1) // 2
        if bounds[above] >= bound:
            break
        bounds[at], parts[at] = bounds[above], parts[above]
        at = above
    bounds[at], parts[at] = bound, part


@inlined
def pop(bounds: Any, parts: Any, size: int) -> None:
    """Removes the first part, which the caller has read, from a heap of `size` parts."""
    last = size - 1
    bound, part = bounds[last], parts[last]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= last:
            break
        if below + 1 < last and bounds[below + 1] > bounds[below]:
            below += 1
        if bounds[below] <= bound:
            break
        bounds[at], parts[at] = bounds[below], parts[below]
        at = below
    bounds[at], parts[at] = bound, part
