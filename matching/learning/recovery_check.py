"""Checks that learning recovers known weights, from the simulated searches of people who follow them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.learning.fit import fit_weights
from matching.learning.interaction_log import DEPTH, Floats
from matching.learning.ndcg import DISTANCE_ONLY, estimate_gain, estimate_mean
from matching.learning.position_bias import estimate_examination
from matching.learning.proposal import Comparison
from matching.learning.simulator import draw_queries, planted_searchers, simulate_log, true_ndcg
from matching.query.weights import PRESETS
from matching.search.engine import Layer


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """The planted weights, the learned ones, and NDCG at 10 over test searches."""

    impressions: int
    clicks: int
    planted: Mapping[str, float]
    learned: Mapping[str, float]
    uncorrected: Mapping[str, float]
    """Learned without correction for position bias."""
    planted_examination: Floats
    found_examination: Floats
    """By rank, as estimated."""
    compared: dict[str, Comparison]

    def errors(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Relative error of each of `weights`, by term."""
        return {name: abs(weights[name] / weight - 1) for name, weight in self.planted.items()}


def check_recovery(layer: Layer, impressions: int, held_out: int, seed: int = 0) -> RecoveryReport:
    """Learns from `impressions` simulated searches over an index, and tests on `held_out` others."""
    snapshot, searchers = layer.index.snapshot, planted_searchers()
    log = simulate_log(layer, draw_queries(snapshot, impressions, seed), searchers, seed + 1)
    examination = estimate_examination(log)
    learned, uncorrected = fit_weights(log, examination), fit_weights(log, np.ones(DEPTH))
    candidates: dict[str, Mapping[str, float]] = {
        "distance_only": DISTANCE_ONLY,
        **{preset.value: preset_weights for preset, preset_weights in PRESETS.items()},
        "uncorrected": uncorrected,
        "learned": learned,
    }
    test = draw_queries(snapshot, held_out, seed + 2)
    ndcg = {name: true_ndcg(layer, test, searchers, weights) for name, weights in candidates.items()}
    distance = ndcg["distance_only"]
    return RecoveryReport(
        log.impressions,
        int(log.chosen.sum()),
        searchers.weights,
        learned,
        uncorrected,
        searchers.examination,
        examination,
        {name: Comparison(estimate_mean(values), estimate_gain(values, distance)) for name, values in ndcg.items()},
    )
