"""The kernel reads and writes inside its arrays: a build that checks each index runs some of the exactness tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from matching.compile_all import ENTRY_POINTS, compile_in_parallel
from matching.kernel.meeting import meeting_places
from matching.kernel.relaxation import count_at_times, least_changes

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = (
    *("tests/matching/search/test_engine.py", "tests/matching/search/test_paging.py"),
    *("tests/matching/presentation/test_geojson.py", "tests/matching/overlay/test_overlay.py"),
)
NOT_IN_SAMPLE = (meeting_places, least_changes, count_at_times)
PROGRAM = """
import numpy as np
from matching.compiler import bounds_checks, jit
from matching.compiler.array_table import bytes_at, longs_at
from matching.compiler.bit_operations import copy_bytes
from matching.compiler.jit import entry_point, inlined
from pathlib import Path

jit.cache_folder = lambda: Path("{folder}")

@inlined
def element(numbers, index):
    return numbers[index]

@entry_point
def read(numbers, count, index):
    return element(longs_at(numbers, count), index)

@entry_point
def write(numbers, count, index):
    array = longs_at(numbers, count)
    array[index] = 1
    return 0

@entry_point
def copy(numbers, count, index):
    array = bytes_at(numbers, count)
    copy_bytes(array, index, array, 0, 2)
    return 0

bounds_checks.turn_on()
numbers = np.arange(4)
print({call}(numbers.ctypes.data, 4, {index}), flush=True)
"""


def run(call: str, index: int, folder: Path) -> "subprocess.CompletedProcess[str]":
    """A child process that passes an index to a function of a checked build."""
    program = folder / "program.py"
    program.write_text(PROGRAM.format(call=call, index=index, folder=folder))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, program], check=False, env=environment, capture_output=True, text=True, timeout=120
    )


def test_an_index_inside_is_taken(tmp_path: Path) -> None:
    assert run("read", 3, tmp_path).stdout == "3\n"


@pytest.mark.parametrize(
    ("call", "index", "message"),
    [
        ("read", 4, "element: index 4, int64 array of 4 elements"),
        ("read", 1 << 40, "element: index 1099511627776, int64 array of 4 elements"),
        ("write", -1, "write: index -1, int64 array of 4 elements"),
        ("copy", 3, "copy_bytes: index 4, uint8 array of 4 elements"),
    ],
)
def test_an_index_outside_ends_the_process_and_is_named(call: str, index: int, message: str, tmp_path: Path) -> None:
    process = run(call, index, tmp_path)
    assert process.returncode != 0 and process.stdout == ""
    assert message in process.stderr


def test_no_index_of_a_sample_of_the_exactness_tests_is_outside() -> None:
    """Searches, features and overlays; meetings and relaxations take as long again to compile.

    `pytest -s -p tests.matching.compiler.checked_build PATH` runs any other tests with checks.
    """
    numbers = [number for number, point in enumerate(ENTRY_POINTS) if point not in NOT_IN_SAMPLE]
    compile_in_parallel(numbers, checked=True)
    command = [sys.executable, "-X", "faulthandler", "-m", "pytest", "-x", "-s", "-q", "-p", "no:cacheprovider"]
    process = subprocess.run(
        [*command, "-p", "tests.matching.compiler.checked_build", *SAMPLE],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert process.returncode == 0, process.stdout + process.stderr
