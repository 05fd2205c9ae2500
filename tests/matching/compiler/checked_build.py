"""pytest plugin: `-s -p tests.matching.compiler.checked_build` runs tests with bounds checks, on fewer random queries.

Without `-s`, pytest captures the message of an index outside, and the process ends before it is shown.
"""

import pytest

from matching.compiler import bounds_checks

QUERIES = 200


def pytest_configure() -> None:
    bounds_checks.turn_on()


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for module in {item.module for item in items}:
        if hasattr(module, "QUERIES"):
            module.QUERIES = QUERIES
