"""The engine answers exactly what the reference search answers."""

import random
from dataclasses import replace

import pytest

from geo.store.frames import PLACES, SPACES
from geo.types import Point
from matching.query.query import MAX_LIMIT, MAX_RADIUS_M, Query, slot_start
from matching.query.results import Result
from matching.search.engine import SnapshotLayer, search
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
    """With and without joint bounds."""
    monkeypatch.setattr("matching.search.joint_bounds_cache.EVICTABLE_AFTER_S", 0.0)
    rng, layer = random.Random(20261005), SnapshotLayer(snapshot)
    with_results = 0
    for _ in range(QUERIES):
        query = query_from(rng)
        answer = search([layer], query, NOW)
        expected, total, unsure = reference.search(query, NOW)
        assert (answer.total, answer.to_confirm) == (total, unsure)
        assert len(answer.results) == min(total, query.limit)
        for result, row in zip(answer.results, expected, strict=False):
            same(result, row, query)
        with_results += total > 0
        layer.index.wait_for_bounds()
        assert search([layer], query, NOW) == answer
    assert with_results >= 0.7 * QUERIES


def test_rooms_of_at_most_so_many_seats(snapshot: Snapshot, reference: Reference) -> None:
    rng, layer, answered, fewer = random.Random(12), SnapshotLayer(snapshot), 0, 0
    for _ in range(1_500):
        plain = query_from(rng)
        query = replace(plain, max_seats=plain.seats + rng.choice([0, 1, 3, 20]))
        answer = search([layer], query, NOW)
        expected, total, unsure = reference.search(query, NOW)
        assert (answer.total, answer.to_confirm) == (total, unsure)
        assert len(answer.results) == min(total, query.limit)
        for result, other in zip(answer.results, expected, strict=False):
            same(result, other, query)
        answered += total > 0
        fewer += total < search([layer], plain, NOW).total
    assert answered > 700 and fewer > 700


def test_equal_scores_go_by_distance_then_place(small_world: World) -> None:
    """Three hundred equal places, a hundred at each of three equally far points: only their ids differ."""
    original = next(place for place in small_world.places if place["precision"] == "exact")
    points = [(2.35, 48.86), (2.36, 48.86), (2.34, 48.86)]
    places = [
        {
            **original,
            "status": "offered",
            "place_id": number,
            "lon": points[number % 3][0],
            "lat": points[number % 3][1],
        }
        for number in range(1, 301)
    ]
    room = {**small_world.spaces[0], "seats": 2, "communities": []}
    spaces = [{**room, "space_id": 1000 - number, "place_id": number} for number in range(1, 301)]
    source = IndexInput(places=frame(places, PLACES), spaces=frame(spaces, SPACES))
    answer = search([SnapshotLayer(build_index(source, as_of=AS_OF))], Query(Point(2.35, 48.86), limit=MAX_LIMIT), NOW)
    assert [result.place_id for result in answer.results] == list(range(3, 301, 3))
    assert answer.total == 300


def test_a_limit_above_the_number_of_places(small_world: World) -> None:
    places = [place for place in small_world.places if place["status"] != "closed"][:7]
    source = small_world.input({place["place_id"] for place in places})
    everywhere = Query(
        Point(places[0]["lon"], places[0]["lat"]), radius_m=MAX_RADIUS_M, candidates=True, limit=MAX_LIMIT
    )
    answer = search([SnapshotLayer(build_index(source, as_of=AS_OF))], everywhere, NOW)
    assert len(answer.results) == answer.total <= 7


def test_an_empty_index_answers_nothing() -> None:
    answer = search(
        [SnapshotLayer(build_index(IndexInput(), as_of=AS_OF))], Query(Point(2.35, 48.86), candidates=True), NOW
    )
    assert (answer.results, answer.total, answer.to_confirm) == ((), 0, 0)
