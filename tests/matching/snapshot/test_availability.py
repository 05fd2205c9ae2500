"""Bit-sliced availability against the obvious loop, and what a window may be."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidInput
from geo.types import Point
from matching.query.query import Query, Window, slot_floor
from matching.search.engine import Whole, search
from matching.snapshot.availability import SLOTS, build_availability
from matching.snapshot.layout import DAYS
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.plain import fitting
from tests.matching.world import FIRST_SLOT, NOW

HERE = Point(2.35, 48.86)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200), st.integers(0, 2**32 - 1))
def test_words_say_what_each_space_says(rows: int, seed: int) -> None:
    drawn = np.random.default_rng(seed)
    tables = drawn.random((4, SLOTS)) < 0.4
    tables[0] = False
    patterns = drawn.integers(0, 4, rows)
    seats = drawn.integers(1, 4, rows).astype(np.int32)
    taken = np.unique(drawn.integers(0, [[max(rows, 1)], [SLOTS + 50]], (2, 40 if rows else 0)), axis=1)
    ledger = pl.DataFrame(
        {"row": taken[0], "slot": taken[1] - 20, "seats_taken": drawn.integers(0, 5, taken.shape[1])},
    )
    built = build_availability(patterns, tables, ledger, seats)
    left = np.where(tables[patterns], seats[:, None], 0)
    for row, slot, gone in ledger.iter_rows():
        if 0 <= slot < SLOTS:
            left[row, slot] = max(0, left[row, slot] - gone) if tables[patterns[row], slot] else 0
    days = built.day_words.reshape(-1, 48)[built.block_day.reshape(DAYS, -1).T].reshape(-1, SLOTS)
    for row in range(rows):
        bits = (days[row // 64] >> np.uint64(row % 64)) & np.uint64(1) == 1
        np.testing.assert_array_equal(bits, left[row] > 0)
    sparse = dict(zip(zip(built.left_row, built.left_slot, strict=True), built.left_seats, strict=True))
    for (row, slot), some in sparse.items():
        assert left[row, slot] in (some, 0)
        assert built.left_start[row // 64] <= list(sparse).index((row, slot)) < built.left_start[row // 64 + 1]
    assert {(r, s) for r, s in zip(*np.nonzero((left > 0) & (left < seats[:, None])), strict=True)} <= set(sparse)


@pytest.mark.parametrize("shift", range(20, 64))
def test_days_that_differ_in_two_rows_one_after_the_other_are_two_days(shift: int) -> None:
    """What the last row changes in a digest another row must not take back in the next half-hour: three million spaces
    have such days."""
    tables = np.ones((1, SLOTS), np.bool_)
    other = 63 - shift
    taken = pl.DataFrame({"row": [63, 63, other], "slot": [20, 21, 21], "seats_taken": [1, 1, 1]})
    built = build_availability(np.zeros(64, np.int64), tables, taken, np.ones(64, np.int32))
    days = built.day_words.reshape(-1, 48)[built.block_day.reshape(DAYS, 1)[:, 0]]
    everybody = np.uint64(0xFFFFFFFFFFFFFFFF)
    last, both = np.uint64(1) << np.uint64(63), np.uint64(1) << np.uint64(63) | np.uint64(1) << np.uint64(other)
    assert (days[0, 20], days[0, 21]) == (everybody ^ last, everybody ^ both)
    assert (days[1:] == everybody).all()


def test_identical_days_are_stored_once() -> None:
    tables = np.zeros((2, SLOTS), np.bool_)
    tables[1].reshape(DAYS, 48)[:, 18:24] = True
    nobody = pl.DataFrame(schema={"row": pl.Int64, "slot": pl.Int64, "seats_taken": pl.Int64})
    built = build_availability(np.ones(640, np.int64), tables, nobody, np.ones(640, np.int32))
    assert len(built.day_words) == 48
    assert len(built.block_day) == 10 * DAYS


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=12), st.integers(1, 12))
def test_any_run_of_n_slots(words: list[int], length: int) -> None:
    length = min(length, len(words))
    got = int(fitting(np.array([words], np.uint64), length)[0])
    for lane in range(64):
        bits = [word >> lane & 1 for word in words]
        expected = any(all(bits[start : start + length]) for start in range(len(bits) - length + 1))
        assert (got >> lane & 1) == expected


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (slot_floor(NOW) - 1, slot_floor(NOW) + 2),
        (FIRST_SLOT - 4, FIRST_SLOT - 2),
        (FIRST_SLOT + SLOTS - 2, FIRST_SLOT + SLOTS + 1),
    ],
)
def test_windows_over_or_too_far_ahead(snapshot: Snapshot, start: int, stop: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        search([Whole(snapshot)], Query(HERE, windows=(Window(start, stop),)), NOW)
    assert refusal.value.values["field"] == "window"


def test_the_half_hour_that_runs_may_still_be_asked(snapshot: Snapshot) -> None:
    window = Window(slot_floor(NOW), slot_floor(NOW) + 2)
    assert search([Whole(snapshot)], Query(HERE, windows=(window,)), NOW).total > 0


def test_hours_nobody_knows_are_never_free_but_found_without_a_window(snapshot: Snapshot) -> None:
    found = search([Whole(snapshot)], Query(HERE, limit=100), NOW)
    unknown = {one.space_id for one in found.results if one.facts["opening_hours"] is None}
    assert unknown
    window = Window(FIRST_SLOT, FIRST_SLOT + SLOTS, any_slots=1)
    later = search([Whole(snapshot)], Query(HERE, windows=(Window(slot_floor(NOW), window.stop, 1),), limit=100), NOW)
    assert not unknown & {one.space_id for one in later.results}
