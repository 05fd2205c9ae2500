"""How likely a result is looked at by its rank, told apart from how good it is.

The position-based click model: P(chosen) = examination(rank) * sigmoid(values . preference + constant). Both sides are
found at once by maximum likelihood, which is where regression-EM (Wang et al., "Position Bias Estimation for Unbiased
Learning to Rank in Personal Search", WSDM 2018) climbs to; L-BFGS with the exact gradient gets there in a few dozen
steps. Nothing is shown in random order for it: like results are found at unlike ranks from search to search.
"""

from typing import Any

import numpy as np

from matching.learning.interaction_log import DEPTH, Floats, Log

LEAST = 0.02
"""No rank counts as looked at less often: one lucky click at the bottom would else outweigh fifty at the top."""


def examination(log: Log) -> Floats:
    """Probability by rank, from 1 to DEPTH, that a result is looked at, the first being 1. Shape (DEPTH,)."""
    from scipy.optimize import minimize
    from scipy.special import expit

    at, terms = log.rank - 1, log.values.shape[1]
    chosen, rows = log.chosen, max(1, len(log.rank))

    def loss(found: Floats) -> Any:
        """Mean negative log-likelihood, and its gradient."""
        looked = np.concatenate([[1.0], expit(found[: DEPTH - 1])])[at]
        liked = expit(log.values @ found[DEPTH - 1 : -1] + found[-1])
        p = np.clip(looked * liked, 1e-12, 1 - 1e-12)
        by_p = np.where(chosen, -1 / p, 1 / (1 - p)) * p
        by_liking, by_looking = by_p * (1 - liked), by_p * (1 - looked)
        gradient = np.concatenate([np.bincount(at, by_looking, DEPTH)[1:], by_liking @ log.values, [by_liking.sum()]])
        return -np.where(chosen, np.log(p), np.log1p(-p)).sum() / rows, gradient / rows

    start = np.zeros(DEPTH + terms)
    start[-1] = -1.0
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    by_rank: Floats = np.maximum(LEAST, np.concatenate([[1.0], expit(found[: DEPTH - 1])]))
    return by_rank
