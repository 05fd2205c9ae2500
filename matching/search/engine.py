"""The exact search: the best places by the compiled kernel, and how many fit.

`docs/ranking.md` gives every formula. Layers are searched apart and merged: the snapshot, and the overlay of what
changed since, which masks in the snapshot the places it replaces.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from geo.types import Point
from matching.affinity.affinities import Affinities
from matching.arrays.workspace import thread_workspace
from matching.kernel.counting import count_places
from matching.kernel.search import best_places
from matching.query.query import Cursor, Preset, Query, slot_floor
from matching.query.results import SearchResults
from matching.query.weights import asked_weights, renormalised
from matching.search.hits import Found, Ranked
from matching.search.prepared_index import Asked, Searchable
from matching.search.reach import Reach, by_distance
from matching.search.result_builder import told
from matching.search.window_check import check_window
from matching.snapshot.snapshot import Snapshot
from matching.terms import TERMS

Ints = npt.NDArray[np.int64]


class Layer(Protocol):
    """One part of what is searched."""

    @property
    def searchable(self) -> Searchable: ...

    def reaches(self, point: Point, radius_m: float) -> bool:
        """Whether some row may be within the radius; if not, none is."""
        ...


class Whole:
    """A snapshot with nothing masked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.searchable = Searchable(snapshot)

    @property
    def snapshot(self) -> Snapshot:
        return self.searchable.snapshot

    def with_affinities(self, affinities: Affinities) -> "Whole":
        """The same, not planted again, for communities that are otherwise close."""
        other = copy(self)
        other.searchable = self.searchable.with_affinities(affinities)
        return other

    def reaches(self, point: Point, radius_m: float) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class _Question:
    """A query put to one layer, as the kernel takes it: to rank and to count."""

    searchable: Searchable
    asked: Asked
    limit: int

    def best(self) -> Ranked:
        working = thread_workspace.reserve(self.searchable.parts)
        tree, memory = self.searchable.tree_addresses.address, working.addresses.address
        size = best_places(tree, *self.asked[:3], memory, self.limit)
        return Ranked(size, working.results.copy(), working.arrays.values.copy())

    def count(self) -> tuple[int, int]:
        """(places that fit, places of which none fits for sure, but one would if a need that nobody told were met)."""
        working = thread_workspace.reserve(self.searchable.parts)
        count_places(self.searchable.tree_addresses.address, *self.asked[:3], working.addresses.address)
        return int(working.arrays.counters[0]), int(working.arrays.counters[1])


def _question(
    searchable: Searchable,
    query: Query,
    weights: dict[str, float],
    after: Cursor | None = None,
    *,
    now: int | None = None,
    reach: Reach | None = None,
) -> _Question:
    return _Question(searchable, searchable.asked(query, weights, after, now=now, reach=reach), query.limit)


def rank(
    layer: Layer,
    query: Query,
    weights: dict[str, float],
    after: Cursor | None = None,
    *,
    now: int | None = None,
    reach: Reach | None = None,
) -> Ranked:
    """The best `query.limit` places of a layer after `after`; `now` is the number of the slot that runs, where it is
    asked when results are free; `reach` is by distance unless given."""
    return _question(layer.searchable, query, weights, after, now=now, reach=reach).best()


def count(
    layer: Layer, query: Query, weights: dict[str, float], reach: Reach, among: Ints | None = None
) -> tuple[int, int]:
    """How many places of a layer fit, and how many are to confirm; of all, or `among` some rows."""
    searchable = layer.searchable if among is None else layer.searchable.only(among)
    return _question(searchable, query, weights, reach=reach).count()


def count_all(layers: Sequence[Layer], query: Query) -> int:
    """How many places of all layers fit a query whose windows the index knows."""
    weights = weights_of(query, layers[0].searchable.snapshot)
    return sum(count(layer, query, weights, by_distance(query))[0] for layer in layers)


def merged(ranked: Sequence[Ranked], limit: int) -> list[tuple[int, int]]:
    """(layer, position in it) of the best places of all layers, best first; layers share no place."""
    if len(ranked) == 1:
        return [(0, at) for at in range(ranked[0].size)]
    every = [
        (-merit, distance, place, number, at)
        for number, one in enumerate(ranked)
        for at, (merit, distance, place, _) in enumerate(one.keys.tolist())
    ]
    return [(number, at) for _, _, _, number, at in sorted(every)[:limit]]


def weights_of(query: Query, snapshot: Snapshot) -> dict[str, float]:
    """Weight per term that the query can use, summing to 1. Raises InvalidInput for weights that cannot be used."""
    usable = frozenset(term.name for term in TERMS if term.usable(query, snapshot))
    return _weights(query.preset, query.weights, usable)


@lru_cache(maxsize=1024)
def _weights(preset: Preset, weights: tuple[tuple[str, float], ...] | None, usable: frozenset[str]) -> dict[str, float]:
    return renormalised(asked_weights(preset, weights), usable)


def warm(layers: Sequence[Layer], now: datetime) -> None:
    """Answers a question nobody asked, so that whoever asks first does not wait for the compiler, or for the disk."""
    nowhere = Query(Point(0.0, 0.0), radius_m=0.0)
    search(layers, nowhere, now)


def near(layers: Sequence[Layer], point: Point, radius_m: float) -> tuple[Searchable, ...]:
    """The layers that may have a row within the radius: the snapshot always, an overlay where something changed."""
    return tuple(layer.searchable for layer in layers if layer.reaches(point, radius_m))


def find(
    layers: Sequence[Layer], query: Query, now: datetime, version: str | None = None, after: Cursor | None = None
) -> Found:
    """The best places for a query, over layers that share no place. The first layer decides what the index knows.

    Raises InvalidInput for a window partly over or beyond the days known, and for weights that cannot be used.
    """
    base = layers[0].searchable.snapshot
    for window in query.windows:
        check_window(window, base.meta, now)
    weights = weights_of(query, base)
    searchables = near(layers, query.point, query.radius_m)
    questions = [_question(one, query, weights, after, now=slot_floor(now)) for one in searchables]
    ranked = [question.best() for question in questions]
    order = merged(ranked, query.limit)
    counts = [question.count() for question in questions]
    return Found(
        query=query,
        weights=weights,
        searchables=searchables,
        ranked=tuple(ranked),
        order=tuple(order),
        is_as_ranked=len(ranked) == 1,
        total=sum(total for total, _ in counts),
        to_confirm=sum(unsure for _, unsure in counts),
        as_of=base.meta.as_of,
        index_version=version or base.meta.version,
        next=_after(ranked, order) if len(order) == query.limit else None,
    )


def _after(ranked: Sequence[Ranked], order: Sequence[tuple[int, int]]) -> Cursor:
    layer, at = order[-1]
    return Cursor(*ranked[layer].keys[at, :3].tolist())


def search(
    layers: Sequence[Layer], query: Query, now: datetime, version: str | None = None, after: Cursor | None = None
) -> SearchResults:
    """What `find` finds, place by place."""
    return told(find(layers, query, now, version, after))
