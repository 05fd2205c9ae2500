"""Simulated searchers with planted weights and a planted position bias, over a real index.

Queries are drawn near the spaces of the index and answered by the engine. A searcher likes a result with odds
exp(SLOPE * (score by the planted weights - EVEN)), examines rank r with probability r ** -FADING, and clicks what they
examine and like. The same index and seed give the same log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo.types import Amenity, Point
from matching.learning.interaction_log import DEPTH, Floats, InteractionLog
from matching.learning.location_privacy import cell_of, expected_proximity
from matching.learning.ndcg import AT, dcg, weight_vector
from matching.query.query import Mode, Query
from matching.query.weights import TERM_NAMES
from matching.search.engine import Layer, rank, usable_weights
from matching.search.hits import LayerHits
from matching.snapshot.snapshot import Snapshot
from matching.terms.proximity import HALF_M

PLANTED: Mapping[str, float] = dict(zip(TERM_NAMES, (0.24, 0.24, 0.20, 0.12, 0.08, 0.12), strict=True))
"""Planted weights. Unlike every preset: proximity has less weight, wishes and price have more."""
SLOPE, EVEN = 12.0, 0.6
FADING = 0.7
NEGLIGIBLE = 1e-9
"""A weight too small to change a score by a millionth, but enough for the engine to compute the value of the term."""


@dataclass(frozen=True, slots=True)
class SimulatedSearchers:
    """Planted weights, and the probability that rank 1, 2, ... is examined."""

    weights: Mapping[str, float]
    examination: Floats

    def like_probability(self, values: Floats) -> Floats:
        """Probability that an examined result is liked, from its term values: shape (..., terms) to (...)."""
        liked: Floats = 1 / (1 + np.exp(-SLOPE * (values @ weight_vector(self.weights) - EVEN)))
        return liked


def planted_searchers() -> SimulatedSearchers:
    """The searchers of `matching.learning.recovery_check`."""
    return SimulatedSearchers(PLANTED, np.arange(1, DEPTH + 1, dtype=np.float64) ** -FADING)


def draw_queries(snapshot: Snapshot, count: int, seed: int) -> list[Query]:
    """`count` queries near spaces of the index, of usual radii; half of the searchers belong to a community."""
    random, columns = np.random.default_rng(seed), snapshot.columns
    slugs = [entry.slug for entry in snapshot.meta.communities]
    visible, amenities = frozenset(slugs), list(Amenity)
    rows = random.integers(0, max(1, snapshot.meta.offered_rows), count)
    east, north = random.normal(0, 0.03, count), random.normal(0, 0.02, count)
    queries = []
    for row, dx, dy in zip(rows.tolist(), east.tolist(), north.tolist(), strict=True):
        wish_count = int(random.choice([0, 1, 2, 3], p=[0.35, 0.3, 0.2, 0.15]))
        wishes = random.choice(len(amenities), wish_count, replace=False)
        lon, lat = float(columns.lon[row]) + dx, float(columns.lat[row]) + dy
        queries.append(
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
    return queries


def simulate_log(layer: Layer, queries: Sequence[Query], searchers: SimulatedSearchers, seed: int) -> InteractionLog:
    """The log of simulated searches: results in the order of each query's own weights, and clicks.

    Proximity is the mean over a hexagon, as in a real log (`matching.learning.location_privacy`).
    """
    random, snapshot = np.random.default_rng(seed), layer.index.snapshot
    answers = [(query, rank(layer, query, usable_weights(query, snapshot))) for query in queries]
    answers = [(query, hits) for query, hits in answers if hits.size]
    sizes = np.array([hits.size for _, hits in answers], np.int64)
    values = np.concatenate([np.zeros((0, len(TERM_NAMES))), *(hits.values for _, hits in answers)])
    at = np.arange(len(values)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    clicked = random.random(len(values)) < searchers.like_probability(values) * searchers.examination[at]
    values[:, 0] = np.concatenate([np.zeros(0), *(_logged_proximity(snapshot, query, hits) for query, hits in answers)])
    return InteractionLog(np.repeat(np.arange(len(sizes)), sizes), at + 1, clicked, values)


def _logged_proximity(snapshot: Snapshot, query: Query, hits: LayerHits) -> Floats:
    """Proximity of each hit as a log keeps it."""
    columns, rows = snapshot.columns, hits.column("rows")
    floor_m = columns.expected_dm[rows] / 10
    return expected_proximity(cell_of(query.point), columns.lon[rows], columns.lat[rows], floor_m, HALF_M[query.mode])


def true_ndcg(
    layer: Layer, queries: Sequence[Query], searchers: SimulatedSearchers, weights: Mapping[str, float]
) -> Floats:
    """NDCG at 10 of the engine's answers under `weights`, per query with results.

    The gain of a result is the probability that it is liked; the best order is that of the planted weights.
    """
    pairs = [
        (_gains(layer, query, searchers, weights), _gains(layer, query, searchers, searchers.weights))
        for query in (replace(query, limit=AT) for query in queries)
    ]
    return np.array([float(dcg(gains) / dcg(best)) for gains, best in pairs if len(best)])


def _gains(layer: Layer, query: Query, searchers: SimulatedSearchers, weights: Mapping[str, float]) -> Floats:
    query = replace(query, weights=tuple((name, max(NEGLIGIBLE, weights.get(name, 0.0))) for name in TERM_NAMES))
    return searchers.like_probability(rank(layer, query, usable_weights(query, layer.index.snapshot)).values)
