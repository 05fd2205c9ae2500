"""The space in which the kernel works: made once per thread, filled by every search."""

import threading
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiler.array_table import address_table, floats, longs, words
from matching.compiler.jit import inlined
from matching.query.query import MAX_LIMIT, MAX_WINDOWS
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

Array = npt.NDArray[Any]
TERMS = 6
TOLD = ("rows", "others", "cents", "why", "sets", "granted", "refused", "windows", "start", "stop", "left")
"""After the keys, in one piece with them, so that one copy takes all of it out."""
FIRST_TOLD = 4
COLUMNS = FIRST_TOLD + len(TOLD)
"""Of that piece, `MAX_LIMIT` numbers each; the keys are four."""


class Space(NamedTuple):
    """`bounds`, `parts`: the frontier (`frontier`), or a stack; `slots`: a word per slot; `free`: a word per window, of
    the block at hand; `beside`: the same of another block; `keys`, `rows`: the best so far (`best`); `values` and those
    after: what is told of them; `scratch`: values of one row; `told`: numbers that come back."""

    bounds: Array
    parts: Array
    slots: Array
    free: Array
    beside: Array
    keys: Array
    rows: Array
    values: Array
    others: Array
    cents: Array
    why: Array
    sets: Array
    granted: Array
    """Wishes that are there, and those that are known not to be."""
    refused: Array
    windows: Array
    """Bit i: free in window i."""
    start: Array
    stop: Array
    left: Array
    scratch: Array
    told: Array


class Own(threading.local):
    """A thread's space, and the addresses under which the kernel finds it."""

    def __init__(self) -> None:
        self.found = np.empty(COLUMNS * MAX_LIMIT, np.int64)
        self.space = _space(0, self.found)
        self.handed = address_table(self.space)

    def large_enough(self, parts: int) -> "Own":
        """Itself, with room for a tree of so many parts."""
        if len(self.space.parts) < parts:
            self.space = _space(parts, self.found)
            self.handed = address_table(self.space)
        return self


def _space(parts: int, found: Array) -> Space:
    told = {name: found[at * MAX_LIMIT : (at + 1) * MAX_LIMIT] for at, name in enumerate(TOLD, start=FIRST_TOLD)}
    return Space(
        bounds=np.empty(parts, np.float64),
        parts=np.empty(parts, np.int64),
        slots=np.empty(DAYS * SLOTS_PER_DAY, np.uint64),
        free=np.empty(MAX_WINDOWS, np.uint64),
        beside=np.empty(MAX_WINDOWS, np.uint64),
        keys=found[: FIRST_TOLD * MAX_LIMIT],
        values=np.empty(TERMS * MAX_LIMIT, np.float64),
        scratch=np.empty(TERMS, np.float64),
        told=np.empty(4, np.int64),
        **told,
    )


@inlined
def working(where: Any) -> Any:
    """The space whose addresses these are."""
    return Space(
        floats(where, 0),
        longs(where, 1),
        words(where, 2),
        words(where, 3),
        words(where, 4),
        longs(where, 5),
        longs(where, 6),
        floats(where, 7),
        longs(where, 8),
        longs(where, 9),
        longs(where, 10),
        longs(where, 11),
        longs(where, 12),
        longs(where, 13),
        longs(where, 14),
        longs(where, 15),
        longs(where, 16),
        longs(where, 17),
        floats(where, 18),
        longs(where, 19),
    )


own = Own()
