"""A cache in front of a router: people change a filter more often than their starting point."""

import threading

import numpy as np
from cachetools import LRUCache

from geo.travel.router import Floats, Router
from geo.types import Point

MAX_ORIGINS = 256
Times = dict[tuple[float, float], float]


class CachedRouter:
    """A `Router` that keeps the minutes from the MAX_ORIGINS starting points used last. Thread-safe."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._lock = threading.Lock()
        self._times: LRUCache[tuple[Point, str], Times] = LRUCache(MAX_ORIGINS)

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        with self._lock:
            times = self._times.setdefault((origin, mode), {})
        targets = [(lon, lat) for lon, lat in points.tolist()]
        missing = [target for target in dict.fromkeys(targets) if target not in times]
        if missing:
            computed = self._router.minutes(origin, np.array(missing), mode)
            times.update(zip(missing, computed.tolist(), strict=True))
        return np.array([times[target] for target in targets], np.float64)
