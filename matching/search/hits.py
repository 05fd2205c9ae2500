"""Hits: what a search found, as arrays of numbers per layer; turned into `Result` objects on request."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.affinity.affinity_matrix import NO_SHARED_TRAITS
from matching.arrays.workspace import COLUMNS, KEY_COLUMNS, RESULT_COLUMNS, TERMS
from matching.query.query import MAX_LIMIT, Cursor, Query, slot_start
from matching.query.results import Result, SearchResults, TermScore, Travel, TravelMethod
from matching.query.weights import TERM_NAMES
from matching.search.prepared_index import PreparedIndex
from matching.snapshot.layout import UNKNOWN_CENTS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class LayerHits:
    """The best places of one layer, best first, one entry per place; a view of what the kernel wrote."""

    __slots__ = ("_numbers", "_values", "size")

    def __init__(self, size: int, numbers: Ints, values: Floats) -> None:
        """`numbers`, `values`: copies of the kernel's result buffers, of which the first `size` places count."""
        self.size, self._numbers, self._values = size, numbers, values

    @property
    def keys(self) -> Ints:
        """Merit, distance in decimetres, place, space: shape (places, 4)."""
        return self._numbers[: 4 * self.size].reshape(-1, 4)

    def column(self, name: str) -> Ints:
        """One of the columns `matching.arrays.workspace.RESULT_COLUMNS`, a number per place."""
        return self.columns[RESULT_COLUMNS.index(name), : self.size]

    @property
    def columns(self) -> Ints:
        """All columns, shape (len(`matching.arrays.workspace.RESULT_COLUMNS`), MAX_LIMIT)."""
        return self._numbers[KEY_COLUMNS * MAX_LIMIT :].reshape(len(RESULT_COLUMNS), MAX_LIMIT)

    @property
    def values(self) -> Floats:
        """Value of each term, 0 for a term without weight: shape (places, terms)."""
        return self._values[: TERMS * self.size].reshape(-1, TERMS)

    @property
    def addresses(self) -> tuple[int, int]:
        """Memory addresses of the numbers and of the term values, for the kernel."""
        return self._numbers.ctypes.data, self._values.ctypes.data


def allocate_hits(size: int = 0) -> LayerHits:
    """Result buffers filled with zeros, for `size` places."""
    return LayerHits(size, np.zeros(COLUMNS * MAX_LIMIT, np.int64), np.zeros(TERMS * size))


class Journey(NamedTuple):
    """The way to a place: minutes as ranked, in tenths rounded up, None when there is no way; and their source."""

    minutes: float | None
    method: TravelMethod


@dataclass(frozen=True)
class Hits:
    """The answer to a query in numbers; `order`: (layer, position in its `layer_hits`), best first."""

    query: Query
    weights: dict[str, float]
    """Weight of each term that the query can use, summing to 1."""
    indexes: tuple[PreparedIndex, ...]
    """One per layer."""
    layer_hits: tuple[LayerHits, ...]
    order: tuple[tuple[int, int], ...]
    total: int
    """Places that fit; `order` holds the best of them."""
    to_confirm: int
    """Places where a need is unknown and everything else fits."""
    as_of: datetime
    index_version: str
    is_layer_order: bool
    """Whether there is one layer and `order` is its order, complete."""
    next_cursor: Cursor | None = None
    """Where the next page begins; None after the last."""
    journeys: tuple[Journey, ...] = ()
    """One per place, in order; empty when the query has no mode."""
    travel: Travel | None = None

    @cached_property
    def best(self) -> LayerHits:
        """All places of `order` in one table."""
        if self.is_layer_order:
            return self.layer_hits[0]
        best = allocate_hits(len(self.order))
        for rank, (layer, at) in enumerate(self.order):
            hits = self.layer_hits[layer]
            best.keys[rank], best.values[rank] = hits.keys[at], hits.values[at]
            best.columns[:, rank] = hits.columns[:, at]
        return best

    @property
    def keys(self) -> Ints:
        """`LayerHits.keys` of all places, in order."""
        return self.best.keys

    @property
    def values(self) -> Floats:
        """`LayerHits.values` of all places, in order."""
        return self.best.values

    def column(self, name: str) -> Ints:
        """`LayerHits.column` of all places, in order."""
        return self.best.column(name)

    def to_results(self) -> SearchResults:
        """All hits as `Result` objects, best first."""
        return SearchResults(
            query=self.query,
            results=tuple(self.result(rank) for rank in range(len(self.order))),
            total=self.total,
            to_confirm=self.to_confirm,
            as_of=self.as_of,
            index_version=self.index_version,
            travel=self.travel,
        )

    def result(self, rank: int) -> Result:
        """The hit of that rank, 0 being the best, with its facts, its terms and when it is free."""
        index, query = self.indexes[self.order[rank][0]], self.query
        snapshot = index.snapshot
        row, cents, windows, left = (int(self.column(name)[rank]) for name in ("rows", "cents", "windows", "left"))
        _, decimetres, place_id, space_id = self.keys[rank].tolist()
        slugs = index.visible_communities(query, int(snapshot.columns.set_id[row]))
        facts: dict[str, Any] = snapshot.facts.of(row) | {"communities": sorted(slugs)}
        values = dict(zip(TERM_NAMES, self.values[rank].tolist(), strict=True))
        terms = tuple(TermScore(name, values[name], weight) for name, weight in self.weights.items())
        first = snapshot.meta.first_slot
        closest = slugs[0] if slugs and query.community is not None else None
        traits = NO_SHARED_TRAITS
        if query.community and closest:
            traits = snapshot.affinities.shared_traits(query.community, closest)
        return Result(
            place_id=place_id,
            space_id=space_id or None,
            other_spaces=int(self.column("other_spaces")[rank]),
            score=sum(term.contribution for term in terms),
            distance_m=decimetres / 10,
            terms=terms,
            facts=facts,
            seats_left=left if windows else None,
            free_from=slot_start(first + int(self.column("start")[rank])) if windows else None,
            free_until=slot_start(first + int(self.column("stop")[rank])) if windows else None,
            free_windows=tuple(bool(windows >> number & 1) for number in range(len(query.windows))),
            price_cents=None if cents == UNKNOWN_CENTS else cents,
            wishes=query.wishes,
            minutes=self.journeys[rank].minutes if self.journeys else None,
            minutes_by=self.journeys[rank].method if self.journeys else None,
            closest_community=closest,
            shared_traits=traits,
        )


def combine_pages(pages: Sequence[Hits], positions: Sequence[int], query: Query) -> Hits:
    """The hits of consecutive pages of one search in a new order, as the answer to `query`.

    `positions` count through all pages, one after the other. The answer has no next page.
    """
    first_layers = [0]
    for page in pages:
        first_layers.append(first_layers[-1] + len(page.indexes))
    every = [(first + layer, at) for first, page in zip(first_layers, pages, strict=False) for layer, at in page.order]
    journeys = [journey for page in pages for journey in page.journeys]
    return replace(
        pages[0],
        query=query,
        indexes=tuple(index for page in pages for index in page.indexes),
        layer_hits=tuple(hits for page in pages for hits in page.layer_hits),
        order=tuple(every[position] for position in positions),
        is_layer_order=False,
        next_cursor=None,
        journeys=tuple(journeys[position] for position in positions) if journeys else (),
    )
