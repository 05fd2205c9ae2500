"""The best places so far: a heap whose first is the one to beat, each place at most once, by its best row.

`keys`, four for each: merit (`matching.kernel.row_filters`), distance in decimetres, place, space; `rows` beside it.
"""

from typing import Any

from matching.compiler.jit import inlined


@inlined
def beats(merit: int, distance: int, place: int, space: int, keys: Any, at: int) -> bool:
    """Whether this comes before the one at `at`: by merit, then distance, place, space."""
    if merit != keys[4 * at + 0]:
        return merit > keys[4 * at + 0]
    if distance != keys[4 * at + 1]:
        return distance < keys[4 * at + 1]
    if place != keys[4 * at + 2]:
        return place < keys[4 * at + 2]
    return space < keys[4 * at + 3]


@inlined
def offer(
    keys: Any, rows: Any, limit: int, size: int, merit: int, distance: int, place: int, space: int, row: int
) -> int:
    """Takes a row in when it is among the best `limit`; returns how many places there are now."""
    if size == limit and not beats(merit, distance, place, space, keys, 0):
        return size
    for at in range(size):
        if keys[4 * at + 2] == place:
            if beats(merit, distance, place, space, keys, at):
                _write(keys, rows, at, merit, distance, place, space, row)
                _sift_down(keys, rows, size, at)
            return size
    if size < limit:
        _write(keys, rows, size, merit, distance, place, space, row)
        _sift_up(keys, rows, size)
        return size + 1
    _write(keys, rows, 0, merit, distance, place, space, row)
    _sift_down(keys, rows, size, 0)
    return size


@inlined
def in_order(keys: Any, rows: Any, size: int) -> None:
    """Sorts the places, best first."""
    for last in range(size - 1, 0, -1):
        _swap(keys, rows, 0, last)
        _sift_down(keys, rows, last, 0)


@inlined
def _write(keys: Any, rows: Any, at: int, merit: int, distance: int, place: int, space: int, row: int) -> None:
    keys[4 * at + 0], keys[4 * at + 1], keys[4 * at + 2], keys[4 * at + 3] = merit, distance, place, space
    rows[at] = row


@inlined
def _swap(keys: Any, rows: Any, one: int, other: int) -> None:
    for column in range(4):
        a, b = 4 * one + column, 4 * other + column
        keys[a], keys[b] = keys[b], keys[a]
    rows[one], rows[other] = rows[other], rows[one]


@inlined
def _before(keys: Any, one: int, other: int) -> bool:
    return beats(keys[4 * one + 0], keys[4 * one + 1], keys[4 * one + 2], keys[4 * one + 3], keys, other)


@inlined
def _sift_up(keys: Any, rows: Any, at: int) -> None:
    """A heap of the worst first: who beats the one above stays below."""
    while at > 0:
        above = (at - 1) // 2
        if _before(keys, at, above):
            return
        _swap(keys, rows, at, above)
        at = above


@inlined
def _sift_down(keys: Any, rows: Any, size: int, at: int) -> None:
    while True:
        below = 2 * at + 1
        if below >= size:
            return
        if below + 1 < size and _before(keys, below, below + 1):
            below += 1
        if _before(keys, below, at):
            return
        _swap(keys, rows, at, below)
        at = below
