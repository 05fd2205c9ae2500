"""Which listings may be the same place, how surely, and which are: the exact key, a stand-in for the model."""

import hashlib
from collections import defaultdict

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.distance import haversine_m
from geo.types import Precision
from ingest.locate import unlike
from ingest.normalise.name import town_of_hall

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
LINK = 0.5
REVIEW = 0.2
SAME_SITE_M = 1_000.0


def keys(listings: pl.DataFrame) -> tuple[Ints, Ints]:
    digests = [hashlib.blake2b(text.encode(), digest_size=8).digest() for text in listings["match_key"]]
    return np.frombuffer(b"".join(digests), np.int64), np.arange(len(digests))


def probes(listings: pl.DataFrame) -> tuple[Ints, Ints]:
    return keys(listings)


def pairs(listings: pl.DataFrame, new: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    groups: dict[str, list[int]] = defaultdict(list)
    for i, key in enumerate(listings["match_key"]):
        groups[key].append(i)
    found = [
        (a, b)
        for group in groups.values()
        for n, a in enumerate(group)
        for b in group[n + 1 :]
        if new[a] or new[b]
    ]
    left, right = zip(*found, strict=True) if found else ((), ())
    return np.array(left, np.int64), np.array(right, np.int64)


def probabilities(listings: pl.DataFrame, left: Ints, right: Ints) -> Floats:
    rows = listings.select("name", "lon", "lat", "precision").rows()
    return np.array([_same(rows[a], rows[b]) for a, b in zip(left, right, strict=True)], np.float64)


def _same(one: tuple[str, float, float, str], other: tuple[str, float, float, str]) -> float:
    if Precision.COMMUNE in {one[3], other[3]}:
        towns = town_of_hall(one[0]), town_of_hall(other[0])
        return 0.0 if all(towns) and unlike(*towns) else 1.0
    return float(haversine_m(one[1], one[2], other[1], other[2]) <= SAME_SITE_M)


def partition(listings: pl.DataFrame, left: Ints, right: Ints, probability: Floats, order: list[str]) -> Ints:
    label = list(range(listings.height))

    def root(i: int) -> int:
        while label[i] != i:
            i = label[i]
        return i

    edges = sorted(
        (-p, *sorted((order[a], order[b])), a, b) for a, b, p in zip(left, right, probability, strict=True) if p >= LINK
    )
    for *_, a, b in edges:
        one, other = root(a), root(b)
        label[max(one, other)] = min(one, other)
    return np.array([root(i) for i in range(listings.height)], np.int64)
