"""Joint bounds are kept for those who asked last, and change no answer."""

import gc
import weakref
from dataclasses import replace

import pytest

from geo.types import Point
from matching.live_index import LiveIndex
from matching.query.query import Query
from matching.search.engine import Whole, search
from matching.search.prepared_index import Searchable
from matching.snapshot.builder import build_snapshot
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import AS_OF, NOW, World

PARIS = Query(Point(2.35, 48.86), radius_m=20_000)


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of each time that bounds were worked out, where the tree lies: others may still be working meanwhile."""
    from matching.search import prepared_index

    calls, work_out = list[int](), prepared_index.compute_joint_bounds

    def counted(*arguments: int | bytes) -> None:
        calls.append(int(arguments[0]))
        work_out(*arguments)

    monkeypatch.setattr("matching.search.prepared_index.REMEMBERED", 3)
    monkeypatch.setattr("matching.search.prepared_index.WHILE_S", 0.0)
    monkeypatch.setattr("matching.search.prepared_index.compute_joint_bounds", counted)
    return calls


def ask(whole: Whole, seats: int) -> None:
    search([whole], replace(PARIS, seats=seats), NOW)
    whole.searchable.wait_for_bounds()


def times(whole: Whole, worked_out: list[int]) -> int:
    return worked_out.count(whole.searchable.tree_addresses.address)


def test_those_who_asked_longest_ago_are_dropped(small_snapshot: Snapshot, worked_out: list[int]) -> None:
    whole = Whole(small_snapshot)
    for seats in (1, 2, 3, 1, 4):  # 2 has not asked for longest
        ask(whole, seats)
    assert [query.seats for query in whole.searchable.asked_lately(10)] == [4, 1, 3]
    assert [query.seats for query in whole.searchable.asked_lately(1)] == [4]
    assert times(whole, worked_out) == 4
    for seats in (1, 3, 4):
        ask(whole, seats)
    assert times(whole, worked_out) == 4
    ask(whole, 2)
    assert times(whole, worked_out) == 5


def test_who_asked_a_moment_ago_is_not_dropped(
    small_snapshot: Snapshot, worked_out: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or nothing would be known of anybody where more ask in turn than there is room for."""
    monkeypatch.setattr("matching.search.prepared_index.WHILE_S", 60.0)
    whole = Whole(small_snapshot)
    for seats in (1, 2, 3, 4, 1):
        ask(whole, seats)
    assert [query.seats for query in whole.searchable.asked_lately(10)] == [1, 3, 2]
    assert times(whole, worked_out) == 3


def test_answers_are_the_same_before_and_after_the_bounds_are_known(
    small_snapshot: Snapshot, worked_out: list[int]
) -> None:
    whole = Whole(small_snapshot)
    first = search([whole], PARIS, NOW)
    whole.searchable.wait_for_bounds()
    assert search([whole], PARIS, NOW) == first
    assert times(whole, worked_out) == 1


def test_a_part_that_is_never_searched_whole_keeps_none(small_snapshot: Snapshot, worked_out: list[int]) -> None:
    prepared_index = Searchable(small_snapshot, bounded=False)
    prepared_index.asked(PARIS, {"proximity": 1.0})
    prepared_index.wait_for_bounds()
    assert prepared_index.asked_lately(10) == []
    assert worked_out.count(prepared_index.tree_addresses.address) == 0


def test_a_new_snapshot_knows_the_bounds_of_those_who_asked_before(
    small_world: World, worked_out: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("index")
    build_snapshot(small_world.input(), folder, as_of=AS_OF)
    with LiveIndex.open(folder) as index:
        index.search(PARIS, NOW)
        build_snapshot(small_world.input(), folder, as_of=NOW)
        newer = index.newer()
        assert newer is not None and times(newer, worked_out) == 1
        ask(newer, PARIS.seats)
        assert times(newer, worked_out) == 1


def test_what_a_thread_asks_lives_as_long_as_it_is_asked(small_snapshot: Snapshot) -> None:
    """Two threads that ask the same at once make its tables twice, of which one is remembered."""
    prepared_index = Searchable(small_snapshot, bounded=False)
    prepared_index._tables = prepared_index._make_tables  # type: ignore[assignment]
    asked = prepared_index.asked(PARIS, {"proximity": 1.0})
    address = weakref.ref(asked.addresses.table)
    gc.collect()
    assert address() is not None and asked.tables == asked.addresses.address
