"""A proposal of learned weights, with the figures to decide on it; written as JSON for a person and for the service."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from geo.errors import InvalidInput
from matching.learning.fit import MAX_AFFINITY, fit_weights
from matching.learning.interaction_log import InteractionLog
from matching.learning.ndcg import DISTANCE_ONLY, Estimate, dcg_of_log, estimate_gain, estimate_mean
from matching.learning.position_bias import estimate_examination
from matching.query.weights import PRESETS, TERM_NAMES

FORMAT = 1
MIN_WITH_A_CHOICE = 1_000
"""Least number of impressions with a choice; the intervals then say how certain the gains are."""
HELD_OUT = 0.2
"""Share of the impressions used for testing only."""
DECIMALS = 4
BALANCED = "balanced"


@dataclass(frozen=True, slots=True)
class Comparison:
    """NDCG at 10 of one set of weights on the test impressions, and its gain over distance alone."""

    ndcg: Estimate
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Proposal:
    """Learned weights and the figures to judge them by; the field names are keys of the JSON file."""

    weights: dict[str, float]
    impressions: int
    with_a_choice: int
    held_out: int
    """Impressions used for testing."""
    examination: tuple[float, ...]
    """Estimated probability that a result is examined, by rank."""
    compared: dict[str, Comparison]
    """By set of weights: `distance_only`, each preset, `learned`."""
    gain_over_balanced: Estimate

    def to_json(self, made_at: str) -> str:
        """The text of the file. `made_at`: ISO 8601."""
        return json.dumps({"format": FORMAT, "made_at": made_at, **asdict(self)}, indent=2) + "\n"


def propose(log: InteractionLog, seed: int = 0) -> Proposal:
    """Learns weights from four fifths of the impressions and tests them on the others.

    Raises InvalidInput if fewer than MIN_WITH_A_CHOICE impressions have a choice, or if choices follow no term.
    """
    if log.with_a_choice < MIN_WITH_A_CHOICE:
        raise InvalidInput(
            field="log",
            value=log.with_a_choice,
            fr=f"Recherches du journal suivies d'un choix : {log.with_a_choice} ; il en faut {MIN_WITH_A_CHOICE} : "
            "attendez que d'autres visiteurs y consentent.",
            en=f"Searches of the log followed by a choice: {log.with_a_choice}; {MIN_WITH_A_CHOICE} are needed: "
            "wait for more visitors to consent.",
        )
    training, test = log.split(HELD_OUT, seed)
    examination = estimate_examination(training)
    weights = round_weights(fit_weights(training, examination))
    candidates: dict[str, Mapping[str, float]] = {
        "distance_only": DISTANCE_ONLY,
        **{preset.value: preset_weights for preset, preset_weights in PRESETS.items()},
        "learned": weights,
    }
    dcg = {name: dcg_of_log(test, examination, candidate) for name, candidate in candidates.items()}
    best, distance = dcg_of_log(test, examination, None), dcg["distance_only"]
    return Proposal(
        weights,
        log.impressions,
        log.with_a_choice,
        test.impressions,
        tuple(np.round(examination, DECIMALS).tolist()),
        {name: Comparison(estimate_mean(each, best), estimate_gain(each, distance)) for name, each in dcg.items()},
        estimate_gain(dcg["learned"], dcg[BALANCED]),
    )


def round_weights(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights rounded to DECIMALS that still sum to 1: proximity takes the difference."""
    short = {name: round(weights[name], DECIMALS) for name in TERM_NAMES}
    short["proximity"] = round(short["proximity"] + 1 - sum(short.values()), DECIMALS)
    return short


def read_weights(text: str) -> dict[str, float]:
    """The weights in the text of a proposal file. Raises InvalidInput for a file that is not a valid proposal."""
    try:
        content: Any = json.loads(text)
        weights = {name: float(content["weights"][name]) for name in TERM_NAMES}
        is_supported = content["format"] == FORMAT and set(content["weights"]) == set(TERM_NAMES)
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable("ce n'est pas une proposition de poids", "it is not a proposal of weights") from error
    if not is_supported:
        raise _unusable("son format n'est pas connu", "its format is not known")
    if not all(0 <= weight <= 1 for weight in weights.values()) or not math.isclose(
        sum(weights.values()), 1, abs_tol=1e-6
    ):
        raise _unusable("ses poids ne sont pas positifs de somme 1", "its weights are not positive and summing to 1")
    if weights["affinity"] > MAX_AFFINITY:
        raise _unusable(
            f"la communauté y pèse plus de {MAX_AFFINITY}", f"the community weighs more than {MAX_AFFINITY} in it"
        )
    return weights


def _unusable(fr: str, en: str) -> InvalidInput:
    return InvalidInput(
        field="weights",
        fr=f"Ce fichier de poids ne peut pas servir : {fr} ; refaites-le avec « placelibre learn ».",
        en=f"This file of weights cannot be used: {en}; make it again with “placelibre learn”.",
    )
