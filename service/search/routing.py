"""Chooses the engine of travel times: a road network on this disk, a Valhalla server at a URL, or none."""

import threading
import time
from pathlib import Path

from geo.travel.router import Floats, Router, RoutingUnavailable
from geo.travel.valhalla_tiles import CURRENT, has_network
from geo.types import Point

PAUSE_S = 30.0
"""Pause after a failure of the engine, so that no other search waits for it."""


class Routing:
    """The engine that a setting names: a folder or a URL; "" for none.

    `is_optional`: the folder may be missing; travel times then follow the straight line.
    """

    def __init__(self, setting: str, *, is_optional: bool = False) -> None:
        self._setting = setting
        self._is_optional = is_optional
        self._lock = threading.Lock()
        self._router: tuple[str, Router] | None = None

    @property
    def is_remote(self) -> bool:
        """Whether the setting is the URL of a server."""
        return self._setting.startswith(("http://", "https://"))

    @property
    def folder(self) -> Path:
        """Folder of a network on this disk."""
        return Path(self._setting)

    @property
    def is_wanted(self) -> bool:
        """Whether travel times are those of a network: one is set, or was built where it is optional."""
        return bool(self._setting) and (not self._is_optional or has_network(self.folder))

    def router(self) -> Router | None:
        """The router of the network in force; None for the straight line.

        A new network gets a new router, whose cache of travel times is empty.
        """
        if not self.is_wanted:
            return None
        with self._lock:
            network = self._setting if self.is_remote else _generation(self.folder)
            if self._router is None or self._router[0] != network:
                self._router = network, PausingRouter(self._open())
            return self._router[1]

    def _open(self) -> Router:
        from geo.travel.cached_router import CachedRouter  # with the engines: most searches count no minutes
        from geo.travel.valhalla_embedded import EmbeddedValhalla
        from geo.travel.valhalla_http import RemoteValhalla
        from geo.travel.valhalla_router import Network

        engine = RemoteValhalla(self._setting) if self.is_remote else EmbeddedValhalla(self.folder)
        return CachedRouter(Network(engine))


def _generation(folder: Path) -> str:
    """Name of the network in force; "" when there is none, which the engine reports with its remedy."""
    try:
        return (folder / CURRENT).read_text(encoding="utf-8")
    except OSError:
        return ""


class PausingRouter:
    """A `Router` that repeats its failure for PAUSE_S before it tries again."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._failure: RoutingUnavailable | None = None
        self._again_at = 0.0

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        if self._failure is not None and time.monotonic() < self._again_at:
            raise self._failure
        try:
            minutes = self._router.minutes(origin, points, mode)
        except RoutingUnavailable as error:
            self._again_at, self._failure = time.monotonic() + PAUSE_S, error
            raise
        self._failure = None
        return minutes
