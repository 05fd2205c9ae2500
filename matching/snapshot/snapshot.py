"""A snapshot in hand: its columns, what it says about itself, and its rendered rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geo.blocks import Circles, expand
from geo.types import Point
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY, Columns, Meta
from matching.snapshot.rendered import Facts

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Immutable; the arrays are memory-mapped when it was read from files."""

    columns: Columns
    meta: Meta
    facts: Facts

    def days(self) -> npt.NDArray[np.uint64]:
        """The distinct days, shape (days, 48)."""
        return self.columns.day_words.reshape(-1, SLOTS_PER_DAY)

    def block_days(self) -> npt.NDArray[np.int32]:
        """Per offered block and day, an index into `days()`."""
        return self.columns.block_day.reshape(-1, DAYS)

    def community(self, slug: str | None) -> int | None:
        """Position of a community, None when the index does not know it."""
        for position, entry in enumerate(self.meta.communities):
            if entry.slug == slug:
                return position
        return None

    def describes(self, slug: str | None) -> bool:
        """Whether the community was in the table, and not only named by rows: only then has it an affinity."""
        position = self.community(slug)
        return position is not None and self.meta.communities[position].sharing != ""

    def rows_within(self, point: Point, radius_m: float, *, candidates: bool) -> Ints:
        """Rows, ascending, of all blocks whose circle meets the disk: all that lie in it, and some that do not."""
        c, meta = self.columns, self.meta
        nodes = Circles(c.node_lon, c.node_lat, c.node_radius_m)
        blocks = Circles(c.block_lon, c.block_lat, c.block_radius_m)
        which = np.arange(meta.nodes if candidates else meta.offered_nodes, dtype=np.int64)
        which = which[nodes.nearest_m(point.lon, point.lat, which) <= radius_m]
        some = expand(c.node_start, which)
        some = some[blocks.nearest_m(point.lon, point.lat, some) <= radius_m]
        return expand(c.block_start, some)
