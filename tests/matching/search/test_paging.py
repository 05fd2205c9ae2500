"""The pages of a search together are its results: every place once, in order."""

import random
from dataclasses import replace

import pytest

from geo.types import Point
from matching.kernel.scoring import MORE_THAN_ANY_SCORE
from matching.query.query import MAX_LIMIT, MAX_RADIUS_M, Cursor, Query
from matching.query.results import Result, SearchResults
from matching.search.engine import SnapshotLayer, search
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import NOW, query_from


def last(page: SearchResults) -> Cursor:
    return cursor(page, page.results[-1])


def cursor(page: SearchResults, result: Result) -> Cursor:
    """As a page that ends with the result would give it."""
    windows = sum(result.free_windows) if page.query.most_windows else 0
    return Cursor(
        windows * MORE_THAN_ANY_SCORE + round(result.score * 1e6), round(result.distance_m * 10), result.place_id
    )


@pytest.fixture(scope="module")
def layer(snapshot: Snapshot) -> SnapshotLayer:
    return SnapshotLayer(snapshot)


def pages(layer: SnapshotLayer, query: Query) -> list[int]:
    """Places of all pages, in order."""
    place_ids: list[int] = []
    page = search([layer], query, NOW)
    while page.results:
        place_ids += [result.place_id for result in page.results]
        page = search([layer], query, NOW, after=last(page))
    return place_ids


def test_small_pages_are_the_large_page_cut(layer: SnapshotLayer) -> None:
    rng, several = random.Random(20), 0
    for _ in range(150):
        query = replace(query_from(rng), limit=MAX_LIMIT)
        large = [result.place_id for result in search([layer], query, NOW).results]
        small = pages(layer, replace(query, limit=rng.choice([1, 2, 3, 7])))
        assert small[: len(large)] == large
        several += len(large) > 7
    assert several > 50


@pytest.mark.parametrize("candidates", [False, True])
def test_every_place_that_fits_is_on_one_page(layer: SnapshotLayer, candidates: bool) -> None:
    query = Query(Point(2.35, 48.86), radius_m=MAX_RADIUS_M, candidates=candidates, limit=13)
    place_ids = pages(layer, query)
    assert len(place_ids) == len(set(place_ids)) == search([layer], query, NOW).total
    assert len(place_ids) > 300


def test_a_place_with_several_spaces_appears_once(layer: SnapshotLayer) -> None:
    query = Query(Point(2.35, 48.86), limit=MAX_LIMIT)
    page = search([layer], query, NOW)
    several = [result for result in page.results if result.other_spaces]
    assert several
    for result in several[:20]:
        after = cursor(page, result)
        later = search([layer], query, NOW, after=after)
        assert result.place_id not in [other.place_id for other in later.results]
