"""A query as the compiled search reads it: one tuple of numbers and small arrays."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiler.array_table import bytes_, floats, floats_at, longs_at, words
from matching.compiler.jit import inlined

Array = npt.NDArray[Any]
FIRST_WEIGHT, WEIGHTS, WHOLE_NUMBERS = 8, 6, 16
"""Numbers before the weights, weights, whole numbers before the windows."""
UNCOUNTED = 1 << 40
"""Length of the windows for bounds checks: a relaxation packs those of many times, more than `window_count`."""
NO_PAGE_BEFORE = (-1, 0, 0)


class Wanted(NamedTuple):
    """`weights` in the order of `matching.query.weights.TERM_NAMES`, 0 for terms that do not count. `windows`, three
    numbers
    each: first slot, slot after the last, counted from the snapshot's first, and how many in a row are enough (0: all);
    `most_windows`: see `matching.query.query`; `now`: the slot that runs, -1 where nobody asks when results are free.
    `after_*`: the last result of the page before, its merit (`matching.kernel.scoring.merit`; -1: there is none) and
    its
    distance in decimetres."""

    lon: float
    lat: float
    x: float
    y: float
    z: float
    radius_m: float
    half_m: float
    most_affinity: float
    weights: Array
    needs: Any
    wishes: Any
    wish_count: int
    seats: int
    max_price_cents: int
    any_own: int
    candidates: int
    after_merit: int
    after_distance: int
    after_place: int
    some_hidden: int
    some_kinds: int
    some_space_kinds: int
    most_windows: int
    now: int
    window_count: int
    windows: Array
    kinds: Array
    space_kinds: Array
    set_visible: Array
    set_own: Array
    set_affinity: Array
    worths: Array
    suits: Array
    together: Array
    """Per part, the most that any row is worth by all terms but proximity and wishes together, and what the numbers of
    `row_worths` stand for (`matching.kernel.joint_bounds`); with the two after it empty where it is not known yet."""
    row_worths: Array
    """The same of each row, seven bits in a byte, eight rows a word."""
    open_rows: Array
    """Word per block of the rows that are open to who asks (`matching.kernel.row_filters.is_open`)."""


@inlined
def understood(numbers: Any, whole: Any, where: Any) -> Any:
    """The query, told by three addresses: of numbers, of whole numbers, and of the addresses of tables."""
    weights = floats_at(numbers + 8 * FIRST_WEIGHT, WEIGHTS)
    after_integers = whole + 8 * WHOLE_NUMBERS
    numbers, whole = floats_at(numbers, FIRST_WEIGHT), longs_at(whole, WHOLE_NUMBERS)
    windows = longs_at(after_integers, UNCOUNTED)
    return Wanted(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        numbers[6],
        numbers[7],
        weights,
        np.uint32(whole[0]),
        np.uint32(whole[1]),
        whole[2],
        whole[3],
        whole[4],
        whole[5],
        whole[6],
        whole[7],
        whole[8],
        whole[9],
        whole[10],
        whole[11],
        whole[12],
        whole[13],
        whole[14],
        whole[15],
        windows,
        bytes_(where, 0),
        bytes_(where, 1),
        bytes_(where, 2),
        bytes_(where, 3),
        floats(where, 4),
        floats(where, 5),
        floats(where, 6),
        floats(where, 7),
        words(where, 8),
        words(where, 9),
    )


@inlined
def is_told(wanted: Wanted, merit: int, second: int, place: int) -> bool:
    """Whether this is on an earlier page: the last of it, or something better. `second` is what comes after merit in
    the order: how far it is, or, where several people meet, how much too large the room is."""
    if merit != wanted.after_merit:
        return merit > wanted.after_merit
    if second != wanted.after_distance:
        return second < wanted.after_distance
    return place <= wanted.after_place
