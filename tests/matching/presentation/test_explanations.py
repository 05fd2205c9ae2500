"""The sentence beside a score: plain, true, in two languages."""

from dataclasses import replace

import pytest

from geo.localisation.quantities import distance_step, distance_text, euros_text
from geo.types import Amenity
from matching.affinity.affinity_matrix import SharedTraits
from matching.presentation.explanations import explain
from matching.query.results import Result, TermScore

NAMES = {"rura": "RuraConnect"}


def result(
    proximity: float = 0.9,
    wishes: float | None = None,
    price: int | None = 600,
    affinity: float | None = None,
    fit: float = 1.0,
    trust: float = 0.8,
    amenities: dict[str, str] | None = None,
    **facts: object,
) -> Result:
    answers = {amenity.value: "unknown" for amenity in Amenity} | (amenities or {})
    values = {"proximity": (proximity, 0.4), "wishes": (wishes, 0.2), "affinity": (affinity, 0.13)}
    values |= {
        "price": (0.4 if price is None else 2 ** (-price / 1500), 0.12),
        "fit": (fit, 0.05),
        "trust": (trust, 0.1),
    }
    return Result(
        place_id=1,
        space_id=2,
        other_spaces=0,
        score=0.5,
        distance_m=12_300.0,
        terms=tuple(TermScore(name, value, weight) for name, (value, weight) in values.items() if value is not None),
        facts={"precision": "exact", "status": "offered", "amenities": answers, **facts},
        seats_left=None,
        free_from=None,
        free_until=None,
        price_cents=price,
        wishes=frozenset({Amenity.QUIET, Amenity.SCREEN}) if wishes is not None else frozenset(),
        closest_community="rura" if affinity is not None else None,
    )


@pytest.mark.parametrize(
    ("case", "french", "english"),
    [
        (
            result(affinity=0.7),
            "tout près, et RuraConnect est partenaire de votre communauté",
            "very near, and RuraConnect is a partner of your community",
        ),
        (
            result(proximity=0.3, wishes=0.7, price=0, amenities={"quiet": "yes"}),
            "au calme et gratuit, un peu plus loin",
            "quiet and free of charge, a little further away",
        ),
        (
            result(proximity=0.9, wishes=0.5, amenities={"screen": "yes", "quiet": "no"}),
            "tout près et avec un écran, mais pas au calme",
            "very near and with a screen, but not quiet",
        ),
        (result(proximity=0.05, price=None), "à 12\u00a0km", "12\u00a0km away"),
        (result(precision="commune"), "adresse à préciser", "exact address to be confirmed"),
        (result(fit=0.2), "tout près, mais bien plus grand que demandé", "very near, but much larger than asked"),
        (result(trust=0.05), "tout près, mais informations à vérifier", "very near, but details to be checked"),
        (
            result(trust=0.0, checked_on="2019-06-30"),
            "tout près, mais informations de 2019 à vérifier",
            "very near, but details from 2019 to be checked",
        ),
        (result(price=2500), "tout près, plus cher (25\u00a0€)", "very near, dearer (€25)"),
        (result(status="candidate"), "tout près, mais accueil non confirmé", "very near, but not confirmed as a host"),
        (
            result(affinity=1.0, proximity=0.6),
            "pas loin et proposé par votre communauté RuraConnect",
            "not far and offered by your community RuraConnect",
        ),
        (
            result(proximity=0.6, affinity=0.2),
            "pas loin, et RuraConnect ressemble à votre communauté",
            "not far, and RuraConnect resembles your community",
        ),
        (
            replace(
                result(proximity=0.6, affinity=0.2), shared_traits=SharedTraits(common_values=("entraide", "ruralité"))
            ),
            "pas loin, et RuraConnect partage vos valeurs (entraide et ruralité)",
            "not far, and RuraConnect shares your values (entraide and ruralité)",
        ),
        (
            replace(result(proximity=0.6, affinity=0.2), shared_traits=SharedTraits(True, ("entraide",))),
            "pas loin, et RuraConnect a des membres en commun avec votre communauté",
            "not far, and RuraConnect has members in common with your community",
        ),
        (
            replace(result(proximity=0.6, affinity=0.7), shared_traits=SharedTraits(True, ("entraide",))),
            "pas loin, et RuraConnect est partenaire de votre communauté",
            "not far, and RuraConnect is a partner of your community",
        ),
        (
            replace(result(proximity=0.6, affinity=0.1), shared_traits=SharedTraits(True, ("entraide",))),
            "pas loin",
            "not far",
        ),
        (result(proximity=0.6, price=300), "pas loin et à 3\u00a0€ seulement", "not far and only €3"),
    ],
)
def test_sentences(case: Result, french: str, english: str | None) -> None:
    assert explain(case, "fr", NAMES) == french
    if english is not None:
        assert explain(case, "en", NAMES) == english


def test_a_community_without_a_known_name_is_called_by_its_slug() -> None:
    assert "rura est partenaire" in explain(result(affinity=0.7), "fr")


def test_there_is_always_something_to_say() -> None:
    bare = replace(result(), terms=(TermScore("trust", 0.8, 1.0),))
    assert explain(bare, "fr") == "convient à votre demande"
    assert explain(bare, "en") == "fits your search"


@pytest.mark.parametrize(
    ("metres", "french"),
    [(0, "10 m"), (3, "10 m"), (652, "650 m"), (999, "1,0 km"), (1149, "1,1 km"), (9960, "10 km"), (29_600, "30 km")],
)
def test_distances_the_french_way(metres: float, french: str) -> None:
    assert distance_text(metres, "fr") == french.replace(" ", "\u00a0")


def test_prices() -> None:
    assert [euros_text(cents, "fr") for cents in (600, 750)] == ["6\u00a0€", "7,50\u00a0€"]
    assert [euros_text(cents, "en") for cents in (600, 750)] == ["€6", "€7.50"]


def test_distances_of_one_step_have_the_same_text() -> None:
    """`distance_step` stands for the text of a distance wherever sentences are remembered."""
    texts: dict[int, str] = {}
    for decimetres in range(400_000):
        text = distance_text(decimetres / 10, "fr")
        assert texts.setdefault(distance_step(decimetres), text) == text
    assert len(texts) < 1_000
