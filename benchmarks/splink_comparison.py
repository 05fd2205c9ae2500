"""Ours beside Splink 5: same rows, same candidates, same labels; figures on the held-out half, seconds and memory."""

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.splink_side import FREQUENCIES, WAYS, Side, measured, peak_mib
from ingest.resolution import linkage

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Row:
    """One side's figures on the held-out half, at the threshold that was best on the train half."""

    name: str
    f1_train: float
    precision: float
    recall: float
    f1: float
    precision_at_recall: float
    seconds: float
    peak_mib: int


def ours(derived: pl.DataFrame, left: Ints, right: Ints) -> Side:
    """Our probabilities of the pairs."""
    started = time.perf_counter()
    told = linkage.probabilities(derived, left, right)
    return Side(told, time.perf_counter() - started, peak_mib())


def compared(derived: pl.DataFrame, left: Ints, right: Ints, same: Bools, train: Bools) -> list[Row]:
    """Figures of ours and of Splink's ways. All candidates of the rows are scored, the labelled pairs among
    them."""
    ones, others = linkage.pairs(derived, np.ones(derived.height, bool))
    everything = np.concatenate([left, ones]), np.concatenate([right, others])
    labels = left[train], right[train], same[train]
    sides = {"ours": _apart(ours, derived, *everything)}
    for way, weight in ((way, weight) for way in WAYS for weight in FREQUENCIES):
        sides[f"Splink, {way}, frequencies {weight:.1f}"] = _apart(measured, derived, *everything, way, weight, labels)
    told = {name: side.probability[: len(left)] for name, side in sides.items()}
    wanted = _figures(told["ours"], same, train)[1]
    return [
        Row(
            name,
            _f1_train(told[name][train], same[train]),
            *_figures(told[name], same, train),
            _at_recall(told[name][~train], same[~train], wanted),
            round(side.seconds, 2),
            side.peak_mib,
        )
        for name, side in sides.items()
    ]


def _apart(task: Any, *arguments: Any) -> Any:
    """What a task returns from a process of its own, so that its peak memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(task, *arguments).result()


def _figures(probability: Floats, same: Bools, train: Bools) -> tuple[float, float, float]:
    threshold = best_threshold(probability[train], same[train])
    said, true = probability[~train] >= threshold, same[~train]
    hits = float((said & true).sum())
    return hits / max(said.sum(), 1), hits / true.sum(), 2 * hits / (said.sum() + true.sum())


def _f1_train(probability: Floats, same: Bools) -> float:
    said = probability >= best_threshold(probability, same)
    return 2 * float((said & same).sum()) / float(said.sum() + same.sum())


def best_threshold(probability: Floats, same: Bools) -> float:
    """The threshold of the best F1."""
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(same[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + same.sum())
    ends = np.append(np.diff(probability[order]) != 0, True)  # equal probabilities stay together
    return float(probability[order][np.argmax(np.where(ends, f1, 0.0))])


def _at_recall(probability: Floats, same: Bools, recall: float) -> float:
    """Precision at the highest threshold that reaches a recall."""
    order = np.argsort(-probability, kind="stable")
    reached = np.searchsorted(np.cumsum(same[order]), np.ceil(recall * same.sum() - 1e-9))
    said = probability >= probability[order][reached]
    return float((said & same).sum() / said.sum())
