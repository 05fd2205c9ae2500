"""One world and its index, built once."""

import pytest

from matching.snapshot.builder import build_index
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import AS_OF, World


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def snapshot(world: World) -> Snapshot:
    return build_index(world.input(), as_of=AS_OF)


@pytest.fixture(scope="session")
def small_world() -> World:
    return World(seed=11, scale=0.08)


@pytest.fixture(scope="session")
def small_snapshot(small_world: World) -> Snapshot:
    return build_index(small_world.input(), as_of=AS_OF)
