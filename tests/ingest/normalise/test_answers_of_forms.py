"""Counts, tariffs and answers of forms, as lists write them."""

import pytest

from ingest.normalise import amenities, capacity
from ingest.normalise.price import DAY, HALF_DAY, HOUR, MONTH, YEAR, Tariff, half_day_of, tariffs


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("10 à 15 pers.", 10),
        ("8-10", 8),
        ("une dizaine", 10),
        ("une vingtaine de personnes", 20),
        ("environ 20 places", 20),
        ("jusqu'à 12", 12),
        ("1 200 places", 1200),
        ("2 salles de 12 personnes (40 m²)", 12),
        ("Capacité 19 personnes max", 19),
        ("deux", 2),
        ("40 m²", None),
        ("3 salles", None),
        ("deux salles", None),
        ("une salle", None),
        ("9" * 40, None),
        ("oui", None),
    ],
)
def test_counts_and_ranges(text: str, count: int | None) -> None:
    assert capacity.normalise(text) == count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 € HT la demi-journée", [Tariff(1800, HALF_DAY, before_tax=True)]),
        ("gratuit", [Tariff(0)]),
        ("à partir de 5€/h", [Tariff(500, HOUR, lowest=True)]),
        ("12€/jour - 8€ la 1/2 journée pour les adhérents", [Tariff(1200, DAY), Tariff(800, HALF_DAY, member=True)]),
        ("5 euros", [Tariff(500)]),
        ("sur devis", []),
        ("Demi-journée : 15 € ; journée : 25 €", [Tariff(1500, HALF_DAY), Tariff(2500, DAY)]),
        ("1/2 journée 10€ journée 18€", [Tariff(1000, HALF_DAY), Tariff(1800, DAY)]),
        ("10€ la 1/2 journée 18€ la journée", [Tariff(1000, HALF_DAY), Tariff(1800, DAY)]),
        ("Gratuit pour les adhérents, 5 € sinon", [Tariff(0, member=True), Tariff(500)]),
        ("Adhérent 5€, non adhérent 8€", [Tariff(500, member=True), Tariff(800, member=False)]),
        ("150 € par mois", [Tariff(15000, MONTH)]),
        ("1 200,50 € par an", [Tariff(120050, YEAR)]),
        ("10 € les 2h", [Tariff(500, HOUR)]),
        ("10-15 €/jour", [Tariff(1000, DAY, lowest=True)]),
        ("9h-12h : 10 €", [Tariff(1000)]),
        ("Salle 10 personnes : 30€", [Tariff(3000)]),
        ("carnet de 10 : 90 €", []),
        ("", []),
    ],
)
def test_every_tariff_of_a_cell(text: str, expected: list[Tariff]) -> None:
    assert list(tariffs(text)) == expected


@pytest.mark.parametrize(
    ("text", "everybody", "member"),
    [
        ("20 € la journée, 12 € la demi-journée, 150€/mois", 1200, 1200),
        ("5 €/heure ou 30 €/jour", 1500, 1500),
        ("8€/demi-journée (adhérents) 12€/demi-journée (non adhérents)", 1200, 800),
        ("15 € HT / 18 € TTC la demi-journée", 1800, 1800),
        ("Tarif membre : 5€", None, 500),
        ("3000 €", None, None),
    ],
)
def test_the_half_day_price_of_everybody_and_of_members(text: str, everybody: int | None, member: int | None) -> None:
    assert half_day_of(tariffs(text)) == everybody
    assert half_day_of(tariffs(text), member=True) == member


@pytest.mark.parametrize("cell", ["Oui", "o", "✔", "☑", "☒", "X", "1", "vrai", "TRUE", "Disponible", "Accessible PMR"])
def test_ways_of_saying_yes(cell: str) -> None:
    assert amenities.answer(cell) == "yes"


@pytest.mark.parametrize("cell", ["Non", "n", "☐", "✗", "0", "FAUX", "aucune", "Pas de wifi", "Non, mais à côté"])
def test_ways_of_saying_no(cell: str) -> None:
    assert amenities.answer(cell) == "no"


@pytest.mark.parametrize(
    "cell",
    [
        "NSP",
        "en cours",
        "En cours de déploiement",
        "partiellement",
        "pas encore",
        "à venir",
        "Non renseigné",
        "peut-être",
    ],
)
def test_ways_of_not_saying(cell: str) -> None:
    assert amenities.answer(cell) is None
