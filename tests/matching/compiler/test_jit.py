"""Machine code kept on disk: compiled once, run without the compiler."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matching.arrays.array_table import addresses, bytes_at, floats, longs_at
from matching.compiler import jit, object_code
from matching.compiler.jit import Entry, entry, inner


@inner
def _halved(number: Any) -> Any:
    return number / 2


def _sum_of_halves(where: int, chosen: int, count: int) -> int:
    numbers, rows, total = floats(where, 1), longs_at(chosen, count), 0.0
    for at in range(count):
        total += _halved(numbers[rows[at]])
    return np.int64(total)  # type: ignore[return-value]  # what the compiler calls a whole number


def _change(bytes_at_address: int, count: int) -> int:
    numbers, whole = bytes_at(bytes_at_address, count), np.int64(0)
    numbers[0], numbers[1] = 300, numbers[count - 1]
    for number in range(len(numbers)):
        whole = 1_000 * whole + numbers[number]
    return whole  # type: ignore[return-value]


def _asked(one: Entry) -> int:
    handed = addresses([np.zeros(3, np.int32), np.array([10.0, 20.0, 40.0])])
    return one(handed.at, np.array([0, 2]).tobytes(), 2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(jit, "kept_in", lambda: tmp_path / "kept")
    return tmp_path / "kept"


def test_arrays_are_read_and_written_where_they_lie_and_numbers_become_theirs(folder: Path) -> None:
    numbers = np.array([1, 2, 3], np.uint8)
    assert entry(_change)(numbers.ctypes.data, 3) == 44_003_003  # of 300 a byte keeps 44
    assert numbers.tolist() == [44, 3, 3]


def test_what_was_compiled_once_is_not_compiled_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _asked(entry(_sum_of_halves)) == 25
    assert [path.name for path in folder.iterdir()] == ["_sum_of_halves.o"]
    monkeypatch.delattr(object_code, "compiled")
    assert _asked(entry(_sum_of_halves)) == 25


def test_a_folder_that_cannot_be_written_only_costs_time(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.write_text("a file where the folder should be", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert _asked(entry(_sum_of_halves)) == 25
    assert "cannot be kept" in caplog.text


def test_machine_code_is_of_its_sources(tmp_path: Path) -> None:
    source = tmp_path / "one.py"
    source.write_text("1", encoding="utf-8")
    before = object_code.digest([source])
    assert object_code.digest([source]) == before
    source.write_text("2", encoding="utf-8")
    assert object_code.digest([source]) != before
