"""Coordinate systems of French lists, and the part of France where each is used."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pyproj import Transformer

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
"""West, south, east, north in decimal degrees."""

METROPOLE: Box = (-5.9, 41.2, 9.8, 51.3)
OVERSEAS: tuple[Box, ...] = (
    (55.1, -21.5, 55.95, -20.8),  # La Réunion
    (44.9, -13.1, 45.4, -12.5),  # Mayotte
    (-61.9, 15.7, -60.9, 16.6),  # Guadeloupe
    (-63.2, 17.8, -62.7, 18.2),  # Saint-Martin, Saint-Barthélemy
    (-61.3, 14.3, -60.7, 15.0),  # Martinique
    (-54.7, 2.0, -51.5, 5.9),  # Guyane
    (-56.6, 46.7, -56.0, 47.2),  # Saint-Pierre-et-Miquelon
    (163.5, -22.9, 168.2, -19.5),  # Nouvelle-Calédonie
    (-154.8, -28.0, -134.4, -7.8),  # Polynésie française
    (-178.3, -14.5, -176.0, -13.1),  # Wallis-et-Futuna
)


@dataclass(frozen=True, slots=True)
class Projection:
    """A projected system, how people call it, and where in France it is used."""

    epsg: int
    name: str
    boxes: tuple[Box, ...]
    words: tuple[str, ...] = ()

    def to_degrees(self, eastings: Floats, northings: Floats) -> tuple[Floats, Floats]:
        """Longitudes and latitudes in WGS 84, by PROJ; not finite where the point is outside the projection."""
        with np.errstate(all="ignore"):
            lons, lats = _transformer(self.epsg).transform(eastings, northings)
        return np.asarray(lons, dtype=float), np.asarray(lats, dtype=float)

    def holds(self, lons: Floats, lats: Floats) -> npt.NDArray[np.bool_]:
        """Which points lie where the system is used."""
        return inside(lons, lats, self.boxes)


def inside(lons: Floats, lats: Floats, boxes: tuple[Box, ...]) -> npt.NDArray[np.bool_]:
    """Which points lie in one of the boxes; those that are not finite do not."""
    within = np.zeros(len(lons), dtype=bool)
    with np.errstate(invalid="ignore"):
        for west, south, east, north in boxes:
            within |= (lons >= west) & (lons <= east) & (lats >= south) & (lats <= north)
    return within


def _conic(zone: int) -> Projection:
    """RGF93 CC zones are used one degree of latitude around their parallel, a little wider along borders."""
    box = (METROPOLE[0], zone - 1.3, METROPOLE[2], zone + 1.3)
    return Projection(3900 + zone, f"RGF93 CC{zone}", (box,), (f"cc {zone}", f"cc{zone}", str(3900 + zone)))


def _utm(zone: int, west: float, east: float) -> Projection:
    box = (west, METROPOLE[1], east, METROPOLE[3])
    return Projection(32600 + zone, f"UTM {zone}N", (box,), (f"utm {zone}", f"utm{zone}", str(32600 + zone)))


_REUNION, _MAYOTTE, _GUADELOUPE, _NORTHERN, _MARTINIQUE, _GUYANE, _PIERRE, _CALEDONIE, _POLYNESIE, _ = OVERSEAS
_ANTILLES = (_GUADELOUPE, _NORTHERN, _MARTINIQUE)
PROJECTIONS: tuple[Projection, ...] = (
    Projection(2154, "Lambert 93", (METROPOLE,), ("lambert 93", "l93", "l 93", "2154", "rgf93", "rgf 93")),
    *(_conic(zone) for zone in range(42, 51)),
    Projection(27572, "Lambert II étendu", (METROPOLE,), ("lambert 2", "lambert ii", "27572", "l2e")),
    Projection(3857, "Web Mercator", (METROPOLE, *OVERSEAS), ("mercator", "3857", "900913", "webmercator")),
    _utm(31, -0.3, 6.3),
    _utm(30, -6.1, 0.3),
    _utm(32, 5.7, 9.9),
    Projection(5490, "RGAF09 UTM 20N", _ANTILLES, ("rgaf09", "rgaf 9", "5490", "4559", "utm 20", "utm20", "32620")),
    Projection(2972, "RGFG95 UTM 22N", (_GUYANE,), ("rgfg95", "2972", "utm 22", "utm22")),
    Projection(2975, "RGR92 UTM 40S", (_REUNION,), ("rgr92", "2975", "utm 40", "utm40")),
    Projection(4471, "RGM04 UTM 38S", (_MAYOTTE,), ("rgm04", "4471", "utm 38", "utm38")),
    Projection(4467, "RGSPM06 UTM 21N", (_PIERRE,), ("rgspm06", "4467", "utm 21", "utm21")),
    Projection(3163, "RGNC91-93 Lambert", (_CALEDONIE,), ("rgnc91", "3163", "rgnc")),
    Projection(3297, "RGPF UTM 6S", (_POLYNESIE,), ("rgpf", "3297", "utm 6", "utm6")),
)
"""Most usual first, which decides between two that fit equally. 32620 is within a metre of 5490."""
BESIDE_LAMBERT_93 = tuple(projection for projection in PROJECTIONS if projection.epsg in {2975, 5490, 2972, 4471})
"""Projections that national lists such as SIRENE use overseas, in their Lambert 93 columns."""


@lru_cache(maxsize=32)
def _transformer(epsg: int) -> "Transformer":
    from pyproj import Transformer  # loading PROJ takes a tenth of a second, and degrees need none of it

    return Transformer.from_crs(epsg, 4326, always_xy=True)
