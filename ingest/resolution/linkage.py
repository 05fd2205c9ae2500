"""Record linkage: keys, pairs, probabilities and partition of derived listings (`comparison_columns.COLUMNS`)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.resolution import blocking, features, model
from ingest.resolution.comparison_columns import COLUMNS, OWN, comparable, derive
from ingest.resolution.partition import partition as _partition
from ingest.rows import keys as keys_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LINK = 0.5
"""Two listings are joined from this probability on."""
REVIEW = 0.15
"""A pair is worth a person's review from this probability on."""
VETO = 0.02
"""Two listings are two places for sure below this probability."""
SURE = (1e-6, 1 - 1e-6)
"""The smallest and the largest probability of a model."""
PAIRS_AT_ONCE = 500_000

keys = blocking.stored_keys
probes = blocking.probe_keys
pairs = blocking.pairs

__all__ = [
    "COLUMNS",
    "LINK",
    "OWN",
    "REVIEW",
    "SURE",
    "VETO",
    "comparable",
    "derive",
    "keys",
    "pairs",
    "partition",
    "probabilities",
    "probes",
]


def probabilities(derived: pl.DataFrame, left: Ints, right: Ints) -> Floats:
    """Probability that each pair of rows is one place."""
    parts = [
        model.load().probability(features.matrix(derived, left[i : i + PAIRS_AT_ONCE], right[i : i + PAIRS_AT_ONCE]))
        for i in range(0, len(left), PAIRS_AT_ONCE)
    ]
    # Never certain: certainty is for people's decisions.
    probability = np.clip(np.concatenate(parts), *SURE) if parts else np.zeros(0)
    probability[_kept_apart(derived, left, right)] = SURE[0]
    return probability


def _kept_apart(derived: pl.DataFrame, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
    """Pairs of rows to which one list, itself made from other lists, gives different keys: its maker compared them."""
    if derived["sources"].null_count() == derived.height:
        return np.zeros(len(left), np.bool_)
    keys = derived.select("source", "sources", key=pl.col("source_key").str.replace(keys_of.COPY.pattern, ""))
    a, b = keys[left], keys[right]
    differ = (a["source"] == b["source"]) & (a["key"] != b["key"])
    return (differ & a["sources"].is_not_null() & b["sources"].is_not_null()).to_numpy()


def partition(derived: pl.DataFrame, left: Ints, right: Ints, probability: Floats, order: Sequence[str]) -> Ints:
    """A label per row: rows of one label are one place. Pairs without a probability are scored where they matter."""

    def score(left: Ints, right: Ints) -> Floats:
        return probabilities(derived, left, right)

    return _partition(derived.height, left, right, probability, order, link=LINK, veto=VETO, score=score)
