"""Trains and measures the resolution of listings into places on the labelled pairs.

`python -m benchmarks.resolution train` writes the model from the train half; `validate` prints F1 in ten folds of that
half; `evaluate` prints precision, recall and
F1 on the held-out half, with 95 % intervals, overall and per pair of lists.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from sklearn.ensemble import HistGradientBoostingClassifier

from benchmarks import splink_comparison
from ingest.normalise.name import match_name
from ingest.resolution import comparison_columns, features, linkage, model
from ingest.rows.facts import SCHEMA
from ingest.rows.keys import match_address

ROOT = Path(__file__).resolve().parents[1]
PAIRS = ROOT / "tests" / "data" / "pairs"
LEARNING: dict[str, Any] = {
    "max_iter": 150, "learning_rate": 0.06, "max_leaf_nodes": model.LEAVES, "max_features": 0.2,
    "min_samples_leaf": 6, "l2_regularization": 3.0, "early_stopping": False, "random_state": 1,
}  # fmt: skip
MORE_ALIKE = frozenset(
    (
        *("name_sort", "name_set", "name_equal", "bare_sort", "bare_set", "bare_jaro", "bare_partial", "bare_equal"),
        *("joined", "inside", "rare_min", "rare_max", "acronym", "near", "number_equal", "address_equal"),
        *("phone_equal", "site_equal", "host_equal", "host_own", "label_equal", "site_says", "siret_equal"),
    )
)
LESS_ALIKE = frozenset(
    (
        *("far", "log_m", "vague_far", "insee_differs", "number_differs", "address_apart", "phone_differs"),
        *("siret_differs", "kind_apart", "role_differs", "digits_differ", "brand_differs", "towns_differ"),
    )
)
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
    """The listings of the published pairs, as the store gives them (`ingest.resolution.stored_listings.STORED`)."""
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
        sources=pl.lit(None, pl.String),
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
        comparison_columns.derive(listings),
        pairs,
        np.array([at[key] for key in pairs.select("list_a", "key_a").rows()]),
        np.array([at[key] for key in pairs.select("list_b", "key_b").rows()]),
        (pairs["label"] == "same").to_numpy(),
        (pairs["split"] == "train").to_numpy(),
    )


def train(labelled: Labelled, rows: npt.NDArray[np.bool_] | None = None) -> model.Model:
    """A model learnt from the train half, or from `rows` of it.

    Monotonic: more resemblance of names, a common telephone or a shorter distance never makes a pair less likely.
    """
    chosen = labelled.train if rows is None else rows & labelled.train
    matrix = features.matrix(labelled.derived, labelled.left[chosen], labelled.right[chosen])
    learner = HistGradientBoostingClassifier(monotonic_cst=_directions(), **LEARNING)
    learner.fit(matrix, labelled.same[chosen])
    trees = [_tree(one[0].nodes, 0) for one in learner._predictors]
    return model.Model.of(round(float(learner._baseline_prediction[0, 0]), 5), trees)


def _directions() -> list[int]:
    return [1 if name in MORE_ALIKE else -1 if name in LESS_ALIKE else 0 for name in features.NAMES]


def _tree(nodes: npt.NDArray[np.void], at: int) -> model.Tree:
    """A tree of scikit-learn as `model.Tree`; scikit-learn goes left at most at the threshold, as we do."""
    node = nodes[at]
    if node["is_leaf"]:
        return round(float(node["value"]), 5)
    name = features.NAMES[int(node["feature_idx"])]
    low, high = (_tree(nodes, int(node[side])) for side in ("left", "right"))
    return [name, round(float(node["num_threshold"]), 6), low, high]


def folds(labelled: Labelled, count: int = 10, seed: int = 0) -> npt.NDArray[np.int64]:
    """A fold per pair; pairs linked by their listings are in one fold, as train and held-out are made."""
    graph = coo_matrix(
        (np.ones(len(labelled.left)), (labelled.left, labelled.right)), shape=(labelled.derived.height,) * 2
    )
    _, component = connected_components(graph, directed=False)
    drawn = np.random.default_rng(seed).integers(0, count, component.max() + 1)
    answer: npt.NDArray[np.int64] = drawn[component[labelled.left]]
    return answer


def cross_validated(labelled: Labelled, seeds: int = 3) -> tuple[float, float]:
    """(F1, Brier) within the train half, ten folds, mean of some draws: what features and settings were chosen by."""
    told = []
    matrix = features.matrix(labelled.derived, labelled.left, labelled.right)
    for seed in range(seeds):
        fold = folds(labelled, seed=seed)
        said = np.zeros(len(fold))
        for here in np.unique(fold[labelled.train]):
            out = fold == here
            said[out] = train(labelled, ~out).probability(matrix[out])
        same = labelled.same[labelled.train]
        probability = said[labelled.train]
        told.append((_scores(same, probability >= linkage.LINK)[2], float(np.mean((probability - same) ** 2))))
    f1, brier = np.mean(told, axis=0)
    return float(f1), float(brier)


def reliability(labelled: Labelled) -> tuple[float, list[tuple[float, float, int]]]:
    """Brier score on the held-out half; of each band of probabilities (mean said, share that is one place, pairs)."""
    held = ~labelled.train
    said = linkage.probabilities(labelled.derived, labelled.left[held], labelled.right[held])
    same = labelled.same[held]
    edges = np.array([0.02, 0.15, 0.5, 0.85, 0.98])
    band = np.digitize(said, edges)
    told = [(float(said[band == i].mean()), float(same[band == i].mean()), int((band == i).sum())) for i in range(6)]
    return float(np.mean((said - same) ** 2)), told


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
    said = linkage.probabilities(labelled.derived, labelled.left, labelled.right) >= linkage.LINK
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
    parser.add_argument("what", choices=["train", "validate", "evaluate", "splink"])
    chosen = parser.parse_args()
    labelled = read_labelled()
    if chosen.what == "train":
        (ROOT / "ingest" / "resolution" / model.FILE).write_text(train(labelled).to_json(), "utf-8")
        return
    if chosen.what == "validate":
        print("F1 {:.4f}, Brier {:.4f} in ten folds of the train half".format(*cross_validated(labelled)))
        return
    if chosen.what == "splink":
        same, train_half = labelled.same, labelled.train
        for row in splink_comparison.compared(labelled.derived, labelled.left, labelled.right, same, train_half):
            print(
                f"{row.name:62} train F1 {row.f1_train:.3f}  held out: precision {row.precision:.3f}  "
                f"recall {row.recall:.3f}  F1 {row.f1:.3f}  precision at our recall {row.precision_at_recall:.3f}  "
                f"{row.seconds:.1f} s  {row.peak_mib} MiB"
            )
        return
    for name, found in evaluate(labelled).items():
        told = "  ".join(
            f"{value:.3f} [{low:.3f}, {high:.3f}]" for value, low, high in (found.precision, found.recall, found.f1)
        )
        print(f"{name:42} {found.pairs:5} {found.same:5}  {told}")
    brier, bands = reliability(labelled)
    print(f"Brier {brier:.4f}")
    for said, share, count in bands:
        print(f"said {said:.3f}  same {share:.3f}  {count} pairs")


if __name__ == "__main__":
    main()
