"""How likely two listings are one place: a logistic regression over `features`, kept as readable numbers.

Trained and calibrated by `python -m benchmarks.resolution train` on the train half of `tests/data/pairs` (labelled
by reading, before there was a model); its figures on the other half are in `docs/resolution.md`.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from ingest.resolution.features import NAMES, Matrix

FILE = "model.json"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """`intercept` and one weight per feature of `features.NAMES`, in their order."""

    intercept: float
    weights: Floats

    def probability(self, matrix: Matrix) -> Floats:
        """Probability of each row of features, 0-1, rounded to a millionth so that every machine orders pairs alike."""
        score = matrix.astype(np.float64) @ self.weights + self.intercept
        return np.round(1.0 / (1.0 + np.exp(-score)), 6)

    def to_json(self) -> str:
        """The model as it is shipped."""
        weights = {name: round(float(weight), 5) for name, weight in zip(NAMES, self.weights, strict=True)}
        return json.dumps({"intercept": round(float(self.intercept), 5), "weights": weights}, indent=1) + "\n"


@lru_cache(maxsize=1)
def load() -> Model:
    """The shipped model. Raises ValueError when it was trained on other features."""
    said = json.loads(resources.files("ingest.resolution").joinpath(FILE).read_text("utf-8"))
    if tuple(said["weights"]) != NAMES:
        raise ValueError("the model was trained on other features: run `python -m benchmarks.resolution train`")
    return Model(float(said["intercept"]), np.array(list(said["weights"].values()), np.float64))
