"""Number of places within a radius of each cell, exact, without measuring every pair.

Places are cut into strips of latitude and sorted by longitude inside each. Within a strip, the disk around a cell
certainly contains one run of longitudes (counted by two binary searches) and possibly touches a little more on
either side; only that little more is measured pair by pair. A disk of 15 km holds thousands of places, its edge few.
"""

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geo.coverage.nearest import Indices, pairwise_haversine_m
from geo.spatial.distance import EARTH_RADIUS_M, Floats, chord_of_m, unit_vectors

_STRIPS_PER_RADIUS = 10
_MARGIN_DEG = 1e-7
"""About a centimetre: far above rounding errors, and pairs inside it are measured anyway."""
_STRIDE = 1000.0
"""Longitudes of strip i sort at i * 1000 + lon: one sorted array for all strips."""
_PAIRS_AT_ONCE = 4_000_000


def count_within(
    cells_lon: Floats, cells_lat: Floats, places_lon: Floats, places_lat: Floats, radius_m: float
) -> Indices:
    """Number of places at most `radius_m` metres (haversine) from each cell; int64, as long as the cells."""
    counts = np.zeros(len(cells_lon), dtype=np.int64)
    if len(places_lon) == 0 or len(cells_lon) == 0:
        return counts
    radius_deg = float(np.degrees(radius_m / EARTH_RADIUS_M))
    plain = _stays_on_the_map(cells_lon, cells_lat, radius_deg)
    if not plain.all():
        odd = np.flatnonzero(~plain)
        counts[odd] = _count_by_tree(cells_lon[odd], cells_lat[odd], places_lon, places_lat, radius_m)
    regular = np.flatnonzero(plain)
    strips = _Strips(places_lon, places_lat, max(radius_deg / _STRIPS_PER_RADIUS, 1e-4))
    # Neighbouring questions in a row keep binary searches inside the processor's cache.
    regular = regular[np.lexsort((cells_lon[regular], np.floor(cells_lat[regular] / strips.height_deg)))]
    counts[regular] = strips.count(cells_lon[regular], cells_lat[regular], radius_m, radius_deg)
    return counts


def _stays_on_the_map(lon: Floats, lat: Floats, radius_deg: float) -> npt.NDArray[np.bool_]:
    """Cells whose disk neither reaches a pole nor crosses the antimeridian."""
    reach = np.abs(lat) + radius_deg
    away_from_poles = reach < 89.0
    half_width = radius_deg / np.cos(np.radians(np.where(away_from_poles, reach, 0.0))) * 1.1
    return away_from_poles & (np.abs(lon) + half_width < 180.0) & (radius_deg < 45.0)


def _count_by_tree(
    cells_lon: Floats, cells_lat: Floats, places_lon: Floats, places_lat: Floats, radius_m: float
) -> Indices:
    """Counts for the rare cells near the antimeridian or a pole: measures the candidates of a k-d tree."""
    tree = cKDTree(unit_vectors(places_lon, places_lat))
    around = tree.query_ball_point(unit_vectors(cells_lon, cells_lat), chord_of_m(radius_m) + 1e-9)
    counts = np.zeros(len(cells_lon), dtype=np.int64)
    for row, candidates in enumerate(around):
        at = np.asarray(candidates, dtype=np.int64)
        lon, lat = np.full(len(at), cells_lon[row]), np.full(len(at), cells_lat[row])
        counts[row] = np.count_nonzero(pairwise_haversine_m(lon, lat, places_lon[at], places_lat[at]) <= radius_m)
    return counts


class _Strips:
    """Places sorted by strip of latitude, then longitude."""

    def __init__(self, lon: Floats, lat: Floats, height_deg: float) -> None:
        self.height_deg = height_deg
        self.first = int(np.floor(lat.min() / height_deg))
        self.last = int(np.floor(lat.max() / height_deg))
        strip = np.floor(lat / height_deg) - self.first
        key = strip * _STRIDE + lon
        order = np.argsort(key, kind="stable")
        self.key, self.lon, self.lat = key[order], lon[order], lat[order]

    def count(self, lon: Floats, lat: Floats, radius_m: float, radius_deg: float) -> Indices:
        """Exact counts for cells whose disk stays on the map."""
        counts = np.zeros(len(lon), dtype=np.int64)
        own = np.floor(lat / self.height_deg).astype(np.int64)
        reach = int(np.ceil(radius_deg / self.height_deg)) + 1
        for offset in range(-reach, reach + 1):
            strip = own + offset
            at = np.flatnonzero((strip >= self.first) & (strip <= self.last))
            if len(at) == 0:
                continue
            south = np.asarray(strip[at] * self.height_deg, dtype=np.float64)
            inner, outer = _half_widths_deg(lat[at], south, south + self.height_deg, radius_deg)
            touched = outer >= 0
            at, inner, outer = at[touched], inner[touched], outer[touched]
            base = (strip[at] - self.first) * _STRIDE + lon[at]
            start, stop = np.searchsorted(self.key, base - outer), np.searchsorted(self.key, base + outer, "right")
            sure_start = np.searchsorted(self.key, base - inner)
            sure_stop = np.searchsorted(self.key, base + inner, "right")
            none_sure = inner < 0
            sure_start, sure_stop = np.where(none_sure, stop, sure_start), np.where(none_sure, stop, sure_stop)
            counts[at] += sure_stop - sure_start
            self._add_measured(counts, at, start, sure_start, lon, lat, radius_m)
            self._add_measured(counts, at, sure_stop, stop, lon, lat, radius_m)
        return counts

    def _add_measured(
        self, counts: Indices, at: Indices, start: Indices, stop: Indices, lon: Floats, lat: Floats, radius_m: float
    ) -> None:
        """Adds the places of [start, stop) that are near enough, a bounded number of pairs at a time."""
        length = stop - start
        keep = np.flatnonzero(length > 0)
        if len(keep) == 0:
            return
        at, start, length = at[keep], start[keep], length[keep]
        ends = np.cumsum(length)
        cuts = np.searchsorted(ends, np.arange(_PAIRS_AT_ONCE, ends[-1], _PAIRS_AT_ONCE), "right")
        for part in np.split(np.arange(len(at)), np.unique(cuts)):
            total = int(length[part].sum())
            if total == 0:
                continue
            owner = np.repeat(part, length[part])
            run_start = np.cumsum(length[part]) - length[part]
            place = np.arange(total) - np.repeat(run_start - start[part], length[part])
            cell = at[owner]
            near = pairwise_haversine_m(lon[cell], lat[cell], self.lon[place], self.lat[place]) <= radius_m
            counts += np.bincount(cell[near], minlength=len(counts))


def _half_widths_deg(lat: Floats, south: Floats, north: Floats, radius_deg: float) -> tuple[Floats, Floats]:
    """Half-widths in longitude, in degrees, surely inside and possibly inside the disk within a strip; -1 for none.

    At latitude phi the disk reaches sin^2(dlon / 2) = (sin^2(r / 2) - sin^2((phi - phi0) / 2)) / (cos phi0 cos phi),
    widest where sin phi = sin phi0 / cos r and narrowing on both sides of it.
    """
    at_south, at_north = _half_width_deg(lat, south, radius_deg), _half_width_deg(lat, north, radius_deg)
    sine = np.sin(np.radians(lat)) / np.cos(np.radians(radius_deg))
    widest_lat = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
    widest = _half_width_deg(lat, np.clip(widest_lat, south, north), radius_deg)
    inner = np.minimum(at_south, at_north)
    outer = np.maximum(np.maximum(at_south, at_north), widest)
    return np.where(inner > _MARGIN_DEG, inner - _MARGIN_DEG, -1.0), np.where(outer >= 0, outer + _MARGIN_DEG, -1.0)


def _half_width_deg(lat: Floats, at_lat: Floats, radius_deg: float) -> Floats:
    """Half-width of the disk at one latitude, in degrees of longitude; -1 where the disk does not reach."""
    phi0, phi = np.radians(lat), np.radians(at_lat)
    left = np.sin(np.radians(radius_deg) / 2) ** 2 - np.sin((phi - phi0) / 2) ** 2
    squared = left / (np.cos(phi0) * np.cos(phi))
    # A latitude that the disk just misses may still touch by rounding: the margin is added by the caller.
    width = np.degrees(2 * np.arcsin(np.sqrt(np.clip(squared, 0.0, 1.0))))
    result: Floats = np.where(squared >= -1e-15, width, -1.0)
    return result
