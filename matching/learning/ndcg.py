"""Quality of a ranking: NDCG at 10, with bootstrap intervals over searches.

NDCG (Järvelin and Kekäläinen, 2002) = sum of gain / log2(1 + rank) of the first ten, divided by that of the best order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.learning.interaction_log import Floats, InteractionLog
from matching.query.weights import TERM_NAMES

AT = 10
RESAMPLES = 1000
DISTANCE_ONLY: Mapping[str, float] = {"proximity": 1.0}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def dcg(gains: Floats) -> Floats:
    """DCG at 10 of gains in the order of the ranking: shape (..., results) to (...)."""
    top = gains[..., :AT]
    result: Floats = (top / np.log2(np.arange(2, top.shape[-1] + 2))).sum(axis=-1)
    return result


def weight_vector(weights: Mapping[str, float]) -> Floats:
    """Weights in the order of TERM_NAMES, 0 for terms not named."""
    return np.array([weights.get(name, 0.0) for name in TERM_NAMES])


def dcg_of_log(log: InteractionLog, examination: Floats, weights: Mapping[str, float] | None) -> Floats:
    """DCG at 10 of each impression, reordered by `weights` (ties as shown), or in the best order for None.

    The gain of a result is its choice divided by the probability that it was examined (`examination`, by rank), so
    that on average a ranking is not rewarded for repeating the order shown. Only results that were shown count. Do not
    divide the DCG of an impression by its best: with a single choice the correction would cancel out.
    """
    gain = log.chosen / examination[log.rank - 1]
    score = gain if weights is None else log.values @ weight_vector(weights)
    order = np.lexsort((log.rank, -score, log.impression))
    position = np.arange(len(order)) - log.starts[log.impression]
    discounted = np.where(position < AT, gain[order] / np.log2(position + 2), 0.0)
    return np.bincount(log.impression, discounted, log.impressions)


def estimate_mean(values: Floats, best: Floats | float = 1.0, seed: int = 0) -> Estimate:
    """The mean of `values` (one per search) divided by the mean of `best`."""
    means = _resample(np.stack(np.broadcast_arrays(values, best), axis=1), seed)
    low, high = np.quantile(means[:, 0] / means[:, 1], (0.025, 0.975))
    return Estimate(float(values.mean() / np.mean(best)), float(low), float(high))


def estimate_gain(values: Floats, baseline: Floats, seed: int = 0) -> Estimate:
    """Relative gain of the mean of `values` over that of `baseline`, both of the same searches."""
    ratio = estimate_mean(values, baseline, seed)
    return Estimate(ratio.mean - 1, ratio.low - 1, ratio.high - 1)


def _resample(columns: Floats, seed: int) -> Floats:
    """Bootstrap means of columns over searches, shape (RESAMPLES, columns)."""
    random, count = np.random.default_rng(seed), len(columns)
    return np.stack([columns[random.integers(0, count, count)].mean(axis=0) for _ in range(RESAMPLES)])
