"""Pages of one search put together are the search: every place once, in the one order there is."""

import random
from dataclasses import replace

import pytest

from geo.types import Point
from matching.kernel.scoring import MORE_THAN_ANY_SCORE
from matching.query.query import MAX_LIMIT, MAX_RADIUS_M, Cursor, Query
from matching.query.results import Result, SearchResults
from matching.search.engine import Whole, search
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
def whole(snapshot: Snapshot) -> Whole:
    return Whole(snapshot)


def pages(whole: Whole, query: Query) -> list[int]:
    """Places of all pages, in order."""
    told: list[int] = []
    page = search([whole], query, NOW)
    while page.results:
        told += [result.place_id for result in page.results]
        page = search([whole], query, NOW, after=last(page))
    return told


def test_small_pages_are_the_large_page_cut(whole: Whole) -> None:
    drawn, several = random.Random(20), 0
    for _ in range(150):
        query = replace(query_from(drawn), limit=MAX_LIMIT)
        large = [result.place_id for result in search([whole], query, NOW).results]
        small = pages(whole, replace(query, limit=drawn.choice([1, 2, 3, 7])))
        assert small[: len(large)] == large
        several += len(large) > 7
    assert several > 50


@pytest.mark.parametrize("candidates", [False, True])
def test_every_place_that_fits_is_on_one_page(whole: Whole, candidates: bool) -> None:
    query = Query(Point(2.35, 48.86), radius_m=MAX_RADIUS_M, candidates=candidates, limit=13)
    told = pages(whole, query)
    assert len(told) == len(set(told)) == search([whole], query, NOW).total
    assert len(told) > 300


def test_a_place_with_several_spaces_is_told_by_the_best_and_never_again(whole: Whole) -> None:
    query = Query(Point(2.35, 48.86), limit=MAX_LIMIT)
    page = search([whole], query, NOW)
    several = [result for result in page.results if result.other_spaces]
    assert several
    for result in several[:20]:
        after = cursor(page, result)
        later = search([whole], query, NOW, after=after)
        assert result.place_id not in [one.place_id for one in later.results]
