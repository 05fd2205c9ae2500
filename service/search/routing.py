"""Which engine tells travel times: a network on this disk, a Valhalla at a URL, or none."""

import threading
import time
from pathlib import Path

from geo.travel.cached_router import Remembered
from geo.travel.router import Floats, Router, RoutingUnavailable
from geo.travel.valhalla_embedded import EmbeddedValhalla
from geo.travel.valhalla_http import RemoteValhalla
from geo.travel.valhalla_router import Network
from geo.travel.valhalla_tiles import CURRENT, has_network
from geo.types import Point
from service.settings import ROUTING

REST_S = 30.0
"""An engine that did not answer is left alone for so long: nobody else waits for it."""


class Routing:
    """The engine that a setting names."""

    def __init__(self, setting: str) -> None:
        self._setting = setting
        self._lock = threading.Lock()
        self._made: tuple[str, Router] | None = None

    @property
    def is_remote(self) -> bool:
        return self._setting.startswith(("http://", "https://"))

    @property
    def folder(self) -> Path:
        """Of a network on this disk."""
        return Path(self._setting)

    @property
    def is_wanted(self) -> bool:
        """Not when nothing is set and nobody built a network."""
        return bool(self._setting) and (self._setting != ROUTING or has_network(self.folder))

    def router(self) -> Router | None:
        """What tells minutes now, None when that is the straight line. With another network than before, nothing that
        was remembered is told any more."""
        if not self.is_wanted:
            return None
        with self._lock:
            network = self._setting if self.is_remote else _generation(self.folder)
            if self._made is None or self._made[0] != network:
                engine = RemoteValhalla(self._setting) if self.is_remote else EmbeddedValhalla(self.folder)
                self._made = network, Resting(Remembered(Network(engine)))
            return self._made[1]


def _generation(folder: Path) -> str:
    """Name of the network in force; "" when there is none, which the engine will say in words."""
    try:
        return (folder / CURRENT).read_text(encoding="utf-8")
    except OSError:
        return ""


class Resting:
    """A `Router` that, having failed, is not asked again for REST_S."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._failure: RoutingUnavailable | None = None
        self._again_at = 0.0

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        if self._failure is not None and time.monotonic() < self._again_at:
            raise self._failure
        try:
            found = self._router.minutes(origin, points, mode)
        except RoutingUnavailable as error:
            self._again_at, self._failure = time.monotonic() + REST_S, error
            raise
        self._failure = None
        return found
