"""The engine answers exactly what a second search, written apart, answers."""

import random

import pytest

from matching.engine import Whole, search
from matching.query import Query, slot_start
from matching.results import Result
from matching.snapshot.snapshot import Snapshot
from tests.matching.reference import Reference, Row
from tests.matching.world import AS_OF, NOW, World, query_from

QUERIES = 2000


@pytest.fixture(scope="module")
def reference(world: World) -> Reference:
    return Reference(world.places, world.spaces, world.busy, world.communities, AS_OF)


def same(result: Result, expected: Row, query: Query) -> None:
    assert (result.place_id, result.space_id) == (expected["place_id"], expected["space_id"])
    assert result.score == expected["score"]
    assert result.distance_m == expected["distance_m"]
    assert result.other_spaces == expected["others"]
    assert result.price_cents == expected["price"]
    assert [term.name for term in result.terms] == list(expected["weights"])
    for term in result.terms:
        assert term.value == pytest.approx(expected["values"][term.name], abs=1e-12)
        assert term.weight == pytest.approx(expected["weights"][term.name], abs=1e-12)
    assert sum(term.contribution for term in result.terms) == pytest.approx(result.score, abs=1e-6)
    assert result.seats_left == expected["left"]
    if expected["free"] is None:
        assert result.free_from is None and result.free_until is None
    else:
        assert (result.free_from, result.free_until) == tuple(slot_start(slot) for slot in expected["free"])
    assert set(result.facts["communities"]) == set(expected["row"]["communities"]) & query.visible


def test_2000_random_queries_equal_the_reference(snapshot: Snapshot, reference: Reference) -> None:
    drawn = random.Random(20261005)
    answered = 0
    for _ in range(QUERIES):
        query = query_from(drawn)
        got = search([Whole(snapshot)], query, NOW)
        expected, total, unsure = reference.search(query, NOW)
        assert (got.total, got.to_confirm) == (total, unsure)
        assert len(got.results) == min(total, query.limit)
        for result, other in zip(got.results, expected, strict=False):
            same(result, other, query)
        answered += total > 0
    assert answered >= 0.7 * QUERIES
