"""Numbers as text, a row of them after the other: what a response says of every result, in one go."""

from typing import Any

import numpy as np

from matching.compiled import entry, inner
from matching.kernel.passing import bytes_at, floats_at, longs_at

MOST_DIGITS = 20
"""Of a number with its sign and point."""
ZERO, POINT = np.uint8(48), np.uint8(46)
NULL = np.frombuffer(b"null", np.uint8)


@entry
def write_rows(
    rows: int, columns: int, numbers: int, decimals: int, labels: int, starts: int, text: int, ends: int
) -> int:
    """See `_write_rows`; arrays by their addresses. Gives 0."""
    _write_rows(
        columns,
        floats_at(numbers, rows * columns),
        longs_at(decimals, columns),
        bytes_at(labels, 0),
        longs_at(starts, columns + 2),
        bytes_at(text, 0),
        longs_at(ends, rows),
    )
    return 0


@inner
def _write_rows(columns: int, numbers: Any, decimals: Any, labels: Any, starts: Any, text: Any, ends: Any) -> None:
    """Writes `numbers`, a row of so many columns after the other, into `text`: before each the label of its column
    (`labels[starts[i]:starts[i + 1]]`), rounded to the decimals of its column without trailing zeros; NaN is null.
    `ends` gets where each row ends. No number is negative."""
    at = 0
    for row in range(len(ends)):
        for column in range(columns):
            for place in range(starts[column], starts[column + 1]):
                text[at] = labels[place]
                at += 1
            number = numbers[row * columns + column]
            if np.isnan(number):
                for place in range(4):
                    text[at] = NULL[place]
                    at += 1
            else:
                at = _write(text, at, number, decimals[column])
        for place in range(starts[columns], starts[columns + 1]):
            text[at] = labels[place]
            at += 1
        ends[row] = at


@inner
def _write(text: Any, at: int, number: float, decimals: int) -> int:
    one = np.int64(1)
    for _ in range(decimals):
        one *= 10
    scaled = np.int64(np.rint(number * one))
    whole, rest = scaled // one, scaled % one
    at = _digits(text, at, whole, 1)
    if rest == 0:
        return at
    while rest % 10 == 0:
        rest //= 10
        decimals -= 1
    text[at] = POINT
    return _digits(text, at + 1, rest, decimals)


@inner
def _digits(text: Any, at: int, number: Any, least: int) -> int:
    """At least so many digits of a number."""
    count, left = 1, number
    while left >= 10:
        left //= 10
        count += 1
    count = max(count, least)
    for place in range(at + count - 1, at - 1, -1):
        text[place] = ZERO + np.uint8(number % 10)
        number //= 10
    return at + count
