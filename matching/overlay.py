"""What changed since the snapshot: a small index of the changed places as they are now, and a mask over the snapshot.

Changed, moved, closed and removed places are all treated alike: their rows in the snapshot are masked, and those that
still have rows are in the overlay's own little snapshot, found through an `rtree` index. A search over both layers
answers exactly what a rebuild would.
"""

import threading
from collections.abc import Collection, Iterator
from copy import copy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rtree import index as rtree_index

from geo.distance import chord_of_m, unit_vectors
from geo.types import Point
from matching.affinity import Affinities
from matching.kernel.planting import all_standing
from matching.searchable import Searchable
from matching.snapshot.builder import build_index
from matching.snapshot.hours import Calendar
from matching.snapshot.input import IndexInput
from matching.snapshot.layout import block_of
from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
SLACK = 1e-9
"""On the unit sphere, some millimetres: rounding must not lose a row at the edge."""


class Masked:
    """The snapshot without the places that changed."""

    def __init__(self, base: Searchable, alive: npt.NDArray[np.uint64]) -> None:
        self.searchable = base.without(alive)

    def rows_within(self, point: Point, radius_m: float, *, candidates: bool) -> Ints | None:
        return None


class Changed:
    """The changed places as they are now. Boxes lie around points of the unit sphere in space, so that neither the
    antimeridian nor the poles are special."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.searchable = Searchable(snapshot)
        self._lock = threading.Lock()  # libspatialindex keeps state while it searches
        self._tree = _tree(snapshot)

    def rows_within(self, point: Point, radius_m: float, *, candidates: bool) -> Ints:
        reach = chord_of_m(radius_m) + SLACK
        centre = unit_vectors(np.array([point.lon]), np.array([point.lat]))[0]
        box = (*(centre - reach), *(centre + reach))
        with self._lock:
            rows = np.fromiter(self._tree.intersection(box), np.int64)
        rows.sort()
        return rows if candidates else rows[rows < self.snapshot.meta.offered_rows]

    def with_affinities(self, affinities: Affinities) -> "Changed":
        """The same, sharing its tree, for communities that are otherwise close."""
        other = copy(self)
        other.searchable = self.searchable.with_affinities(affinities)
        other.snapshot = other.searchable.snapshot
        return other

    def close(self) -> None:
        """Frees the tree."""
        with self._lock:
            self._tree.close()


def _tree(snapshot: Snapshot) -> rtree_index.Index:
    properties = rtree_index.Property(dimension=3)
    if snapshot.meta.rows == 0:
        return rtree_index.Index(properties=properties)
    return rtree_index.Index(_boxes(snapshot), properties=properties)


def _boxes(snapshot: Snapshot) -> Iterator[tuple[int, tuple[float, ...], None]]:
    points = unit_vectors(snapshot.columns.lon, snapshot.columns.lat).tolist()
    return ((row, (*point, *point), None) for row, point in enumerate(points))


def _without(base: Snapshot, gone: Ints) -> npt.NDArray[np.uint64]:
    """The rows that still stand, as `matching.kernel.planting` takes them."""
    words = all_standing(base)
    blocks = block_of(gone, base.meta)
    lanes = (gone - base.columns.block_start[blocks]).astype(np.uint64)
    np.bitwise_and.at(words, blocks, ~(np.uint64(1) << lanes))
    return words


@dataclass(frozen=True, slots=True)
class Overlay:
    """Both layers of a search, and the store's revision they stand for."""

    masked: Masked
    changed: Changed
    revision: int

    @property
    def places(self) -> int:
        """How many rows the overlay holds."""
        return self.changed.snapshot.meta.rows

    def with_affinities(self, affinities: Affinities, whole: Searchable) -> "Overlay":
        """The same over `whole`, which has these affinities already."""
        alive = self.masked.searchable.tree.alive
        return Overlay(Masked(whole, alive), self.changed.with_affinities(affinities), self.revision)


def build_overlay(
    whole: Searchable, now_are: IndexInput, place_ids: Collection[int], *, calendar: Calendar | None = None
) -> Overlay:
    """Overlay of all places changed since the snapshot was built: `place_ids` are theirs (removed ones too), `now_are`
    holds those that still exist.

    Dates and ages are the snapshot's; how close communities are is what `whole` was last told.
    """
    base = whole.snapshot
    replaced = np.array(sorted({*place_ids, *now_are.places["place_id"].to_list()}), np.int64)
    alive = _without(base, np.flatnonzero(np.isin(base.columns.place_id, replaced)))
    snapshot = build_index(now_are, as_of=base.meta.as_of, calendar=calendar, like=base)
    return Overlay(Masked(whole, alive), Changed(snapshot), now_are.revision)
