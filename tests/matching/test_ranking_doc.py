"""The worked example of docs/ranking.md is what the engine answers, to the last digit printed."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from geo.frames import COMMUNITIES, PLACES, SPACES
from geo.types import Amenity, Point
from matching.engine import Whole, search
from matching.presets import PRESETS, TERM_NAMES
from matching.query import Query
from matching.results import Result
from matching.snapshot.builder import build_index
from matching.snapshot.input import IndexInput
from tests.matching.world import frame

PAGE = Path(__file__).parents[2] / "docs" / "ranking.md"
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
    return search([Whole(build_index(source, as_of=AS_OF))], query, AS_OF).results[0]


def cells(heading: str) -> dict[str, list[str]]:
    """Rows of the first table under a heading, by their first cell."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n{heading}\n", 1)[1]
    rows = re.findall(r"^\| *`?(\w+)`? *\|(.*)\|$", section.split("\n## ")[0], re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in rows}


def test_the_worked_example(example: Result) -> None:
    table = cells("## A worked example")
    for term in example.terms:
        shown = [float(cell) for cell in table[term.name][-3:]]
        assert shown == [round(term.value, 6), round(term.weight, 6), round(term.contribution, 6)], term.name
    text = PAGE.read_text(encoding="utf-8")
    assert f"score is **{round(example.score, 6)}**" in text
    assert f"**{example.distance_m} m**" in text


def test_the_presets() -> None:
    table = cells("## Presets")
    for preset, weights in PRESETS.items():
        assert [float(cell) for cell in table[preset.value]] == [weights[name] for name in TERM_NAMES]
