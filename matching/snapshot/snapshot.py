"""An open snapshot: its columns, metadata and rendered rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.affinity.affinity_matrix import AffinityMatrix
from matching.snapshot.layout import COLUMN_DTYPES, DAYS, SLOTS_PER_DAY, Columns, Meta
from matching.snapshot.rendered_features import Facts

PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Immutable; the arrays are memory-mapped when it was read from files."""

    columns: Columns
    meta: Meta
    facts: Facts
    affinities: AffinityMatrix
    """As built, or newer ones."""
    sums: Mapping[str, str] = field(default_factory=dict)
    """Checksums of columns and facts that are already computed."""

    def days(self) -> npt.NDArray[np.uint64]:
        """The distinct days, shape (days, 48)."""
        return self.columns.day_words.reshape(-1, SLOTS_PER_DAY)

    def block_days(self) -> npt.NDArray[np.int32]:
        """Per day and offered block, an index into `days()`."""
        return self.columns.block_day.reshape(DAYS, -1)

    def load(self) -> None:
        """Reads a byte of each page, so that no search waits for the disk or for a page fault."""
        for column in (*(getattr(self.columns, name) for name in COLUMN_DTYPES), self.facts.start, self.facts.data):
            column.view(np.uint8)[::PAGE_BYTES].max(initial=0)

    def community(self, slug: str | None) -> int | None:
        """Position of a community, None when the index does not know it."""
        for position, entry in enumerate(self.meta.communities):
            if entry.slug == slug:
                return position
        return None

    def describes(self, slug: str | None) -> bool:
        """Whether the community has an affinity to others."""
        return slug in self.affinities
