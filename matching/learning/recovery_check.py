"""Whether learning finds what was planted: simulated people, the weights found again, and what these are worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.learning.fit import fit_weights
from matching.learning.interaction_log import DEPTH, Floats
from matching.learning.ndcg import DISTANCE_ONLY, gained, measured
from matching.learning.position_bias import examination
from matching.learning.proposal import Compared
from matching.learning.simulator import people, questions, simulated_log, true_ndcg
from matching.query.weights import PRESETS
from matching.search.engine import Layer


@dataclass(frozen=True, slots=True)
class Proof:
    """Weights planted and found, and NDCG at 10 over searches that were not learned from."""

    impressions: int
    clicks: int
    planted: Mapping[str, float]
    learned: Mapping[str, float]
    uncorrected: Mapping[str, float]
    """By the same fit as if everything shown had been looked at."""
    planted_examination: Floats
    found_examination: Floats
    compared: dict[str, Compared]

    def errors(self, found: Mapping[str, float]) -> dict[str, float]:
        """Relative error of each weight."""
        return {name: abs(found[name] / weight - 1) for name, weight in self.planted.items()}


def prove(layer: Layer, impressions: int, held_out: int, seed: int = 0) -> Proof:
    """So many simulated searches to learn from, and so many others to judge by, over an index."""
    snapshot, who = layer.searchable.snapshot, people()
    log = simulated_log(layer, questions(snapshot, impressions, seed), who, seed + 1)
    looked_at = examination(log)
    learned, uncorrected = fit_weights(log, looked_at), fit_weights(log, np.ones(DEPTH))
    ways: dict[str, Mapping[str, float]] = {
        "distance_only": DISTANCE_ONLY,
        **{preset.value: of_preset for preset, of_preset in PRESETS.items()},
        "uncorrected": uncorrected,
        "learned": learned,
    }
    judged_by = questions(snapshot, held_out, seed + 2)
    of_each = {name: true_ndcg(layer, judged_by, who, way) for name, way in ways.items()}
    distance = of_each["distance_only"]
    return Proof(
        log.impressions,
        int(log.chosen.sum()),
        who.weights,
        learned,
        uncorrected,
        who.examination,
        looked_at,
        {name: Compared(measured(each), gained(each, distance)) for name, each in of_each.items()},
    )
