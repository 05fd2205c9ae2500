"""Travel time from the straight line: length of the way = distance times a detour factor, at one speed per mode.

Assumptions, not measurements of a given road:

* detour 1.3 on foot and by bike, 1.4 by car. Published means of network over straight-line distance lie between 1.2
  (dense street grids, long trips) and 1.4 (one-way streets, motorways, relief);
* 4.8 km/h on foot, the usual planning speed; 15 km/h by bike in town, lights included; 40 km/h by car, door to door,
  between the 25 of city streets and the 55-60 of country roads.

In mountains and across water the real time is longer: pages say "about".
"""

import math
from dataclasses import dataclass

from geo.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Pace:
    """How one mode moves: km/h along the way, and the way's length over the straight line."""

    speed_km_h: float
    detour: float

    @property
    def straight_m_per_minute(self) -> float:
        return self.speed_km_h * 1000.0 / 60.0 / self.detour


PACES: dict[str, Pace] = {
    "walk": Pace(speed_km_h=4.8, detour=1.3),
    "bike": Pace(speed_km_h=15.0, detour=1.3),
    "car": Pace(speed_km_h=40.0, detour=1.4),
}


def minutes(distance_m: float, mode: str) -> float:
    """Minutes to a place `distance_m` away as the crow flies. Raises InvalidInput (mode, negative distance)."""
    return _positive(distance_m, "distance_m") / _pace(mode).straight_m_per_minute


def reach_m(minutes: float, mode: str) -> float:
    """Metres as the crow flies within `minutes`: the inverse of `minutes()`. Raises InvalidInput."""
    return _positive(minutes, "minutes") * _pace(mode).straight_m_per_minute


def _pace(mode: str) -> Pace:
    pace = PACES.get(mode)
    if pace is None:
        raise InvalidInput(
            field="mode",
            value=mode,
            fr=f"Le mode « {mode} » n'existe pas : choisissez {', '.join(PACES)}.",
            en=f"There is no mode “{mode}”: choose {', '.join(PACES)}.",
        )
    return pace


def _positive(value: float, field: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise InvalidInput(
            field=field,
            value=value,
            fr=f"La valeur {value} n'est pas possible : donnez un nombre positif.",
            en=f"The value {value} is not possible: give a positive number.",
        )
    return value
