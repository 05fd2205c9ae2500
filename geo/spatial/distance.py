"""Distance: haversine on the sphere of the Earth's mean radius.

Every ranking quantises to 0.1 m, so numpy, compiled code and tests agree on order.
"""

import math

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_M = 6_371_008.8
QUANTUM_M = 0.1
SCORE_QUANTUM = 1e-6

Floats = npt.NDArray[np.float64]


def haversine_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance in metres between two points in decimal degrees."""
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(lon2 - lon1) / 2
    a = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, a)))


def haversine_array_m(lon: float | Floats, lat: float | Floats, lons: Floats, lats: Floats) -> Floats:
    """Distances in metres from one point to many, or pairwise between two arrays; same shape as `lons`."""
    phi1, phi2 = np.radians(lat), np.radians(lats)
    half_phi, half_lambda = (phi2 - phi1) / 2, np.radians(lons - lon) / 2
    a = np.sin(half_phi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lambda) ** 2
    result: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, a)))
    return result


def quantise_m(distances_m: Floats) -> Floats:
    """Distances rounded to 0.1 m, as ranked and shown."""
    return np.round(distances_m, 1)


def quantise_score(scores: Floats) -> Floats:
    """Scores rounded to 1e-6, as ranked and shown."""
    return np.round(scores, 6)


def unit_vector(lon: float, lat: float) -> tuple[float, float, float]:
    """A point as x, y, z on the unit sphere."""
    phi, lambda_ = math.radians(lat), math.radians(lon)
    return math.cos(phi) * math.cos(lambda_), math.cos(phi) * math.sin(lambda_), math.sin(phi)


def unit_vectors(lons: Floats, lats: Floats) -> Floats:
    """Points as unit vectors, shape (n, 3): chords between them grow with spherical distance."""
    lon, lat = np.radians(lons), np.radians(lats)
    return np.column_stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))


def chord_of_m(distance_m: float) -> float:
    """Chord on the unit sphere that spans `distance_m` metres of arc (capped at half the Earth)."""
    return 2 * math.sin(min(distance_m / (2 * EARTH_RADIUS_M), math.pi / 2))


def chords_of_m(distances_m: Floats) -> Floats:
    """`chord_of_m` of an array."""
    result: Floats = 2 * np.sin(np.minimum(distances_m / (2 * EARTH_RADIUS_M), np.pi / 2))
    return result


def arc_m_of_chord(chords: Floats) -> Floats:
    """Arc in metres spanned by chords on the unit sphere."""
    result: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, chords / 2))
    return result
