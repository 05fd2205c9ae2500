"""What a score term is."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from geo.errors import Language
from matching.query.query import Query
from matching.query.results import Result
from matching.snapshot.snapshot import Snapshot

Floats = npt.NDArray[np.float64]

NEUTRAL = 0.4
"""Value of a term for a row that lacks the fact: less than the middle, more than a known no."""


class Term(Protocol):
    """One named part of the score, in [0, 1], and what it means in words.

    Its module also has `value(tree, wanted, row, metres)` of a row at that distance, and `upper_bound(tree, wanted,
    part, metres)`: no row of that part of the tree, none of them nearer, has a greater value. Both are compiled.
    """

    name: ClassVar[str]

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        """Whether this query can use the term at all; if not, the other weights grow."""
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
