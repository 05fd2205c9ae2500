"""Minutes out of an engine that speaks Valhalla's `sources_to_targets`, embedded or at a URL.

A time is that of the way between the two points snapped to the network, plus the two legs to it, walked.

* Who starts or arrives more than SNAP_M from the network is not on its map: nan.
* Targets are snapped to the nearest edge, whatever its piece of the network: with a least reachability, how a target is
  snapped depends on its neighbours in the request, and a time must not. Those that land on a piece without a way are
  asked for again, each alone, with it.
* One target that cannot be snapped fails the whole request: it is cut in halves until the culprit stands alone.
"""

import math
from typing import Any, Protocol

import numpy as np

from geo.distance import haversine_array_m
from geo.travel.model import TOP_KM_H, Floats, RoutingUnavailable
from geo.travel.straight_line import PACES
from geo.types import Point

Message = dict[str, Any]
SNAP_M = 1_000.0
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

    def sources_to_targets(self, asked: Message) -> Message | None:
        """The answer; None when the points are such that there is none (NO_WAY). Raises RoutingUnavailable."""
        ...


class Network:
    """An engine as a `geo.travel.model.Router`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        found = np.full(len(points), np.nan)
        for start in range(0, len(points), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            found[part] = self._of_some(origin, points[part], mode)
        for at in np.flatnonzero(np.isinf(found)):
            alone = self._ask(origin, points[at : at + 1], mode, on_any_piece=False)
            if alone is not None:
                found[at] = alone[0]
        return found

    def _of_some(self, origin: Point, points: Floats, mode: str) -> Floats:
        found = self._ask(origin, points, mode)
        if found is not None:
            return found
        if len(points) > 1 and self._ask(origin, np.array([[origin.lon, origin.lat]]), mode) is not None:
            middle = len(points) // 2
            halves = [self._of_some(origin, half, mode) for half in (points[:middle], points[middle:])]
            return np.concatenate(halves)
        return np.full(len(points), np.nan)

    def _ask(self, origin: Point, points: Floats, mode: str, *, on_any_piece: bool = True) -> Floats | None:
        """As `Router.minutes`, by one request; None when a point of it cannot be snapped."""
        costing, options = COSTINGS[mode]
        lenient = {"minimum_reachability": 0} if on_any_piece else {}
        answer = self._engine.sources_to_targets(
            {
                "sources": [{"lon": origin.lon, "lat": origin.lat}],
                "targets": [{"lon": lon, "lat": lat, **lenient} for lon, lat in points.tolist()],
                "costing": costing,
                "costing_options": {costing: options},
            }
        )
        return None if answer is None else _read(answer, origin, points)


def _read(answer: Message, origin: Point, points: Floats) -> Floats:
    """Minutes of an answer, legs included."""
    try:
        seconds = [cell["time"] for cell in answer["sources_to_targets"][0]]
        snapped = np.array([(one["lon"], one["lat"]) for one in (*answer["sources"], *answer["targets"])], np.float64)
        driven_s = np.array([math.inf if one is None else one for one in seconds], np.float64)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise _not_understood() from error
    if len(driven_s) != len(points) or len(snapped) != len(points) + 1 or not np.all(driven_s >= 0):
        raise _not_understood()
    asked = np.vstack(([origin.lon, origin.lat], points))
    legs_m = haversine_array_m(asked[:, 0], asked[:, 1], snapped[:, 0], snapped[:, 1])
    minutes: Floats = driven_s / 60.0 + (legs_m[0] + legs_m[1:]) / WALKED_M_PER_MINUTE
    minutes[(legs_m[1:] > SNAP_M) | (legs_m[0] > SNAP_M)] = np.nan
    return minutes


def _not_understood() -> RoutingUnavailable:
    return RoutingUnavailable(
        fr="sa réponse n'est pas celle d'un Valhalla ; vérifiez PLACELIBRE_ROUTING",
        en="its answer is not that of a Valhalla; check PLACELIBRE_ROUTING",
    )
