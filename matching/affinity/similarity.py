"""How close communities are by what is known of them: shared members, and shared values and words.

Symmetric. Only the closest are kept, so that thousands of communities cost no more than their neighbours.
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

LEARNED_MOST = 0.6
"""Nothing learned reaches a declared partner."""
CLOSEST = 20
"""A pair is looked at when one of the two is among the closest of the other, by words or by members."""
MEMBERS_HALF = 5
"""Known members (geometric mean of both communities) from which shared members weigh more than words."""
DECIMALS = 6
"""Kept of an affinity, so that machines agree on the bytes."""
_PAIRS_AT_ONCE = 50_000


class Pairs(NamedTuple):
    """Community i is close to `other[start[i]:start[i + 1]]`, ascending; `value`: how; `common_members`: 1 or 0."""

    start: Ints
    other: npt.NDArray[np.int32]
    value: Floats
    common_members: npt.NDArray[np.uint8]


def learned(communities: "pl.DataFrame", memberships: "pl.DataFrame") -> Pairs:
    """Of `communities` (columns slug, values, words), in their order, from `memberships` (community, member)."""
    vectors = word_vectors(_texts(communities))
    members = shared_members(memberships, communities["slug"].to_list())
    one, other = _both_ways(len(communities), closest_by_words(vectors, CLOSEST), members.closest(CLOSEST))
    by_members = members.of(one, other)
    value = np.round(LEARNED_MOST * _blend(vectors, members.sizes, by_members, one, other), DECIMALS)
    kept = value > 0
    return packed(len(communities), one[kept], other[kept], value[kept], by_members[kept] > 0)


def packed(count: int, one: Ints, other: Ints, value: Floats, common_members: npt.NDArray[np.bool_]) -> Pairs:
    """Pairs among `count` communities, in any order."""
    order = np.lexsort((other, one))
    start = np.searchsorted(one[order], np.arange(count + 1)).astype(np.int64)
    return Pairs(start, other[order].astype(np.int32), value[order], common_members[order].astype(np.uint8))


def _texts(communities: "pl.DataFrame") -> list[str]:
    return [
        " ".join([*(values or ()), words or ""]) for values, words in communities.select("values", "words").iter_rows()
    ]


def _both_ways(count: int, *pairs: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """Each pair once in either direction."""
    one = np.concatenate([side for pair in pairs for side in pair])
    other = np.concatenate([side for pair in pairs for side in reversed(pair)])
    both = np.unique(one * count + other)
    return both // max(1, count), both % max(1, count)


def _blend(vectors: Floats, sizes: Ints, by_members: Floats, one: Ints, other: Ints) -> Floats:
    """Weighted mean of both, in [0, 1]. Members weigh the more the more are known; alone, where one of the two says
    nothing of itself."""
    known = np.sqrt(sizes[one] * sizes[other])
    speaking = vectors.any(axis=1)
    weight = np.where(speaking[one] & speaking[other], known / (known + MEMBERS_HALF), 1.0)
    by_words = np.empty(len(one))
    for at in range(0, len(one), _PAIRS_AT_ONCE):
        some = slice(at, at + _PAIRS_AT_ONCE)
        by_words[some] = np.einsum("ij,ij->i", vectors[one[some]], vectors[other[some]])
    result: Floats = weight * by_members + (1 - weight) * np.clip(by_words, 0.0, 1.0)
    return result
