"""An answer as the compiled search gives it: numbers, layer by layer."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.kernel.space import TERMS, TOLD
from matching.query import MAX_LIMIT, Query
from matching.searchable import Searchable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Cursor(NamedTuple):
    """The last result of a page, as it was ordered: the next page begins after it, in the one order there is."""

    merit: int
    """Score in millionths; see `matching.kernel.rows.merit`."""
    distance_dm: int
    place_id: int


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
        """One of `matching.kernel.space.TOLD`, a number per place."""
        begin = (4 + TOLD.index(name)) * MAX_LIMIT
        return self._found[begin : begin + self.size]

    @property
    def values(self) -> Floats:
        """Of all terms, those that weigh nothing 0: shape (places, terms)."""
        return self._values[: TERMS * self.size].reshape(-1, TERMS)


@dataclass(frozen=True, slots=True)
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

    @property
    def next(self) -> Cursor | None:
        """Where the next page begins; None when this one is not full."""
        if len(self.order) < self.query.limit:
            return None
        layer, at = self.order[-1]
        return Cursor(*self.ranked[layer].keys[at, :3].tolist())
