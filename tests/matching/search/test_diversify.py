"""Variety on the first page: the greedy against all subsets there are, and off the same bytes."""

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import combinations

import pytest

from geo.errors import InvalidInput
from geo.types import Point
from matching.query.query import MAX_LIMIT, MAX_RADIUS_M, Cursor, Query
from matching.search.diversify import Page, Variety, varied
from matching.search.engine import Whole, find
from matching.search.hits import Found
from matching.search.result_builder import told
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import NOW, query_from

Item = tuple[str, bool]


def brute(items: list[Item], variety: Variety) -> list[int]:
    """Of all sets of positions within the bounds the first in the order, then what is left filled up."""

    def allowed(chosen: tuple[int, ...]) -> bool:
        hosts = Counter(items[at][0] for at in chosen)
        old = sum(not items[at][1] for at in chosen)
        within = variety.per_host is None or max(hosts.values(), default=0) <= variety.per_host
        return within and old <= variety.page - variety.kept_for_new

    sets = [one for size in range(variety.page + 1) for one in combinations(range(len(items)), size) if allowed(one)]
    best = list(min(sets, key=lambda one: one + (len(items),) * (variety.page - len(one))))
    for crowded in (False, True):
        for at in range(len(items)):
            full = (
                variety.per_host is not None and sum(items[one][0] == items[at][0] for one in best) >= variety.per_host
            )
            if len(best) < variety.page and at not in best and (crowded or not full):
                best.append(at)
    return sorted(best)


def greedy(items: list[Item], variety: Variety) -> list[int]:
    page = Page(variety)
    for host, new in items:
        page.tell(host, new)
    return page.picked()


def test_the_greedy_is_the_best_of_all_subsets() -> None:
    drawn, moved = random.Random(3), 0
    for _ in range(600):
        items = [(drawn.choice("abcd"), drawn.random() < 0.25) for _ in range(drawn.choice([0, 3, 8, 9, 10]))]
        variety = Variety(
            drawn.choice([None, 1, 2, 3]), drawn.choice([None, 0.1, 0.3, 0.5, 1.0]), drawn.choice([2, 4, 5])
        )
        found = greedy(items, variety)
        assert found == brute(items, variety)
        moved += found != list(range(min(len(items), variety.page)))
    assert moved > 150


def of_place(shown: Sequence[tuple[int, int]]) -> list[tuple[Hashable, bool]]:
    """Made-up hosts and newness, by id."""
    return [(place % 7, place % 11 == 0) for place, _ in shown]


@pytest.fixture(scope="module")
def whole(snapshot: Snapshot) -> Whole:
    return Whole(snapshot)


def searched(whole: Whole, query: Query, after: Cursor | None) -> Found:
    return find([whole], query, NOW, after=after)


def shown_on(page: Found) -> list[tuple[int, int]]:
    return [(place, space) for _, _, place, space in page.keys.tolist()]


@pytest.mark.parametrize("variety", [Variety(), Variety(None, 0.0)])
def test_off_is_the_same_to_the_last_bit(whole: Whole, variety: Variety) -> None:
    drawn = random.Random(5)
    for _ in range(60):
        query = query_from(drawn)
        off = varied(lambda q, a: searched(whole, q, a), query, variety, of_place)
        assert told(off) == told(searched(whole, query, None))
        assert off.next == searched(whole, query, None).next


@pytest.mark.parametrize(("per_host", "new_floor"), [(1, None), (2, None), (None, 0.2), (3, 0.3)])
def test_over_an_index_the_page_is_that_of_the_whole_order(
    whole: Whole, per_host: int | None, new_floor: float | None
) -> None:
    variety = Variety(per_host, new_floor, 7)
    for lon, lat in ((2.35, 48.86), (-1.55, 47.22), (3.5, 44.52), (-30.0, 40.0)):
        query = Query(Point(lon, lat), radius_m=MAX_RADIUS_M, limit=20)
        walked: list[tuple[int, int]] = []
        page = searched(whole, Query(query.point, radius_m=query.radius_m, limit=MAX_LIMIT), None)
        while page.order and len(walked) < 500:
            walked += shown_on(page)
            if page.next is None:
                break
            page = searched(whole, page.query, page.next)
        items = of_place(walked)
        picked = greedy([(str(host), new) for host, new in items], variety)
        rest = [at for at in range(len(walked)) if at not in picked]
        found = varied(lambda q, a: searched(whole, q, a), query, variety, of_place)
        assert shown_on(found) == [walked[at] for at in [*picked, *rest]][:20]
        assert [one.place_id for one in told(found).results] == [place for place, _ in shown_on(found)]
        assert found.total == searched(whole, query, None).total
        assert found.query == query


def test_one_host_does_not_fill_the_page_and_new_spaces_get_their_share() -> None:
    items = [("chain", False)] * 40 + [(f"h{at}", at % 5 == 0) for at in range(60)]
    picked = greedy(items, Variety(2, 0.2))
    hosts = Counter(items[at][0] for at in picked)
    assert hosts["chain"] == 2
    assert sum(items[at][1] for at in picked) >= 4
    assert len(picked) == 20


@pytest.mark.parametrize(("per_host", "new_floor"), [(0, None), (101, None), (None, 1.5), (None, -0.1)])
def test_what_cannot_be_is_refused(per_host: int | None, new_floor: float | None) -> None:
    with pytest.raises(InvalidInput):
        Variety(per_host, new_floor)
