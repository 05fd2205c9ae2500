"""Weights of the score terms: one row per preset, each summing to 1; a query may give its own."""

from collections.abc import Mapping

from geo.errors import InvalidInput
from matching.query.query import Preset

TERM_NAMES = ("proximity", "wishes", "price", "affinity", "fit", "trust")
"""Order in which terms are summed, shown and stored."""

PRESETS: Mapping[Preset, Mapping[str, float]] = {
    Preset.BALANCED: dict(zip(TERM_NAMES, (0.40, 0.20, 0.12, 0.13, 0.05, 0.10), strict=True)),
    Preset.CLOSEST: dict(zip(TERM_NAMES, (0.70, 0.10, 0.05, 0.05, 0.03, 0.07), strict=True)),
    Preset.COMMUNITY: dict(zip(TERM_NAMES, (0.25, 0.15, 0.08, 0.40, 0.04, 0.08), strict=True)),
    Preset.CHEAPEST: dict(zip(TERM_NAMES, (0.25, 0.15, 0.42, 0.06, 0.04, 0.08), strict=True)),
}
"""The default keeps affinity, and what is learned with it, at or under 0.25; a person may choose more."""


def asked_weights(preset: Preset, own: tuple[tuple[str, float], ...] | None) -> dict[str, float]:
    """Weight per term as asked: a person's own (terms not named weigh 0), else those of its preset.

    Raises InvalidInput for an unknown name, a negative or non-finite weight, or nothing but zeros.
    """
    if own is None:
        return dict(PRESETS[preset])
    weights = dict.fromkeys(TERM_NAMES, 0.0)
    for name, weight in own:
        if name not in weights or not 0.0 <= weight < float("inf"):
            known = ", ".join(TERM_NAMES)
            raise InvalidInput(
                field="weights",
                value=f"{name}={weight}",
                fr=f"Le poids « {name}={weight} » ne convient pas : donnez un nombre positif à l'un de : {known}.",
                en=f"The weight “{name}={weight}” will not do: give a positive number to one of: {known}.",
            )
        weights[name] = weight
    return weights


def renormalised(weights: Mapping[str, float], usable: frozenset[str]) -> dict[str, float]:
    """Weights of the terms a query can use, summing to 1, in the order of TERM_NAMES; zero weights are dropped.

    Raises InvalidInput when no usable term has a weight.
    """
    kept = {name: weights[name] for name in TERM_NAMES if name in usable and weights.get(name, 0.0) > 0.0}
    total = sum(kept.values())
    if not kept:
        raise InvalidInput(
            field="weights",
            fr="Aucun critère pondéré ne s'applique à cette recherche : donnez par exemple du poids à la proximité.",
            en="None of the weighted terms applies to this search: give proximity some weight, for instance.",
        )
    return {name: weight / total for name, weight in kept.items()}
