"""The door to `ingest.resolution`: keys, pairs and groups of derived listings (`derive.COLUMNS`)."""

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
"""From this probability on two listings are joined."""
REVIEW = 0.15
"""From this probability on a pair is worth a person's look."""
VETO = 0.02
"""Below it two listings are surely two places."""
SURE = (1e-6, 1 - 1e-6)
"""The least and the most a model may say."""
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
    found = np.clip(np.concatenate(parts), *SURE) if parts else np.zeros(0)
    found[_told_apart(derived, left, right)] = SURE[0]
    return found


def _told_apart(derived: pl.DataFrame, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
    """Pairs of rows that one list of places made from other lists gives different keys: whoever made it has compared
    them."""
    if derived["sources"].null_count() == derived.height:
        return np.zeros(len(left), np.bool_)
    told = derived.select("source", "sources", key=pl.col("source_key").str.replace(keys_of.COPY.pattern, ""))
    ours, theirs = told[left], told[right]
    apart = (ours["source"] == theirs["source"]) & (ours["key"] != theirs["key"])
    return (apart & ours["sources"].is_not_null() & theirs["sources"].is_not_null()).to_numpy()


def partition(derived: pl.DataFrame, left: Ints, right: Ints, probability: Floats, order: Sequence[str]) -> Ints:
    """A label per row: rows of one label are one place. Pairs without a probability are scored where they matter."""

    def score(ones: Ints, others: Ints) -> Floats:
        return probabilities(derived, ones, others)

    return _partition(derived.height, left, right, probability, order, link=LINK, veto=VETO, score=score)
