"""What one would like: each wish counts 1 when it is there, 0.4 when nobody told, 0 when it is not."""

from typing import Any, ClassVar

import numpy as np

from geo.localisation.amenity_phrases import listed, missing, with_these
from geo.types import Amenity
from matching.arrays.query_arrays import Wanted
from matching.arrays.tree import Tree
from matching.compiler.bit_operations import count_ones
from matching.compiler.jit import inlined
from matching.query.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Reason, Shown

MOST_NAMED = 3


@inlined
def granted(there: Any, untold: Any, count: int) -> float:
    """Mean over `count` wishes; the words say which are there, and which nobody told."""
    return (count_ones(there) + NEUTRAL * count_ones(untold)) / count


@inlined
def value(tree: Tree, wanted: Wanted, row: int, metres: float) -> float:
    """Mean over the wishes."""
    yes, no = tree.yes[row], tree.no[row]
    return granted(np.uint64(yes & wanted.wishes), np.uint64(~(yes | no) & wanted.wishes), wanted.wish_count)


@inlined
def upper_bound(tree: Tree, wanted: Wanted, part: int, metres: float) -> float:
    """As if one row had all that some row has, and else nobody had told."""
    yes = tree.part_yes[part]
    untold = tree.part_unknown[part] & ~yes & wanted.wishes
    return granted(np.uint64(yes & wanted.wishes), np.uint64(untold), wanted.wish_count)


class Wishes:
    """In words."""

    name: ClassVar[str] = "wishes"

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return bool(query.wishes)

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        answers: dict[str, str] = shown.result.facts["amenities"]
        wished = [amenity for amenity in Amenity if amenity in shown.result.wishes]
        there = [amenity for amenity in wished if answers[amenity.value] == "yes"]
        not_there = [missing(amenity, shown.language) for amenity in wished if answers[amenity.value] == "no"]
        told = [Reason(with_these(there[:MOST_NAMED], shown.language))] if there else []
        return told + ([Reason(listed(not_there, shown.language), good=False, objection=True)] if not_there else [])
