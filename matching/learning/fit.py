"""Fits weights to choices: pairwise logistic regression, corrected for position bias.

A pair is a chosen result and another of the same search; the regression predicts which of the two is preferred from the
difference of their term values. If results are liked independently with odds exp(slope * score), and exactly one of two
is liked, it is the first with odds exp(slope * (score of first - score of second)), so the coefficients are the weights
times the slope.

Whether a result is liked is only observed if it was examined. With examination probability e and choice c, the
expectation of c_i / e_i * (1 - c_j / e_j) is the probability that i is liked and j is not, so an ordered pair has that
weight (Saito, "Unbiased Pairwise Learning from Biased Implicit Feedback", ICTIR 2020). It is negative if both were
chosen, which offsets the excess weight of other pairs. Since pairs are of one search, whatever makes all of its results
more or less attractive cancels out.
"""

from collections.abc import Mapping

import numpy as np

from geo.errors import InvalidInput
from matching.learning.interaction_log import Floats, InteractionLog
from matching.query.weights import TERM_NAMES

MAX_AFFINITY = 0.25
"""Upper limit of the weight of affinity, unless a searcher chooses more."""


def fit_weights(log: InteractionLog, examination: Floats) -> dict[str, float]:
    """Weight per term, none negative, summing to 1, affinity capped (`cap_affinity`).

    `examination`: probability by rank that a result is examined (`position_bias.estimate_examination`), shape (DEPTH,);
    ones fit without correction. A term with a negative weight gets 0, and the others are fitted again. Raises
    InvalidInput if no term has a positive weight.
    """
    differences, weight = _pairs(log, examination)
    terms = np.flatnonzero(np.abs(differences).max(axis=0, initial=0.0) > 0)
    slopes = np.zeros(len(TERM_NAMES))
    while len(terms) and len(weight):
        slopes[:] = 0.0
        slopes[terms] = _slopes(differences[:, terms], weight)
        worst = terms[np.argmin(slopes[terms])]
        if slopes[worst] >= 0:
            break
        terms = terms[terms != worst]
    if not len(terms) or slopes[terms].sum() <= 0:
        raise InvalidInput(
            field="log",
            fr="Les choix du journal ne suivent aucun critère : laissez-le grandir avant d'apprendre.",
            en="The choices in the log follow no term: let it grow before learning.",
        )
    return cap_affinity(dict(zip(TERM_NAMES, (slopes / slopes.sum()).tolist(), strict=True)))


def cap_affinity(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights with affinity at most MAX_AFFINITY; the excess goes to the other terms in proportion to their weights.

    Raises InvalidInput if no other term has a weight.
    """
    affinity = weights["affinity"]
    if affinity <= MAX_AFFINITY:
        return dict(weights)
    others = sum(weights.values()) - affinity
    if others <= 0:
        raise InvalidInput(
            field="log",
            fr="Les choix du journal ne suivent que la communauté : laissez-le grandir avant d'apprendre.",
            en="The choices in the log follow the community alone: let it grow before learning.",
        )
    factor = (1 - MAX_AFFINITY) / others
    return {name: MAX_AFFINITY if name == "affinity" else weight * factor for name, weight in weights.items()}


def _pairs(log: InteractionLog, examination: Floats) -> tuple[Floats, Floats]:
    """Per pair: values of a chosen result minus those of another of its search, shape (pairs, terms); its weight."""
    liked = log.chosen / examination[log.rank - 1]
    chosen = np.flatnonzero(log.chosen)
    starts = log.starts
    begin = starts[log.impression[chosen]]
    length = starts[log.impression[chosen] + 1] - begin
    first = np.repeat(chosen, length)
    second = np.arange(len(first)) - np.repeat(np.cumsum(length) - length, length) + np.repeat(begin, length)
    differ = first != second
    first, second = first[differ], second[differ]
    weight = liked[first] * (1 - liked[second])
    counts = weight != 0
    return log.values[first[counts]] - log.values[second[counts]], weight[counts]


def _slopes(differences: Floats, weight: Floats) -> Floats:
    """Coefficients of the logistic regression; every second pair is reversed, so that both classes occur."""
    from sklearn.linear_model import LogisticRegression

    side = np.where(np.arange(len(differences)) % 2, -1.0, 1.0)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8, max_iter=1000)
    model.fit(differences * side[:, None], side, sample_weight=weight)
    slopes: Floats = model.coef_[0]
    return slopes
