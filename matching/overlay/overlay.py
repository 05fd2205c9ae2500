"""What changed since the snapshot: slots that replace its own, a mask over it, and a small index of changed places.

Where only slots were freed or taken, the snapshot is searched with other words in their stead. Otherwise the rows of
the place are masked, and what is left of it is in the overlay's own little snapshot. An `rtree` tells whether any of it
is near: searches elsewhere ask the snapshot alone. A search over both layers answers exactly what a rebuild would.
"""

import threading
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rtree import index as rtree_index

from geo.spatial.distance import chord_of_m, unit_vector, unit_vectors
from geo.spatial.packed_tree import cut
from geo.types import Point
from matching.affinity.affinities import Affinities
from matching.kernel.tree_builder import row_bitmask
from matching.overlay.availability_patch import replacements
from matching.overlay.row_diff import same_rows
from matching.search.engine import Layer
from matching.search.prepared_index import Searchable
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput
from matching.snapshot.open_slots import Calendar
from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
NEIGHBOURS = 16
"""Rows per box."""
SLACK = 1e-9
"""On the unit sphere, some millimetres: rounding must not lose a row at the edge."""


class Masked:
    """The snapshot without the places that changed, and with the slots that others have now."""

    def __init__(self, base: Searchable, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self.columns = columns
        self.searchable = base.replaced(columns)

    def reaches(self, point: Point, radius_m: float) -> bool:
        return True


class Changed:
    """The changed places as they are now: the rows of a snapshot but for some that stand in the first layer. Boxes lie
    around neighbours on the unit sphere in space, so that neither the antimeridian nor the poles are special."""

    def __init__(self, snapshot: Snapshot, unchanged: Ints) -> None:
        self.searchable = Searchable(snapshot, bounded=False).without(unchanged)
        rows = np.delete(np.arange(snapshot.meta.rows), unchanged)
        self.places = len(rows)
        self._lock = threading.Lock()  # libspatialindex keeps state while it searches
        self._tree = _tree(snapshot, rows)

    def reaches(self, point: Point, radius_m: float) -> bool:
        reach = chord_of_m(radius_m) + SLACK
        x, y, z = unit_vector(point.lon, point.lat)
        box = (x - reach, y - reach, z - reach, x + reach, y + reach, z + reach)
        with self._lock:
            return bool(self._tree.count(box))

    def with_affinities(self, affinities: Affinities) -> "Changed":
        """The same, sharing its tree, for communities that are otherwise close."""
        other = copy(self)
        other.searchable = self.searchable.with_affinities(affinities)
        return other

    def close(self) -> None:
        """Frees the tree."""
        with self._lock:
            self._tree.close()


def _tree(snapshot: Snapshot, rows: Ints) -> rtree_index.Index:
    """A box around each run of neighbours: rows are in the order of H3."""
    properties = rtree_index.Property(dimension=3)
    if len(rows) == 0:
        return rtree_index.Index(properties=properties)
    points = unit_vectors(snapshot.columns.lon[rows], snapshot.columns.lat[rows])
    starts = cut([len(rows)], NEIGHBOURS)[:-1]
    low, high = (edge.reduceat(points, starts) for edge in (np.minimum, np.maximum))
    boxes = np.concatenate([low, high], axis=1).tolist()
    return rtree_index.Index(((run, box, None) for run, box in enumerate(boxes)), properties=properties)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Both layers of a search, and the store's revision they stand for."""

    masked: Masked
    changed: Changed
    revision: int

    @property
    def places(self) -> int:
        """How many rows the overlay's own snapshot stands for; slots that replace others are none."""
        return self.changed.places

    def layers(self) -> tuple[Layer, ...]:
        """What is searched: the second layer only when it holds something."""
        return (self.masked, self.changed) if self.places else (self.masked,)

    def with_affinities(self, affinities: Affinities, whole: Searchable) -> "Overlay":
        """The same over `whole`, which has these affinities already."""
        return Overlay(Masked(whole, self.masked.columns), self.changed.with_affinities(affinities), self.revision)


def build_overlay(
    whole: Searchable, now_are: IndexInput, place_ids: Collection[int], *, calendar: Calendar | None = None
) -> Overlay:
    """Overlay of all places changed since the snapshot was built: `place_ids` are theirs (removed ones too), `now_are`
    holds those that still exist.

    Dates and ages are the snapshot's; how close communities are is what `whole` was last told.
    """
    base = whole.snapshot
    now = build_index(now_are, as_of=base.meta.as_of, calendar=calendar, like=base)
    rows = whole.rows_of({*place_ids, *now_are.places["place_id"].to_list()})
    same, now_same = same_rows(base, rows, now)
    gone = np.setdiff1d(rows, same, assume_unique=True)
    columns = {"alive": whole.tree.alive & ~row_bitmask(base, gone)}
    offered = same < base.meta.offered_rows  # nobody knows when a candidate is free
    if offered.any():
        columns |= replacements(whole.tree, base, same[offered], now, now_same[offered])
    return Overlay(Masked(whole, columns), Changed(now, now_same), now_are.revision)
