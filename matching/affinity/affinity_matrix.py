"""Affinity between communities, in [0, 1]: 1 for the same, PARTNER for declared partners, else learned similarity.

Declared and learned affinity are kept apart: a new declaration counts at once, while learning takes time.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

from geo.reference.toponyms import fold
from matching.affinity.similarity import Pairs, learn_similarity, pack_pairs

SAME = 1.0
PARTNER = 0.7
MAX_COMMON_VALUES = 2


@dataclass(frozen=True, slots=True)
class CommunityEntry:
    """What the index keeps of a community."""

    slug: str
    name: str
    sharing: str
    partners: tuple[str, ...]
    values: tuple[str, ...] = ()

    @property
    def described(self) -> bool:
        """Whether it is in the table of communities, and not only named by rows."""
        return self.sharing != ""


@dataclass(frozen=True, slots=True)
class SharedTraits:
    """What two communities have in common, for explanations."""

    common_members: bool = False
    common_values: tuple[str, ...] = ()
    """Values of the searcher's community that the other shares, at most MAX_COMMON_VALUES."""


NO_SHARED_TRAITS = SharedTraits()


class AffinityMatrix:
    """Sparse matrix of the affinity from each described community to the others. Immutable.

    It is asymmetric, because what the searcher's own community declares counts.
    """

    def __init__(self, communities: tuple[CommunityEntry, ...], pairs: Pairs) -> None:
        """`pairs`: learned similarity among `communities`, in their order."""
        self.communities, self.pairs = communities, pairs
        self._position = {entry.slug: position for position, entry in enumerate(communities)}

    def __contains__(self, slug: str | None) -> bool:
        """Whether the community is described: only such communities have affinities."""
        return slug in self._position

    def of(self, slug: str | None) -> dict[str, float]:
        """Affinity above 0 of a searcher's community to others, by slug, itself included; empty if not described."""
        own = self._position.get(slug or "")
        if own is None:
            return {}
        row = slice(*self.pairs.start[own : own + 2])
        learned = zip(self.pairs.other[row].tolist(), self.pairs.value[row].tolist(), strict=True)
        affinity = {self.communities[other].slug: value for other, value in learned}
        affinity |= {partner: PARTNER for partner in self.communities[own].partners if partner in self._position}
        affinity[self.communities[own].slug] = SAME
        return affinity

    def shared_traits(self, searcher: str, slug: str) -> SharedTraits:
        """What a searcher's community and another have in common."""
        own, other = self._position.get(searcher), self._position.get(slug)
        if own is None or other is None:
            return NO_SHARED_TRAITS
        start, stop = self.pairs.start[own : own + 2].tolist()
        at = start + int(np.searchsorted(self.pairs.other[start:stop], other))
        common_members = at < stop and self.pairs.other[at] == other and bool(self.pairs.common_members[at])
        other_values = {fold(value) for value in self.communities[other].values}
        common_values = [value for value in self.communities[own].values if fold(value) in other_values]
        return SharedTraits(common_members, tuple(common_values[:MAX_COMMON_VALUES]))

    def for_communities(self, communities: tuple[CommunityEntry, ...]) -> "AffinityMatrix":
        """The same learned similarity among the present `communities`; new ones have declared partners only."""
        positions = {entry.slug: position for position, entry in enumerate(communities)}
        moved = np.array([positions.get(entry.slug, -1) for entry in self.communities], np.int64)
        rows = moved[np.repeat(np.arange(len(moved)), np.diff(self.pairs.start))]
        columns = moved[self.pairs.other]
        keep = (rows >= 0) & (columns >= 0)
        value, common_members = self.pairs.value[keep], self.pairs.common_members[keep].astype(np.bool_)
        pairs = pack_pairs(len(communities), rows[keep], columns[keep], value, common_members)
        return AffinityMatrix(communities, pairs)

    def digest(self) -> str:
        """Eight hexadecimal digits, equal for equal matrices."""
        hashed = hashlib.blake2b(repr(self.communities).encode(), digest_size=4)
        for array in self.pairs:
            hashed.update(np.ascontiguousarray(array).data)
        return hashed.hexdigest()


def community_entries(communities: "pl.DataFrame") -> tuple[CommunityEntry, ...]:
    """Entries in the order of their slugs, from a table with the columns of `geo.store.frames.COMMUNITIES`."""
    table = communities.sort("slug").select("slug", "name", "sharing", "partners", "values")
    return tuple(
        CommunityEntry(slug, name, sharing, tuple(partners or ()), tuple(values or ()))
        for slug, name, sharing, partners, values in table.iter_rows()
    )


def build_affinities(communities: "pl.DataFrame", memberships: "pl.DataFrame") -> AffinityMatrix:
    """Learns the matrix from tables with the columns of `geo.store.frames.COMMUNITIES` and `MEMBERSHIPS`."""
    return AffinityMatrix(community_entries(communities), learn_similarity(communities.sort("slug"), memberships))
