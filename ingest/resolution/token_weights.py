"""Words of bare names, pair by pair: which are common, and how telling they are."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from ingest.resolution import word_statistics

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

WORDS = 10
"""Words of a name that are compared; the further ones of a very long name are not."""
BEGINNING = 6
"""Words are one from so many letters on: "chemille" and "chemillois", "creusois" and "creusoise"."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of each name: `ids` (names x WORDS, 0 for none) and their `weights` (0 for none)."""

    ids: npt.NDArray[np.int32]
    weights: Floats


def words_of(bare: pl.Series) -> Words:
    """The words of bare names, each once."""
    table = word_statistics.load().weights
    long = (
        pl.DataFrame({"word": bare.str.split(" ").list.unique(maintain_order=True).list.head(WORDS)})
        .with_row_index("row")
        .explode("word")
        .filter(pl.col("word").fill_null("") != "")
        .with_columns(place=pl.int_range(pl.len()).over("row"))
    )
    ids = np.zeros((bare.len(), WORDS), np.int32)
    weights = np.zeros((bare.len(), WORDS), np.float32)
    if long.height:
        known = pl.DataFrame({"word": list(table), "weight": list(table.values())})
        weight = long.join(known, on="word", how="left", maintain_order="left")["weight"].fill_null(1.0)
        beginnings = long["word"].str.slice(0, BEGINNING).rank("dense").cast(pl.Int32)
        at = (long["row"].to_numpy(), long["place"].to_numpy())
        ids[at] = beginnings.to_numpy()
        weights[at] = weight.to_numpy()
    return Words(ids, weights)


def compared(words: Words, one: Ints, other: Ints) -> dict[str, Floats]:
    """What the names of each pair share, weighed by how telling the words are; all 0 when either has no word.

    `rare_min`, `rare_max`: share of the lighter, of the heavier name; `rare_best`: the most telling common word;
    `rare_left`, `rare_left_max`: the most telling word that only one name has, of the better and of the worse side;
    `first_word`: the first words are one.
    """
    ids = words.ids[one], words.ids[other]
    weights = words.weights[one], words.weights[other]
    hits = _hits(*ids), _hits(ids[1], ids[0])
    shared = (weights[0] * hits[0]).sum(axis=1)
    totals = weights[0].sum(axis=1), weights[1].sum(axis=1)
    known = ((totals[0] > 0) & (totals[1] > 0)).astype(np.float32)
    left = tuple((weight * ~hit).max(axis=1, initial=0.0) for weight, hit in zip(weights, hits, strict=True))
    lighter, heavier = np.minimum(*totals), np.maximum(*totals)
    return {
        "rare_min": np.minimum(shared / np.maximum(lighter, 1e-6), 1.0) * known,
        "rare_max": np.minimum(shared / np.maximum(heavier, 1e-6), 1.0) * known,
        "rare_best": (weights[0] * hits[0]).max(axis=1, initial=0.0) * known,
        "rare_left": np.minimum(*left) * known,
        "rare_left_max": np.maximum(*left) * known,
        "first_word": (ids[0][:, 0] == ids[1][:, 0]) * known,
    }


def _hits(ids: npt.NDArray[np.int32], others: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Of each word, whether the other name has it."""
    found = np.zeros(ids.shape, bool)
    for place in range(WORDS):
        found |= ids == others[:, place : place + 1]
    answer: npt.NDArray[np.bool_] = found & (ids != 0)
    return answer
