"""The best k places so far: a heap whose first entry is the worst, with each place at most once, by its best row.

`keys` has four integers per entry: merit (`matching.kernel.scoring`), distance in decimetres, place, space; `rows` has
its row.
"""

from typing import Any

from matching.compiler.jit import inlined


@inlined
def beats(merit: int, distance: int, place: int, space: int, keys: Any, at: int) -> bool:
    """Whether a row comes before the entry at `at`: by merit, then distance, place, space."""
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
    """Adds a row when it is among the best `limit`; returns the new size."""
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
def sort_best_first(keys: Any, rows: Any, size: int) -> None:
    """Sorts the entries, best first: heap sort."""
    for last in range(size - 1, 0, -1):
        _swap(keys, rows, 0, last)
        _sift_down(keys, rows, last, 0)


@inlined
def _write(keys: Any, rows: Any, at: int, merit: int, distance: int, place: int, space: int, row: int) -> None:
    keys[4 * at + 0], keys[4 * at + 1], keys[4 * at + 2], keys[4 * at + 3] = merit, distance, place, space
    rows[at] = row


@inlined
def _swap(keys: Any, rows: Any, first: int, second: int) -> None:
    for column in range(4):
        a, b = 4 * first + column, 4 * second + column
        keys[a], keys[b] = keys[b], keys[a]
    rows[first], rows[second] = rows[second], rows[first]


@inlined
def _before(keys: Any, first: int, second: int) -> bool:
    return beats(keys[4 * first + 0], keys[4 * first + 1], keys[4 * first + 2], keys[4 * first + 3], keys, second)


@inlined
def _sift_up(keys: Any, rows: Any, at: int) -> None:
    """The worst entry rises to the top."""
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
