"""The memory in which the kernel works: allocated once per thread, filled by every search."""

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
RESULT_COLUMNS = (
    *("rows", "other_spaces", "cents", "reason_key", "sets", "wishes_met", "wishes_unmet", "windows", "start", "stop"),
    "left",
)
"""Integers of each result, `MAX_LIMIT` per column. They follow the keys in one array, so that one copy takes all."""
KEY_COLUMNS = 4
COLUMNS = KEY_COLUMNS + len(RESULT_COLUMNS)


class Workspace(NamedTuple):
    """Memory of one search, and its results."""

    bounds: Array
    """With the next, the frontier of a best-first search (`matching.kernel.frontier`), or a stack."""
    parts: Array
    slots: Array
    """Bitmask per slot of a window."""
    free: Array
    """Per window, bitmask of the rows of the current block that are free in it."""
    other_free: Array
    """The same of another block."""
    keys: Array
    """With the next, the best places so far (`matching.kernel.top_k`)."""
    rows: Array
    values: Array
    """Values of the terms of each result."""
    other_spaces: Array
    """Per result, as all below: how many further spaces of its place match."""
    cents: Array
    reason_key: Array
    """See `matching.kernel.reason_key`."""
    sets: Array
    wishes_met: Array
    """With the next, bitmasks of the wishes that are there, and of those that are known not to be."""
    wishes_unmet: Array
    windows: Array
    """Bit i: free in window i."""
    start: Array
    """With the next, the run of free slots around the first of these windows."""
    stop: Array
    left: Array
    """Fewest seats left in these windows; -1: not known."""
    row_values: Array
    """Values of the terms of the current row."""
    counters: Array
    """Numbers that an entry point returns beside its result."""


class ThreadWorkspace(threading.local):
    """The workspace of a thread, and its address table."""

    def __init__(self) -> None:
        self.results = np.empty(COLUMNS * MAX_LIMIT, np.int64)
        self.arrays = _allocate(0, self.results)
        self.addresses = address_table(self.arrays)

    def reserve(self, parts: int) -> "ThreadWorkspace":
        """The same, large enough for a tree of `parts` parts."""
        if len(self.arrays.parts) < parts:
            self.arrays = _allocate(parts, self.results)
            self.addresses = address_table(self.arrays)
        return self


def _allocate(parts: int, results: Array) -> Workspace:
    columns = {
        name: results[number * MAX_LIMIT : (number + 1) * MAX_LIMIT]
        for number, name in enumerate(RESULT_COLUMNS, start=KEY_COLUMNS)
    }
    return Workspace(
        bounds=np.empty(parts, np.float64),
        parts=np.empty(parts, np.int64),
        slots=np.empty(DAYS * SLOTS_PER_DAY, np.uint64),
        free=np.empty(MAX_WINDOWS, np.uint64),
        other_free=np.empty(MAX_WINDOWS, np.uint64),
        keys=results[: KEY_COLUMNS * MAX_LIMIT],
        values=np.empty(TERMS * MAX_LIMIT, np.float64),
        row_values=np.empty(TERMS, np.float64),
        counters=np.empty(4, np.int64),
        **columns,
    )


@inlined
def read_workspace(table: Any) -> Any:
    """The workspace whose arrays are in the table at an address."""
    return Workspace(
        floats(table, 0),
        longs(table, 1),
        words(table, 2),
        words(table, 3),
        words(table, 4),
        longs(table, 5),
        longs(table, 6),
        floats(table, 7),
        longs(table, 8),
        longs(table, 9),
        longs(table, 10),
        longs(table, 11),
        longs(table, 12),
        longs(table, 13),
        longs(table, 14),
        longs(table, 15),
        longs(table, 16),
        longs(table, 17),
        floats(table, 18),
        longs(table, 19),
    )


thread_workspace = ThreadWorkspace()
