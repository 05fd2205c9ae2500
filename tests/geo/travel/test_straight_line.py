"""Travel time from the straight line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InvalidInput
from geo.travel.straight_line import PACES, minutes, reach_m

modes = st.sampled_from(sorted(PACES))


def test_an_hour_on_foot_is_4_8_km_of_way() -> None:
    assert reach_m(60, "walk") == pytest.approx(4_800 / 1.3)


def test_faster_modes_reach_farther() -> None:
    assert reach_m(15, "walk") < reach_m(15, "bike") < reach_m(15, "car")
    assert 800 < reach_m(15, "walk") < 1_000
    assert 2_500 < reach_m(15, "bike") < 3_500
    assert 6_000 < reach_m(15, "car") < 9_000


@given(st.floats(0, 1_000), modes)
def test_reach_and_minutes_are_inverse(time: float, mode: str) -> None:
    assert minutes(reach_m(time, mode), mode) == pytest.approx(time, abs=1e-9)


@given(st.floats(0, 1e6), st.floats(0, 1e6), modes)
def test_farther_takes_longer(one_m: float, other_m: float, mode: str) -> None:
    near, far = sorted((one_m, other_m))
    assert minutes(near, mode) <= minutes(far, mode)


def test_the_modes_are_those_of_a_search() -> None:
    assert set(PACES) == {"walk", "bike", "car"}


@pytest.mark.parametrize("mode", ["", "train", "WALK"])
def test_an_unknown_mode_lists_the_modes(mode: str) -> None:
    with pytest.raises(InvalidInput, match="walk, bike, car"):
        reach_m(10, mode)


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_impossible_values_are_refused(value: float) -> None:
    with pytest.raises(InvalidInput):
        reach_m(value, "walk")
    with pytest.raises(InvalidInput):
        minutes(value, "walk")
