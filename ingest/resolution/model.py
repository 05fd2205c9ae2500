"""How likely two listings are one place: boosted trees over `features`, kept as readable numbers.

Trained by `python -m benchmarks.resolution train` on the train half of `tests/data/pairs` (read by people before
there was a model); its figures on the other half are in `docs/resolution.md`. A tree is `[feature, threshold, low,
high]`: `low` when the feature is at most the threshold; a leaf is what it adds to the log-odds.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from ingest.resolution.cannot_link import apart_for_sure
from ingest.resolution.features import NAMES, Matrix

FILE = "model.json"
LEAVES = 12
"""Leaves of a tree at most: with as many bits, the values of all masks of a tree fit the processor's first cache."""
ALL = (1 << LEAVES) - 1
AT_MOST = 0.01
"""Probability of a pair that `apart.apart_for_sure` speaks against: below the veto, so that no third listing joins
them."""
ROWS_AT_ONCE = 16_384
"""What fits the processor's cache together with the features."""
Floats = npt.NDArray[np.float64]
Masks = npt.NDArray[np.uint16]
Tree = Sequence[object] | float


@dataclass(frozen=True, slots=True)
class Split:
    """Feature and threshold; `gone` are the leaves, as bits, that are out of reach when the feature is above it."""

    feature: int
    threshold: np.float32
    gone: np.uint16


@dataclass(frozen=True, slots=True)
class Compiled:
    """A tree as splits that each rule leaves out. `values[gone]` is the value of the first leaf that is left."""

    splits: tuple[Split, ...]
    values: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Model:
    """`start` in log-odds, and trees that add to it. `trees` are as in the file, `compiled` what is computed with."""

    start: float
    trees: tuple[Tree, ...]
    compiled: tuple[Compiled, ...]

    @classmethod
    def of(cls, start: float, trees: Sequence[Tree]) -> "Model":
        """A model of trees as the file holds them."""
        return cls(start, tuple(trees), tuple(_compiled(tree) for tree in trees))

    def probability(self, matrix: Matrix) -> Floats:
        """Probability of each row of features, 0-1, rounded to a millionth so that every machine orders pairs alike."""
        parts = [self._score(matrix[i : i + ROWS_AT_ONCE]) for i in range(0, len(matrix), ROWS_AT_ONCE)]
        score = np.concatenate(parts) if parts else np.zeros(0)
        apart = apart_for_sure(matrix)
        told = 1.0 / (1.0 + np.exp(-score))
        return np.round(np.where(apart, np.minimum(told, AT_MOST), told), 6)

    def _score(self, matrix: Matrix) -> Floats:
        """Log-odds. Every split is asked of all rows and strikes out leaves, as bits; the first one left is reached
        (QuickScorer, Lucchese et al. 2015)."""
        columns = np.ascontiguousarray(matrix.T)
        score = np.full(len(matrix), self.start)
        above, struck = np.zeros(len(matrix), bool), np.zeros(len(matrix), np.uint16)
        for tree in self.compiled:
            gone: Masks = np.zeros(len(matrix), np.uint16)
            for split in tree.splits:
                np.greater(columns[split.feature], split.threshold, out=above)
                np.multiply(above, split.gone, out=struck)
                gone |= struck
            score += tree.values[gone]
        return score

    def to_json(self) -> str:
        """The model as it is shipped."""
        trees = ",\n  ".join(json.dumps(tree) for tree in self.trees)
        return f'{{\n "features": {json.dumps(NAMES)},\n "start": {self.start},\n "trees": [\n  {trees}\n ]\n}}\n'


def _compiled(tree: Tree) -> Compiled:
    splits: list[Split] = []
    leaves: list[float] = []

    def visit(node: Tree) -> None:
        if isinstance(node, int | float):
            leaves.append(float(node))
            return
        name, threshold, low, high = node
        before = len(leaves)
        visit(low)  # type: ignore[arg-type]
        gone = sum(1 << leaf for leaf in range(before, len(leaves)))
        splits.append(Split(NAMES.index(str(name)), np.float32(threshold), np.uint16(gone)))  # type: ignore[arg-type]
        visit(high)  # type: ignore[arg-type]

    visit(tree)
    left = ALL - np.arange(ALL)  # for every set of leaves struck out but that of all
    first = np.log2(left & -left).astype(np.int64)
    values = np.zeros(ALL + 1, np.float32)
    values[:ALL] = np.array(leaves, np.float32)[np.minimum(first, len(leaves) - 1)]
    return Compiled(tuple(splits), values)


@lru_cache(maxsize=1)
def load() -> Model:
    """The shipped model. Raises ValueError when it was trained on other features."""
    said = json.loads(resources.files("ingest.resolution").joinpath(FILE).read_text("utf-8"))
    if tuple(said["features"]) != NAMES:
        raise ValueError("the model was trained on other features: run `python -m benchmarks.resolution train`")
    return Model.of(float(said["start"]), said["trees"])
