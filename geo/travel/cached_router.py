"""What was routed is not routed again: people change a filter more often than where they start."""

import threading
from collections import OrderedDict

import numpy as np

from geo.travel.router import Floats, Router
from geo.types import Point

ORIGINS = 256
Times = dict[tuple[float, float], float]


class Remembered:
    """A `Router` that keeps the minutes from the last ORIGINS points somebody started at."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[Point, str], Times] = OrderedDict()

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        known = self._from(origin, mode)
        asked = [(lon, lat) for lon, lat in points.tolist()]
        new = [one for one in dict.fromkeys(asked) if one not in known]
        if new:
            found = self._router.minutes(origin, np.array(new), mode)
            known.update(zip(new, found.tolist(), strict=True))
        return np.array([known[one] for one in asked], np.float64)

    def _from(self, origin: Point, mode: str) -> Times:
        with self._lock:
            known = self._known.setdefault((origin, mode), {})
            self._known.move_to_end((origin, mode))
            while len(self._known) > ORIGINS:
                self._known.popitem(last=False)
        return known
