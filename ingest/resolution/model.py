"""How likely two listings are one place: boosted trees over `features`, kept as readable numbers.

Trained by `python -m benchmarks.resolution train` on the train half of `tests/data/pairs` (read by people before
there was a model); its figures on the other half are in `docs/resolution.md`. A tree is `[feature, threshold, low,
high]`: `low` when the feature is at most the threshold; a leaf is what it adds to the log-odds.

Cannot-link rules overrule the model (`cannot_link`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from ingest.resolution.features import NAMES, Matrix

FILE = "model.json"
LEAVES = 12
"""Leaves of a tree at most: with as many bits, the values of all masks of a tree fit the processor's first cache."""
ALL = (1 << LEAVES) - 1
AT_MOST = 0.01
"""Probability of a pair that `cannot_link` forbids: below the veto, so that no third listing joins them."""
TWO_PLACES = ("brand_differs", "towns_differ")
"""Features that make a pair two places whatever else it shares: two brands, or the mairies of two former communes."""
CONTACTS = ("phone_equal", "site_equal", "host_equal", "siret_equal", "label_equal")
"""Features of contacts that both sides share."""
ROWS_AT_ONCE = 16_384
"""What fits the processor's cache together with the features."""
Floats = npt.NDArray[np.float64]
Masks = npt.NDArray[np.uint16]
Tree = Sequence[object] | float


@dataclass(frozen=True, slots=True)
class Split:
    """Feature and threshold; `struck_out`: bitmask of the leaves out of reach when the feature is above it."""

    feature: int
    threshold: np.float32
    struck_out: np.uint16


@dataclass(frozen=True, slots=True)
class Compiled:
    """A tree as splits that each rule leaves out. `values[struck_out]`: the value of the first leaf that is left."""

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
        probability = 1.0 / (1.0 + np.exp(-score))
        return np.round(np.where(cannot_link(matrix), np.minimum(probability, AT_MOST), probability), 6)

    def _score(self, matrix: Matrix) -> Floats:
        """Log-odds. Every split is evaluated on all rows and strikes out leaves, as bits; the first leaf left is the
        result (QuickScorer, Lucchese et al. 2015)."""
        columns = np.ascontiguousarray(matrix.T)
        score = np.full(len(matrix), self.start)
        above, by_split = np.zeros(len(matrix), bool), np.zeros(len(matrix), np.uint16)
        for tree in self.compiled:
            struck_out: Masks = np.zeros(len(matrix), np.uint16)
            for split in tree.splits:
                np.greater(columns[split.feature], split.threshold, out=above)
                np.multiply(above, split.struck_out, out=by_split)
                struck_out |= by_split
            score += tree.values[struck_out]
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
        struck_out = sum(1 << leaf for leaf in range(before, len(leaves)))
        splits.append(Split(NAMES.index(str(name)), np.float32(threshold), np.uint16(struck_out)))  # type: ignore[arg-type]
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
    content = json.loads(resources.files("ingest.resolution").joinpath(FILE).read_text("utf-8"))
    if tuple(content["features"]) != NAMES:
        raise ValueError("the model was trained on other features: run `python -m benchmarks.resolution train`")
    return Model.of(float(content["start"]), content["trees"])


def cannot_link(matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Pairs that are two places whatever else they share. In brackets how many of the train half of the labelled pairs
    are of each sort, all of them two places:

    `TWO_PLACES`; the town halls of two communes (13); names numbered otherwise in houses numbered otherwise,
    "Atelier 3" in number 5 and "Atelier 4" in number 7 (26); two rows of one list under two house numbers that share
    no contact (81); two own names with nothing in common whose house numbers or telephones differ and that share no
    contact (65); two such names of one list in two streets (71), or of two libraries (17): villages that became one
    commune share its site and its point.
    """

    def has(name: str) -> npt.NDArray[np.bool_]:
        answer: npt.NDArray[np.bool_] = matrix[:, NAMES.index(name)] > 0
        return answer

    def at_least(name: str, least: float) -> npt.NDArray[np.bool_]:
        answer: npt.NDArray[np.bool_] = matrix[:, NAMES.index(name)] >= least
        return answer

    apart = np.any([has(name) for name in TWO_PLACES], axis=0)
    apart |= has("both_halls") & has("insee_differs")
    apart |= has("digits_differ") & has("number_gap")
    same_contact = np.any([has(name) for name in CONTACTS], axis=0)
    apart |= has("same_source") & has("number_gap") & ~same_contact
    own_names = ~(has("bare_missing") | has("bare_both_missing") | has("acronym"))
    strangers = own_names & ~(at_least("bare_set", 0.7) | at_least("bare_partial", 0.75) | at_least("bare_jaro", 0.85))
    doors = has("number_differs") & ~has("number_close")
    phones = has("phone_differs") & ~has("address_equal")
    apart |= strangers & has("same_source") & (has("address_apart") | has("both_libraries"))
    answer: npt.NDArray[np.bool_] = apart | (strangers & ~same_contact & (doors | phones))
    return answer
