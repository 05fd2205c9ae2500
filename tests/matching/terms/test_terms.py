"""Each term: examples of its values, and a bound that no row of a block exceeds."""

import math
import random
from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching.compiler.raw_array_type  # noqa: F401  numba must know the type before it compiles
from geo.errors import InvalidInput
from geo.types import Amenity, Point
from matching.arrays.query_arrays import read_query
from matching.arrays.tree import BLOCKS, OFFERED_ROWS, Tree, read_tree
from matching.kernel.bounds import NO_RESULT, nearest_m, upper_bound
from matching.kernel.scoring import distance_dm, score_of, write_other_values
from matching.query.query import MAX_RADIUS_M, Mode, Preset, Query
from matching.query.weights import PRESETS, TERM_NAMES, normalise_weights, requested_weights
from matching.search.engine import SnapshotLayer, search, usable_weights
from matching.search.prepared_index import EncodedQuery, PreparedIndex, amenity_mask
from matching.snapshot.snapshot import Snapshot
from matching.terms import TERMS, affinity, fit, price, proximity, trust, wishes
from matching.terms.proximity import HALF_M
from tests.matching.world import NOW, query_from


@pytest.fixture(scope="module")
def index(snapshot: Snapshot) -> PreparedIndex:
    return PreparedIndex(snapshot)


@numba.njit
def _of_rows(tree: Any, numbers: Any, whole: Any, tables: Any, kilometres: float) -> Any:
    """Values of the six terms of every row, and its score in millionths; at a distance, or where it is (negative)."""
    tree, query_arrays = read_tree(tree), read_query(numbers, whole, tables)
    answer = np.empty((len(tree.place_id), 7))
    scratch = np.empty(6)
    for row in range(len(tree.place_id)):
        metres = distance_dm(tree, query_arrays, row) / 10 if kilometres < 0 else kilometres * 1000.0
        scratch[0] = proximity.value(tree, query_arrays, row, metres)
        write_other_values(tree, query_arrays, row, scratch)
        answer[row, :6] = scratch
        answer[row, 6] = score_of(query_arrays, scratch)
    return answer


@numba.njit
def _of_parts(tree: Any, numbers: Any, whole: Any, tables: Any) -> Any:
    """Bounds of the six terms for every part, and of the sum."""
    tree, query_arrays = read_tree(tree), read_query(numbers, whole, tables)
    answer = np.empty((len(tree.part_yes), 7))
    for part in range(len(tree.part_yes)):
        metres = nearest_m(tree, query_arrays, part)
        answer[part, 0] = proximity.upper_bound(tree, query_arrays, part, metres)
        answer[part, 1] = wishes.upper_bound(tree, query_arrays, part, metres) if query_arrays.wish_count else 0.0
        answer[part, 2] = price.upper_bound(tree, query_arrays, part, metres)
        answer[part, 3] = affinity.upper_bound(tree, query_arrays, part, metres)
        answer[part, 4] = fit.upper_bound(tree, query_arrays, part, metres)
        answer[part, 5] = trust.upper_bound(tree, query_arrays, part, metres)
        answer[part, 6] = upper_bound(tree, query_arrays, part)
    return answer


def _addresses(index: PreparedIndex, packed_query: EncodedQuery) -> tuple[int, int, int, int]:
    """Arguments of the kernel's entry points."""
    numbers, whole = (
        np.frombuffer(packed, np.uint8).ctypes.data for packed in (packed_query.floats, packed_query.integers)
    )
    return index.tree_address, numbers, whole, packed_query.tables


def _members(part: int, tree: Tree) -> tuple[int, int]:
    """First row of a part, and the one after its last."""
    blocks = int(tree.counts[BLOCKS])
    first = last = part
    while first >= blocks:
        first, last = int(tree.child_first[first - blocks]), int(tree.child_stop[last - blocks]) - 1
    return int(tree.block_start[first]), int(tree.block_start[last + 1])


def _check_rows(index: PreparedIndex, packed_query: EncodedQuery, weights: dict[str, float], seats: int) -> None:
    """No row exceeds its bound, and the rows marked as eligible are those that are."""
    joint_bounds, row_bounds, eligible_rows = packed_query.arrays[-3:]
    assert len(joint_bounds) == index.parts + 2
    values = _of_rows(*_addresses(index, packed_query), -1.0)
    sums = sum(weights.get(name, 0.0) * values[:, 2 + at] for at, name in enumerate(TERM_NAMES[2:]))
    visible = packed_query.arrays[2]
    for block in range(int(index.tree.counts[BLOCKS])):
        rows = slice(int(index.tree.block_start[block]), int(index.tree.block_start[block + 1]))
        bounds = row_bounds.view(np.uint8)[64 * block :][: rows.stop - rows.start]
        assert np.all(joint_bounds[-2] + bounds * joint_bounds[-1] >= sums[rows] - 1e-12)
        assert np.all(bounds <= 127)
        is_eligible = visible[index.tree.set_id[rows]] & (
            (index.tree.seats[rows] >= seats) | (rows.start >= int(index.tree.counts[OFFERED_ROWS]))
        )
        assert int(eligible_rows[block]) == sum(1 << at for at in np.flatnonzero(is_eligible).tolist())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), is_bounded=st.booleans())
def test_no_row_exceeds_the_bound_of_a_part_it_is_in(index: PreparedIndex, seed: int, is_bounded: bool) -> None:
    """Neither the sum of the bounds of its terms, nor the joint bound of the searcher's profile."""
    query = replace(query_from(random.Random(seed)), radius_m=MAX_RADIUS_M)
    weights = usable_weights(query, index.snapshot)
    packed_query = index.encode(query, weights)
    if is_bounded:
        index.wait_for_bounds()
        packed_query = index.encode(query, weights)
        _check_rows(index, packed_query, weights, query.seats)
    values = _of_rows(*_addresses(index, packed_query), -1.0)
    bounds = _of_parts(*_addresses(index, packed_query))
    assert np.all((values[:, :6] >= 0) & (values[:, :6] <= 1))
    needs = amenity_mask(query.needs)
    for part, bound in enumerate(bounds):
        first, stop = _members(part, index.tree)
        assert np.all(bound[:6] >= values[first:stop, :6].max(axis=0)), part
        if bound[6] == NO_RESULT:  # too far, or no row has all needed amenities
            yes = index.tree.yes[first:stop]
            far = values[first:stop, 0] <= 2 ** (-(MAX_RADIUS_M - 1) / HALF_M[query.mode])
            assert np.all(far | ((yes & needs) != needs))
        else:
            assert math.floor(bound[6] * 1e6 + 0.5) >= values[first:stop, 6].max()


def test_terms_are_those_of_the_presets() -> None:
    assert tuple(term.name for term in TERMS) == TERM_NAMES
    for weights in PRESETS.values():
        assert list(weights) == list(TERM_NAMES)
        assert math.isclose(sum(weights.values()), 1.0)


def with_columns(snapshot: Snapshot, **facts: int) -> Snapshot:
    """The snapshot with some columns of all rows overwritten."""
    columns = {name: np.full_like(getattr(snapshot.columns, name), value) for name, value in facts.items()}
    return replace(snapshot, columns=replace(snapshot.columns, **columns))


def value(name: str, snapshot: Snapshot, query: Query, distance_m: float = 0.0) -> float:
    index = PreparedIndex(snapshot)
    packed_query = index.encode(query, dict.fromkeys(TERM_NAMES, 1 / 6))
    return float(_of_rows(*_addresses(index, packed_query), distance_m / 1000)[0, TERM_NAMES.index(name)])


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
    assert value("wishes", with_columns(small_snapshot, yes=yes, no=no), query) == pytest.approx(expected)


@pytest.mark.parametrize(("cents", "expected"), [(0, 1.0), (1500, 0.5), (3000, 0.25), (-1, 0.4)])
def test_price_halves_every_15_euros(small_snapshot: Snapshot, cents: int, expected: float) -> None:
    assert value("price", with_columns(small_snapshot, price_cents=cents), Query(HERE)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("seats", "wanted_seats", "expected"),
    [(1, 1, 1.0), (2, 1, 1.0), (20, 1, 0.2), (500, 1, 0.2), (8, 4, 1.0), (0, 1, 0.4)],
)
def test_fit_falls_from_2_to_20_times(small_snapshot: Snapshot, seats: int, wanted_seats: int, expected: float) -> None:
    assert value("fit", with_columns(small_snapshot, seats=seats), Query(HERE, seats=wanted_seats)) == pytest.approx(
        expected
    )


def test_terms_that_a_query_cannot_use_leave_their_weight_to_the_others(snapshot: Snapshot) -> None:
    answer = search([SnapshotLayer(snapshot)], Query(HERE), NOW)
    names = [term.name for term in answer.results[0].terms]
    assert names == ["proximity", "price", "fit", "trust"]
    assert sum(term.weight for term in answer.results[0].terms) == pytest.approx(1.0)


def test_an_undescribed_community_has_no_affinity(snapshot: Snapshot) -> None:
    for slug in ("stranger", "unheard-of"):
        answer = search([SnapshotLayer(snapshot)], Query(HERE, community=slug), NOW)
        assert "affinity" not in [term.name for term in answer.results[0].terms]


@pytest.mark.parametrize("weights", [(("beauty", 1.0),), (("price", -1.0),), (("price", float("nan")),)])
def test_invalid_weights_are_refused(weights: tuple[tuple[str, float], ...]) -> None:
    with pytest.raises(InvalidInput):
        requested_weights(Preset.BALANCED, weights)


def test_weights_of_unusable_terms_only_are_refused() -> None:
    with pytest.raises(InvalidInput, match="None of the weighted terms"):
        normalise_weights(requested_weights(Preset.BALANCED, (("wishes", 1.0),)), frozenset({"proximity"}))
