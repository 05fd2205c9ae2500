"""How good an order is: NDCG at 10, with intervals by bootstrap over searches.

NDCG (Järvelin and Kekäläinen, 2002) = sum of gain / log2(1 + rank) of the first ten, divided by that of the best order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.learning.interaction_log import Floats, Log
from matching.query.weights import TERM_NAMES

AT = 10
RESAMPLED = 1000
DISTANCE_ONLY: Mapping[str, float] = {"proximity": 1.0}


@dataclass(frozen=True, slots=True)
class Measured:
    """A mean with its interval of 95 %."""

    mean: float
    low: float
    high: float


def dcg(gains: Floats) -> Floats:
    """Of gains in the order shown, shape (..., results)."""
    top = gains[..., :AT]
    result: Floats = (top / np.log2(np.arange(2, top.shape[-1] + 2))).sum(axis=-1)
    return result


def vector(weights: Mapping[str, float]) -> Floats:
    """Weights in the order of TERM_NAMES; terms not named weigh 0."""
    return np.array([weights.get(name, 0.0) for name in TERM_NAMES])


def dcg_of_log(log: Log, looked_at: Floats, weights: Mapping[str, float] | None) -> Floats:
    """DCG at 10 of each impression, its results put in the order of `weights` (ties as shown); None: the best order.

    The gain of a result is its choice over how likely it was looked at, so that on average an order is not judged good
    for showing first what was shown first. Only what was shown can be judged. Never divide one impression's by its
    best: with one choice the correction would cancel out.
    """
    gain = log.chosen / looked_at[log.rank - 1]
    score = gain if weights is None else log.values @ vector(weights)
    order = np.lexsort((log.rank, -score, log.impression))
    place = np.arange(len(order)) - log.starts[log.impression]
    worth = np.where(place < AT, gain[order] / np.log2(place + 2), 0.0)
    return np.bincount(log.impression, worth, log.impressions)


def measured(of_each: Floats, best: Floats | float = 1.0, seed: int = 0) -> Measured:
    """The mean over searches, as a share of the mean of the best."""
    means = _resampled(np.stack(np.broadcast_arrays(of_each, best), axis=1), seed)
    low, high = np.quantile(means[:, 0] / means[:, 1], (0.025, 0.975))
    return Measured(float(of_each.mean() / np.mean(best)), float(low), float(high))


def gained(of_each: Floats, over: Floats, seed: int = 0) -> Measured:
    """By how much the mean is above another's, as a share of it; the searches are the same, drawn together."""
    found = measured(of_each, over, seed)
    return Measured(found.mean - 1, found.low - 1, found.high - 1)


def _resampled(columns: Floats, seed: int) -> Floats:
    """Means of columns over searches drawn again, shape (RESAMPLED, columns)."""
    random, count = np.random.default_rng(seed), len(columns)
    return np.stack([columns[random.integers(0, count, count)].mean(axis=0) for _ in range(RESAMPLED)])
