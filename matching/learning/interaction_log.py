"""The interaction log as arrays: one row per result shown, with whether it was chosen."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.query.weights import TERM_NAMES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

DEPTH = 20
"""Ranks that are learned from: the first page. Results further down are rarely examined."""
COLUMNS = ("impression", "rank", "chosen", *TERM_NAMES)


@dataclass(frozen=True, slots=True)
class InteractionLog:
    """Rows sorted by impression (one search shown), then rank. A term that a search cannot use has the value 0."""

    impression: Ints
    """Number of the impression, from 0, without gaps."""
    rank: Ints
    """Rank as shown, from 1."""
    chosen: Bools
    """Clicked or booked."""
    values: Floats
    """Shape (rows, terms), in the order of TERM_NAMES."""

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "InteractionLog":
        """The log down to rank DEPTH, from a frame with the columns COLUMNS.

        `impression` may be of any type; a null value is a term that could not be used. A missing column raises an
        error of polars.
        """
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
        """First row of each impression, then the number of rows: shape (impressions + 1,)."""
        return np.searchsorted(self.impression, np.arange(self.impressions + 1))

    @property
    def impressions(self) -> int:
        """Number of impressions."""
        return int(self.impression[-1]) + 1 if len(self.impression) else 0

    @property
    def with_a_choice(self) -> int:
        """Number of impressions with a choice; the others say nothing about preferences."""
        return len(np.unique(self.impression[self.chosen]))

    def select(self, mask: Bools) -> "InteractionLog":
        """The impressions for which `mask`, shape (impressions,), is true, renumbered."""
        rows = mask[self.impression]
        number = np.cumsum(mask) - 1
        return InteractionLog(number[self.impression[rows]], self.rank[rows], self.chosen[rows], self.values[rows])

    def split(self, held_out: float, seed: int) -> "tuple[InteractionLog, InteractionLog]":
        """(training log, test log): a random share `held_out` of the impressions is for the test."""
        is_test = np.random.default_rng(seed).random(self.impressions) < held_out
        return self.select(~is_test), self.select(is_test)
