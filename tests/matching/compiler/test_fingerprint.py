"""The fingerprint of compiled code changes with what is compiled in, and with nothing else."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import pytest

from matching.compiler import fingerprint as module
from matching.compiler.fingerprint import environment, fingerprint
from matching.compiler.jit import inlined

ROOT = Path(__file__).resolve().parents[3]
SOURCE = '''
def scaled(number, unit=1.0):
    """Number of units."""
    return number * FACTOR / unit


def unused(number):
    return number + OFFSET


def total(numbers):
    """Sum."""
    result = 0.0
    for number in range(len(numbers)):
        result += scaled(numbers[number]) + units.length(number) + TABLE[0]
    return result
'''
UNITS = """
METRE = 10

def length(number):
    return number * METRE

def area(number):
    return number * number
"""
PRINT_FINGERPRINTS = """
import json
from matching.compile_all import ENTRY_POINTS
from matching.compiler.fingerprint import fingerprint
print(json.dumps({point.compiled_from.__name__: fingerprint(point.compiled_from) for point in ENTRY_POINTS}))
"""
"""Prints the fingerprint of each entry point."""


def of(source: str = SOURCE, units: str = UNITS, **constants: object) -> str:
    """Fingerprint of `total` in a module with that source."""
    helper = ModuleType("units")
    exec(units, vars(helper))
    names = {"units": helper, "FACTOR": 2.0, "OFFSET": 1, "TABLE": np.array([1.0, 2.0]), "inlined": inlined}
    names |= constants
    exec(source, names)
    total = names["total"]
    assert isinstance(total, FunctionType)
    return fingerprint(total)


def test_it_is_the_same_for_the_same_source() -> None:
    assert of() == of()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("numbers[number]) +", "numbers[number]) -"),
        ("number * FACTOR", "number + FACTOR"),
        ("unit=1.0", "unit=2.0"),
        ("result = 0.0", "result = 1.0"),
    ],
)
def test_an_edit_of_what_is_compiled_changes_it(before: str, after: str) -> None:
    assert before in SOURCE
    assert of(SOURCE.replace(before, after)) != of()


def test_constants_that_are_compiled_in_change_it() -> None:
    assert of(FACTOR=3.0) != of()
    assert of(FACTOR=2) != of(FACTOR=2.0)
    assert of(TABLE=np.array([1.0, 3.0])) != of()
    assert of(units=UNITS.replace("METRE = 10", "METRE = 12")) != of()


def test_what_is_not_compiled_does_not_change_it() -> None:
    assert of(OFFSET=2) == of()
    assert of(SOURCE.replace("number + OFFSET", "number - OFFSET")) == of()
    assert of(units=UNITS.replace("number * number", "number ** 2")) == of()
    assert of(SOURCE.replace('"""Sum."""', '"""The sum of all\n\n    numbers."""')) == of()
    assert of(SOURCE.replace("    result = 0.0\n", "    # begins with nothing\n\n    result = 0.0\n")) == of()
    assert of(SOURCE.replace("result", "outcome")) == of()


def test_a_dependency_of_an_unexpected_kind_is_refused() -> None:
    with pytest.raises(TypeError, match="fingerprint does not cover"):
        of(TABLE={1: 2})


@pytest.fixture
def fresh_environment() -> Iterator[None]:
    environment.cache_clear()
    yield
    environment.cache_clear()


@pytest.mark.usefixtures("fresh_environment")
@pytest.mark.parametrize("package", ["numba", "llvmlite"])
def test_versions_of_the_compiler_change_it(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = of()
    environment.cache_clear()
    monkeypatch.setattr(module, "version", lambda name: "0.0" if name == package else importlib.metadata.version(name))
    assert of() != before


def entry_points(root: Path) -> dict[str, str]:
    """Fingerprints of the kernel in a copy of the sources."""
    process = subprocess.run(
        [sys.executable, "-c", PRINT_FINGERPRINTS],
        check=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    result: dict[str, str] = json.loads(process.stdout)
    return result


def test_only_edits_of_what_the_kernel_uses_recompile_it(tmp_path: Path) -> None:
    """In a copy of the sources: first an edit of every module that leaves the kernel alone, then one of a function that
    searches and meetings use."""
    ignore = shutil.ignore_patterns("__pycache__", "data")
    for room in ("geo", "matching"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=ignore)
    before = entry_points(tmp_path)
    for path in [*tmp_path.glob("geo/**/*.py"), *tmp_path.glob("matching/**/*.py")]:
        if path.parent.name != "compiler":
            source = path.read_text(encoding="utf-8")
            path.write_text(f"{source}\n\ndef _unused(number):\n    return number + 1  # no part of the kernel\n")
    assert entry_points(tmp_path) == before
    distance = tmp_path / "geo/spatial/distance.py"
    distance.write_text(distance.read_text(encoding="utf-8").replace("/ 2, math.radians", "/ 2.0, math.radians"))
    after = entry_points(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {
        *("best_places", "meeting_places", "count_places", "least_changes", "count_at_times"),
    }
