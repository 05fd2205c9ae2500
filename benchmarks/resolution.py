"""Trains and measures the resolution of listings into places on the labelled pairs.

`python -m benchmarks.resolution train` writes the model from the train half; `evaluate` prints precision, recall and
F1 on the held-out half, with 95 % intervals, overall and per pair of lists.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.linear_model import LogisticRegression

from ingest import linking
from ingest.facts import SCHEMA
from ingest.keys import match_address
from ingest.normalise.name import match_name
from ingest.resolution import derive, features, model

ROOT = Path(__file__).resolve().parents[1]
PAIRS = ROOT / "tests" / "data" / "pairs"
REGULARISATION = 3.0
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled pairs: positions in `derived`, whether they are one place, and whether they may be learnt from."""

    derived: pl.DataFrame
    pairs: pl.DataFrame
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    same: npt.NDArray[np.bool_]
    train: npt.NDArray[np.bool_]


def read_listings() -> pl.DataFrame:
    """The listings of the published pairs, as the store gives them (`ingest.neighbours.STORED`)."""
    text = {name: kind for name, kind in SCHEMA.items() if kind == pl.String} | {"source_key": pl.String}
    listings = pl.read_csv(PAIRS / "listings.csv", infer_schema_length=None, schema_overrides=text)
    listings = listings.with_columns(pl.col("address", "insee", "postcode", "commune").fill_null(""))
    keys = [
        f"{match_name(n, k)}|{match_address(a)}|{i}"
        for n, k, a, i in listings.select("name", "kind", "address", "insee").rows()
    ]
    return listings.with_columns(
        pl.Series("match_key", keys),
        listing=pl.int_range(pl.len()),
        place_id=pl.lit(0),
        trust=pl.lit(50),
        expected_m=pl.col("expected_m").cast(pl.Float64),
    )


def read_labelled() -> Labelled:
    """The published pairs with their listings, as the resolution sees them."""
    listings = read_listings()
    at = {key: i for i, key in enumerate(listings.select("source", "source_key").rows())}
    pairs = pl.read_csv(
        PAIRS / "pairs.csv", infer_schema_length=None, schema_overrides={"key_a": pl.String, "key_b": pl.String}
    )
    return Labelled(
        derive.derive(listings),
        pairs,
        np.array([at[key] for key in pairs.select("list_a", "key_a").rows()]),
        np.array([at[key] for key in pairs.select("list_b", "key_b").rows()]),
        (pairs["label"] == "same").to_numpy(),
        (pairs["split"] == "train").to_numpy(),
    )


def train(labelled: Labelled) -> model.Model:
    """A model learnt from the train half."""
    matrix = features.matrix(labelled.derived, labelled.left, labelled.right)
    learner = LogisticRegression(C=REGULARISATION, max_iter=5_000)
    learner.fit(matrix[labelled.train], labelled.same[labelled.train])
    return model.Model(float(learner.intercept_[0]), learner.coef_[0])


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall and F1 with their 95 % intervals (bootstrap over pairs)."""

    pairs: int
    same: int
    precision: tuple[float, float, float]
    recall: tuple[float, float, float]
    f1: tuple[float, float, float]


def figures(same: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_], seed: int = 7) -> Figures:
    """Figures of a set of pairs."""
    rng = np.random.default_rng(seed)
    draws = [_scores(same[i], said[i]) for i in (rng.integers(0, len(same), len(same)) for _ in range(RESAMPLES))]
    low, high = np.nanpercentile(np.array(draws), [2.5, 97.5], axis=0)
    point = _scores(same, said)
    told = [(point[i], float(low[i]), float(high[i])) for i in range(3)]
    return Figures(len(same), int(same.sum()), *told)


def _scores(same: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    hits = float((same & said).sum())
    precision = hits / said.sum() if said.any() else float("nan")
    recall = hits / same.sum() if same.any() else float("nan")
    return precision, recall, 2 * hits / (said.sum() + same.sum()) if (said.any() or same.any()) else float("nan")


def evaluate(labelled: Labelled) -> dict[str, Figures]:
    """Figures on the held-out half: `all`, then by pair of lists with at least 20 pairs."""
    said = linking.probabilities(labelled.derived, labelled.left, labelled.right) >= linking.LINK
    held = ~labelled.train
    answer = {"all": figures(labelled.same[held], said[held])}
    names = (labelled.pairs["list_a"] + " x " + labelled.pairs["list_b"]).to_numpy()
    for name in sorted(set(names[held])):
        mine = held & (names == name)
        if mine.sum() >= 20:
            answer[name] = figures(labelled.same[mine], said[mine])
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "evaluate"])
    chosen = parser.parse_args()
    labelled = read_labelled()
    if chosen.what == "train":
        (ROOT / "ingest" / "resolution" / model.FILE).write_text(train(labelled).to_json(), "utf-8")
        return
    for name, found in evaluate(labelled).items():
        told = "  ".join(
            f"{value:.3f} [{low:.3f}, {high:.3f}]" for value, low, high in (found.precision, found.recall, found.f1)
        )
        print(f"{name:42} {found.pairs:5} {found.same:5}  {told}")


if __name__ == "__main__":
    main()
