"""Granted wishes first: each counts 1 when the amenity is there, 0.4 when that is unknown, 0 when it is not."""

from typing import Any, ClassVar

import numpy as np

from geo.localisation.amenity_phrases import listed, missing, with_these
from geo.types import Amenity
from matching.arrays.query_arrays import QueryArrays
from matching.arrays.tree import Tree
from matching.compiler.bit_operations import count_ones
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Reason, ReasonContext

MAX_NAMED = 3


@inlined
def mean_of_wishes(present: Any, unknown: Any, count: int) -> float:
    """Mean over `count` wishes, from the bitmasks of those that are present and of those that are unknown."""
    return (count_ones(present) + NEUTRAL * count_ones(unknown)) / count


@inlined
def value(tree: Tree, query: QueryArrays, row: int, metres: float) -> float:
    """Mean over the wishes."""
    yes, no = tree.yes[row], tree.no[row]
    return mean_of_wishes(np.uint64(yes & query.wishes), np.uint64(~(yes | no) & query.wishes), query.wish_count)


@inlined
def upper_bound(tree: Tree, query: QueryArrays, part: int, metres: float) -> float:
    """As if one row had all amenities that some row has, and the others were unknown where some row leaves them so."""
    yes = tree.part_yes[part]
    unknown = tree.part_unknown[part] & ~yes & query.wishes
    return mean_of_wishes(np.uint64(yes & query.wishes), np.uint64(unknown), query.wish_count)


class Wishes:
    """Its reasons in words."""

    name: ClassVar[str] = "wishes"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return bool(query.wishes)

    def reasons(self, value: float, context: ReasonContext) -> list[Reason]:
        answers: dict[str, str] = context.result.facts["amenities"]
        wished = [amenity for amenity in Amenity if amenity in context.result.wishes]
        present = [amenity for amenity in wished if answers[amenity.value] == "yes"]
        absent = [missing(amenity, context.language) for amenity in wished if answers[amenity.value] == "no"]
        parts = [Reason(with_these(present[:MAX_NAMED], context.language))] if present else []
        return parts + ([Reason(listed(absent, context.language), good=False, objection=True)] if absent else [])
