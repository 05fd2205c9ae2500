"""The published mix of queries, drawn from a seed: positions, times and needs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geo.types import Amenity, Point
from matching.query.query import Query, Window
from matching.snapshot.layout import SLOTS_PER_DAY
from matching.snapshot.snapshot import Snapshot
from service.bench.workload.world import M_PER_DEGREE

SHARES: Mapping[str, float] = {"people": 0.60, "paris": 0.10, "rural": 0.20, "island": 0.05, "night": 0.05}
"""`people`: near a random space, as people live. `paris`: within 10 km of Notre-Dame. `rural`: anywhere between the
borders, uniformly. `island`: Réunion and Guadeloupe. `night`: as `people`, before dawn, when little is open."""
NEEDS = ((0, 0.45), (1, 0.35), (2, 0.20))
HOURS = ((1, 0.15), (2, 0.25), (3, 0.30), (4, 0.20), (8, 0.10))
SEATS = ((1, 0.75), (2, 0.15), (4, 0.10))
RADII_KM = ((5, 0.15), (10, 0.20), (30, 0.65))
COMMUNITY_SHARE = 0.5
PARIS, NEAR_PARIS_M = (2.3499, 48.853), 10_000.0
RURAL_BOX = ((-1.0, 44.0), (6.0, 49.0))
ISLANDS = ((55.53, -21.12, 0.2), (-61.55, 16.2, 0.15))


@dataclass(frozen=True, slots=True)
class BenchQuery:
    """A query of the mix, and the share that it belongs to."""

    share: str
    query: Query


def queries(snapshot: Snapshot, count: int, seed: int = 11) -> list[BenchQuery]:
    """Draws `count` queries of the mix; communities and days are those of the snapshot."""
    random = np.random.default_rng(seed)
    shares = random.choice(list(SHARES), count, p=list(SHARES.values()))
    slugs = [entry.slug for entry in snapshot.meta.communities]
    return [BenchQuery(str(share), _query(random, str(share), snapshot, slugs)) for share in shares]


def _query(random: np.random.Generator, share: str, snapshot: Snapshot, slugs: list[str]) -> Query:
    day = int(random.integers(1, 60))
    begin = 6 if share == "night" else int(random.integers(16, 30))
    start = snapshot.meta.first_slot + day * SLOTS_PER_DAY + begin
    return Query(
        point=_point(random, share, snapshot),
        windows=(Window(start, start + 2 * _draw(random, HOURS)),),
        seats=_draw(random, SEATS),
        needs=frozenset(list(Amenity)[at] for at in random.choice(len(Amenity), _draw(random, NEEDS), replace=False)),
        community=slugs[int(random.integers(len(slugs)))] if random.random() < COMMUNITY_SHARE else None,
        visible=frozenset(slugs),
        radius_m=1000.0 * _draw(random, RADII_KM),
    )


def _point(random: np.random.Generator, share: str, snapshot: Snapshot) -> Point:
    if share == "rural":
        (west, south), (east, north) = RURAL_BOX
        return Point(float(random.uniform(west, east)), float(random.uniform(south, north)))
    if share == "paris":
        away, angle = NEAR_PARIS_M * np.sqrt(random.random()), random.random() * 2 * np.pi
        east = away * np.cos(angle) / (M_PER_DEGREE * np.cos(np.radians(PARIS[1])))
        return Point(PARIS[0] + float(east), PARIS[1] + float(away * np.sin(angle) / M_PER_DEGREE))
    if share == "island":
        lon, lat, spread = ISLANDS[int(random.integers(len(ISLANDS)))]
        return Point(float(random.normal(lon, spread)), float(random.normal(lat, spread)))
    row = int(random.integers(snapshot.meta.rows))
    c = snapshot.columns
    return Point(float(random.normal(c.lon[row], 0.02)), float(random.normal(c.lat[row], 0.015)))


def _draw(random: np.random.Generator, shares: tuple[tuple[int, float], ...]) -> int:
    return int(random.choice([value for value, _ in shares], p=[share for _, share in shares]))
