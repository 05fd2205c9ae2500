"""Weights of the score terms: presets, and the weights that a query gives itself."""

from collections.abc import Mapping

from geo.errors import InvalidInput
from matching.query.query import Preset

TERM_NAMES = ("proximity", "wishes", "price", "affinity", "fit", "trust")
"""The terms, in the order in which they are summed, shown and stored."""

PRESETS: Mapping[Preset, Mapping[str, float]] = {
    Preset.BALANCED: dict(zip(TERM_NAMES, (0.40, 0.20, 0.12, 0.13, 0.05, 0.10), strict=True)),
    Preset.CLOSEST: dict(zip(TERM_NAMES, (0.70, 0.10, 0.05, 0.05, 0.03, 0.07), strict=True)),
    Preset.COMMUNITY: dict(zip(TERM_NAMES, (0.25, 0.15, 0.08, 0.40, 0.04, 0.08), strict=True)),
    Preset.CHEAPEST: dict(zip(TERM_NAMES, (0.25, 0.15, 0.42, 0.06, 0.04, 0.08), strict=True)),
}
"""Each sums to 1. The default and learned weights give affinity at most 0.25; a searcher may choose more."""


def requested_weights(preset: Preset, own: tuple[tuple[str, float], ...] | None) -> dict[str, float]:
    """Weight per term: the searcher's `own` (0 for terms not named), else those of the preset.

    Raises InvalidInput for an unknown name, or a negative or non-finite weight.
    """
    if own is None:
        return dict(PRESETS[preset])
    weights = dict.fromkeys(TERM_NAMES, 0.0)
    for name, weight in own:
        if name not in weights or not 0.0 <= weight < float("inf"):
            names = ", ".join(TERM_NAMES)
            raise InvalidInput(
                field="weights",
                value=f"{name}={weight}",
                fr=f"Le poids « {name}={weight} » ne convient pas : donnez un nombre positif à l'un de : {names}.",
                en=f"The weight “{name}={weight}” will not do: give a positive number to one of: {names}.",
            )
        weights[name] = weight
    return weights


def normalise_weights(weights: Mapping[str, float], usable: frozenset[str]) -> dict[str, float]:
    """The weights above 0 of the usable terms, scaled to sum to 1, in the order of TERM_NAMES.

    Raises InvalidInput if no usable term has a weight.
    """
    positive = {name: weights[name] for name in TERM_NAMES if name in usable and weights.get(name, 0.0) > 0.0}
    total = sum(positive.values())
    if not positive:
        raise InvalidInput(
            field="weights",
            fr="Aucun critère pondéré ne s'applique à cette recherche : donnez par exemple du poids à la proximité.",
            en="None of the weighted terms applies to this search: give proximity some weight, for instance.",
        )
    return {name: weight / total for name, weight in positive.items()}
