"""An answer as the compiled search gives it: numbers, layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.arrays.workspace import COLUMNS, KEY_COLUMNS, RESULT_COLUMNS, TERMS
from matching.query.query import MAX_LIMIT, Cursor, Query
from matching.query.results import Travel, Way
from matching.search.prepared_index import Searchable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Ranked:
    """The best places of one layer, best first, one entry each; read from the copy of what the kernel found."""

    __slots__ = ("_found", "_values", "size")

    def __init__(self, size: int, found: Ints, values: Floats) -> None:
        self.size, self._found, self._values = size, found, values

    @property
    def keys(self) -> Ints:
        """Merit, distance in decimetres, place, space: shape (places, 4)."""
        return self._found[: 4 * self.size].reshape(-1, 4)

    def told(self, name: str) -> Ints:
        """One of `matching.arrays.workspace.RESULT_COLUMNS`, a number per place."""
        return self.columns[RESULT_COLUMNS.index(name), : self.size]

    @property
    def columns(self) -> Ints:
        """All that is told, shape (`matching.arrays.workspace.RESULT_COLUMNS`, MAX_LIMIT)."""
        return self._found[KEY_COLUMNS * MAX_LIMIT :].reshape(len(RESULT_COLUMNS), MAX_LIMIT)

    @property
    def values(self) -> Floats:
        """Of all terms, those that weigh nothing 0: shape (places, terms)."""
        return self._values[: TERMS * self.size].reshape(-1, TERMS)

    @property
    def at(self) -> tuple[int, int]:
        """Where the numbers stand, and the values of the terms."""
        return self._found.ctypes.data, self._values.ctypes.data


def nothing(size: int = 0) -> Ranked:
    """Room for so many places."""
    return Ranked(size, np.zeros(COLUMNS * MAX_LIMIT, np.int64), np.zeros(TERMS * size))


class Journey(NamedTuple):
    """The way to a place: minutes as ranked, in tenths rounded up, None where no way leads; and how they were found."""

    minutes: float | None
    by: Way


@dataclass(frozen=True)
class Found:
    """An answer as the kernel gave it, layer by layer; `order`: (layer, position in its `ranked`), best first."""

    query: Query
    weights: dict[str, float]
    searchables: tuple[Searchable, ...]
    ranked: tuple[Ranked, ...]
    order: tuple[tuple[int, int], ...]
    total: int
    to_confirm: int
    as_of: datetime
    index_version: str
    is_as_ranked: bool
    """Whether `order` is that of the only layer, all of it."""
    next: Cursor | None = None
    """Where the next page begins; None after the last."""
    journeys: tuple[Journey, ...] = ()
    """Of each place, in order; none when no mode was asked for."""
    travel: Travel | None = None

    @cached_property
    def best(self) -> Ranked:
        """All that was found, in order."""
        if self.is_as_ranked:
            return self.ranked[0]
        best = nothing(len(self.order))
        for rank, (layer, at) in enumerate(self.order):
            one = self.ranked[layer]
            best.keys[rank], best.values[rank], best.columns[:, rank] = one.keys[at], one.values[at], one.columns[:, at]
        return best

    @property
    def keys(self) -> Ints:
        """`Ranked.keys` of all that was found, in order."""
        return self.best.keys

    @property
    def values(self) -> Floats:
        """`Ranked.values` of all that was found, in order."""
        return self.best.values

    def told(self, name: str) -> Ints:
        """`Ranked.told` of all that was found, in order."""
        return self.best.told(name)


def put_together(pages: Sequence[Found], places: Sequence[int], query: Query) -> Found:
    """What was found on the pages of one search in another order, as the answer to `query`: `places` are positions in
    all of them, one page after the other. No page follows it."""
    before = [0]
    for page in pages:
        before.append(before[-1] + len(page.searchables))
    every = [(first + layer, at) for first, page in zip(before, pages, strict=False) for layer, at in page.order]
    journeys = [journey for page in pages for journey in page.journeys]
    return replace(
        pages[0],
        query=query,
        searchables=tuple(one for page in pages for one in page.searchables),
        ranked=tuple(one for page in pages for one in page.ranked),
        order=tuple(every[place] for place in places),
        is_as_ranked=False,
        next=None,
        journeys=tuple(journeys[place] for place in places) if journeys else (),
    )
