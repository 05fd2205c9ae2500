"""People who search a real index, with planted tastes and a planted habit of looking at the top: the proof of learning.

Searches are drawn near the spaces of the index and answered by the engine itself. Whoever searches likes a result with
odds exp(SLOPE * (score by the planted weights - EVEN)) and looks at rank r with probability r ** -FADING; what is liked
and looked at is clicked. Seeded: the same index and seed give the same log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.types import Amenity, Point
from matching.learning.interaction_log import DEPTH, Floats, Log
from matching.learning.location_privacy import cell_of, expected_proximity
from matching.learning.ndcg import AT, dcg, vector
from matching.query.query import Mode, Query
from matching.query.weights import TERM_NAMES
from matching.search.engine import Layer, rank, weights_of
from matching.search.hits import Ranked
from matching.snapshot.snapshot import Snapshot
from matching.terms.proximity import HALF_M

PLANTED: Mapping[str, float] = dict(zip(TERM_NAMES, (0.24, 0.24, 0.20, 0.12, 0.08, 0.12), strict=True))
"""Unlike every preset: nearness counts for less, wishes and price for more."""
SLOPE, EVEN = 12.0, 0.6
FADING = 0.7
TOLD = 1e-9
"""A weight too small to move a score by a millionth: the engine then tells the value of the term."""


@dataclass(frozen=True, slots=True)
class People:
    """What is to be found again: tastes, and how likely rank 1, 2, ... is looked at."""

    weights: Mapping[str, float]
    examination: Floats

    def liking(self, values: Floats) -> Floats:
        """Probability that a result is liked once seen, from its term values, shape (..., terms)."""
        liked: Floats = 1 / (1 + np.exp(-SLOPE * (values @ vector(self.weights) - EVEN)))
        return liked


def people() -> People:
    return People(PLANTED, np.arange(1, DEPTH + 1, dtype=np.float64) ** -FADING)


def questions(snapshot: Snapshot, count: int, seed: int) -> list[Query]:
    """So many searches near spaces of the index, as wide as people ask; half of them by members of a community."""
    random, columns = np.random.default_rng(seed), snapshot.columns
    slugs = [entry.slug for entry in snapshot.meta.communities]
    visible, amenities = frozenset(slugs), list(Amenity)
    rows = random.integers(0, max(1, snapshot.meta.offered_rows), count)
    east, north = random.normal(0, 0.03, count), random.normal(0, 0.02, count)
    asked = []
    for row, dx, dy in zip(rows.tolist(), east.tolist(), north.tolist(), strict=True):
        some = int(random.choice([0, 1, 2, 3], p=[0.35, 0.3, 0.2, 0.15]))
        wishes = random.choice(len(amenities), some, replace=False)
        lon, lat = float(columns.lon[row]) + dx, float(columns.lat[row]) + dy
        asked.append(
            Query(
                point=Point((lon + 180) % 360 - 180, min(90.0, max(-90.0, lat))),
                seats=int(random.choice([1, 1, 1, 2, 4])),
                wishes=frozenset(amenities[at] for at in wishes),
                community=slugs[int(random.integers(len(slugs)))] if slugs and random.random() < 0.5 else None,
                visible=visible,
                radius_m=float(random.choice([10_000.0, 30_000.0])),
                mode=[None, None, Mode.BIKE, Mode.CAR][int(random.integers(4))],
                limit=DEPTH,
            )
        )
    return asked


def simulated_log(layer: Layer, asked: Sequence[Query], who: People, seed: int) -> Log:
    """What these people were shown, in the order of the searches' own weights, and what they clicked; as a log keeps
    it, without their positions."""
    random, snapshot = np.random.default_rng(seed), layer.searchable.snapshot
    found = [(query, rank(layer, query, weights_of(query, snapshot))) for query in asked]
    found = [(query, ranked) for query, ranked in found if ranked.size]
    sizes = np.array([ranked.size for _, ranked in found], np.int64)
    values = np.concatenate([np.zeros((0, len(TERM_NAMES))), *(ranked.values for _, ranked in found)])
    at = np.arange(len(values)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    clicked = random.random(len(values)) < who.liking(values) * who.examination[at]
    values[:, 0] = np.concatenate([np.zeros(0), *(_kept(snapshot, query, ranked) for query, ranked in found)])
    return Log(np.repeat(np.arange(len(sizes)), sizes), at + 1, clicked, values)


def _kept(snapshot: Snapshot, query: Query, ranked: Ranked) -> Floats:
    """What a log keeps of proximity."""
    columns, rows = snapshot.columns, ranked.told("rows")
    floor_m = columns.expected_dm[rows] / 10
    return expected_proximity(cell_of(query.point), columns.lon[rows], columns.lat[rows], floor_m, HALF_M[query.mode])


def true_ndcg(layer: Layer, asked: Sequence[Query], who: People, weights: Mapping[str, float]) -> Floats:
    """NDCG at 10 of the engine's own answer under `weights`, of each search that finds something: the gain of a result
    is how likely it is liked, the best order that of the planted weights over the whole index."""
    pairs = [
        (_gains(layer, query, who, weights), _gains(layer, query, who, who.weights))
        for query in (replace(query, limit=AT) for query in asked)
    ]
    return np.array([float(dcg(gains) / dcg(best)) for gains, best in pairs if len(best)])


def _gains(layer: Layer, query: Query, who: People, weights: Mapping[str, float]) -> Floats:
    own = tuple((name, max(TOLD, weights.get(name, 0.0))) for name in TERM_NAMES)
    query = replace(query, weights=own)
    return who.liking(rank(layer, query, weights_of(query, layer.searchable.snapshot)).values)
