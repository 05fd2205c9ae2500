"""A `Router` over an engine that speaks Valhalla's `locate` and `sources_to_targets`, embedded or at a URL.

A time is that of the way between the two points snapped to the network, plus the two legs to it, walked.

* Each point is snapped in a request of its own, to the nearest edge in a connected part of at least PIECE_EDGES edges:
  in a common request the snap of a point depends on the others, and a time must not. Snapped points are cached, because
  places do not move.
* A point more than SNAP_M from the network has no time: nan.
* One unconnected target fails the whole request: the request is split in halves until that target is by itself.
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from geo.spatial.distance import haversine_m
from geo.travel.router import TOP_KM_H, Floats, RoutingUnavailable
from geo.travel.straight_line import PACES
from geo.types import Point

Message = dict[str, Any]
SNAP_M = 1_000.0
PIECE_EDGES = 50
"""A connected part of the network with fewer edges is a car park, or was cut off at the border of an extract."""
CACHED_SNAPS = 100_000
BATCH_TARGETS = 1_000
"""Targets of one request; Valhalla accepts 2,500 pairs by default."""
COSTINGS: dict[str, tuple[str, dict[str, float]]] = {
    "walk": ("pedestrian", {"walking_speed": PACES["walk"].speed_km_h}),
    "bike": ("bicycle", {"cycling_speed": 18.0}),
    "car": ("auto", {"top_speed": TOP_KM_H["car"]}),
}
NO_WAY = frozenset({154, 170, 171, 442})
"""Valhalla's error codes about the points, not about the engine: too far, unconnected, no edge near, no path."""
WALKED_M_PER_MINUTE = PACES["walk"].speed_km_h * 1000.0 / 60.0


class Engine(Protocol):
    """Answers the requests of Valhalla."""

    def ask(self, action: str, request: Message) -> Any:
        """The answer to `locate` or `sources_to_targets`; None for an error about the points (NO_WAY).
        Raises RoutingUnavailable."""
        ...


class Snapped(NamedTuple):
    """A point on the network in decimal degrees, and the minutes of the walk to it."""

    lon: float
    lat: float
    leg_minutes: float


class Network:
    """An engine as a `geo.travel.router.Router`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._snapped = lru_cache(CACHED_SNAPS)(self._snap)

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        result = np.full(len(points), np.nan)
        start = self._snapped(origin.lon, origin.lat, mode, True)
        if start is None:
            return result
        ends = [self._snapped(lon, lat, mode, False) for lon, lat in points.tolist()]
        reachable = [at for at, end in enumerate(ends) if end is not None]
        targets = [end for end in ends if end is not None]
        for first in range(0, len(reachable), BATCH_TARGETS):
            part = slice(first, first + BATCH_TARGETS)
            result[reachable[part]] = self._route_batch(start, targets[part], mode)
        return result

    def _route_batch(self, start: Snapped, targets: list[Snapped], mode: str) -> Floats:
        costing, options = COSTINGS[mode]
        answer = self._engine.ask(
            "sources_to_targets",
            {
                "sources": [_location(start.lon, start.lat)],
                "targets": [_location(target.lon, target.lat) for target in targets],
                "costing": costing,
                "costing_options": {costing: options},
            },
        )
        if answer is not None:
            legs: Floats = np.array([start.leg_minutes + target.leg_minutes for target in targets])
            minutes: Floats = _minutes(answer, len(targets)) + legs
            return minutes
        if len(targets) == 1:
            return np.array([np.inf])
        middle = len(targets) // 2
        return np.concatenate([self._route_batch(start, half, mode) for half in (targets[:middle], targets[middle:])])

    def _snap(self, lon: float, lat: float, mode: str, is_origin: bool) -> Snapped | None:
        """The point snapped to the network, on an edge with ways out (origin) or in (target); None when too far."""
        costing, options = COSTINGS[mode]
        place = {"lon": lon, "lat": lat, "search_cutoff": SNAP_M}
        request = {"locations": [place], "costing": costing, "costing_options": {costing: options}, "verbose": True}
        answer = self._engine.ask("locate", request)
        try:
            edges = [] if answer is None else (answer[0]["edges"] or [])
            there, back = ("outbound_reach", "inbound_reach") if is_origin else ("inbound_reach", "outbound_reach")
            fit = [edge for edge in edges if edge[there] >= PIECE_EDGES and edge[back] > 0] or edges
            if not fit:
                return None
            best = min(fit, key=lambda edge: edge["distance"])
            on_lon, on_lat = float(best["correlated_lon"]), float(best["correlated_lat"])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise _unexpected_answer() from error
        leg_m = haversine_m(lon, lat, on_lon, on_lat)
        return Snapped(on_lon, on_lat, leg_m / WALKED_M_PER_MINUTE) if leg_m <= SNAP_M else None


def _location(lon: float, lat: float) -> Message:
    """A Valhalla location of a snapped point."""
    return {"lon": lon, "lat": lat, "minimum_reachability": 0}


def _minutes(answer: Any, count: int) -> Floats:
    """Minutes along the network, shape (count,); inf without a way. Raises RoutingUnavailable."""
    try:
        seconds = [cell["time"] for cell in answer["sources_to_targets"][0]]
        durations = np.array([math.inf if value is None else value for value in seconds], np.float64)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise _unexpected_answer() from error
    if len(durations) != count or not np.all(durations >= 0):
        raise _unexpected_answer()
    return durations / 60.0


def _unexpected_answer() -> RoutingUnavailable:
    return RoutingUnavailable(
        fr="sa réponse n'est pas celle d'un Valhalla ; vérifiez PLACELIBRE_ROUTING",
        en="its answer is not that of a Valhalla; check PLACELIBRE_ROUTING",
    )
