"""Learned weights as something to decide on: what they are, what they were learned from, and what they would change.

Written as JSON, to be read by a person before it is accepted, and by the service after.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from geo.errors import InvalidInput
from matching.learning.fit import MOST_AFFINITY, fit_weights
from matching.learning.interaction_log import Log
from matching.learning.ndcg import DISTANCE_ONLY, Measured, dcg_of_log, gained, measured
from matching.learning.position_bias import examination
from matching.query.weights import PRESETS, TERM_NAMES

FORMAT = 1
ENOUGH = 1_000
"""Impressions with a choice from which weights are learned at all; the intervals tell whether they are enough."""
HELD_OUT = 0.2
"""Share of the impressions that judge and are not learned from."""
DECIMALS = 4
BALANCED = "balanced"


@dataclass(frozen=True, slots=True)
class Compared:
    """NDCG at 10 of one way to weigh, on impressions not learned from, and its gain over distance alone."""

    ndcg: Measured
    gain: Measured


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights with the figures to judge them by."""

    weights: dict[str, float]
    impressions: int
    with_a_choice: int
    held_out: int
    examination: tuple[float, ...]
    """How likely each rank is looked at, as found in the log."""
    compared: dict[str, Compared]
    """By way to weigh: `distance_only`, each preset, `learned`."""
    gain_over_balanced: Measured

    def to_json(self, made_at: str) -> str:
        """The file. `made_at`: ISO 8601."""
        return json.dumps({"format": FORMAT, "made_at": made_at, **asdict(self)}, indent=2) + "\n"


def propose(log: Log, seed: int = 0) -> Proposal:
    """Learns from four fifths of the impressions and judges on the others.

    Raises InvalidInput when the log holds less than ENOUGH impressions with a choice, or follows no term.
    """
    if log.with_a_choice < ENOUGH:
        raise InvalidInput(
            field="log",
            value=log.with_a_choice,
            fr=f"Recherches du journal suivies d'un choix : {log.with_a_choice} ; il en faut {ENOUGH} : "
            "attendez que d'autres visiteurs y consentent.",
            en=f"Searches of the log followed by a choice: {log.with_a_choice}; {ENOUGH} are needed: "
            "wait for more visitors to consent.",
        )
    learned_from, judged_by = log.split(HELD_OUT, seed)
    looked_at = examination(learned_from)
    weights = rounded(fit_weights(learned_from, looked_at))
    ways: dict[str, Mapping[str, float]] = {
        "distance_only": DISTANCE_ONLY,
        **{preset.value: of_preset for preset, of_preset in PRESETS.items()},
        "learned": weights,
    }
    of_each = {name: dcg_of_log(judged_by, looked_at, way) for name, way in ways.items()}
    best, distance = dcg_of_log(judged_by, looked_at, None), of_each["distance_only"]
    return Proposal(
        weights,
        log.impressions,
        log.with_a_choice,
        judged_by.impressions,
        tuple(np.round(looked_at, DECIMALS).tolist()),
        {name: Compared(measured(each, best), gained(each, distance)) for name, each in of_each.items()},
        gained(of_each["learned"], of_each[BALANCED]),
    )


def rounded(weights: Mapping[str, float]) -> dict[str, float]:
    """To DECIMALS, still summing to 1: proximity takes what rounding leaves."""
    short = {name: round(weights[name], DECIMALS) for name in TERM_NAMES}
    short["proximity"] = round(short["proximity"] + 1 - sum(short.values()), DECIMALS)
    return short


def weights_in(text: str) -> dict[str, float]:
    """The weights of a proposal's file. Raises InvalidInput saying what is wrong with it."""
    try:
        read: Any = json.loads(text)
        weights = {name: float(read["weights"][name]) for name in TERM_NAMES}
        known = read["format"] == FORMAT and set(read["weights"]) == set(TERM_NAMES)
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable("ce n'est pas une proposition de poids", "it is not a proposal of weights") from error
    if not known:
        raise _unusable("son format n'est pas connu", "its format is not known")
    if not all(0 <= weight <= 1 for weight in weights.values()) or not math.isclose(
        sum(weights.values()), 1, abs_tol=1e-6
    ):
        raise _unusable("ses poids ne sont pas positifs de somme 1", "its weights are not positive and summing to 1")
    if weights["affinity"] > MOST_AFFINITY:
        raise _unusable(
            f"la communauté y pèse plus de {MOST_AFFINITY}", f"the community weighs more than {MOST_AFFINITY} in it"
        )
    return weights


def _unusable(fr: str, en: str) -> InvalidInput:
    return InvalidInput(
        field="weights",
        fr=f"Ce fichier de poids ne peut pas servir : {fr} ; refaites-le avec « placelibre learn ».",
        en=f"This file of weights cannot be used: {en}; make it again with “placelibre learn”.",
    )
