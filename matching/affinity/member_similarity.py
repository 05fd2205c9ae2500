"""Members that communities have in common: item-based collaborative filtering on the community x member matrix."""

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

LEAST_SHARED = 3
"""Fewer shared members count as none: nobody must be guessed from how close two communities are."""
SHRINKAGE = 10
"""Of the cosine, shared / (shared + SHRINKAGE) is believed: the rest may be chance."""
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SharedMembers:
    """`sizes`: members per community; `closeness`: of pairs that share enough, symmetric, without the diagonal."""

    sizes: Ints
    closeness: "csr_array"

    def of(self, one: Ints, other: Ints) -> Floats:
        """Closeness of pairs, 0 for those that share too few."""
        if not len(one):
            return np.zeros(0)
        found: Floats = np.asarray(self.closeness[one, other], np.float64).reshape(-1)
        return found

    def closest(self, count: int) -> tuple[Ints, Ints]:
        """Pairs (one, other): `other` is among the `count` closest of `one`; the first of the table where alike."""
        pairs = self.closeness.tocoo()
        one, other = pairs.coords[0].astype(np.int64), pairs.coords[1].astype(np.int64)
        order = np.lexsort((other, -pairs.data, one))
        one, other = one[order], other[order]
        place = np.arange(len(one)) - np.searchsorted(one, one)
        return one[place < count], other[place < count]


def shared_members(memberships: "pl.DataFrame", slugs: Sequence[str]) -> SharedMembers:
    """Of the communities `slugs`, in that order, from `memberships` (columns community, member)."""
    import polars as pl
    from scipy.sparse import coo_array, csr_array, vstack

    table = pl.DataFrame({"community": slugs}, schema={"community": pl.String}).with_row_index("row")
    known = memberships.join(table, on="community").select("row", member=pl.col("member").rank("dense") - 1).unique()
    row, member = known["row"].to_numpy().astype(np.int64), known["member"].to_numpy().astype(np.int64)
    shape = (len(slugs), int(member.max(initial=-1)) + 1)
    matrix = csr_array(coo_array((np.ones(len(row)), (row, member)), shape=shape))
    sizes = np.bincount(row, minlength=len(slugs))
    if not len(row):
        return SharedMembers(sizes, csr_array((len(slugs), len(slugs))))
    turned = csr_array(matrix.T)
    parts = [
        _closeness(matrix[start : start + _ROWS_AT_ONCE] @ turned, start, sizes)
        for start in range(0, len(slugs), _ROWS_AT_ONCE)
    ]
    return SharedMembers(sizes, csr_array(vstack(parts)))


def _closeness(shared: "csr_array", start: int, sizes: Ints) -> "csr_array":
    """Of the pairs of some rows, the first of which is `start`: the root of the shrunk cosine, because cosines of
    members are small beside those of words."""
    from scipy.sparse import coo_array, csr_array

    pairs = shared.tocoo()
    one, other, count = pairs.coords[0], pairs.coords[1], pairs.data
    enough = (count >= LEAST_SHARED) & (one + start != other)
    one, other, count = one[enough], other[enough], count[enough]
    cosine = count / np.sqrt(sizes[one + start] * sizes[other])
    closeness = np.sqrt(cosine * count / (count + SHRINKAGE))
    return csr_array(coo_array((closeness, (one, other)), shape=shared.shape))
