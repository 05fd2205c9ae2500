"""Places to confirm: those that a search counts apart are those that it lists with `to_confirm`."""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from geo.types import Amenity
from matching.overlay.layers import build_overlay
from matching.query.query import MAX_LIMIT, Query
from matching.search.engine import SnapshotLayer, search
from matching.search.prepared_index import PreparedIndex
from matching.snapshot.builder import build_index
from matching.snapshot.snapshot import Snapshot
from tests.matching.overlay.test_overlay import changed_world, comparable
from tests.matching.reference import Reference
from tests.matching.search.test_engine import same
from tests.matching.search.test_paging import pages
from tests.matching.world import AS_OF, MEMBERSHIP_ROWS, NOW, World, query_from


@pytest.fixture(scope="module")
def reference(world: World) -> Reference:
    return Reference(world.places, world.spaces, world.busy, world.communities, MEMBERSHIP_ROWS, AS_OF)


def queries(seed: int, count: int) -> Iterator[Query]:
    """Queries with needs."""
    rng = random.Random(seed)
    for _ in range(count):
        query = query_from(rng)
        yield replace(query, needs=query.needs or frozenset(rng.sample(list(Amenity), rng.choice([1, 1, 2, 3]))))


def test_those_counted_are_those_listed_and_none_said_no(snapshot: Snapshot, reference: Reference) -> None:
    layer, listed, beside_sure = SnapshotLayer(snapshot), 0, 0
    for query in queries(41, 1500):
        announced = search([layer], query, NOW).to_confirm
        to_confirm = replace(query, to_confirm=True)
        got = search([layer], to_confirm, NOW)
        expected, total, apart = reference.search(to_confirm, NOW)
        assert (got.total, got.to_confirm) == (total, apart) == (announced, 0)
        assert len(got.results) == min(announced, query.limit)
        for result, other in zip(got.results, expected, strict=False):
            same(result, other, query)
            answers = {other["row"]["answers"].get(need.value, "unknown") for need in query.needs}
            assert "unknown" in answers and "no" not in answers
        listed += len(got.results)
        beside_sure += any(result.other_spaces for result in got.results)
    assert listed > 1000 and beside_sure > 50


def test_a_place_with_a_sure_space_is_not_to_confirm(snapshot: Snapshot) -> None:
    layer = SnapshotLayer(snapshot)
    for query in queries(42, 300):
        sure = {result.place_id for result in search([layer], replace(query, limit=MAX_LIMIT), NOW).results}
        to_confirm = search([layer], replace(query, to_confirm=True, limit=MAX_LIMIT), NOW)
        assert not sure & {result.place_id for result in to_confirm.results}


def test_without_needs_nothing_is_to_confirm(snapshot: Snapshot) -> None:
    for query in queries(43, 50):
        got = search([SnapshotLayer(snapshot)], replace(query, needs=frozenset(), to_confirm=True), NOW)
        assert (got.results, got.total, got.to_confirm) == ((), 0, 0)


def test_every_place_to_confirm_is_on_one_page(snapshot: Snapshot) -> None:
    layer, several = SnapshotLayer(snapshot), 0
    for query in queries(44, 150):
        to_confirm = replace(query, to_confirm=True, limit=3)
        listed = pages(layer, to_confirm)
        assert len(listed) == len(set(listed)) == search([layer], to_confirm, NOW).total
        several += len(listed) > 6
    assert several > 20


def test_the_overlay_lists_what_a_rebuild_lists(world: World, snapshot: Snapshot) -> None:
    after, changed = changed_world(world, 250)
    overlay = build_overlay(PreparedIndex(snapshot), after.input(changed), changed)
    rebuilt = SnapshotLayer(build_index(after.input(), as_of=AS_OF))
    for query in queries(45, 150):
        to_confirm = replace(query, to_confirm=True)
        expected = comparable(search([rebuilt], to_confirm, NOW))
        assert comparable(search([overlay.masked, overlay.changed], to_confirm, NOW)) == expected
