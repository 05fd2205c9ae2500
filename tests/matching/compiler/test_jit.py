"""Machine code kept on disk: compiled once, run without numba."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matching.compiler import jit, object_code
from matching.compiler.array_table import address_table, bytes_at, floats, longs_at
from matching.compiler.jit import EntryPoint, entry_point, inlined


@inlined
def _half(number: Any) -> Any:
    return number / 2


def _sum_of_halves(table: int, chosen: int, count: int) -> int:
    numbers, rows, total = floats(table, 1), longs_at(chosen, count), 0.0
    for at in range(count):
        total += _half(numbers[rows[at]])
    return np.int64(total)  # type: ignore[return-value]  # an integer of the compiler's


def _change(address: int, count: int) -> int:
    numbers, digits = bytes_at(address, count), np.int64(0)
    numbers[0], numbers[1] = 300, numbers[count - 1]
    for number in range(len(numbers)):
        digits = 1_000 * digits + numbers[number]
    return digits  # type: ignore[return-value]


def _call(function: EntryPoint) -> int:
    table = address_table([np.zeros(3, np.int32), np.array([10.0, 20.0, 40.0])])
    return function(table.address, np.array([0, 2]).tobytes(), 2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(jit, "cache_folder", lambda: tmp_path / "kept")
    return tmp_path / "kept"


def test_arrays_are_read_and_written_in_place_and_values_take_their_type(folder: Path) -> None:
    numbers = np.array([1, 2, 3], np.uint8)
    assert entry_point(_change)(numbers.ctypes.data, 3) == 44_003_003  # of 300 a byte keeps 44
    assert numbers.tolist() == [44, 3, 3]


def test_what_was_compiled_once_is_not_compiled_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _call(entry_point(_sum_of_halves)) == 25
    (kept,) = folder.iterdir()
    assert kept.name.startswith("_sum_of_halves-")
    monkeypatch.delattr(object_code, "compile_function")
    assert _call(entry_point(_sum_of_halves)) == 25


def test_a_folder_that_cannot_be_written_only_costs_time(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.write_text("a file where the folder should be", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert _call(entry_point(_sum_of_halves)) == 25
    assert "cannot be kept" in caplog.text
