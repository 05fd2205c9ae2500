"""Cache of joint bounds (`matching.kernel.joint_bounds`), computed in the background for recent searcher profiles.

A search whose bounds are not known yet runs without them; bounds make it faster and never change an answer.
"""

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import numpy.typing as npt

from matching.query.query import Query

Array = npt.NDArray[Any]
SearcherProfile = tuple[str | None, frozenset[str], int, tuple[tuple[str, float], ...]]
"""What joint bounds depend on: community, visible communities, seats, weights."""
ComputeBounds = Callable[[SearcherProfile, bytes, bytes], tuple[Array, ...]]
"""From a profile and an encoded query (floats, integers) to its joint bounds."""
EVICTABLE_AFTER_S = 60.0
"""A profile used more recently is not evicted; new ones are then not cached, or many profiles would only displace each
other."""
LOWEST_PRIORITY = 19
"""In the scale of `nice`."""


class JointBounds:
    """The joint bounds of one profile."""

    def __init__(self, query: Query) -> None:
        self.query = query
        """A query of the profile."""
        self.used_at = monotonic()
        self.arrays: tuple[Array, ...] = ()
        """`joint_bounds`, `row_bounds` and `eligible_rows` of `matching.arrays.query_arrays`; empty until computed."""


class JointBoundsCache:
    """At most `capacity` profiles, least recently used evicted first. Thread-safe."""

    def __init__(self, compute: ComputeBounds, capacity: int) -> None:
        self._compute_arrays, self._capacity = compute, capacity
        self._lock = threading.Lock()
        self._entries: OrderedDict[SearcherProfile, JointBounds] = OrderedDict()
        self._executor = ThreadPoolExecutor(1, "placelibre-bounds", _lower_priority)

    def get(self, profile: SearcherProfile, query: Query, floats: bytes, integers: bytes) -> JointBounds | None:
        """The bounds of a profile; None if not computed yet, which is then started if there is room."""
        with self._lock:
            bounds = self._entries.get(profile)
            if bounds is not None:
                bounds.used_at = monotonic()
                self._entries.move_to_end(profile)
                return bounds if bounds.arrays else None
            if len(self._entries) >= self._capacity:
                oldest, oldest_bounds = next(iter(self._entries.items()))
                if monotonic() - oldest_bounds.used_at < EVICTABLE_AFTER_S:
                    return None
                del self._entries[oldest]
            bounds = self._entries[profile] = JointBounds(query)
        computing = self._executor.submit(self._compute, profile, bounds, floats, integers)
        computing.add_done_callback(lambda done: done.result())  # an exception is logged, not lost with its future
        return None

    def recent_queries(self, limit: int) -> list[Query]:
        """One query of each of the `limit` most recently used profiles, the most recent first."""
        with self._lock:
            return [bounds.query for bounds in reversed(self._entries.values())][:limit]

    def wait(self) -> None:
        """Returns when no bounds are being computed."""
        self._executor.submit(lambda: None).result()

    def _compute(self, profile: SearcherProfile, bounds: JointBounds, floats: bytes, integers: bytes) -> None:
        with self._lock:
            if self._entries.get(profile) is not bounds:
                return  # evicted in the meantime
        bounds.arrays = self._compute_arrays(profile, floats, integers)


def _lower_priority() -> None:
    """Makes this thread give way to searches for the processor."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
