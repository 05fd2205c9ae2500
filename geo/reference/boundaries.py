"""Locates the commune of a point: point in polygon, the nearest commune at sea, none abroad.

The polygons are simplified, so a quay or a beach may lie a little outside; and a point at sea belongs to the
nearest commune within `SEA_REACH_M`. On land beyond a border it belongs to none, however near France is, save for
`LAND_TOLERANCE_M`: there the outline may simply be coarse. No outlines of other countries are shipped; the rings below
say roughly where foreign land is. They may overlap France freely, because only points outside every commune are
compared with them.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.reference.files import boundaries
from geo.spatial.distance import EARTH_RADIUS_M, Floats

SEA_REACH_M = 30_000.0
LAND_TOLERANCE_M = 100.0
_NEAR_M = 2_000.0

_METRES_PER_DEGREE = math.radians(1) * EARTH_RADIUS_M
_Ring = Sequence[tuple[float, float]]


def _box(west: float, south: float, east: float, north: float) -> _Ring:
    return ((west, south), (east, south), (east, north), (west, north))


ABROAD: dict[str, _Ring] = {
    # From the beach of Bray-Dunes to that of Menton; the Belgian and Italian seas are on the other side too.
    "Belgium to Italy": (
        (2.546, 51.085), (2.546, 52.0), (12.0, 52.0), (12.0, 43.25), (7.531, 43.25), (7.531, 43.77), (7.45, 43.85),
        (6.5, 44.3), (5.6, 46.0), (6.0, 48.0), (2.7, 50.4),
    ),
    "Monaco": _box(7.405, 43.715, 7.45, 43.755),
    "Spain and Andorra": (
        (-1.788, 43.385), (-1.80, 43.40), (-10.0, 43.40), (-10.0, 36.0), (3.5, 36.0), (3.5, 42.434), (3.176, 42.434),
        (2.9, 42.6), (1.0, 42.9), (-0.5, 43.0), (-1.3, 43.25), (-1.72, 43.33),
    ),
    "Jersey": _box(-2.27, 49.15, -1.98, 49.28),
    "Guernsey and Sark": _box(-2.70, 49.39, -2.32, 49.53),
    "Alderney": _box(-2.26, 49.68, -2.14, 49.75),
    "Sardinia": _box(8.0, 40.5, 10.0, 41.317),
    "Capraia and Elba": _box(9.75, 42.6, 10.6, 43.1),
    "Suriname and Brazil": (
        (-54.02, 5.80), (-57.0, 6.2), (-57.0, 1.5), (-51.0, 1.5), (-51.0, 4.45), (-51.62, 4.40), (-52.4, 3.3),
        (-53.5, 3.5), (-53.8, 5.3),
    ),
    "Dominica": _box(-61.52, 15.18, -61.22, 15.66),
}  # fmt: skip


class Boundaries:
    """Polygons of communes and arrondissements in a tree, ready to locate points."""

    def __init__(self, codes: npt.NDArray[np.object_], shapes: Any) -> None:
        import shapely

        self._codes = codes
        self._at = {str(code): i for i, code in enumerate(codes)}
        self._shapes = shapes
        # Prepared polygons answer many points faster than the tree's own predicate, which prepares the points instead.
        shapely.prepare(shapes)
        self._tree = shapely.STRtree(shapes)
        self._abroad = shapely.union_all([shapely.Polygon(ring) for ring in ABROAD.values()])
        shapely.prepare(self._abroad)

    @classmethod
    def load(cls, data_dir: Path) -> "Boundaries":
        """Read the shipped polygons (0.3 s). Raises ReferenceMissing."""
        return cls(*boundaries(data_dir))

    def locate(self, lons: Floats, lats: Floats) -> npt.NDArray[np.object_]:
        """INSEE code of the commune (arrondissement in Paris, Lyon, Marseille) of each point, "" where there is none.

        On a line between two communes the smaller code wins. Points that are not finite give "".
        """
        import shapely

        lons, lats = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
        codes = np.full(len(lons), "", dtype=object)
        usable = np.flatnonzero(np.isfinite(lons) & np.isfinite(lats))
        at, shape = self._tree.query(shapely.points(lons[usable], lats[usable]))
        inside = shapely.intersects_xy(self._shapes[shape], lons[usable[at]], lats[usable[at]])
        at, shape = at[inside], shape[inside]
        order = np.lexsort((shape, at))
        which, first = np.unique(at[order], return_index=True)
        codes[usable[which]] = self._codes[shape[order][first]]
        outside = np.setdiff1d(np.arange(len(usable)), which)
        abroad = shapely.contains_xy(self._abroad, lons[usable[outside]], lats[usable[outside]])
        for index, foreign in zip(usable[outside], abroad, strict=True):
            codes[index] = self._nearest(
                float(lons[index]), float(lats[index]), LAND_TOLERANCE_M if foreign else SEA_REACH_M
            )
        return codes

    def outside_m(self, codes: Iterable[str], lon: float, lat: float) -> float:
        """Metres from a point to the nearest polygon of these codes: 0 inside, infinite when none of them has one."""
        at = np.array([self._at[code] for code in codes if code in self._at], dtype=np.intp)
        return float(self._distances_m(at, lon, lat).min()) if len(at) else math.inf

    def _distances_m(self, at: npt.NDArray[np.intp], lon: float, lat: float) -> Floats:
        """Metres from a point to some polygons, in the plane that touches the point."""
        import shapely

        shrink = math.cos(math.radians(lat))
        flat = shapely.transform(self._shapes[at], lambda xy: (xy - (lon, lat)) * (shrink, 1.0))
        distances_m: Floats = shapely.distance(flat, shapely.Point(0.0, 0.0)) * _METRES_PER_DEGREE
        return distances_m

    def _nearest(self, lon: float, lat: float, limit_m: float) -> str:
        """Code of the nearest commune within `limit_m`, else ""."""
        import shapely

        if abs(lat) > 85:
            return ""
        shrink = math.cos(math.radians(lat))
        for reach_m in sorted({min(_NEAR_M, limit_m), limit_m}):
            high = reach_m / _METRES_PER_DEGREE
            wide = high / shrink
            near = np.sort(self._tree.query(shapely.box(lon - wide, lat - high, lon + wide, lat + high)))
            if len(near) == 0:
                continue
            distances_m = self._distances_m(near, lon, lat)
            best = int(np.argmin(distances_m))
            if distances_m[best] <= reach_m:
                return str(self._codes[near[best]])
        return ""
