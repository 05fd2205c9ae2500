"""Weights of words: which words of names are common, and how telling those are that two names share.

The weights are a fixed table, so that no answer depends on the other listings: `word_statistics.json`, built by
`python -m benchmarks.common_words` from the shipped lists.
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

FILE = "word_statistics.json"
WORDS = 10
"""Words of a name that are compared; the further ones of a very long name are not."""
BEGINNING = 6
"""Words with so many first letters in common count as one: "chemille" and "chemillois", "creusois" and "creusoise"."""


@dataclass(frozen=True, slots=True)
class WordStatistics:
    """`weights`: how telling a common word is, 0-1 (inverse document frequency over its largest value); a word that
    is not in it weighs 1. `hosts`: web hosts that places of several towns share (chains, platforms, networks)."""

    weights: dict[str, float]
    hosts: frozenset[str]


@lru_cache(maxsize=1)
def load_statistics() -> WordStatistics:
    """The shipped table."""
    content = json.loads(resources.files("ingest.resolution").joinpath(FILE).read_text("utf-8"))
    total = math.log(content["names"] + 1)
    weights = {word: 1.0 - math.log(count + 1) / total for word, count in content["words"].items()}
    return WordStatistics(weights, frozenset(content["hosts"]))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of each name: `ids` (names x WORDS, 0 for none) and their `weights` (0 for none)."""

    ids: npt.NDArray[np.int32]
    weights: Floats


def words_of(bare: pl.Series) -> Words:
    """The words of bare names, each once."""
    table = load_statistics().weights
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
        weights_of_words = pl.DataFrame({"word": list(table), "weight": list(table.values())})
        weight = long.join(weights_of_words, on="word", how="left", maintain_order="left")["weight"].fill_null(1.0)
        beginnings = long["word"].str.slice(0, BEGINNING).rank("dense").cast(pl.Int32)
        at = (long["row"].to_numpy(), long["place"].to_numpy())
        ids[at] = beginnings.to_numpy()
        weights[at] = weight.to_numpy()
    return Words(ids, weights)


def compare_words(words: Words, left: Ints, right: Ints) -> dict[str, Floats]:
    """What the names of each pair share, weighed by how telling the words are; all 0 when either has no word.

    `rare_min`, `rare_max`: share of the lighter, of the heavier name; `rare_best`: the most telling common word;
    `rare_left`, `rare_left_max`: the most telling word that only one name has, of the better and of the worse side;
    `first_word`: the first words are one.
    """
    ids = words.ids[left], words.ids[right]
    weights = words.weights[left], words.weights[right]
    hits = _hits(*ids), _hits(ids[1], ids[0])
    shared = (weights[0] * hits[0]).sum(axis=1)
    totals = weights[0].sum(axis=1), weights[1].sum(axis=1)
    both_have_words = ((totals[0] > 0) & (totals[1] > 0)).astype(np.float32)
    unshared = tuple((weight * ~hit).max(axis=1, initial=0.0) for weight, hit in zip(weights, hits, strict=True))
    lighter, heavier = np.minimum(*totals), np.maximum(*totals)
    return {
        "rare_min": np.minimum(shared / np.maximum(lighter, 1e-6), 1.0) * both_have_words,
        "rare_max": np.minimum(shared / np.maximum(heavier, 1e-6), 1.0) * both_have_words,
        "rare_best": (weights[0] * hits[0]).max(axis=1, initial=0.0) * both_have_words,
        "rare_left": np.minimum(*unshared) * both_have_words,
        "rare_left_max": np.maximum(*unshared) * both_have_words,
        "first_word": (ids[0][:, 0] == ids[1][:, 0]) * both_have_words,
    }


def _hits(ids: npt.NDArray[np.int32], others: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """For each word, whether the other name has it."""
    hits = np.zeros(ids.shape, bool)
    for place in range(WORDS):
        hits |= ids == others[:, place : place + 1]
    answer: npt.NDArray[np.bool_] = hits & (ids != 0)
    return answer
