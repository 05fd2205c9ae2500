"""Blocks of points sorted by H3 cell: cut, expanded, and enclosed by circles that miss nobody."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.spatial.distance import haversine_m
from geo.spatial.h3_cells import FINEST, cell_text, cells_of
from geo.spatial.packed_tree import Circles, circles_around, circles_of_circles, cut, expand

lons = st.floats(-180, 180)
lats = st.floats(-90, 90)
points = st.lists(st.tuples(lons, lats), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("sections", "size", "starts"),
    [
        ([5, 3], 4, [0, 4, 5, 8]),
        ([4, 4], 4, [0, 4, 8]),
        ([0, 3], 4, [0, 3]),
        ([3, 0], 4, [0, 3]),
        ([0, 0], 4, [0]),
        ([9], 4, [0, 4, 8, 9]),
    ],
)
def test_runs_never_cross_from_one_section_to_the_next(sections: list[int], size: int, starts: list[int]) -> None:
    assert cut(sections, size).tolist() == starts


def test_expand_lists_the_members_of_runs_in_order() -> None:
    starts = cut([5, 3], 4)
    assert expand(starts, np.array([0, 2])).tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert expand(starts, np.array([], np.int64)).tolist() == []


@settings(max_examples=150, deadline=None)
@given(points, lons, lats)
def test_no_member_is_nearer_than_its_circles_say(members: list[tuple[float, float]], lon: float, lat: float) -> None:
    lon_of, lat_of = (np.array(axis) for axis in zip(*members, strict=True))
    starts = cut([len(members)], 8)
    blocks = circles_around(lon_of, lat_of, starts)
    node = circles_of_circles(blocks, cut([len(starts) - 1], 64))
    nearest_m = blocks.nearest_m(lon, lat)
    for block, (start, stop) in enumerate(pairwise(starts.tolist())):
        actual_m = min(haversine_m(lon, lat, x, y) for x, y in members[start:stop])
        assert nearest_m[block] <= actual_m
        assert node.nearest_m(lon, lat)[0] <= actual_m


def test_opposite_points_still_have_a_circle() -> None:
    circles = circles_around(np.array([0.0, 0.0]), np.array([90.0, -90.0]), np.array([0, 2]))
    assert circles.nearest_m(12.0, 3.0).tolist() == [0.0]


def test_no_points_no_circles() -> None:
    assert len(circles_around(np.zeros(0), np.zeros(0), np.array([0])).lon) == 0
    assert len(circles_of_circles(Circles(np.zeros(0), np.zeros(0), np.zeros(0)), np.array([0])).lon) == 0


def test_cells_are_those_of_h3_and_take_lon_before_lat() -> None:
    cells = cells_of([2.3522], [48.8566], 7)
    assert cells.dtype == np.uint64
    assert cell_text(int(cells[0])) == "871fb4662ffffff"
    assert cells_of([], [], FINEST).shape == (0,)
