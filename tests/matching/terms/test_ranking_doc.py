"""The worked example of docs/ranking.md is what the engine answers, to the last digit printed."""

import math
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from geo.store.frames import COMMUNITIES, MEMBERSHIPS, PLACES, SPACES
from geo.types import Amenity, Point
from matching.affinity.affinity_matrix import build_affinities
from matching.query.query import Query
from matching.query.results import Result
from matching.query.weights import PRESETS, TERM_NAMES
from matching.search.engine import SnapshotLayer, search
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput
from tests.matching.world import frame

PAGE = Path(__file__).parents[3] / "docs" / "ranking.md"
AS_OF = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def example() -> Result:
    place = {
        "place_id": 1,
        "name": "Mairie annexe Malakoff",
        "kind": "mairie",
        "status": "offered",
        "address": "1 rue d'Angleterre",
        "postcode": "44000",
        "commune": "Nantes",
        "insee": "44109",
        "lon": -1.5336,
        "lat": 47.2155,
        "precision": "exact",
        "expected_m": 0.0,
        "time_zone": "Europe/Paris",
        "opening_hours": "Mo-Fr 08:30-17:00",
        "amenities": '{"wifi": "yes", "quiet": "yes", "step_free": "yes"}',
        "phone": None,
        "website": None,
        "checked_on": date(2026, 1, 1),
        "communities": [],
        "demo": False,
    }
    space = {
        "space_id": 1,
        "place_id": 1,
        "kind": "meeting_room",
        "name": "Salle du conseil",
        "seats": 8,
        "price_half_day_cents": 600,
        "member_price_half_day_cents": 300,
        "opening_hours": None,
        "amenities": "{}",
        "communities": ["ruraconnect"],
        "demo": False,
    }
    communities = [
        {"slug": slug, "name": slug, "sharing": "network", "partners": partners, "values": [], "words": ""}
        for slug, partners in (("ruraconnect", []), ("rebondsconnect", ["ruraconnect"]))
    ]
    source = IndexInput(
        places=frame([place], PLACES),
        spaces=frame([space], SPACES),
        communities=frame(communities, COMMUNITIES),
    )
    query = Query(
        Point(-1.5417, 47.2173),
        seats=2,
        wishes=frozenset({Amenity.QUIET, Amenity.SCREEN}),
        community="rebondsconnect",
        visible=frozenset({"ruraconnect", "rebondsconnect"}),
    )
    return search([SnapshotLayer(build_index(source, as_of=AS_OF))], query, AS_OF).results[0]


def cells(heading: str) -> dict[str, list[str]]:
    """Rows of the first table under a heading, by their first cell."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    rows = re.findall(r"^\| *`?(\w+)`? *\|(.*)\|$", section.split("\n## ")[0], re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in rows}


def test_the_worked_example(example: Result) -> None:
    table = cells("## A worked example")
    for term in example.terms:
        documented = [float(cell) for cell in table[term.name][-3:]]
        assert documented == [round(term.value, 6), round(term.weight, 6), round(term.contribution, 6)], term.name
    text = PAGE.read_text(encoding="utf-8")
    assert f"score is **{round(example.score, 6)}**" in text
    assert f"**{example.distance_m} m**" in text


def test_the_learned_affinity() -> None:
    """Every line as the formulas say, and the last as the index learns it."""
    documented = {name: float(row[-1]) for name, row in cells("## Learned affinity").items()}
    once, twice = math.log(4 / 2) + 1, math.log(4 / 3) + 1
    words = twice / math.hypot(twice, once) / math.sqrt(2)
    cosine, weight = 12 / math.sqrt(40 * 90), 60 / 65
    members = math.sqrt(cosine * 12 / 22)
    affinity = 0.6 * (weight * members + (1 - weight) * words)
    steps = [twice, once, words, cosine, members, weight, affinity]
    names = ["idf_entraide", "idf_ruralite", "words", "cosine", "members", "lambda", "affinity"]
    assert documented == {name: round(step, 6) for name, step in zip(names, steps, strict=True)}

    values = {"bourg": ["entraide", "ruralité"], "canal": ["entraide", "numérique"], "phare": ["numérique"]}
    communities = [
        {"slug": slug, "name": slug, "sharing": "network", "partners": [], "values": values[slug], "words": ""}
        for slug in values
    ]
    memberships = [
        {"community": slug, "member": str(number)}
        for slug, numbers in (("bourg", range(40)), ("canal", range(28, 118)))
        for number in numbers
    ]
    affinities = build_affinities(frame(communities, COMMUNITIES), frame(memberships, MEMBERSHIPS))
    assert affinities.of("bourg")["canal"] == affinities.of("canal")["bourg"] == documented["affinity"]


def test_the_presets() -> None:
    table = cells("## Presets")
    for preset, weights in PRESETS.items():
        assert [float(cell) for cell in table[preset.value]] == [weights[name] for name in TERM_NAMES]
