"""Pairwise precision, recall and F1 of the resolved places against the truth of the generator."""

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.national_files import TRUTH
from benchmarks.national_run import placelibre


def score(folder: Path, store: str) -> dict[str, Any]:
    """Exports the listings of the store and compares their places with the truth."""
    out = folder / "listings.parquet"
    done = placelibre(store, folder, "export", "--listings", "--out", str(out))
    if done.exit_code:
        return {"error": done.error}
    return compare(pl.read_parquet(folder / TRUTH), pl.read_parquet(out))


def compare(truth: pl.DataFrame, listings: pl.DataFrame) -> dict[str, Any]:
    """Counts of pairs of listings in one place. Rows that the import refused are in no pair; they are counted apart.

    The further rooms of a place in one list are left out: to join them is no merit.
    """
    wanted = truth.filter(pl.col("in_scope") & ~pl.col("repeat"))
    keys = ["source", "source_key"]
    texts = listings.select(pl.col(*keys, "place_id").cast(pl.String))
    joined = wanted.join(texts, on=keys, how="inner")
    both = _pairs(joined, "place", "place_id")
    found, true = _pairs(joined, "place_id"), _pairs(joined, "place")
    precision = both / found if found else 1.0
    recall = both / true if true else 1.0
    f1 = 2 * precision * recall / (precision + recall) if both else 0.0
    return {"listings": len(joined), "not_exported": len(wanted) - len(joined), "true_pairs": true,
            "found_pairs": found,
            "precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}  # fmt: skip


def _pairs(rows: pl.DataFrame, *by: str) -> int:
    size = rows.group_by(*by).len()["len"].cast(pl.Int64)
    return int((size * (size - 1) // 2).sum())
