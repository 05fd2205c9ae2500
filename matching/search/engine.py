"""The exact search: the compiled kernel ranks the places of each layer and counts those that fit; layers are merged.

`docs/ranking.md` gives every formula. The layers are the snapshot and the overlay of later changes, which hides the
places it replaces in the snapshot, so no place is in two layers.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geo.errors import InvalidInput
from geo.types import Point
from matching.affinity.affinity_matrix import AffinityMatrix
from matching.arrays.workspace import thread_workspace
from matching.kernel.counting import count_places
from matching.kernel.search import best_places
from matching.query.query import Cursor, Preset, Query, Window, slot_floor, slot_start
from matching.query.results import SearchResults
from matching.query.weights import normalise_weights, requested_weights
from matching.search.hits import Hits, LayerHits
from matching.search.prepared_index import EncodedQuery, PreparedIndex
from matching.search.search_range import SearchRange, range_by_distance
from matching.snapshot.layout import Meta
from matching.snapshot.snapshot import Snapshot
from matching.terms import TERMS

Ints = npt.NDArray[np.int64]


class Layer(Protocol):
    """One part of the searched data."""

    @property
    def index(self) -> PreparedIndex: ...

    def intersects(self, point: Point, radius_m: float) -> bool:
        """False only if the layer has no row within the radius."""
        ...


class SnapshotLayer:
    """A whole snapshot as the only layer of a search."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.index = PreparedIndex(snapshot)

    @property
    def snapshot(self) -> Snapshot:
        return self.index.snapshot

    def with_affinities(self, affinities: AffinityMatrix) -> "SnapshotLayer":
        """A layer with the same tree and other affinities between communities."""
        other = copy(self)
        other.index = self.index.with_affinities(affinities)
        return other

    def intersects(self, point: Point, radius_m: float) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class _LayerQuery:
    """A query encoded for one layer: it can be ranked and counted."""

    index: PreparedIndex
    encoded: EncodedQuery
    limit: int

    def best(self) -> LayerHits:
        working = thread_workspace.reserve(self.index.parts)
        size = best_places(self.index.tree_address, *self.encoded[:3], working.addresses.address, self.limit)
        return LayerHits(size, working.results.copy(), working.arrays.values.copy())

    def count(self) -> tuple[int, int]:
        """(places that fit, places that would fit if an unknown amenity that is needed were there)."""
        working = thread_workspace.reserve(self.index.parts)
        count_places(self.index.tree_address, *self.encoded[:3], working.addresses.address)
        return int(working.arrays.counters[0]), int(working.arrays.counters[1])


def _layer_query(
    index: PreparedIndex,
    query: Query,
    weights: dict[str, float],
    after: Cursor | None = None,
    *,
    now: int | None = None,
    search_range: SearchRange | None = None,
) -> _LayerQuery:
    encoded = index.encode(query, weights, after, now=now, search_range=search_range)
    return _LayerQuery(index, encoded, query.limit)


def rank(
    layer: Layer,
    query: Query,
    weights: dict[str, float],
    after: Cursor | None = None,
    *,
    now: int | None = None,
    search_range: SearchRange | None = None,
) -> LayerHits:
    """The best `query.limit` places of a layer after the cursor `after`.

    `now`: number of the current slot, needed only for when results are free. `search_range`: by distance unless given.
    """
    return _layer_query(layer.index, query, weights, after, now=now, search_range=search_range).best()


def count(
    layer: Layer, query: Query, weights: dict[str, float], search_range: SearchRange, among: Ints | None = None
) -> tuple[int, int]:
    """(places that fit, places to confirm) of a layer; with `among`, of these rows only."""
    index = layer.index if among is None else layer.index.only_rows(among)
    return _layer_query(index, query, weights, search_range=search_range).count()


def count_all(layers: Sequence[Layer], query: Query) -> int:
    """How many places of all layers fit a query. Its windows must be within the days of the index."""
    weights = usable_weights(query, layers[0].index.snapshot)
    return sum(count(layer, query, weights, range_by_distance(query))[0] for layer in layers)


def merge_layers(layer_hits: Sequence[LayerHits], limit: int) -> list[tuple[int, int]]:
    """(layer, position in it) of the best `limit` places of all layers, best first; layers share no place."""
    if len(layer_hits) == 1:
        return [(0, at) for at in range(layer_hits[0].size)]
    every = [
        (-merit, distance, place, layer, at)
        for layer, hits in enumerate(layer_hits)
        for at, (merit, distance, place, _) in enumerate(hits.keys.tolist())
    ]
    return [(layer, at) for _, _, _, layer, at in sorted(every)[:limit]]


def usable_weights(query: Query, snapshot: Snapshot) -> dict[str, float]:
    """Weight of each term that the query can use, summing to 1. Raises InvalidInput for unusable weights."""
    usable = frozenset(term.name for term in TERMS if term.usable(query, snapshot))
    return _weights(query.preset, query.weights, usable)


@lru_cache(maxsize=1024)
def _weights(preset: Preset, weights: tuple[tuple[str, float], ...] | None, usable: frozenset[str]) -> dict[str, float]:
    return normalise_weights(requested_weights(preset, weights), usable)


def check_windows(windows: Sequence[Window], meta: Meta, now: datetime) -> None:
    """Raises InvalidInput for a window that has begun, or that ends after the last day of the index."""
    for window in windows:
        if window.start < max(slot_floor(now), meta.first_slot):
            raise InvalidInput(
                field="window",
                value=slot_start(window.start).isoformat(),
                fr="Ce créneau est déjà commencé ou passé : choisissez un début à venir.",
                en="This window has already begun or is over: choose a start to come.",
            )
        if window.stop > meta.stop_slot:
            last = meta.last_day
            raise InvalidInput(
                field="window",
                value=slot_start(window.start).isoformat(),
                fr=f"Les disponibilités sont connues jusqu'au {last:%d/%m/%Y} : choisissez une date plus proche.",
                en=f"Availability is known until {last:%Y-%m-%d}: choose an earlier date.",
            )


def warm(layers: Sequence[Layer], now: datetime) -> None:
    """Runs one empty search, so that the first searcher waits neither for the compiler nor for the disk."""
    nowhere = Query(Point(0.0, 0.0), radius_m=0.0)
    search(layers, nowhere, now)


def indexes_near(layers: Sequence[Layer], point: Point, radius_m: float) -> tuple[PreparedIndex, ...]:
    """The indexes of the layers that may have a row within the radius."""
    return tuple(layer.index for layer in layers if layer.intersects(point, radius_m))


def find(
    layers: Sequence[Layer], query: Query, now: datetime, version: str | None = None, after: Cursor | None = None
) -> Hits:
    """The best `query.limit` places after the cursor `after`, ranked by distance and the other terms.

    `layers` share no place; the first is the snapshot. `now`: timezone-aware. `version`: the index version to report,
    that of the snapshot unless given. Raises InvalidInput for a window that has begun or lies beyond the days of the
    index, and for unusable weights.
    """
    base = layers[0].index.snapshot
    check_windows(query.windows, base.meta, now)
    weights = usable_weights(query, base)
    indexes = indexes_near(layers, query.point, query.radius_m)
    layer_queries = [_layer_query(index, query, weights, after, now=slot_floor(now)) for index in indexes]
    layer_hits = [layer_query.best() for layer_query in layer_queries]
    order = merge_layers(layer_hits, query.limit)
    counts = [layer_query.count() for layer_query in layer_queries]
    return Hits(
        query=query,
        weights=weights,
        indexes=indexes,
        layer_hits=tuple(layer_hits),
        order=tuple(order),
        is_layer_order=len(layer_hits) == 1,
        total=sum(total for total, _ in counts),
        to_confirm=sum(to_confirm for _, to_confirm in counts),
        as_of=base.meta.as_of,
        index_version=version or base.meta.version,
        next_cursor=_cursor_after(layer_hits, order) if len(order) == query.limit else None,
    )


def _cursor_after(layer_hits: Sequence[LayerHits], order: Sequence[tuple[int, int]]) -> Cursor:
    layer, at = order[-1]
    return Cursor(*layer_hits[layer].keys[at, :3].tolist())


def search(
    layers: Sequence[Layer], query: Query, now: datetime, version: str | None = None, after: Cursor | None = None
) -> SearchResults:
    """`find`, with a `Result` object per place."""
    return find(layers, query, now, version, after).to_results()
