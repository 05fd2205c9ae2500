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
from matching.kernel.counting import count_places, count_rows
from matching.kernel.search import best_of_rows, best_places
from matching.kernel.space import TERMS as TERM_COUNT
from matching.kernel.space import own
from matching.presets import TERM_NAMES, asked_weights, renormalised
from matching.query import Preset, Query, slot_start
from matching.results import Result, SearchResults, TermScore
from matching.searchable import Searchable
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms import TERMS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best places, best first, one entry each: the layer and row of the best space, its score and distance, the
    values of all terms (shape (places, terms)), further spaces that fit, the price in cents."""

    layer: Ints
    row: Ints
    place_id: Ints
    space_id: Ints
    score: Floats
    distance_m: Floats
    values: Floats
    others: Ints
    cents: Ints

    def top(self, limit: int) -> "Ranked":
        order = np.lexsort((self.place_id, self.distance_m, -self.score))[:limit]
        return Ranked(*(getattr(self, name)[order] for name in self.__slots__))


def rank(layers: Sequence[Layer], query: Query, weights: dict[str, float], after: Cursor | None = None) -> Ranked:
    """The best `query.limit` places after `after`, over layers that share no place."""
    found = [_rank(number, layer, query, weights, after) for number, layer in enumerate(layers)]
    if len(found) == 1:
        return found[0]
    together = Ranked(*(np.concatenate([getattr(one, name) for one in found]) for name in Ranked.__slots__))
    return together.top(query.limit)


def _rank(number: int, layer: Layer, query: Query, weights: dict[str, float], after: Cursor | None) -> Ranked:
    searchable = layer.searchable
    numbers, whole, tables = searchable.asked(query, weights, after)
    working = own.large_enough(searchable.parts)
    rows = layer.rows_within(query.point, query.radius_m, candidates=query.candidates)
    if rows is None:
        found = best_places(searchable.handed, numbers, whole, tables, working.handed, query.limit)
    else:
        found = best_of_rows(searchable.handed, numbers, whole, tables, working.handed, query.limit, rows)
    space = working.space
    keys = space.keys[: 4 * found].reshape(found, 4)
    return Ranked(
        np.full(found, number),
        space.rows[:found].copy(),
        keys[:, 2].copy(),
        keys[:, 3].copy(),
        keys[:, 0] / 1e6,
        keys[:, 1] / 10,
        space.values[: TERM_COUNT * found].reshape(found, TERM_COUNT).copy(),
        space.others[:found].copy(),
        space.cents[:found].copy(),
    )


def count(layers: Sequence[Layer], query: Query, weights: dict[str, float]) -> tuple[int, int]:
    """(places that fit, places of which none fits for sure, but one would if a need that nobody told were met)."""
    total = unsure = 0
    for layer in layers:
        searchable = layer.searchable
        numbers, whole, tables = searchable.asked(query, weights, None)
        working = own.large_enough(searchable.parts)
        rows = layer.rows_within(query.point, query.radius_m, candidates=query.candidates)
        if rows is None:
            count_places(searchable.handed, numbers, whole, tables, working.handed)
        else:
            count_rows(searchable.handed, numbers, whole, tables, working.handed, rows)
        total += int(working.space.told[0])
        unsure += int(working.space.told[1])
    return total, unsure


def weights_of(query: Query, snapshot: Snapshot) -> dict[str, float]:
    """Weight per term that the query can use, summing to 1. Raises InvalidInput for weights that cannot be used."""
    usable = frozenset(term.name for term in TERMS if term.usable(query, snapshot))
    return _weights(query.preset, query.weights, usable)


@lru_cache(maxsize=1024)
def _weights(preset: Preset, weights: tuple[tuple[str, float], ...] | None, usable: frozenset[str]) -> dict[str, float]:
    return renormalised(asked_weights(preset, weights), usable)


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
    ranked = rank(layers, query, weights, after)
    total, to_confirm = count(layers, query, weights)
    audiences = [layer.searchable.audience(query) for layer in layers]
    snapshots = [layer.searchable.snapshot for layer in layers]
    return SearchResults(
        query=query,
        results=tuple(
            _result(ranked, at, query, snapshots[layer], audiences[layer], weights, now)
            for at, layer in enumerate(ranked.layer.tolist())
        ),
        total=total,
        to_confirm=to_confirm,
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
    row, cents = int(ranked.row[at]), int(ranked.cents[at])
    space_id = int(ranked.space_id[at]) or None
    facts: dict[str, Any] = snapshot.facts.of(row)
    members = audience.seen(snapshot, int(snapshot.columns.set_id[row]))
    slugs = [snapshot.meta.communities[member].slug for member in members]
    facts["communities"] = [slug for slug in facts["communities"] if slug in slugs]
    run = None
    if query.window is not None and space_id is not None:
        run = free_run(snapshot, row, query.window, query.seats, now)
    values = dict(zip(TERM_NAMES, ranked.values[at].tolist(), strict=True))
    return Result(
        place_id=int(ranked.place_id[at]),
        space_id=space_id,
        other_spaces=int(ranked.others[at]),
        score=float(ranked.score[at]),
        distance_m=float(ranked.distance_m[at]),
        terms=tuple(TermScore(name, values[name], weight) for name, weight in weights.items()),
        facts=facts,
        seats_left=None if run is None else run.seats_left,
        free_from=None if run is None else slot_start(run.start),
        free_until=None if run is None else slot_start(run.stop),
        price_cents=None if cents == UNKNOWN_CENTS else cents,
        wishes=query.wishes,
        closest_community=slugs[0] if slugs and query.community is not None else None,
    )
