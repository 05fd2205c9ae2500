"""Reasons in words: what both lists say, what they say differently, and what one does not say."""

import numpy as np
import polars as pl
import pytest

from ingest.resolution import linkage, model
from ingest.resolution.explanations import _HOSTS, _KINDS, _TEXTS, explain_pairs
from ingest.resolution.host_roles import ROLES
from ingest.resolution.stored_listings import STORED
from ingest.rows import facts as facts_of
from ingest.rows.facts import Facts

LAB = Facts(
    name="Le Lab Nantais",
    kind="coworking",
    lon=-1.56,
    lat=47.2131,
    precision="exact",
    time_zone="Europe/Paris",
    match_key="lab nantais|3 rue crebillon|44109",
    address="3 rue Crébillon",
    commune="Nantes",
    insee="44109",
    phone="+33240112233",
    website="https://lab.fr",
)


def like(**other: object) -> Facts:
    """The same listing but for these facts."""
    return Facts(**{name: other.get(name, getattr(LAB, name)) for name in LAB.__struct_fields__})  # type: ignore[arg-type]


def told(other: Facts, language: str = "fr") -> dict[str, list[str]]:
    own = {"listing": [1, 2], "place_id": [1, 2], "source": ["a", "b"], "source_key": ["1", "2"], "trust": [50, 50]}
    frame = pl.DataFrame(own, schema={name: STORED[name] for name in own}).hstack(facts_of.frame([LAB, other]))
    (found,) = explain_pairs(linkage.derive(frame), np.array([0]), np.array([1]))
    said: dict[str, list[str]] = {"for": [], "against": [], "unknown": []}
    for why in found:
        said[why.side].append(why.text("en" if language == "en" else "fr"))
    return said


def test_two_that_agree() -> None:
    said = told(LAB)
    assert said["for"] == ["même téléphone", "même page web", "même nom", "même adresse", "à 0 m", "même type de lieu"]
    assert said["against"] == said["unknown"] == []


@pytest.mark.parametrize(
    ("other", "french", "english"),
    [
        ({"phone": "+33240998877"}, "téléphones différents", "different telephones"),
        ({"website": "https://autre.fr"}, "sites web différents", "different web sites"),
        (
            {"match_key": "lab nantais|9 rue crebillon|44109"},
            "numéros de rue différents (3 et 9)",
            "different house numbers (3 and 9)",
        ),
        ({"match_key": "lab nantais|3 quai fosse|44109"}, "rues différentes", "different streets"),
        (
            {"kind": "library"},
            "types de lieu différents (coworking et bibliothèque)",
            "different kinds of place (coworking and library)",
        ),
        ({"lat": 47.2231}, "à 1.1 km", "1.1 km apart"),
        ({"insee": "44143"}, "communes différentes", "different communes"),
    ],
)
def test_what_differs_speaks_against(other: dict[str, object], french: str, english: str) -> None:
    assert french in told(like(**other))["against"]
    assert english in told(like(**other), "en")["against"]


@pytest.mark.parametrize(
    ("other", "missing"),
    [
        ({"phone": None}, "téléphone manquant"),
        ({"website": None}, "site web manquant"),
        ({"match_key": "lab nantais||44109"}, "adresse manquante"),
        ({"kind": "other"}, "type de lieu manquant"),
        ({"precision": "commune", "lat": 47.3}, "position imprécise"),
    ],
)
def test_what_is_missing_is_said_missing_and_speaks_for_nothing(other: dict[str, object], missing: str) -> None:
    said = told(like(**other))
    assert said["unknown"] == [missing]
    assert said["against"] == []


def test_every_kind_and_host_has_its_words() -> None:
    from geo.types import PlaceKind

    assert {str(kind) for kind in PlaceKind} - {"other"} == _KINDS.keys()
    assert set(ROLES) - {"unknown"} == _HOSTS.keys()
    assert all(french and english for french, english in _TEXTS.values())


@pytest.mark.parametrize("score", [-100.0, 100.0])
def test_only_people_are_certain(monkeypatch: pytest.MonkeyPatch, score: float) -> None:
    sure = model.Model.of(score, [])
    monkeypatch.setattr(model, "load", lambda: sure)
    own = {"listing": [1, 2], "place_id": [1, 2], "source": ["a", "b"], "source_key": ["1", "2"], "trust": [50, 50]}
    frame = pl.DataFrame(own, schema={name: STORED[name] for name in own}).hstack(facts_of.frame([LAB, LAB]))
    (probability,) = linkage.probabilities(linkage.derive(frame), np.array([0]), np.array([1]))
    assert 0.0 < probability < 1.0
