"""Bit-packed cache key of the explanation of a result: the level of each term, and which terms count most.

Two results with one key differ in what their explanation names (a price, a community), never in its form. See
`matching/presentation/explanations.py`.
"""

from typing import Any

import numpy as np

from matching.arrays.tree import Tree
from matching.arrays.workspace import COLUMNS, KEY_COLUMNS, RESULT_COLUMNS, TERMS
from matching.compiler.array_table import floats_at, longs_at
from matching.compiler.jit import entry_point, inlined
from matching.query.query import MAX_LIMIT
from matching.terms import affinity, fit, price, proximity, trust

PROXIMITY, PRICE, AFFINITY, FIT, TRUST, WEIGHTED, ORDERS, PRECISION, YEAR = 0, 2, 4, 6, 7, 8, 14, 50, 52
"""First bit of each field: the levels of the terms; which terms weigh; their order as arguments for the result, then
against it; precision of the position; year in which the facts were checked, where the explanation names it."""
DIGIT = 3
"""Bits of a position in an order."""
REASON_KEY, CENTS = (KEY_COLUMNS + RESULT_COLUMNS.index(name) for name in ("reason_key", "cents"))
"""Columns of results."""
_proximity = inlined(proximity.level)
_price = inlined(price.level)
_affinity = inlined(affinity.level)
_fit = inlined(fit.level)
_trust = inlined(trust.level)


@inlined
def reason_key(tree: Tree, weights: Any, values: Any, row: int, cents: int) -> int:
    """The key of a result; `cents` is the price for the searcher."""
    key = _by_values(weights, values, cents) | np.int64(tree.precision[row]) << PRECISION
    return key | np.int64(tree.checked_year[row]) << YEAR if key >> TRUST & 1 else key


@inlined
def _by_values(weights: Any, values: Any, cents: int) -> Any:
    """The fields that follow from values and weights."""
    key = _proximity(values[0]) << PROXIMITY | _price(values[2], cents) << PRICE | _affinity(values[3]) << AFFINITY
    key |= _fit(values[4]) << FIT | _trust(values[5]) << TRUST
    shift = ORDERS
    for against in range(2):
        for term in range(TERMS):
            rank = 0
            for other in range(TERMS):
                importance = _importance(weights, values, term, against)
                other_importance = _importance(weights, values, other, against)
                rank += other_importance > importance or (other_importance == importance and other < term)
            key |= rank << shift
            shift += DIGIT
    for term in range(TERMS):
        key |= (1 if weights[term] > 0.0 else 0) << (WEIGHTED + term)
    return np.int64(key)


@inlined
def _importance(weights: Any, values: Any, term: int, against: int) -> float:
    """How much a term speaks for the result, or against it: a low value of a term with a large weight."""
    contribution = weights[term] * values[term]
    return weights[term] - contribution if against else contribution


@entry_point
def update_reason_keys(count: int, results: int, values: int, weights: int) -> int:
    """Updates the reason keys of `count` results whose values changed. Returns 0.

    Addresses of the columns of results (`matching.arrays.workspace`), of the values of each, and of the weights.
    """
    columns, weight_array = longs_at(results, COLUMNS * MAX_LIMIT), floats_at(weights, TERMS)
    for result in range(count):
        key, cents = REASON_KEY * MAX_LIMIT + result, CENTS * MAX_LIMIT + result
        of_row = columns[key] >> PRECISION << PRECISION
        of_values = _by_values(weight_array, floats_at(values + 8 * TERMS * result, TERMS), columns[cents])
        columns[key] = of_row | of_values
    return 0
