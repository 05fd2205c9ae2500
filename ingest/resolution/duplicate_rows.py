"""Listings of one list that say the same in all that is compared: one of them speaks for all.

A list that repeats a row a thousand times has half a million pairs of the same row; whoever resembles one of them
resembles all. So pairs are looked for among those who speak, and twins are joined without a pair. The places are those
that all pairs would give: twins have the same pairs, so whatever joins one, or keeps it away, does so for the others.
"""

from collections.abc import Set

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.resolution import linkage

Ints = npt.NDArray[np.int64]
_SAID = [
    name
    for name, kind in linkage.COLUMNS.items()
    if name not in {"listing", "place_id", "source_key", "trust"} and not isinstance(kind, pl.List | pl.Array)
]
"""What is compared; lists of numbers are made from the rest."""


def speakers(derived: pl.DataFrame, alone: Set[int]) -> Ints:
    """By row of `linking.COLUMNS`, the row that speaks for it: the first of its twins by their keys, else itself.

    `alone`: listings that people decided about, who speak for themselves.
    """
    answer = np.arange(derived.height)
    alike = derived.select(pl.struct("name", "lon", "lat").is_duplicated()).to_series()
    some = derived.with_row_index("row").filter(alike & ~derived["listing"].is_in(list(alone)))
    if some.is_empty():
        return answer
    groups = some.sort("source_key").group_by(_SAID).agg("row").filter(pl.col("row").list.len() > 1)["row"].to_list()
    first, second = (np.array([rows[i] for rows in groups], np.int64) for i in (0, 1))
    joined = linkage.probabilities(derived, first, second) >= linkage.LINK
    for rows, are_one in zip(groups, joined.tolist(), strict=True):
        if are_one:
            answer[rows] = rows[0]
    return answer
