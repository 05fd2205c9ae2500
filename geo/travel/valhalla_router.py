"""Minutes out of an engine that speaks Valhalla's `locate` and `sources_to_targets`, embedded or at a URL.

A time is that of the way between the two points snapped to the network, plus the two legs to it, walked.

* Points are snapped each alone, to the nearest edge that is part of a piece of the network worth the name: of several
  in one request, how one is snapped depends on the others, and a time must not. Places stay where they are, so what was
  snapped is kept.
* Who starts or arrives more than SNAP_M from the network is not on its map: nan.
* One target that the engine holds unconnected fails the whole request: it is cut in halves until the culprit stands
  alone.
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
"""A piece of the network with fewer edges to be reached is a car park, or what the edge of an extract cut off."""
SNAPS_KEPT = 100_000
AT_ONCE = 1_000
"""Targets of one request; Valhalla accepts 2,500 pairs unless told otherwise."""
COSTINGS: dict[str, tuple[str, dict[str, float]]] = {
    "walk": ("pedestrian", {"walking_speed": PACES["walk"].speed_km_h}),
    "bike": ("bicycle", {"cycling_speed": 18.0}),
    "car": ("auto", {"top_speed": TOP_KM_H["car"]}),
}
NO_WAY = frozenset({154, 170, 171, 442})
"""Valhalla's codes for what is about the points, not about the engine: too far, unconnected, no edge near, no path."""
WALKED_M_PER_MINUTE = PACES["walk"].speed_km_h * 1000.0 / 60.0


class Engine(Protocol):
    """Something that answers the requests of Valhalla."""

    def ask(self, action: str, asked: Message) -> Any:
        """The answer to `locate` or `sources_to_targets`; None when the points are such that there is none (NO_WAY).
        Raises RoutingUnavailable."""
        ...


class Snapped(NamedTuple):
    """A point on the network, and how long the walk to it is."""

    lon: float
    lat: float
    leg_minutes: float


class Network:
    """An engine as a `geo.travel.router.Router`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._snapped = lru_cache(SNAPS_KEPT)(self._snap)

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        found = np.full(len(points), np.nan)
        start = self._snapped(origin.lon, origin.lat, mode, True)
        if start is None:
            return found
        ends = [self._snapped(lon, lat, mode, False) for lon, lat in points.tolist()]
        known = [at for at, end in enumerate(ends) if end is not None]
        targets = [end for end in ends if end is not None]
        for first in range(0, len(known), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            found[known[part]] = self._of_some(start, targets[part], mode)
        return found

    def _of_some(self, start: Snapped, targets: list[Snapped], mode: str) -> Floats:
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
        return np.concatenate([self._of_some(start, half, mode) for half in (targets[:middle], targets[middle:])])

    def _snap(self, lon: float, lat: float, mode: str, is_origin: bool) -> Snapped | None:
        """Where one gets on the network (from an origin one must get away, to a target one must get); None: nowhere."""
        costing, options = COSTINGS[mode]
        place = {"lon": lon, "lat": lat, "search_cutoff": SNAP_M}
        asked = {"locations": [place], "costing": costing, "costing_options": {costing: options}, "verbose": True}
        answer = self._engine.ask("locate", asked)
        try:
            edges = [] if answer is None else (answer[0]["edges"] or [])
            there, back = ("outbound_reach", "inbound_reach") if is_origin else ("inbound_reach", "outbound_reach")
            fit = [edge for edge in edges if edge[there] >= PIECE_EDGES and edge[back] > 0] or edges
            if not fit:
                return None
            best = min(fit, key=lambda edge: edge["distance"])
            on_lon, on_lat = float(best["correlated_lon"]), float(best["correlated_lat"])
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise _not_understood() from error
        leg_m = haversine_m(lon, lat, on_lon, on_lat)
        return Snapped(on_lon, on_lat, leg_m / WALKED_M_PER_MINUTE) if leg_m <= SNAP_M else None


def _location(lon: float, lat: float) -> Message:
    """A point that is on the network already."""
    return {"lon": lon, "lat": lat, "minimum_reachability": 0}


def _minutes(answer: Any, count: int) -> Floats:
    """Of the ways along the network."""
    try:
        seconds = [cell["time"] for cell in answer["sources_to_targets"][0]]
        found = np.array([math.inf if one is None else one for one in seconds], np.float64)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise _not_understood() from error
    if len(found) != count or not np.all(found >= 0):
        raise _not_understood()
    return found / 60.0


def _not_understood() -> RoutingUnavailable:
    return RoutingUnavailable(
        fr="sa réponse n'est pas celle d'un Valhalla ; vérifiez PLACELIBRE_ROUTING",
        en="its answer is not that of a Valhalla; check PLACELIBRE_ROUTING",
    )
