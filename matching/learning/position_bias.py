"""Position bias: the probability that a result is examined, by its rank, separated from how good the result is.

The position-based click model: P(chosen) = examination(rank) * sigmoid(values . preference + constant). Both factors
are estimated together by maximum likelihood, the optimum that regression-EM converges to (Wang et al., "Position Bias
Estimation for Unbiased Learning to Rank in Personal Search", WSDM 2018); L-BFGS with the exact gradient needs a few
dozen steps. No results have to be shown in random order, because similar results occur at different ranks.
"""

from typing import Any

import numpy as np

from matching.learning.interaction_log import DEPTH, Floats, InteractionLog

MIN_EXAMINATION = 0.02
"""Lower limit, so that one chance click at the bottom does not outweigh fifty at the top."""


def estimate_examination(log: InteractionLog) -> Floats:
    """Probability that a result is examined, by rank from 1 to DEPTH, relative to rank 1. Shape (DEPTH,)."""
    from scipy.optimize import minimize
    from scipy.special import expit

    at, terms = log.rank - 1, log.values.shape[1]
    chosen, rows = log.chosen, max(1, len(log.rank))

    def loss(parameters: Floats) -> Any:
        """Mean negative log-likelihood, and its gradient."""
        examined = np.concatenate([[1.0], expit(parameters[: DEPTH - 1])])[at]
        liked = expit(log.values @ parameters[DEPTH - 1 : -1] + parameters[-1])
        p = np.clip(examined * liked, 1e-12, 1 - 1e-12)
        by_p = np.where(chosen, -1 / p, 1 / (1 - p)) * p
        by_liked, by_examined = by_p * (1 - liked), by_p * (1 - examined)
        gradient = np.concatenate([np.bincount(at, by_examined, DEPTH)[1:], by_liked @ log.values, [by_liked.sum()]])
        return -np.where(chosen, np.log(p), np.log1p(-p)).sum() / rows, gradient / rows

    start = np.zeros(DEPTH + terms)
    start[-1] = -1.0
    parameters = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}).x
    by_rank: Floats = np.maximum(MIN_EXAMINATION, np.concatenate([[1.0], expit(parameters[: DEPTH - 1])]))
    return by_rank
