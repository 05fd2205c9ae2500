"""Learned similarity of communities: shared members, blended with shared values and words. Symmetric.

Only the closest pairs are kept, so that the cost does not grow with the square of the communities.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from matching.affinity.member_similarity import shared_members
from matching.affinity.text_similarity import closest_by_words, word_vectors

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_LEARNED = 0.6
"""Learned similarity stays below that of a declared partner."""
CLOSEST = 20
"""A pair is kept if either is among the closest of the other, by words or by members."""
MEMBERS_HALF = 5
"""Number of members (geometric mean of both communities) from which shared members weigh more than words."""
DECIMALS = 6
"""Values are rounded, so that all machines give the same bytes."""
_PAIRS_AT_ONCE = 50_000


class Pairs(NamedTuple):
    """A sparse matrix in compressed rows: row i has the columns `other[start[i]:start[i + 1]]`, ascending."""

    start: Ints
    other: npt.NDArray[np.int32]
    value: Floats
    """Similarity, above 0."""
    common_members: npt.NDArray[np.uint8]
    """1 if the two have members in common, else 0."""


def learn_similarity(communities: "pl.DataFrame", memberships: "pl.DataFrame") -> Pairs:
    """Similarity of `communities` (columns slug, values, words), in their order; `memberships` (community, member)."""
    vectors = word_vectors(_texts(communities))
    members = shared_members(memberships, communities["slug"].to_list())
    rows, columns = _both_ways(len(communities), closest_by_words(vectors, CLOSEST), members.closest(CLOSEST))
    by_members = members.of(rows, columns)
    value = np.round(MAX_LEARNED * _blend(vectors, members.sizes, by_members, rows, columns), DECIMALS)
    keep = value > 0
    return pack_pairs(len(communities), rows[keep], columns[keep], value[keep], by_members[keep] > 0)


def pack_pairs(count: int, rows: Ints, columns: Ints, value: Floats, common_members: npt.NDArray[np.bool_]) -> Pairs:
    """Pairs among `count` communities, given in any order, as `Pairs`."""
    order = np.lexsort((columns, rows))
    start = np.searchsorted(rows[order], np.arange(count + 1)).astype(np.int64)
    return Pairs(start, columns[order].astype(np.int32), value[order], common_members[order].astype(np.uint8))


def _texts(communities: "pl.DataFrame") -> list[str]:
    return [
        " ".join([*(values or ()), words or ""]) for values, words in communities.select("values", "words").iter_rows()
    ]


def _both_ways(count: int, *pairs: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Each pair once in either direction."""
    rows = np.concatenate([side for pair in pairs for side in pair])
    columns = np.concatenate([side for pair in pairs for side in reversed(pair)])
    both = np.unique(rows * count + columns)
    return both // max(1, count), both % max(1, count)


def _blend(vectors: Floats, sizes: Ints, by_members: Floats, rows: Ints, columns: Ints) -> Floats:
    """Weighted mean of the similarities by members and by words, in [0, 1].

    Members weigh more the more there are, and alone if one of the two communities has no words.
    """
    members = np.sqrt(sizes[rows] * sizes[columns])
    has_words = vectors.any(axis=1)
    weight = np.where(has_words[rows] & has_words[columns], members / (members + MEMBERS_HALF), 1.0)
    by_words = np.empty(len(rows))
    for at in range(0, len(rows), _PAIRS_AT_ONCE):
        part = slice(at, at + _PAIRS_AT_ONCE)
        by_words[part] = np.einsum("ij,ij->i", vectors[rows[part]], vectors[columns[part]])
    result: Floats = weight * by_members + (1 - weight) * np.clip(by_words, 0.0, 1.0)
    return result
