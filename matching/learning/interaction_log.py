"""What was shown and what was chosen, as arrays: one row per result of an impression, in the order shown."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.query.weights import TERM_NAMES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DEPTH = 20
"""Ranks learned from: the first page. Further down hardly anybody looks."""
COLUMNS = ("impression", "rank", "chosen", *TERM_NAMES)


@dataclass(frozen=True, slots=True)
class Log:
    """Rows sorted by impression, then rank. A term that a search could not use has the value 0 in all its rows."""

    impression: Ints
    """Numbered from 0, without a gap."""
    rank: Ints
    """As shown, from 1."""
    chosen: Bools
    """Clicked or booked."""
    values: Floats
    """Shape (rows, terms), in the order of TERM_NAMES."""

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Log":
        """The log of a frame with the columns of COLUMNS, down to rank DEPTH; `impression` of any type, null values
        are terms that could not be used. Raises polars' own errors when a column is missing."""
        rows = frame.filter(pl.col("rank") <= DEPTH).sort("impression", "rank")
        number = rows["impression"].rank("dense").to_numpy().astype(np.int64) - 1
        return cls(
            number,
            rows["rank"].to_numpy().astype(np.int64),
            rows["chosen"].to_numpy().astype(np.bool_),
            rows.select(pl.col(name).fill_null(0.0) for name in TERM_NAMES).to_numpy().astype(np.float64),
        )

    @property
    def starts(self) -> Ints:
        """First row of each impression, and the number of rows."""
        return np.searchsorted(self.impression, np.arange(self.impressions + 1))

    @property
    def impressions(self) -> int:
        return int(self.impression[-1]) + 1 if len(self.impression) else 0

    @property
    def with_a_choice(self) -> int:
        """Impressions of which something was chosen: the others tell nothing of preferences."""
        return len(np.unique(self.impression[self.chosen]))

    def only(self, kept: Bools) -> "Log":
        """The impressions marked, shape (impressions,)."""
        rows = kept[self.impression]
        number = np.cumsum(kept) - 1
        return Log(number[self.impression[rows]], self.rank[rows], self.chosen[rows], self.values[rows])

    def split(self, held_out: float, seed: int) -> "tuple[Log, Log]":
        """(to learn from, to judge by), by whole impressions."""
        apart = np.random.default_rng(seed).random(self.impressions) < held_out
        return self.only(~apart), self.only(apart)
