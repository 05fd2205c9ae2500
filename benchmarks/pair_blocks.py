"""Simple blocks that bring listings together; none is a score of resemblance."""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, product

import numpy as np
from scipy.spatial import cKDTree

from benchmarks.pair_lists import Listing
from geo.spatial.distance import EARTH_RADIUS_M
from ingest.normalise.location.address import match_address
from ingest.normalise.name import match_name

NEAR_M = 300.0

Pair = tuple[Listing, Listing]


def _groups(rows: Iterable[Listing], key: Callable[[Listing], Iterable[str]]) -> dict[str, list[Listing]]:
    groups: dict[str, list[Listing]] = defaultdict(list)
    for row in rows:
        for value in key(row):
            groups[value].append(row)
    return groups


def _phone(row: Listing) -> list[str]:
    return [row.record.phone] if row.record.phone else []


def _website(row: Listing) -> list[str]:
    site = re.sub(r"^https?://(?:www\.)?", "", row.record.website or "").rstrip("/").lower()
    return [f"{row.where()}|{site}"] if site else []


def _address(row: Listing) -> list[str]:
    said = match_address(row.record.address)
    return [f"{row.where()}|{said}"] if any(map(str.isdigit, said)) else []


def _name(row: Listing) -> list[str]:
    return [f"{row.where()}|{match_name(row.record.name, row.record.kind)}"]


def _word(row: Listing) -> list[str]:
    return [f"{row.where()}|{word}" for word in row.words()]


def _name_alone(row: Listing) -> list[str]:
    return [match_name(row.record.name, row.record.kind)]


def _by_key(a: list[Listing], b: list[Listing], key: Callable[[Listing], Iterable[str]]) -> Iterator[Pair]:
    """Pairs that share a value; groups above 30 rows say nothing (a national site, a call centre)."""
    left = _groups(a, key)
    if a is b:
        for rows in left.values():
            if len(rows) <= 30:
                yield from combinations(rows, 2)
        return
    right = _groups(b, key)
    for value, rows in left.items():
        others = right.get(value, [])
        if others and len(rows) <= 30 and len(others) <= 30:
            yield from product(rows, others)


def _points(rows: list[Listing]) -> np.ndarray:
    lons = np.radians([row.record.lon or 0.0 for row in rows])
    lats = np.radians([row.record.lat or 0.0 for row in rows])
    return EARTH_RADIUS_M * np.column_stack((np.cos(lats) * np.cos(lons), np.cos(lats) * np.sin(lons), np.sin(lats)))


def _near(a: list[Listing], b: list[Listing], nearest: int, limit_m: float) -> Iterator[Pair]:
    """Each row of the shorter list with its nearest of the other, up to `limit_m`."""
    if len(a) > len(b):
        yield from ((first, second) for second, first in _near(b, a, nearest, limit_m))
        return
    far, found = cKDTree(_points(b)).query(_points(a), k=min(nearest + 1, len(b)), distance_upper_bound=limit_m)
    for i, (distances, indices) in enumerate(zip(np.atleast_2d(far), np.atleast_2d(found), strict=True)):
        for distance, j in zip(distances, indices, strict=True):
            if np.isfinite(distance) and a[i] is not b[j]:
                yield a[i], b[j]


def _chance(a: list[Listing], b: list[Listing], rng: random.Random) -> Iterator[Pair]:
    right = _groups(b, lambda row: [row.where()])
    for _ in range(200):
        first = rng.choice(a)
        others = [row for row in right.get(first.where(), []) if row is not first]
        if others:
            yield first, rng.choice(others)


def blocks(a: list[Listing], b: list[Listing], rng: random.Random) -> Iterator[tuple[str, Iterator[Pair]]]:
    """The blocks of two lists (or of one with itself), the most telling first."""
    yield "same_name", _by_key(a, b, _name)
    yield "phone", _by_key(a, b, _phone)
    yield "website", _by_key(a, b, _website)
    yield "address", _by_key(a, b, _address)
    yield "shared_word", _by_key(a, b, _word)
    yield "near", _near(a, b, 3, NEAR_M)
    yield "namesake_elsewhere", _by_key(a, b, _name_alone)
    yield "nearest", _near(a, b, 1, 5_000.0)
    yield "chance", _chance(a, b, rng)
