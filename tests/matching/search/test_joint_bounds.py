"""Joint bounds are cached for recent searcher profiles, and change no answer."""

import gc
import weakref
from dataclasses import replace

import pytest

from geo.types import Point
from matching.live_index import LiveIndex
from matching.query.query import Query
from matching.search.engine import SnapshotLayer, search
from matching.search.prepared_index import PreparedIndex
from matching.snapshot.builder import build_snapshot
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import AS_OF, NOW, World

PARIS = Query(Point(2.35, 48.86), radius_m=20_000)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tree address of each computation of bounds; those of other trees may still run in the background."""
    from matching.search import prepared_index

    calls, compute = list[int](), prepared_index.compute_joint_bounds

    def counted(*arguments: int | bytes) -> None:
        calls.append(int(arguments[0]))
        compute(*arguments)

    monkeypatch.setattr("matching.search.prepared_index.CACHED_SEARCHERS", 3)
    monkeypatch.setattr("matching.search.joint_bounds_cache.EVICTABLE_AFTER_S", 0.0)
    monkeypatch.setattr("matching.search.prepared_index.compute_joint_bounds", counted)
    return calls


def search_for(layer: SnapshotLayer, seats: int) -> None:
    search([layer], replace(PARIS, seats=seats), NOW)
    layer.index.wait_for_bounds()


def times(layer: SnapshotLayer, computed: list[int]) -> int:
    return computed.count(layer.index.tree_address)


def test_the_least_recently_used_profile_is_evicted(small_snapshot: Snapshot, computed: list[int]) -> None:
    layer = SnapshotLayer(small_snapshot)
    for seats in (1, 2, 3, 1, 4):  # 2 is the least recently used
        search_for(layer, seats)
    assert [query.seats for query in layer.index.recent_queries(10)] == [4, 1, 3]
    assert [query.seats for query in layer.index.recent_queries(1)] == [4]
    assert times(layer, computed) == 4
    for seats in (1, 3, 4):
        search_for(layer, seats)
    assert times(layer, computed) == 4
    search_for(layer, 2)
    assert times(layer, computed) == 5


def test_a_recent_profile_is_not_evicted(
    small_snapshot: Snapshot, computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or no profile would keep its bounds if more take turns than fit."""
    monkeypatch.setattr("matching.search.joint_bounds_cache.EVICTABLE_AFTER_S", 60.0)
    layer = SnapshotLayer(small_snapshot)
    for seats in (1, 2, 3, 4, 1):
        search_for(layer, seats)
    assert [query.seats for query in layer.index.recent_queries(10)] == [1, 3, 2]
    assert times(layer, computed) == 3


def test_answers_are_the_same_before_and_after_the_bounds_are_known(
    small_snapshot: Snapshot, computed: list[int]
) -> None:
    layer = SnapshotLayer(small_snapshot)
    first = search([layer], PARIS, NOW)
    layer.index.wait_for_bounds()
    assert search([layer], PARIS, NOW) == first
    assert times(layer, computed) == 1


def test_an_index_without_the_cache_computes_no_bounds(small_snapshot: Snapshot, computed: list[int]) -> None:
    prepared_index = PreparedIndex(small_snapshot, cache_bounds=False)
    prepared_index.encode(PARIS, {"proximity": 1.0})
    prepared_index.wait_for_bounds()
    assert prepared_index.recent_queries(10) == []
    assert computed.count(prepared_index.tree_address) == 0


def test_a_new_snapshot_has_the_bounds_of_recent_profiles(
    small_world: World, computed: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("index")
    build_snapshot(small_world.input(), folder, as_of=AS_OF)
    with LiveIndex.open(folder) as index:
        index.search(PARIS, NOW)
        build_snapshot(small_world.input(), folder, as_of=NOW)
        newer = index.open_newer()
        assert newer is not None and times(newer, computed) == 1
        search_for(newer, PARIS.seats)
        assert times(newer, computed) == 1


def test_an_encoded_query_keeps_its_tables_alive(small_snapshot: Snapshot) -> None:
    """Two threads that encode the same query at once build its tables twice, and the cache keeps only one."""
    prepared_index = PreparedIndex(small_snapshot, cache_bounds=False)
    prepared_index._tables = prepared_index._build_tables  # type: ignore[assignment]
    encoded = prepared_index.encode(PARIS, {"proximity": 1.0})
    address = weakref.ref(encoded.address_table.table)
    gc.collect()
    assert address() is not None and encoded.tables == encoded.address_table.address
