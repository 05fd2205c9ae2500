"""Each term: its table of values, and a bound that no row of a block exceeds."""

import math
import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.blocks import Circles, cut
from geo.distance import haversine_array_m, quantise_m
from geo.errors import InvalidInput
from geo.types import Amenity, Point
from matching.engine import Whole, search
from matching.presets import PRESETS, TERM_NAMES, asked_weights, renormalised
from matching.query import Mode, Query
from matching.snapshot.layout import COLUMN_DTYPES
from matching.snapshot.sets import packed, sets_of_blocks
from matching.snapshot.snapshot import Snapshot
from matching.snapshot.summaries import block_summaries
from matching.terms import TERMS
from matching.terms.term import Blocks, Rows, prepare
from tests.matching.world import NOW, query_from


def in_blocks_of(size: int, snapshot: Snapshot) -> Snapshot:
    """The same rows in smaller blocks, so that a bound has no lucky neighbour to lean on."""
    c = snapshot.columns
    rows = {name: getattr(c, name) for name in COLUMN_DTYPES}
    starts = cut([snapshot.meta.offered_rows, snapshot.meta.rows - snapshot.meta.offered_rows], size)
    bounds = c.set_start.tolist()
    sets = [tuple(c.set_members[start:stop].tolist()) for start, stop in pairwise(bounds)]
    of_block = sets_of_blocks(sets, c.set_id, starts)
    set_start, set_members = packed(sets)
    smaller = replace(
        c,
        **block_summaries(rows, starts),
        block_start=starts,
        block_set_id=of_block,
        set_start=set_start,
        set_members=set_members,
    )
    return replace(snapshot, columns=smaller)


@pytest.mark.parametrize("size", [1, 3, 64])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_no_row_exceeds_the_bound_of_its_block(snapshot: Snapshot, size: int, seed: int) -> None:
    query = query_from(random.Random(seed))
    snapshot = in_blocks_of(size, snapshot)
    c, asked = snapshot.columns, prepare(query, snapshot)
    index = np.arange(snapshot.meta.rows)
    spherical_m = quantise_m(haversine_array_m(query.point.lon, query.point.lat, c.lon, c.lat))
    rows = Rows(c, index, np.maximum(spherical_m, c.expected_dm / 10))
    circles = Circles(c.block_lon, c.block_lat, c.block_radius_m)
    nearest_m = circles.nearest_m(query.point.lon, query.point.lat)
    blocks = Blocks(c, np.arange(len(nearest_m)), nearest_m)
    block = np.searchsorted(c.block_start, index, side="right") - 1
    for term in TERMS:
        if not term.usable(query, snapshot):
            continue
        values, bounds = term.value(rows, asked), term.upper_bound(blocks, asked)
        assert np.all((values >= 0) & (values <= 1)), term.name
        assert np.all(bounds[block] >= values), term.name
        assert np.all(bounds <= 1), term.name


def test_terms_are_those_of_the_presets_and_name_existing_columns() -> None:
    assert tuple(term.name for term in TERMS) == TERM_NAMES
    for term in TERMS:
        assert {*term.columns, *term.summaries} <= set(COLUMN_DTYPES)
    for weights in PRESETS.values():
        assert list(weights) == list(TERM_NAMES)
        assert math.isclose(sum(weights.values()), 1.0)


def one(snapshot: Snapshot, **facts: int) -> Snapshot:
    """The snapshot with some columns of all rows overwritten."""
    columns = {name: np.full_like(getattr(snapshot.columns, name), value) for name, value in facts.items()}
    return replace(snapshot, columns=replace(snapshot.columns, **columns))


def value(name: str, snapshot: Snapshot, query: Query, distance_m: float = 0.0) -> float:
    term = next(term for term in TERMS if term.name == name)
    rows = Rows(snapshot.columns, np.array([0]), np.array([distance_m]))
    return float(term.value(rows, prepare(query, snapshot))[0])


HERE = Point(2.35, 48.86)


@pytest.mark.parametrize(
    ("mode", "distance_m", "expected"),
    [
        (None, 0.0, 1.0),
        (None, 3000.0, 0.5),
        (Mode.WALK, 800.0, 0.5),
        (Mode.BIKE, 5000.0, 0.25),
        (Mode.CAR, 8000.0, 0.5),
    ],
)
def test_proximity_halves(small_snapshot: Snapshot, mode: Mode | None, distance_m: float, expected: float) -> None:
    assert value("proximity", small_snapshot, Query(HERE, mode=mode), distance_m) == pytest.approx(expected)


@pytest.mark.parametrize(("yes", "no", "expected"), [(1, 0, 0.7), (3, 0, 1.0), (1, 2, 0.5), (0, 3, 0.0), (0, 0, 0.4)])
def test_wishes_count_1_04_and_0(small_snapshot: Snapshot, yes: int, no: int, expected: float) -> None:
    query = Query(HERE, wishes=frozenset({Amenity.WIFI, Amenity.QUIET}))
    assert value("wishes", one(small_snapshot, yes=yes, no=no), query) == pytest.approx(expected)


@pytest.mark.parametrize(("cents", "expected"), [(0, 1.0), (1500, 0.5), (3000, 0.25), (-1, 0.4)])
def test_price_halves_every_15_euros(small_snapshot: Snapshot, cents: int, expected: float) -> None:
    assert value("price", one(small_snapshot, price_cents=cents), Query(HERE)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("seats", "asked", "expected"), [(1, 1, 1.0), (2, 1, 1.0), (20, 1, 0.2), (500, 1, 0.2), (8, 4, 1.0), (0, 1, 0.4)]
)
def test_fit_falls_from_2_to_20_times(small_snapshot: Snapshot, seats: int, asked: int, expected: float) -> None:
    assert value("fit", one(small_snapshot, seats=seats), Query(HERE, seats=asked)) == pytest.approx(expected)


def test_terms_that_a_query_cannot_use_leave_their_weight_to_the_others(snapshot: Snapshot) -> None:
    found = search([Whole(snapshot)], Query(HERE), NOW)
    names = [term.name for term in found.results[0].terms]
    assert names == ["proximity", "price", "fit", "trust"]
    assert sum(term.weight for term in found.results[0].terms) == pytest.approx(1.0)


def test_a_community_nobody_described_brings_no_affinity(snapshot: Snapshot) -> None:
    for slug in ("stranger", "unheard-of"):
        found = search([Whole(snapshot)], Query(HERE, community=slug), NOW)
        assert "affinity" not in [term.name for term in found.results[0].terms]


@pytest.mark.parametrize("weights", [(("beauty", 1.0),), (("price", -1.0),), (("price", float("nan")),)])
def test_weights_that_make_no_sense(weights: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(InvalidInput):
        asked_weights(Query(HERE, weights=weights))


def test_weights_that_no_term_can_use() -> None:
    with pytest.raises(InvalidInput, match="None of the weighted terms"):
        renormalised(asked_weights(Query(HERE, weights=(("wishes", 1.0),))), frozenset({"proximity"}))
