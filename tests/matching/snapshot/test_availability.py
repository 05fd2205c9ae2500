"""Bit-sliced availability equals a plain loop; which windows a search accepts."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidInput
from geo.types import Point
from matching.query.query import Query, Window, slot_floor
from matching.search.engine import SnapshotLayer, search
from matching.snapshot.availability import SLOTS, build_availability
from matching.snapshot.layout import DAYS
from matching.snapshot.snapshot import Snapshot
from service.bench.peers.plain import fitting_words
from tests.matching.world import FIRST_SLOT, NOW

HERE = Point(2.35, 48.86)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 200), st.integers(0, 2**32 - 1))
def test_bitmasks_equal_a_loop_over_rows(rows: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    tables = generator.random((4, SLOTS)) < 0.4
    tables[0] = False
    patterns = generator.integers(0, 4, rows)
    seats = generator.integers(1, 4, rows).astype(np.int32)
    busy = np.unique(generator.integers(0, [[max(rows, 1)], [SLOTS + 50]], (2, 40 if rows else 0)), axis=1)
    ledger = pl.DataFrame(
        {"row": busy[0], "slot": busy[1] - 20, "seats_taken": generator.integers(0, 5, busy.shape[1])},
    )
    built = build_availability(patterns, tables, ledger, seats)
    left = np.where(tables[patterns], seats[:, None], 0)
    for row, slot, seats_taken in ledger.iter_rows():
        if 0 <= slot < SLOTS:
            left[row, slot] = max(0, left[row, slot] - seats_taken) if tables[patterns[row], slot] else 0
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
    """A change of the last row must not cancel out in the digest with one of another row in the next half-hour: such
    days occur among three million spaces."""
    tables = np.ones((1, SLOTS), np.bool_)
    other = 63 - shift
    busy = pl.DataFrame({"row": [63, 63, other], "slot": [20, 21, 21], "seats_taken": [1, 1, 1]})
    built = build_availability(np.zeros(64, np.int64), tables, busy, np.ones(64, np.int32))
    days = built.day_words.reshape(-1, 48)[built.block_day.reshape(DAYS, 1)[:, 0]]
    all_rows = np.uint64(0xFFFFFFFFFFFFFFFF)
    last, both = np.uint64(1) << np.uint64(63), np.uint64(1) << np.uint64(63) | np.uint64(1) << np.uint64(other)
    assert (days[0, 20], days[0, 21]) == (all_rows ^ last, all_rows ^ both)
    assert (days[1:] == all_rows).all()


def test_identical_days_are_stored_once() -> None:
    tables = np.zeros((2, SLOTS), np.bool_)
    tables[1].reshape(DAYS, 48)[:, 18:24] = True
    no_bookings = pl.DataFrame(schema={"row": pl.Int64, "slot": pl.Int64, "seats_taken": pl.Int64})
    built = build_availability(np.ones(640, np.int64), tables, no_bookings, np.ones(640, np.int32))
    assert len(built.day_words) == 48
    assert len(built.block_day) == 10 * DAYS


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=12), st.integers(1, 12))
def test_any_run_of_n_slots(words: list[int], length: int) -> None:
    length = min(length, len(words))
    got = int(fitting_words(np.array([words], np.uint64), length)[0])
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
        search([SnapshotLayer(snapshot)], Query(HERE, windows=(Window(start, stop),)), NOW)
    assert refusal.value.values["field"] == "window"


def test_a_window_may_begin_in_the_current_half_hour(snapshot: Snapshot) -> None:
    window = Window(slot_floor(NOW), slot_floor(NOW) + 2)
    assert search([SnapshotLayer(snapshot)], Query(HERE, windows=(window,)), NOW).total > 0


def test_spaces_with_unknown_hours_match_only_without_a_window(snapshot: Snapshot) -> None:
    results = search([SnapshotLayer(snapshot)], Query(HERE, limit=100), NOW)
    unknown = {result.space_id for result in results.results if result.facts["opening_hours"] is None}
    assert unknown
    window = Window(FIRST_SLOT, FIRST_SLOT + SLOTS, any_slots=1)
    later = search(
        [SnapshotLayer(snapshot)], Query(HERE, windows=(Window(slot_floor(NOW), window.stop, 1),), limit=100), NOW
    )
    assert not unknown & {result.space_id for result in later.results}
