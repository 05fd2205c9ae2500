"""Similarity by shared members: item-based collaborative filtering on the community x member matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MIN_SHARED = 3
"""Fewer shared members count as none, so that no person can be inferred from a similarity."""
SHRINKAGE = 10
"""The cosine is multiplied by shared / (shared + SHRINKAGE), because few shared members may be chance."""
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SharedMembers:
    """Members per community, and the similarity of communities by the members they share."""

    sizes: Ints
    similarity: "csr_array"
    """Symmetric, without the diagonal; 0 for pairs that share fewer than MIN_SHARED."""

    def of(self, rows: Ints, columns: Ints) -> Floats:
        """Similarity of each pair."""
        if not len(rows):
            return np.zeros(0)
        values: Floats = np.asarray(self.similarity[rows, columns], np.float64).reshape(-1)
        return values

    def closest(self, count: int) -> tuple[Ints, Ints]:
        """Pairs (rows, columns) of each community and the `count` most similar to it, at equal similarity the first of
        the table."""
        pairs = self.similarity.tocoo()
        rows, columns = pairs.coords[0].astype(np.int64), pairs.coords[1].astype(np.int64)
        order = np.lexsort((columns, -pairs.data, rows))
        rows, columns = rows[order], columns[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        return rows[rank < count], columns[rank < count]


def shared_members(memberships: "pl.DataFrame", slugs: Sequence[str]) -> SharedMembers:
    """Shared members of the communities `slugs`, in that order, from `memberships` (columns community, member)."""
    import polars as pl
    from scipy.sparse import coo_array, csr_array, vstack

    table = pl.DataFrame({"community": slugs}, schema={"community": pl.String}).with_row_index("row")
    pairs = memberships.join(table, on="community").select("row", member=pl.col("member").rank("dense") - 1).unique()
    row, member = pairs["row"].to_numpy().astype(np.int64), pairs["member"].to_numpy().astype(np.int64)
    shape = (len(slugs), int(member.max(initial=-1)) + 1)
    matrix = csr_array(coo_array((np.ones(len(row)), (row, member)), shape=shape))
    sizes = np.bincount(row, minlength=len(slugs))
    if not len(row):
        return SharedMembers(sizes, csr_array((len(slugs), len(slugs))))
    transposed = csr_array(matrix.T)
    parts = [
        _similarity(matrix[start : start + _ROWS_AT_ONCE] @ transposed, start, sizes)
        for start in range(0, len(slugs), _ROWS_AT_ONCE)
    ]
    return SharedMembers(sizes, csr_array(vstack(parts)))


def _similarity(shared: "csr_array", start: int, sizes: Ints) -> "csr_array":
    """Similarity from the counts of shared members of consecutive rows, the first of which is row `start`.

    It is the square root of the shrunk cosine, because cosines of members are small compared with those of words.
    """
    from scipy.sparse import coo_array, csr_array

    pairs = shared.tocoo()
    rows, columns, count = pairs.coords[0], pairs.coords[1], pairs.data
    enough = (count >= MIN_SHARED) & (rows + start != columns)
    rows, columns, count = rows[enough], columns[enough], count[enough]
    cosine = count / np.sqrt(sizes[rows + start] * sizes[columns])
    similarity = np.sqrt(cosine * count / (count + SHRINKAGE))
    return csr_array(coo_array((similarity, (rows, columns)), shape=shared.shape))
