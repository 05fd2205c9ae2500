"""The interface of score terms, and their reasons."""

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
"""Value of a term for a row whose fact is unknown: below the middle, above a known no."""


class Term(Protocol):
    """One named part of the score, in [0, 1], and its reasons in words.

    Its module also has two compiled functions: `value(tree, query, row, metres)` of a row at that distance, and
    `upper_bound(tree, query, part, metres)`, at least the value of any row of a part of the tree, none
    of which is nearer.
    """

    name: ClassVar[str]

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        """Whether a query can use the term; if not, the other weights are renormalised."""
        ...

    def reasons(self, value: float, context: "ReasonContext") -> "list[Reason]":
        """What the value means in words; often empty."""
        ...


@dataclass(frozen=True, slots=True)
class Reason:
    """A piece of a sentence, without capital or full stop.

    A `good` one recommends, others warn; a `clause` has a verb of its own; an objection is joined with "but".
    """

    text: str
    good: bool = True
    clause: bool = False
    objection: bool = False


@dataclass(frozen=True, slots=True)
class ReasonContext:
    """A result to explain, the language, and names of communities by slug."""

    result: Result
    language: Language
    names: dict[str, str]

    def text(self, fr: str, en: str) -> str:
        """The text in the language of the context."""
        return fr if self.language == "fr" else en
