"""The overlay: the places changed since the snapshot, as two layers that are searched in its stead.

Where only slots were freed or taken, the first layer, the masked snapshot, has other availability. A place that changed
otherwise is hidden there, and its new rows are in the second layer, a small snapshot of its own. An R-tree over the
second layer spares searches elsewhere from reading it. A search over both layers answers exactly what a rebuilt
snapshot would.
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
from matching.affinity.affinity_matrix import AffinityMatrix
from matching.kernel.tree_builder import row_bitmask
from matching.overlay.availability_patch import availability_columns
from matching.overlay.row_diff import unchanged_rows
from matching.search.engine import Layer
from matching.search.prepared_index import PreparedIndex
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput
from matching.snapshot.open_slots import Calendar
from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
ROWS_PER_BOX = 16
SLACK = 1e-9
"""Added to radii on the unit sphere, some millimetres, so that rounding loses no row at the edge."""


class MaskedLayer:
    """The snapshot with the changed places hidden, and the new availability of places that are otherwise the same."""

    def __init__(self, base: PreparedIndex, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        self.columns = columns
        """Columns of the tree that replace those of `base`."""
        self.index = base.with_columns(columns)

    def intersects(self, point: Point, radius_m: float) -> bool:
        return True


class ChangedLayer:
    """The changed places as they are now: a snapshot without its `unchanged` rows, which are in the first layer.

    Its R-tree holds boxes in 3-D around points on the unit sphere, so the antimeridian and the poles are not special.
    """

    def __init__(self, snapshot: Snapshot, unchanged: Ints) -> None:
        self.index = PreparedIndex(snapshot, cache_bounds=False).without_rows(unchanged)
        rows = np.delete(np.arange(snapshot.meta.rows), unchanged)
        self.rows = len(rows)
        self._lock = threading.Lock()  # libspatialindex keeps state while it searches
        self._tree = _tree(snapshot, rows)

    def intersects(self, point: Point, radius_m: float) -> bool:
        reach = chord_of_m(radius_m) + SLACK
        x, y, z = unit_vector(point.lon, point.lat)
        box = (x - reach, y - reach, z - reach, x + reach, y + reach, z + reach)
        with self._lock:
            return bool(self._tree.count(box))

    def with_affinities(self, affinities: AffinityMatrix) -> "ChangedLayer":
        """A layer that shares the tree, with other affinities between communities."""
        other = copy(self)
        other.index = self.index.with_affinities(affinities)
        return other

    def close(self) -> None:
        """Frees the R-tree."""
        with self._lock:
            self._tree.close()


def _tree(snapshot: Snapshot, rows: Ints) -> rtree_index.Index:
    """An R-tree with a box around each run of ROWS_PER_BOX rows: rows are in H3 order, so a run lies close together."""
    properties = rtree_index.Property(dimension=3)
    if len(rows) == 0:
        return rtree_index.Index(properties=properties)
    points = unit_vectors(snapshot.columns.lon[rows], snapshot.columns.lat[rows])
    starts = cut([len(rows)], ROWS_PER_BOX)[:-1]
    low, high = (edge.reduceat(points, starts) for edge in (np.minimum, np.maximum))
    boxes = np.concatenate([low, high], axis=1).tolist()
    return rtree_index.Index(((run, box, None) for run, box in enumerate(boxes)), properties=properties)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Both layers, and the revision of the store that they represent."""

    masked: MaskedLayer
    changed: ChangedLayer
    revision: int

    @property
    def rows(self) -> int:
        """Number of rows of the second layer; changes of availability alone have none."""
        return self.changed.rows

    def layers(self) -> tuple[Layer, ...]:
        """The layers to search: the second only if it has rows."""
        return (self.masked, self.changed) if self.rows else (self.masked,)

    def with_affinities(self, affinities: AffinityMatrix, base: PreparedIndex) -> "Overlay":
        """The same overlay over `base`, the prepared snapshot with these affinities."""
        return Overlay(MaskedLayer(base, self.masked.columns), self.changed.with_affinities(affinities), self.revision)


def build_overlay(
    base: PreparedIndex, current: IndexInput, place_ids: Collection[int], *, calendar: Calendar | None = None
) -> Overlay:
    """The overlay of all places changed since the snapshot `base` was built.

    `place_ids`: ids of the changed places, removed ones included. `current`: those that still exist, as they are now.
    Dates and ages are computed as of the snapshot; affinities are those of `base`.
    """
    snapshot = base.snapshot
    now = build_index(current, as_of=snapshot.meta.as_of, calendar=calendar, like=snapshot)
    rows = base.rows_of_places({*place_ids, *current.places["place_id"].to_list()})
    same, now_same = unchanged_rows(snapshot, rows, now)
    hidden = np.setdiff1d(rows, same, assume_unique=True)
    columns = {"alive": base.tree.alive & ~row_bitmask(snapshot, hidden)}
    offered = same < snapshot.meta.offered_rows  # a candidate has no availability
    if offered.any():
        columns |= availability_columns(base.tree, snapshot, same[offered], now, now_same[offered])
    return Overlay(MaskedLayer(base, columns), ChangedLayer(now, now_same), current.revision)
