"""What a score term is, and what it may look at."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from geo.errors import Language
from geo.types import Amenity
from matching.query import Query
from matching.results import Result
from matching.snapshot.layout import Columns
from matching.snapshot.snapshot import Snapshot

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

NEUTRAL = 0.4
"""Value of a term for a row that lacks the fact: less than the middle, more than a known no."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a snapshot to score, with their distance as shown (quantised to 0.1 m, never under the expected)."""

    columns: Columns
    index: Ints
    distance_m: Floats


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of a snapshot to bound, with a lower bound of the distance of their rows."""

    columns: Columns
    index: Ints
    nearest_m: Floats


@dataclass(frozen=True, slots=True)
class Asked:
    """A query made ready for one snapshot: masks, and one value per set of communities."""

    query: Query
    needs: np.uint32
    wishes: np.uint32
    visible: Bools
    """Per community: may the searcher see what it offers?"""
    akin: Floats
    """Per community: its affinity to the searcher's, 0 without one."""
    set_visible: Bools
    """Per set of communities: may the searcher see what it offers? The empty set is public."""
    set_own: Bools
    """Per set: does the searcher's community belong to it? Then members' prices apply."""
    set_affinity: Floats
    """Per set: affinity of its closest community that the searcher may see; 0 for none."""


class Term(Protocol):
    """One named part of the score, in [0, 1]. `columns` and `summaries` name what it reads of rows and blocks."""

    name: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    summaries: ClassVar[tuple[str, ...]]

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        """Whether this query can use the term at all; if not, the other weights grow."""
        ...

    def value(self, rows: Rows, asked: Asked) -> Floats:
        """Value of each row."""
        ...

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        """No row of the block has a greater value."""
        ...

    def reasons(self, value: float, shown: "Shown") -> "list[Reason]":
        """What the value means in words; nothing when there is nothing worth saying."""
        ...


@dataclass(frozen=True, slots=True)
class Reason:
    """A piece of a sentence, without capital or full stop. A `good` one recommends, the others warn; a `clause` has a
    verb of its own; an objection is told with "but", a circumstance without."""

    text: str
    good: bool = True
    clause: bool = False
    objection: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A result about to be explained: in which language, with the names of communities."""

    result: Result
    language: Language
    names: dict[str, str]

    def say(self, fr: str, en: str) -> str:
        return fr if self.language == "fr" else en


def mask_of(amenities: frozenset[Amenity]) -> np.uint32:
    """Amenities as the bits of a snapshot."""
    return np.uint32(sum(1 << bit for bit, amenity in enumerate(Amenity) if amenity in amenities))


def prepare(query: Query, snapshot: Snapshot) -> Asked:
    """The query against the communities of one snapshot."""
    c, meta = snapshot.columns, snapshot.meta
    count = len(meta.communities)
    own = snapshot.community(query.community)
    visible = np.array([entry.slug in query.visible for entry in meta.communities], np.bool_)
    akin = np.zeros(count) if own is None else c.affinity.reshape(count, count)[own]
    empty = np.diff(c.set_start) == 0
    # Every non-empty set at once: the best, over its members, of what an invisible member leaves out.
    starts = c.set_start[:-1][~empty]
    seen = visible[c.set_members]
    set_visible, set_own, set_affinity = empty.copy(), np.zeros(len(empty), np.bool_), np.zeros(len(empty))
    if len(starts):
        set_visible[~empty] = np.logical_or.reduceat(seen, starts)
        set_own[~empty] = np.logical_or.reduceat(seen & (c.set_members == (-1 if own is None else own)), starts)
        set_affinity[~empty] = np.maximum.reduceat(np.where(seen, akin[c.set_members], 0.0), starts)
    return Asked(query, mask_of(query.needs), mask_of(query.wishes), visible, akin, set_visible, set_own, set_affinity)


def visible_communities(asked: Asked, snapshot: Snapshot, set_id: int) -> list[int]:
    """Members of a set that the searcher may see, closest first, then in the order of the table."""
    c = snapshot.columns
    members = c.set_members[c.set_start[set_id] : c.set_start[set_id + 1]]
    seen = members[asked.visible[members]]
    return [int(member) for member in seen[np.argsort(-asked.akin[seen], kind="stable")]]
