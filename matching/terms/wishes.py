"""What one would like: each wish counts 1 when it is there, 0.4 when nobody told, 0 when it is not."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from geo.types import Amenity
from matching.query import Query
from matching.snapshot.snapshot import Snapshot
from matching.terms.term import NEUTRAL, Asked, Blocks, Floats, Reason, Rows, Shown
from matching.words import listed, missing, with_these

Masks = npt.NDArray[np.uint32]
MOST_NAMED = 3


def granted(there: Any, untold: Any, count: int) -> Any:
    """Mean over `count` wishes, of which some are there and of some nobody told; compiled or not."""
    return (there + NEUTRAL * untold) / count


class Wishes:
    """Mean over the wishes."""

    name: ClassVar[str] = "wishes"
    columns: ClassVar[tuple[str, ...]] = ("yes", "no")
    summaries: ClassVar[tuple[str, ...]] = ("block_yes", "block_unknown")

    def usable(self, query: Query, snapshot: Snapshot) -> bool:
        return bool(query.wishes)

    def value(self, rows: Rows, asked: Asked) -> Floats:
        yes, no = rows.columns.yes[rows.index], rows.columns.no[rows.index]
        return _mean(yes, ~(yes | no), asked)

    def upper_bound(self, blocks: Blocks, asked: Asked) -> Floats:
        yes = blocks.columns.block_yes[blocks.index]
        return _mean(yes, blocks.columns.block_unknown[blocks.index] & ~yes, asked)

    def reasons(self, value: float, shown: Shown) -> list[Reason]:
        answers: dict[str, str] = shown.result.facts["amenities"]
        wished = [amenity for amenity in Amenity if amenity in shown.result.wishes]
        there = [amenity for amenity in wished if answers[amenity.value] == "yes"]
        not_there = [missing(amenity, shown.language) for amenity in wished if answers[amenity.value] == "no"]
        told = [Reason(with_these(there[:MOST_NAMED], shown.language))] if there else []
        return told + ([Reason(listed(not_there, shown.language), good=False, objection=True)] if not_there else [])


def _mean(yes: Masks, unknown: Masks, asked: Asked) -> Floats:
    there = np.bitwise_count(yes & asked.wishes).astype(np.float64)
    untold = np.bitwise_count(unknown & asked.wishes).astype(np.float64)
    result: Floats = granted(there, untold, int(asked.wishes).bit_count())
    return result
