"""Numbers of results as text: what a response says of every result, in one go."""

from typing import Any

import numpy as np

from matching.compiled import entry, inner
from matching.kernel.passing import bytes_at, floats_at, longs_at
from matching.kernel.space import COLUMNS, FIRST_TOLD, TERMS, TOLD
from matching.query import MAX_LIMIT
from matching.snapshot.layout import UNKNOWN_CENTS

DECIMALS = 12
"""Of values and contributions, so that they sum to the score to a billionth."""
MOST_DIGITS = 20
"""Of a number with its point."""
ZERO, POINT = np.uint8(48), np.uint8(46)
NULL = np.frombuffer(b"null", np.uint8)


@entry
def write_results(
    count: int, found: int, values: int, weights: int, labels: int, starts: int, text: int, ends: int
) -> int:
    """See `_write_results`; arrays by their addresses, `found` in one piece (`matching.kernel.space`). Gives 0."""
    _write_results(
        longs_at(found, COLUMNS * MAX_LIMIT),
        floats_at(values, TERMS * count),
        floats_at(weights, TERMS),
        bytes_at(labels, 0),
        longs_at(starts, 0),
        bytes_at(text, 0),
        longs_at(ends, count),
    )
    return 0


OTHERS, CENTS, LEFT = (FIRST_TOLD + TOLD.index(name) for name in ("others", "cents", "left"))


@inner
def _write_results(found: Any, values: Any, weights: Any, labels: Any, starts: Any, text: Any, ends: Any) -> None:
    """Writes into `text`, for each result, further spaces, score, distance in metres, price in cents and seats left,
    then value and contribution of each term that weighs something; before each number its label (`labels[starts[i]:
    starts[i + 1]]`), after the last the last label. What nobody knows is null. `ends` gets where each result ends."""
    at = 0
    for result in range(len(ends)):
        cents, left = found[CENTS * MAX_LIMIT + result], found[LEFT * MAX_LIMIT + result]
        score = 0.0
        for term in range(TERMS):
            score += weights[term] * values[TERMS * result + term]
        at = _label(text, at, labels, starts, 0)
        at = _digits(text, at, found[OTHERS * MAX_LIMIT + result], 1)
        at = _label(text, at, labels, starts, 1)
        at = _number(text, at, score, DECIMALS)
        at = _label(text, at, labels, starts, 2)
        at = _number(text, at, found[4 * result + 1] / 10, 1)
        at = _label(text, at, labels, starts, 3)
        at = _null(text, at) if cents == UNKNOWN_CENTS else _digits(text, at, cents, 1)
        at = _label(text, at, labels, starts, 4)
        at = _null(text, at) if left < 0 else _digits(text, at, left, 1)
        label = 5
        for term in range(TERMS):
            if weights[term] > 0.0:
                value = values[TERMS * result + term]
                at = _label(text, at, labels, starts, label)
                at = _number(text, at, value, DECIMALS)
                at = _label(text, at, labels, starts, label + 1)
                at = _number(text, at, weights[term] * value, DECIMALS)
                label += 2
        at = _label(text, at, labels, starts, label)
        ends[result] = at


@inner
def _label(text: Any, at: int, labels: Any, starts: Any, label: int) -> int:
    for place in range(starts[label], starts[label + 1]):
        text[at] = labels[place]
        at += 1
    return at


@inner
def _null(text: Any, at: int) -> int:
    for place in range(4):
        text[at + place] = NULL[place]
    return at + 4


@inner
def _number(text: Any, at: int, number: float, decimals: int) -> int:
    """A number that is not negative, without trailing zeros."""
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
    """At least so many digits of a whole number."""
    count, left = 1, number
    while left >= 10:
        left //= 10
        count += 1
    count = max(count, least)
    for place in range(at + count - 1, at - 1, -1):
        text[place] = ZERO + np.uint8(number % 10)
        number //= 10
    return at + count
