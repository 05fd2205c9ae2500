"""What is common in names and sites of France: a fixed table, so that no answer depends on the other listings.

`word_statistics.json` is built by `python -m benchmarks.common_words` from the shipped lists.
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

FILE = "word_statistics.json"


@dataclass(frozen=True, slots=True)
class Common:
    """`weights`: how telling a common word is, 0-1 (inverse document frequency over its largest value); a word that
    is not there weighs 1. `hosts`: web hosts that places of several towns share (chains, platforms, networks)."""

    weights: dict[str, float]
    hosts: frozenset[str]


@lru_cache(maxsize=1)
def load() -> Common:
    """The shipped table."""
    said = json.loads(resources.files("ingest.resolution").joinpath(FILE).read_text("utf-8"))
    total = math.log(said["names"] + 1)
    weights = {word: 1.0 - math.log(count + 1) / total for word, count in said["words"].items()}
    return Common(weights, frozenset(said["hosts"]))
