"""The exact search: the best places by the compiled kernel, what is shown of them, and how many fit.

`docs/ranking.md` gives every formula. Layers are searched apart and merged: the snapshot, and the overlay of what
changed since, which masks in the snapshot the places it replaces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from geo.types import Point
from matching.audience import Audience
from matching.free import check_window, free_run
from matching.kernel.counting import count_places
from matching.kernel.search import best_places
from matching.kernel.space import TERMS as TERM_COUNT
from matching.kernel.space import own
from matching.presets import TERM_NAMES, asked_weights, renormalised
from matching.query import MAX_LIMIT, Preset, Query, slot_start
from matching.results import Result, SearchResults, TermScore
from matching.searchable import Asked, Searchable
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms import TERMS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_NONE = np.zeros(0, np.int64)


class Layer(Protocol):
    """One part of what is searched."""

    @property
    def searchable(self) -> Searchable: ...

    def rows_within(self, point: Point, radius_m: float, *, candidates: bool) -> Ints | None:
        """Rows, ascending, among which are all within the radius; None: the tree finds them itself."""
        ...


class Whole:
    """A snapshot with nothing masked."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.searchable = Searchable(snapshot)

    def rows_within(self, point: Point, radius_m: float, *, candidates: bool) -> Ints | None:
        return None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last result of a page: the next page begins after it, in the one order there is."""

    score: float
    distance_m: float
    place_id: int


class Ranked:
    """The best places of one layer, best first, one entry each; read from the copy of what the kernel found."""

    __slots__ = ("_found", "_values", "size")

    def __init__(self, size: int, found: Ints, values: Floats) -> None:
        self.size, self._found, self._values = size, found, values

    @property
    def keys(self) -> Ints:
        """Score in millionths, distance in decimetres, place, space: shape (places, 4)."""
        return self._found[: 4 * self.size].reshape(-1, 4)

    @property
    def rows(self) -> Ints:
        """Row of the best space."""
        return self._part(4)

    @property
    def others(self) -> Ints:
        """Further spaces of the place that fit."""
        return self._part(5)

    @property
    def cents(self) -> Ints:
        """Price per half-day for the searcher."""
        return self._part(6)

    @property
    def values(self) -> Floats:
        """Of all terms, those that weigh nothing 0: shape (places, terms)."""
        return self._values[: TERM_COUNT * self.size].reshape(-1, TERM_COUNT)

    def _part(self, number: int) -> Ints:
        return self._found[number * MAX_LIMIT : number * MAX_LIMIT + self.size]


@dataclass(frozen=True, slots=True)
class _Question:
    """A query put to one layer, as the kernel takes it: to rank and to count."""

    searchable: Searchable
    asked: Asked
    limit: int
    some: Ints
    among_some: bool

    def best(self) -> Ranked:
        working = own.large_enough(self.searchable.parts)
        size = best_places(
            self.searchable.handed, *self.asked[:3], working.handed, self.limit, self.some, self.among_some
        )
        return Ranked(size, working.found.copy(), working.space.values.copy())

    def count(self) -> tuple[int, int]:
        """(places that fit, places of which none fits for sure, but one would if a need that nobody told were met)."""
        working = own.large_enough(self.searchable.parts)
        count_places(self.searchable.handed, *self.asked[:3], working.handed, self.some, self.among_some)
        return int(working.space.told[0]), int(working.space.told[1])


def _question(layer: Layer, query: Query, weights: dict[str, float], after: Cursor | None) -> _Question:
    rows = layer.rows_within(query.point, query.radius_m, candidates=query.candidates)
    asked = layer.searchable.asked(query, weights, after)
    return _Question(layer.searchable, asked, query.limit, _NONE if rows is None else rows, rows is not None)


def rank(layer: Layer, query: Query, weights: dict[str, float], after: Cursor | None = None) -> Ranked:
    """The best `query.limit` places of a layer after `after`."""
    return _question(layer, query, weights, after).best()


def count(layers: Sequence[Layer], query: Query) -> int:
    """How many places fit a query whose windows the index knows."""
    weights = weights_of(query, layers[0].searchable.snapshot)
    return sum(_question(layer, query, weights, None).count()[0] for layer in layers)


def merged(ranked: Sequence[Ranked], limit: int) -> list[tuple[int, int]]:
    """(layer, position in it) of the best places of all layers, best first; layers share no place."""
    if len(ranked) == 1:
        return [(0, at) for at in range(ranked[0].size)]
    every = [
        (-score, distance, place, number, at)
        for number, one in enumerate(ranked)
        for at, (score, distance, place, _) in enumerate(one.keys.tolist())
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


def search(
    layers: Sequence[Layer], query: Query, now: datetime, version: str | None = None, after: Cursor | None = None
) -> SearchResults:
    """The best places for a query, over layers that share no place. The first layer decides what the index knows.

    Raises InvalidInput for a window partly over or beyond the days known, and for weights that cannot be used.
    """
    base = layers[0].searchable.snapshot
    if query.window is not None:
        check_window(query.window, base.meta, now)
    weights = weights_of(query, base)
    questions = [_question(layer, query, weights, after) for layer in layers]
    ranked = [question.best() for question in questions]
    counts = [question.count() for question in questions]
    audiences = [layer.searchable.audience(query) for layer in layers]
    snapshots = [layer.searchable.snapshot for layer in layers]
    return SearchResults(
        query=query,
        results=tuple(
            _result(ranked[layer], at, query, snapshots[layer], audiences[layer], weights, now)
            for layer, at in merged(ranked, query.limit)
        ),
        total=sum(total for total, _ in counts),
        to_confirm=sum(unsure for _, unsure in counts),
        as_of=base.meta.as_of,
        index_version=version or base.meta.version,
    )


def _result(
    ranked: Ranked,
    at: int,
    query: Query,
    snapshot: Snapshot,
    audience: Audience,
    weights: dict[str, float],
    now: datetime,
) -> Result:
    row, cents = int(ranked.rows[at]), int(ranked.cents[at])
    score, decimetres, place_id, space_id = ranked.keys[at].tolist()
    facts: dict[str, Any] = snapshot.facts.of(row)
    members = audience.seen(snapshot, int(snapshot.columns.set_id[row]))
    slugs = [snapshot.meta.communities[member].slug for member in members]
    facts["communities"] = [slug for slug in facts["communities"] if slug in slugs]
    run = None
    if query.window is not None and space_id:
        run = free_run(snapshot, row, query.window, query.seats, now)
    values = dict(zip(TERM_NAMES, ranked.values[at].tolist(), strict=True))
    return Result(
        place_id=place_id,
        space_id=space_id or None,
        other_spaces=int(ranked.others[at]),
        score=score / 1e6,
        distance_m=decimetres / 10,
        terms=tuple(TermScore(name, values[name], weight) for name, weight in weights.items()),
        facts=facts,
        seats_left=None if run is None else run.seats_left,
        free_from=None if run is None else slot_start(run.start),
        free_until=None if run is None else slot_start(run.stop),
        price_cents=None if cents == UNKNOWN_CENTS else cents,
        wishes=query.wishes,
        closest_community=slugs[0] if slugs and query.community is not None else None,
    )
