"""Diversity of the first page: the greedy choice against all subsets; switched off, nothing changes."""

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import combinations

import pytest

from geo.errors import InvalidInput
from geo.types import Point
from matching.query.query import MAX_LIMIT, MAX_RADIUS_M, Cursor, Query
from matching.search.diversify import Page, Variety, diversify
from matching.search.engine import SnapshotLayer, find
from matching.search.hits import Hits
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import NOW, query_from

Item = tuple[str, bool]


def brute(items: list[Item], variety: Variety) -> list[int]:
    """Of all sets of positions within the bounds the first in the order, then what is left filled up."""

    def allowed(chosen: tuple[int, ...]) -> bool:
        hosts = Counter(items[at][0] for at in chosen)
        old = sum(not items[at][1] for at in chosen)
        within = variety.per_host is None or max(hosts.values(), default=0) <= variety.per_host
        return within and old <= variety.page - variety.reserved_for_new

    sets = [
        positions
        for size in range(variety.page + 1)
        for positions in combinations(range(len(items)), size)
        if allowed(positions)
    ]
    best = list(min(sets, key=lambda positions: positions + (len(items),) * (variety.page - len(positions))))
    for crowded in (False, True):
        for at in range(len(items)):
            full = (
                variety.per_host is not None
                and sum(items[position][0] == items[at][0] for position in best) >= variety.per_host
            )
            if len(best) < variety.page and at not in best and (crowded or not full):
                best.append(at)
    return sorted(best)


def greedy(items: list[Item], variety: Variety) -> list[int]:
    page = Page(variety)
    for host, new in items:
        page.add(host, new)
    return page.positions()


def test_the_greedy_is_the_best_of_all_subsets() -> None:
    rng, moved = random.Random(3), 0
    for _ in range(600):
        items = [(rng.choice("abcd"), rng.random() < 0.25) for _ in range(rng.choice([0, 3, 8, 9, 10]))]
        variety = Variety(rng.choice([None, 1, 2, 3]), rng.choice([None, 0.1, 0.3, 0.5, 1.0]), rng.choice([2, 4, 5]))
        positions = greedy(items, variety)
        assert positions == brute(items, variety)
        moved += positions != list(range(min(len(items), variety.page)))
    assert moved > 150


def describe_hosts(spaces: Sequence[tuple[int, int]]) -> list[tuple[Hashable, bool]]:
    """Made-up hosts and newness, by id."""
    return [(place % 7, place % 11 == 0) for place, _ in spaces]


@pytest.fixture(scope="module")
def layer(snapshot: Snapshot) -> SnapshotLayer:
    return SnapshotLayer(snapshot)


def find_page(layer: SnapshotLayer, query: Query, after: Cursor | None) -> Hits:
    return find([layer], query, NOW, after=after)


def spaces_on(page: Hits) -> list[tuple[int, int]]:
    return [(place, space) for _, _, place, space in page.keys.tolist()]


@pytest.mark.parametrize("variety", [Variety(), Variety(None, 0.0)])
def test_off_is_the_same_to_the_last_bit(layer: SnapshotLayer, variety: Variety) -> None:
    rng = random.Random(5)
    for _ in range(60):
        query = query_from(rng)
        off = diversify(lambda q, a: find_page(layer, q, a), query, variety, describe_hosts)
        assert off.to_results() == find_page(layer, query, None).to_results()
        assert off.next_cursor == find_page(layer, query, None).next_cursor


@pytest.mark.parametrize(("per_host", "new_floor"), [(1, None), (2, None), (None, 0.2), (3, 0.3)])
def test_over_an_index_the_page_is_that_of_the_whole_order(
    layer: SnapshotLayer, per_host: int | None, new_floor: float | None
) -> None:
    variety = Variety(per_host, new_floor, 7)
    for lon, lat in ((2.35, 48.86), (-1.55, 47.22), (3.5, 44.52), (-30.0, 40.0)):
        query = Query(Point(lon, lat), radius_m=MAX_RADIUS_M, limit=20)
        walked: list[tuple[int, int]] = []
        page = find_page(layer, Query(query.point, radius_m=query.radius_m, limit=MAX_LIMIT), None)
        while page.order and len(walked) < 500:
            walked += spaces_on(page)
            if page.next_cursor is None:
                break
            page = find_page(layer, page.query, page.next_cursor)
        items = describe_hosts(walked)
        positions = greedy([(str(host), new) for host, new in items], variety)
        rest = [at for at in range(len(walked)) if at not in positions]
        hits = diversify(lambda q, a: find_page(layer, q, a), query, variety, describe_hosts)
        assert spaces_on(hits) == [walked[at] for at in [*positions, *rest]][:20]
        assert [result.place_id for result in hits.to_results().results] == [place for place, _ in spaces_on(hits)]
        assert hits.total == find_page(layer, query, None).total
        assert hits.query == query


def test_one_host_does_not_fill_the_page_and_new_spaces_get_their_share() -> None:
    items = [("chain", False)] * 40 + [(f"h{at}", at % 5 == 0) for at in range(60)]
    positions = greedy(items, Variety(2, 0.2))
    hosts = Counter(items[at][0] for at in positions)
    assert hosts["chain"] == 2
    assert sum(items[at][1] for at in positions) >= 4
    assert len(positions) == 20


@pytest.mark.parametrize(("per_host", "new_floor"), [(0, None), (101, None), (None, 1.5), (None, -0.1)])
def test_what_cannot_be_is_refused(per_host: int | None, new_floor: float | None) -> None:
    with pytest.raises(InvalidInput):
        Variety(per_host, new_floor)
