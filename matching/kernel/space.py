"""The space in which the kernel works: made once per thread, filled by every search."""

import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiled import unpacking
from matching.kernel.passing import addresses, floats, longs, words
from matching.query import MAX_LIMIT
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

Array = npt.NDArray[Any]
TERMS = 6


class Space(NamedTuple):
    """`bounds`, `parts`: the frontier (`frontier`), or a stack; `words`: one per slot; `keys`, `rows`: the best so far
    (`best`); `values`, `others`, `cents`: what is told of them; `scratch`: values of one row; `told`: numbers that
    come back."""

    bounds: Array
    parts: Array
    words: Array
    keys: Array
    rows: Array
    values: Array
    others: Array
    cents: Array
    scratch: Array
    told: Array


class Own(threading.local):
    """A thread's space, and the addresses under which the kernel finds it."""

    def __init__(self) -> None:
        # In one piece, so that one copy takes them all out: keys, rows, others, cents.
        self.found = np.empty(7 * MAX_LIMIT, np.int64)
        self.space = _space(0, self.found)
        self.handed = addresses(self.space)

    def large_enough(self, parts: int) -> "Own":
        """Itself, with room for a tree of so many parts."""
        if len(self.space.parts) < parts:
            self.space = _space(parts, self.found)
            self.handed = addresses(self.space)
        return self


def _space(parts: int, found: Array) -> Space:
    return Space(
        np.empty(parts, np.float64),
        np.empty(parts, np.int64),
        np.empty(DAYS * SLOTS_PER_DAY, np.uint64),
        found[: 4 * MAX_LIMIT],
        found[4 * MAX_LIMIT : 5 * MAX_LIMIT],
        np.empty(TERMS * MAX_LIMIT, np.float64),
        found[5 * MAX_LIMIT : 6 * MAX_LIMIT],
        found[6 * MAX_LIMIT :],
        np.empty(TERMS, np.float64),
        np.empty(4, np.int64),
    )


@unpacking
def working(where: Any) -> Any:
    """The space whose addresses these are."""
    return Space(
        floats(where, 0),
        longs(where, 1),
        words(where, 2),
        longs(where, 3),
        longs(where, 4),
        floats(where, 5),
        longs(where, 6),
        longs(where, 7),
        floats(where, 8),
        longs(where, 9),
    )


own = Own()
