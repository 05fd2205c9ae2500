"""How close two communities are, in [0, 1]: 1 the same, PARTNER declared partners, else what is learned of them.

Declared and learned are kept apart: a new declaration counts at once, learning takes its time.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

from geo.reference.toponyms import fold
from matching.affinity.community import CommunityEntry
from matching.affinity.similarity import Pairs, learned, packed

SAME = 1.0
PARTNER = 0.7
VALUES_TOLD = 2


@dataclass(frozen=True, slots=True)
class Kinship:
    """Why two communities are close: members in common, and values of the first that the second shares."""

    common_members: bool = False
    common_values: tuple[str, ...] = ()


NO_KINSHIP = Kinship()


class Affinities:
    """Among the communities that somebody described. Asymmetric: the searcher's declaration of partners counts.

    Never changed: a newer one replaces it.
    """

    def __init__(self, communities: tuple[CommunityEntry, ...], pairs: Pairs) -> None:
        self.communities, self.pairs = communities, pairs
        self._position = {entry.slug: position for position, entry in enumerate(communities)}

    def knows(self, slug: str | None) -> bool:
        """Whether the community was described: only then has it an affinity."""
        return slug in self._position

    def of(self, slug: str | None) -> dict[str, float]:
        """By slug, those that are not strangers to a searcher's community; nobody when it is not known."""
        own = self._position.get(slug or "")
        if own is None:
            return {}
        here = slice(*self.pairs.start[own : own + 2])
        others = zip(self.pairs.other[here].tolist(), self.pairs.value[here].tolist(), strict=True)
        close = {self.communities[other].slug: value for other, value in others}
        close |= {partner: PARTNER for partner in self.communities[own].partners if partner in self._position}
        close[self.communities[own].slug] = SAME
        return close

    def kinship(self, searcher: str, slug: str) -> Kinship:
        """What a searcher's community and another have in common."""
        own, other = self._position.get(searcher), self._position.get(slug)
        if own is None or other is None:
            return NO_KINSHIP
        start, stop = self.pairs.start[own : own + 2].tolist()
        at = start + int(np.searchsorted(self.pairs.other[start:stop], other))
        together = at < stop and self.pairs.other[at] == other and bool(self.pairs.common_members[at])
        theirs = {fold(value) for value in self.communities[other].values}
        shared = [value for value in self.communities[own].values if fold(value) in theirs]
        return Kinship(together, tuple(shared[:VALUES_TOLD]))

    def among(self, communities: tuple[CommunityEntry, ...]) -> "Affinities":
        """The same learned, among communities as they are now: new ones are close to declared partners only."""
        now = {entry.slug: position for position, entry in enumerate(communities)}
        moved = np.array([now.get(entry.slug, -1) for entry in self.communities], np.int64)
        one = moved[np.repeat(np.arange(len(moved)), np.diff(self.pairs.start))]
        other = moved[self.pairs.other]
        kept = (one >= 0) & (other >= 0)
        value, together = self.pairs.value[kept], self.pairs.common_members[kept].astype(np.bool_)
        return Affinities(communities, packed(len(communities), one[kept], other[kept], value, together))

    def digest(self) -> str:
        """Eight hexadecimal digits: two that answer alike have the same."""
        hashed = hashlib.blake2b(repr(self.communities).encode(), digest_size=4)
        for array in self.pairs:
            hashed.update(np.ascontiguousarray(array).data)
        return hashed.hexdigest()


def entries_of(communities: "pl.DataFrame") -> tuple[CommunityEntry, ...]:
    """By slug, from a table with the columns of `geo.store.frames.COMMUNITIES`."""
    table = communities.sort("slug").select("slug", "name", "sharing", "partners", "values")
    return tuple(
        CommunityEntry(slug, name, sharing, tuple(partners or ()), tuple(values or ()))
        for slug, name, sharing, partners, values in table.iter_rows()
    )


def affinities_of(communities: "pl.DataFrame", memberships: "pl.DataFrame") -> Affinities:
    """From tables with the columns of `geo.store.frames`."""
    return Affinities(entries_of(communities), learned(communities.sort("slug"), memberships))
