"""What a sentence about a result depends on, in one number: how each term speaks, and which of them counts most.

Two results of one number differ in what is named (a price, a community), never in how. See
`matching/presentation/explanations.py`.
"""

from typing import Any

import numpy as np

from matching.arrays.tree import Tree
from matching.arrays.workspace import COLUMNS, FIRST_TOLD, TERMS, TOLD
from matching.compiler.array_table import floats_at, longs_at
from matching.compiler.jit import entry_point, inlined
from matching.query.query import MAX_LIMIT
from matching.terms import affinity, fit, price, proximity, trust

PROXIMITY, PRICE, AFFINITY, FIT, TRUST, WEIGHTED, ORDERS, PRECISION, YEAR = 0, 2, 4, 6, 7, 8, 14, 50, 52
"""First bit of each: levels of terms, which terms weigh, in which order they count for it, then against it; how well
the position is known, and the year in which facts were checked, when that is told."""
DIGIT = 3
_proximity = inlined(proximity.level)
_price = inlined(price.level)
_affinity = inlined(affinity.level)
_fit = inlined(fit.level)
_trust = inlined(trust.level)


@inlined
def why(tree: Tree, weights: Any, values: Any, row: int, cents: int) -> int:
    """See above; `cents` is the price for the searcher."""
    said = _by_values(weights, values, cents) | np.int64(tree.precision[row]) << PRECISION
    return said | np.int64(tree.checked_year[row]) << YEAR if said >> TRUST & 1 else said


@inlined
def _by_values(weights: Any, values: Any, cents: int) -> Any:
    told = _proximity(values[0]) << PROXIMITY | _price(values[2], cents) << PRICE | _affinity(values[3]) << AFFINITY
    told |= _fit(values[4]) << FIT | _trust(values[5]) << TRUST
    shift = ORDERS
    for against in range(2):
        for term in range(TERMS):
            before = 0
            for other in range(TERMS):
                mine = _counts(weights, values, term, against)
                theirs = _counts(weights, values, other, against)
                before += theirs > mine or (theirs == mine and other < term)
            told |= before << shift
            shift += DIGIT
    for term in range(TERMS):
        told |= (1 if weights[term] > 0.0 else 0) << (WEIGHTED + term)
    return np.int64(told)


@inlined
def _counts(weights: Any, values: Any, term: int, against: int) -> float:
    """How much a term recommends, or warns: what weighs much and is low costs most."""
    contribution = weights[term] * values[term]
    return weights[term] - contribution if against else contribution


@entry_point
def say_why(count: int, found: int, values: int, weights: int) -> int:
    """Renews `why` of results whose proximity, among their values, became another; as `write_results` takes them. Gives
    0."""
    of_results, of_terms = longs_at(found, COLUMNS * MAX_LIMIT), floats_at(weights, TERMS)
    for result in range(count):
        _say_why(of_results, floats_at(values + 8 * TERMS * result, TERMS), of_terms, result)
    return 0


WHY, CENTS = FIRST_TOLD + TOLD.index("why"), FIRST_TOLD + TOLD.index("cents")


@inlined
def _say_why(found: Any, values: Any, weights: Any, result: int) -> None:
    of_row = found[WHY * MAX_LIMIT + result] >> PRECISION << PRECISION
    found[WHY * MAX_LIMIT + result] = of_row | _by_values(weights, values, found[CENTS * MAX_LIMIT + result])
