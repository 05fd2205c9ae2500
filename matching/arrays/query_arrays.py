"""A query as the kernel reads it: one tuple of numbers and small arrays."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.compiler.array_table import bytes_, floats_at, longs_at, words
from matching.compiler.array_table import floats as float_array
from matching.compiler.jit import inlined

Array = npt.NDArray[Any]
FLOATS, WEIGHTS, INTEGERS = 8, 6, 18
"""Sizes of a packed query: floats before the weights, weights, integers before the windows."""
UNCOUNTED = 1 << 40
"""Length of the windows for bounds checks: a relaxation packs those of many times, more than `window_count`."""
NO_CURSOR = (-1, 0, 0)


class QueryArrays(NamedTuple):
    """`weights` are in the order of `matching.query.weights.TERM_NAMES`, 0 for terms that do not count.

    `windows` has three integers each: first slot and slot after the last, counted from the first of the snapshot, and
    how many free slots in a row are enough (0: all of them). `now` is the current slot, -1 where free times are not
    wanted in the results. `most_windows`: rank first by the number of free windows.

    The cursor is the last result of the page before: its merit (`matching.kernel.scoring.merit`, -1 for no cursor), its
    distance in decimetres, or what comes second in the order, and its place.
    """

    lon: float
    lat: float
    x: float
    y: float
    z: float
    radius_m: float
    half_m: float
    max_affinity: float
    weights: Array
    needs: Any
    wishes: Any
    wish_count: int
    seats: int
    max_price_cents: int
    has_own_sets: int
    candidates: int
    cursor_merit: int
    cursor_distance: int
    cursor_place: int
    has_hidden_sets: int
    has_kinds: int
    has_space_kinds: int
    most_windows: int
    now: int
    window_count: int
    max_seats: int
    to_confirm: int
    windows: Array
    kinds: Array
    space_kinds: Array
    set_visible: Array
    set_own: Array
    set_affinity: Array
    price_values: Array
    """Value of the term `price` by cents."""
    fit_values: Array
    """Value of the term `fit` by seats."""
    joint_bounds: Array
    """Per part of the tree, an upper bound of all terms but proximity and wishes together; then the two numbers that
    decode `row_bounds`. Empty, as the next two, until it is computed (`matching.kernel.joint_bounds`)."""
    row_bounds: Array
    """The same bound of each row: seven bits in a byte, eight rows in a word."""
    eligible_rows: Array
    """Per block, bitmask of the rows that are eligible (`matching.kernel.row_filters.is_eligible`)."""


@inlined
def read_query(floats_address: Any, integers_address: Any, table: Any) -> Any:
    """The query at three addresses: of its floats, of its integers, and of the table of its arrays."""
    weights = floats_at(floats_address + 8 * FLOATS, WEIGHTS)
    floats, integers = floats_at(floats_address, FLOATS), longs_at(integers_address, INTEGERS)
    windows = longs_at(integers_address + 8 * INTEGERS, UNCOUNTED)
    return QueryArrays(
        floats[0],
        floats[1],
        floats[2],
        floats[3],
        floats[4],
        floats[5],
        floats[6],
        floats[7],
        weights,
        np.uint32(integers[0]),
        np.uint32(integers[1]),
        integers[2],
        integers[3],
        integers[4],
        integers[5],
        integers[6],
        integers[7],
        integers[8],
        integers[9],
        integers[10],
        integers[11],
        integers[12],
        integers[13],
        integers[14],
        integers[15],
        integers[16],
        integers[17],
        windows,
        bytes_(table, 0),
        bytes_(table, 1),
        bytes_(table, 2),
        bytes_(table, 3),
        float_array(table, 4),
        float_array(table, 5),
        float_array(table, 6),
        float_array(table, 7),
        words(table, 8),
        words(table, 9),
    )


@inlined
def is_on_earlier_page(query: QueryArrays, merit: int, second: int, place: int) -> bool:
    """Whether a result is at the cursor or before it. `second` is what comes after merit in the order: the distance, or
    for meetings the size of the room."""
    if merit != query.cursor_merit:
        return merit > query.cursor_merit
    if second != query.cursor_distance:
        return second < query.cursor_distance
    return place <= query.cursor_place
