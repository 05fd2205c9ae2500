"""The engine answers exactly what a second search, written apart, answers."""

import random

import pytest

from geo.store.frames import PLACES, SPACES
from geo.types import Point
from matching.query.query import MAX_LIMIT, MAX_RADIUS_M, Query, slot_start
from matching.query.results import Result
from matching.search.engine import Whole, search
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from tests.matching.reference import Reference, Row
from tests.matching.world import AS_OF, MEMBERSHIP_ROWS, NOW, World, frame, query_from

QUERIES = 10_000


@pytest.fixture(scope="module")
def reference(world: World) -> Reference:
    return Reference(world.places, world.spaces, world.busy, world.communities, MEMBERSHIP_ROWS, AS_OF)


def same(result: Result, expected: Row, query: Query) -> None:
    assert (result.place_id, result.space_id) == (expected["place_id"], expected["space_id"])
    assert round(result.score, 6) == expected["score"]
    assert sum(term.contribution for term in result.terms) == pytest.approx(result.score, abs=1e-12)
    assert list(result.free_windows) == expected["windows_free"]
    assert result.distance_m == expected["distance_m"]
    assert result.other_spaces == expected["others"]
    assert result.price_cents == expected["price"]
    assert [term.name for term in result.terms] == list(expected["weights"])
    for term in result.terms:
        assert term.value == pytest.approx(expected["values"][term.name], abs=1e-12)
        assert term.weight == pytest.approx(expected["weights"][term.name], abs=1e-12)
    assert result.seats_left == expected["left"]
    if expected["free"] is None:
        assert result.free_from is None and result.free_until is None
    else:
        assert (result.free_from, result.free_until) == tuple(slot_start(slot) for slot in expected["free"])
    assert set(result.facts["communities"]) == set(expected["row"]["communities"]) & query.visible


def test_10_000_random_queries_equal_the_reference(
    snapshot: Snapshot, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also once more is known of those who ask alike."""
    monkeypatch.setattr("matching.search.prepared_index.WHILE_S", 0.0)
    drawn, whole = random.Random(20261005), Whole(snapshot)
    answered = 0
    for _ in range(QUERIES):
        query = query_from(drawn)
        got = search([whole], query, NOW)
        expected, total, unsure = reference.search(query, NOW)
        assert (got.total, got.to_confirm) == (total, unsure)
        assert len(got.results) == min(total, query.limit)
        for result, other in zip(got.results, expected, strict=False):
            same(result, other, query)
        answered += total > 0
        whole.searchable.wait_for_bounds()
        assert search([whole], query, NOW) == got
    assert answered >= 0.7 * QUERIES


def test_equal_scores_go_by_distance_then_place(small_world: World) -> None:
    """Three hundred places alike, a hundred each at three points as far: only their ids tell them apart."""
    one = next(place for place in small_world.places if place["precision"] == "exact")
    points = [(2.35, 48.86), (2.36, 48.86), (2.34, 48.86)]
    places = [
        {**one, "status": "offered", "place_id": number, "lon": points[number % 3][0], "lat": points[number % 3][1]}
        for number in range(1, 301)
    ]
    room = {**small_world.spaces[0], "seats": 2, "communities": []}
    spaces = [{**room, "space_id": 1000 - number, "place_id": number} for number in range(1, 301)]
    source = IndexInput(places=frame(places, PLACES), spaces=frame(spaces, SPACES))
    found = search([Whole(build_index(source, as_of=AS_OF))], Query(Point(2.35, 48.86), limit=MAX_LIMIT), NOW)
    assert [one.place_id for one in found.results] == list(range(3, 301, 3))
    assert found.total == 300


def test_more_results_asked_than_there_are_places(small_world: World) -> None:
    places = [place for place in small_world.places if place["status"] != "closed"][:7]
    source = small_world.input({place["place_id"] for place in places})
    everywhere = Query(
        Point(places[0]["lon"], places[0]["lat"]), radius_m=MAX_RADIUS_M, candidates=True, limit=MAX_LIMIT
    )
    found = search([Whole(build_index(source, as_of=AS_OF))], everywhere, NOW)
    assert len(found.results) == found.total <= 7


def test_an_empty_index_answers_nothing() -> None:
    found = search([Whole(build_index(IndexInput(), as_of=AS_OF))], Query(Point(2.35, 48.86), candidates=True), NOW)
    assert (found.results, found.total, found.to_confirm) == ((), 0, 0)
