"""Weights from choices: which of two results of one search was preferred, in logistic regression on the difference of
their term values.

If results are liked independently with odds exp(slope * score), then of two of which exactly one is liked it is the
first with odds exp(slope * (score of first - of second)): the coefficients are the weights times a slope. What is
liked is only seen where it was looked at. With examination e and choice c, the expectation of
c_i / e_i * (1 - c_j / e_j) is the probability that i is liked and j is not, for i and j looked at independently, so
every ordered pair weighs that much (Saito, "Unbiased Pairwise Learning from Biased Implicit Feedback", ICTIR 2020).
Where both were chosen it is negative, which takes back what the other pairs say too loudly. Only pairs of one search
are compared, so whatever makes all of its results more or less attractive cancels out.
"""

from collections.abc import Mapping

import numpy as np

from geo.errors import InvalidInput
from matching.learning.interaction_log import Floats, Log
from matching.query.weights import TERM_NAMES

MOST_AFFINITY = 0.25
"""Of the default weights and of learned ones: only a person may let their community count for more."""


def fit_weights(log: Log, looked_at: Floats) -> dict[str, float]:
    """Weight per term, none negative, summing to 1; affinity at most MOST_AFFINITY, what is above shared out.

    `looked_at` by rank (`bias.examination`); ones: as if everything shown was seen. A term that comes out negative
    weighs 0 and the others are fitted again without it. Raises InvalidInput when no term attracts.
    """
    differences, weight = _pairs(log, looked_at)
    kept = np.flatnonzero(np.abs(differences).max(axis=0, initial=0.0) > 0)
    found = np.zeros(len(TERM_NAMES))
    while len(kept) and len(weight):
        found[:] = 0.0
        found[kept] = _slopes(differences[:, kept], weight)
        worst = kept[np.argmin(found[kept])]
        if found[worst] >= 0:
            break
        kept = kept[kept != worst]
    if not len(kept) or found[kept].sum() <= 0:
        raise InvalidInput(
            field="log",
            fr="Les choix du journal ne suivent aucun critère : laissez-le grandir avant d'apprendre.",
            en="The choices in the log follow no term: let it grow before learning.",
        )
    return capped(dict(zip(TERM_NAMES, (found / found.sum()).tolist(), strict=True)))


def capped(weights: Mapping[str, float]) -> dict[str, float]:
    """The same, affinity brought down to MOST_AFFINITY and the excess shared among the others by their weight.

    Raises InvalidInput when nothing but affinity weighs.
    """
    affinity = weights["affinity"]
    if affinity <= MOST_AFFINITY:
        return dict(weights)
    others = sum(weights.values()) - affinity
    if others <= 0:
        raise InvalidInput(
            field="log",
            fr="Les choix du journal ne suivent que la communauté : laissez-le grandir avant d'apprendre.",
            en="The choices in the log follow the community alone: let it grow before learning.",
        )
    grown = (1 - MOST_AFFINITY) / others
    return {name: MOST_AFFINITY if name == "affinity" else weight * grown for name, weight in weights.items()}


def _pairs(log: Log, looked_at: Floats) -> tuple[Floats, Floats]:
    """(values of a chosen result minus those of another of its search, weight of the pair)."""
    seen = log.chosen / looked_at[log.rank - 1]
    first = np.flatnonzero(log.chosen)
    starts = log.starts
    begin = starts[log.impression[first]]
    length = starts[log.impression[first] + 1] - begin
    one = np.repeat(first, length)
    other = np.arange(len(one)) - np.repeat(np.cumsum(length) - length, length) + np.repeat(begin, length)
    apart = one != other
    one, other = one[apart], other[apart]
    weight = seen[one] * (1 - seen[other])
    counts = weight != 0
    return log.values[one[counts]] - log.values[other[counts]], weight[counts]


def _slopes(differences: Floats, weight: Floats) -> Floats:
    """Coefficients of the logistic regression; each pair is turned round or not, so that both answers appear."""
    from sklearn.linear_model import LogisticRegression

    side = np.where(np.arange(len(differences)) % 2, -1.0, 1.0)
    model = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8, max_iter=1000)
    model.fit(differences * side[:, None], side, sample_weight=weight)
    slopes: Floats = model.coef_[0]
    return slopes
