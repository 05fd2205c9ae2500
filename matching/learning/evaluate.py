"""How good an order is: NDCG at 10, with intervals by bootstrap over searches.

NDCG (Järvelin and Kekäläinen, 2002) = sum of gain / log2(1 + rank) of the first ten, divided by that of the best order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.learning.log import Floats, Log
from matching.presets import TERM_NAMES

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


def ndcg_of_log(log: Log, looked_at: Floats, weights: Mapping[str, float]) -> Floats:
    """NDCG at 10 of each impression with a choice, its results put in the order of `weights` (ties as shown).

    The gain of a result is its choice over how likely it was looked at, so that an order is not judged good for
    showing first what was shown first. Only what was shown can be judged.
    """
    gain = log.chosen / looked_at[log.rank - 1]
    score = log.values @ vector(weights)
    shown = _by(log, np.lexsort((log.rank, -score, log.impression)), gain)
    best = _by(log, np.lexsort((-gain, log.impression)), gain)
    chosen = best > 0
    return shown[chosen] / best[chosen]


def _by(log: Log, order: "np.typing.NDArray[np.int64]", gain: Floats) -> Floats:
    """DCG of each impression with its rows in that order."""
    place = np.arange(len(order)) - log.starts[log.impression]
    worth = np.where(place < AT, gain[order] / np.log2(place + 2), 0.0)
    return np.bincount(log.impression, worth, log.impressions)


def measured(of_each: Floats, seed: int = 0) -> Measured:
    """The mean over searches."""
    means = _resampled(of_each[:, None], seed)[:, 0]
    low, high = np.quantile(means, (0.025, 0.975))
    return Measured(float(of_each.mean()), float(low), float(high))


def gained(of_each: Floats, over: Floats, seed: int = 0) -> Measured:
    """By how much the mean is above another's, as a share of it; the searches are the same, drawn together."""
    means = _resampled(np.stack([of_each, over], axis=1), seed)
    low, high = np.quantile(means[:, 0] / means[:, 1] - 1, (0.025, 0.975))
    return Measured(float(of_each.mean() / over.mean() - 1), float(low), float(high))


def _resampled(columns: Floats, seed: int) -> Floats:
    """Means of columns over searches drawn again, shape (RESAMPLED, columns)."""
    random, count = np.random.default_rng(seed), len(columns)
    return np.stack([columns[random.integers(0, count, count)].mean(axis=0) for _ in range(RESAMPLED)])
