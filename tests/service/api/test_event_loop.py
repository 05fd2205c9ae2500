"""The event loop never waits: what asks a router, counts hosts or reads the store is answered beside it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx2
import numpy as np
import pytest

from geo.travel.router import Floats
from geo.types import Point
from service.app import create_app
from service.communities.directory import CommunityDirectory
from service.communities.sharing import CircleReader
from service.container import Services
from service.feedback import accepted_weights
from service.feedback.accepted_weights import AcceptedWeights
from service.search.hosts import Hosts

SLOW_S = 1.0
STALL_S = SLOW_S / 2
TICK_S = 0.01


class Delay:
    """A wait that a test turns on once everything is opened, compiled and loaded."""

    seconds = 0.0

    def __call__(self) -> None:
        time.sleep(self.seconds)

    def before(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def slow(*arguments: Any) -> Any:
            self()
            return method(*arguments)

        return slow


@pytest.fixture
def delay() -> Delay:
    return Delay()


class SlowRouting:
    """A network on which every place is ten minutes away; finding that out takes long."""

    is_wanted = True

    def __init__(self, delay: Delay) -> None:
        self._delay = delay

    def router(self) -> "SlowRouting":
        return self

    def minutes(self, _origin: Point, points: Floats, _mode: str) -> Floats:
        self._delay()
        return np.full(len(points), 10.0)


@pytest.fixture
def services(small_services: Services, delay: Delay, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """The small product with a slow router; it looked for changes a moment ago, and will not for an hour."""
    monkeypatch.setattr(accepted_weights, "LOOKED_AT_EVERY_S", 3_600.0)
    services = Services(replace(small_services.settings, refresh_s=3_600.0), small_services.now)
    services.live.refresh()
    services.__dict__["routing"] = SlowRouting(delay)
    yield services
    services.close()


def longest_stall_s(services: Services, path: str, delay: Delay) -> float:
    """How long, at most, nobody else would have been answered while `path` was, in seconds."""
    stalls = [0.0]

    async def tick() -> None:
        before = time.perf_counter()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.perf_counter()
            stalls.append(now - before - TICK_S)
            before = now

    async def ask() -> None:
        transport = httpx2.ASGITransport(create_app(services.settings, services))
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            for _ in range(2):  # the documented way opens what the fast path needs
                warm = await client.get(path)
                assert warm.status_code < 500, warm.text
            delay.seconds = SLOW_S
            ticking = asyncio.create_task(tick())
            await asyncio.sleep(3 * TICK_S)
            begun = time.perf_counter()
            answer = await client.get(path)
            assert answer.status_code < 500, answer.text
            assert time.perf_counter() - begun > SLOW_S, "nothing was slow: the test proves nothing"
            await asyncio.sleep(3 * TICK_S)
            ticking.cancel()

    asyncio.run(ask())
    return max(stalls)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/search?where=Nantes&mode=car",
        "/api/v1/search?where=Nantes&within=20min",
        "/api/v1/search?where=Mende&need=screen&mode=car&relaxations=true",
        "/api/v1/meet?from=Nantes&from=Rez%C3%A9&seats=1",
        "/?where=Nantes&reach=20min-car",
    ],
)
def test_a_slow_router_holds_nobody_else_up(services: Services, path: str, delay: Delay) -> None:
    assert longest_stall_s(services, path, delay) < STALL_S


@pytest.mark.parametrize("variety", ["per_host=2", "new_floor=0.2"])
def test_counting_hosts_holds_nobody_else_up(
    services: Services, variety: str, delay: Delay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hosts, "read", delay.before(Hosts.read))
    assert longest_stall_s(services, f"/api/v1/search?where=Nantes&{variety}", delay) < STALL_S


@pytest.mark.parametrize("variety", [{"per_host": 2}, {"new_floor": 0.2}])
def test_nor_does_it_where_the_settings_ask_for_it(
    services: Services, variety: dict[str, Any], delay: Delay, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.settings = replace(services.settings, **variety)
    monkeypatch.setattr(Hosts, "read", delay.before(Hosts.read))
    assert longest_stall_s(services, "/api/v1/search?where=Nantes", delay) < STALL_S


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/search?where=Nantes",
        "/nowhere?community=ruraconnect",
        "/lieux/none?community=ruraconnect",
        "/lieux/999999999?community=ruraconnect",
    ],
)
def test_a_slow_store_holds_nobody_else_up(
    services: Services, path: str, delay: Delay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The communities are read with every request: `refresh_s` is 0 for them."""
    monkeypatch.setattr(CircleReader, "read", delay.before(CircleReader.read))
    services.__dict__["directory"] = CommunityDirectory(services.engine, 0.0)
    assert longest_stall_s(services, path, delay) < STALL_S


def test_a_file_of_weights_to_look_at_holds_nobody_else_up(
    services: Services, delay: Delay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepted_weights, "LOOKED_AT_EVERY_S", 0.0)
    monkeypatch.setattr(AcceptedWeights, "_look", delay.before(AcceptedWeights._look))
    assert longest_stall_s(services, "/api/v1/search?where=Nantes", delay) < STALL_S
