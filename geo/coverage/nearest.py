"""The nearest place of every cell, exact on the sphere of `geo.spatial.distance`."""

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from geo.spatial.distance import EARTH_RADIUS_M, Floats, arc_m_of_chord, unit_vectors

Indices = npt.NDArray[np.int64]

NO_PLACE = -1
_FIRST_LOOK = 4
"""Neighbours read first among places known by their commune only; most cells need no more."""
_SLACK_M = 1e-3
"""Chords and haversine differ by rounding, well under a millimetre: looking this much further stays exact."""


def pairwise_haversine_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Distances in metres between points taken two by two (same shapes, decimal degrees)."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2, np.radians(lon2 - lon1) / 2
    a = np.sin(half_phi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lambda) ** 2
    result: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, a)))
    return result


def nearest(cells_lon: Floats, cells_lat: Floats, places_lon: Floats, places_lat: Floats) -> tuple[Floats, Indices]:
    """Distance in metres to the nearest place of each cell, and that place's index.

    Returns two arrays as long as the cells. Without places: infinity and -1. Chords between unit vectors
    grow with distance on the sphere, so a flat k-d tree answers exactly, antimeridian and poles included;
    the distance returned is the haversine of the pair.
    """
    if len(places_lon) == 0:
        return np.full(len(cells_lon), np.inf), np.full(len(cells_lon), NO_PLACE, dtype=np.int64)
    tree = cKDTree(unit_vectors(places_lon, places_lat))
    _, rows = tree.query(unit_vectors(cells_lon, cells_lat), workers=-1)
    index = np.asarray(rows, dtype=np.int64)
    return pairwise_haversine_m(cells_lon, cells_lat, places_lon[index], places_lat[index]), index


def nearest_place(
    cells_lon: Floats, cells_lat: Floats, places_lon: Floats, places_lat: Floats, floor_m: Floats
) -> tuple[Floats, Indices]:
    """Like `nearest`, where place i is never nearer than `floor_m[i]` metres.

    A place known only by its commune stands at the commune's point, and its floor is the expected distance
    inside that commune (`geo.types.expected_distance_m`); well-placed ones have the floor 0. Both groups get their
    own tree; the lower distance wins, a well-placed one on a tie.
    """
    sharp, vague = np.flatnonzero(floor_m <= 0), np.flatnonzero(floor_m > 0)
    distance_m, index = nearest(cells_lon, cells_lat, places_lon[sharp], places_lat[sharp])
    if len(sharp):
        index = sharp[index]
    if len(vague):
        vague_m, among = _nearest_with_floor(
            cells_lon, cells_lat, places_lon[vague], places_lat[vague], floor_m[vague], distance_m
        )
        closer = vague_m < distance_m
        distance_m = np.where(closer, vague_m, distance_m)
        index = np.where(closer, vague[among], index)
    return distance_m, index


def _nearest_with_floor(
    cells_lon: Floats, cells_lat: Floats, lon: Floats, lat: Floats, floor_m: Floats, to_beat_m: Floats
) -> tuple[Floats, Indices]:
    """Lowest max(distance, floor) per cell, where it is below `to_beat_m`; elsewhere `to_beat_m` and 0.

    Places at one point differ only by their floor, so the lowest stands for all: many hotels share one
    commune's point, and without this the neighbours read would all be that point.
    """
    order = np.lexsort((floor_m, lat, lon))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(lon[order]) != 0) | (np.diff(lat[order]) != 0)
    representatives = order[first]
    lon, lat, floor_m = lon[representatives], lat[representatives], floor_m[representatives]
    tree = cKDTree(unit_vectors(lon, lat))
    best_m, best = to_beat_m.copy(), np.zeros(len(cells_lon), dtype=np.int64)
    pending = np.arange(len(cells_lon))
    neighbour_count = min(_FIRST_LOOK, len(representatives))
    while len(pending):
        chords, candidates = tree.query(
            unit_vectors(cells_lon[pending], cells_lat[pending]), k=list(range(1, neighbour_count + 1)), workers=-1
        )
        candidates = np.asarray(candidates, dtype=np.int64)
        rows = np.broadcast_to(pending[:, None], candidates.shape)
        distances = pairwise_haversine_m(cells_lon[rows], cells_lat[rows], lon[candidates], lat[candidates])
        floored = np.maximum(distances, floor_m[candidates])
        lowest = floored.argmin(axis=1)
        line = np.arange(len(pending))
        better = floored[line, lowest] < best_m[pending]
        best_m[pending[better]] = floored[line, lowest][better]
        best[pending[better]] = representatives[candidates[line, lowest][better]]
        # The next neighbour is at least as far as the last one read: only a lower floor could still win.
        unsure = arc_m_of_chord(np.asarray(chords)[:, -1]) - _SLACK_M < best_m[pending]
        pending = pending[unsure] if neighbour_count < len(representatives) else pending[:0]
        neighbour_count = min(neighbour_count * 2, len(representatives))
    return best_m, best
