"""Compares the shipped resolution with Splink, fairly: same rows, same candidate pairs, labels for both.

`python -m benchmarks.resolution_splink quality` prints precision, recall and F1 on the held-out half of
`tests/data/pairs`, and the precision of both at equal recall. `time [copies]` prints seconds over copies of those
rows, moved and renumbered so that they do not meet.

Splink is given what the shipped features are made of (bare names, roles, house numbers), comparison levels made for
these lists and term frequencies. It is trained in four ways: m by expectation maximisation; m from the train labels,
u from random pairs; m and u from the train labels; the same without term frequencies. The way and the threshold are
chosen on train.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI
from splink.comparison_level_library import CustomLevel, ElseLevel
from splink.comparison_library import CustomComparison
from splink.internals.comparison_creator import ComparisonCreator

from benchmarks import resolution
from ingest import linking
from ingest.resolution import derive
from ingest.resolution.roles import HOSTED, ROLES

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_KNOWN = "({0}_l is null or {0}_r is null)"
_METRES = (
    "111195 * sqrt(power(lat_l - lat_r, 2) + power((lon_l - lon_r) * cos(radians((lat_l + lat_r) / 2)), 2))"  # local
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison: when it is unknown, and its levels from the likeliest, each with the column whose frequency
    counts."""

    unknown: str
    levels: tuple[tuple[str, str | None], ...]


_SAME_ROLE = "coalesce(role_l = role_r, false)"
_HOSTED = "(role_l is null or role_r is null or list_contains(hosted_l, role_r))"
_ALIKE = "jaro_winkler_similarity(bare_l, bare_r)"
_WITHIN = "len(list_intersect(words_l, words_r)) >= least(len(words_l), len(words_r)) and len(words_l) > 0"
_STREET = "jaro_winkler_similarity(street_l, street_r) >= 0.9"
_NUMBER = "number_l = number_r"
_NO_NUMBER = "(number_l is null or number_r is null)"
_NAMED = (
    f"({_ALIKE} >= 0.92 or {_WITHIN})",
    f"({_ALIKE} >= 0.8 or len(list_intersect(words_l, words_r)) >= 1)",
    "bare_l is null and bare_r is null",
    "(bare_l is null or bare_r is null)",
)
COMPARED = {
    # Name and role together, address and distance together: apart, what goes together would count twice.
    "name": Compared(
        "false",
        (
            (f"(folded_l = folded_r or bare_l = bare_r) and not {_SAME_ROLE} and not {_HOSTED}", None),
            ("folded_l = folded_r", "folded"),
            ("bare_l = bare_r", "bare"),
            *((f"{name} and {body}", None) for body in (_SAME_ROLE, _HOSTED) for name in _NAMED),
            (_SAME_ROLE, None),
            (_HOSTED, None),
        ),
    ),
    "where": Compared(
        f"{_KNOWN.format('lon')} and {_KNOWN.format('street')}",
        (
            (f"street_l = street_r and {_NUMBER} and insee_l = insee_r", None),
            (f"{_STREET} and {_NUMBER} and {_METRES} <= 300", None),
            (f"{_STREET} and {_NO_NUMBER} and {_METRES} <= 100", None),
            (f"{_STREET} and {_NO_NUMBER} and coalesce({_METRES} <= 500, insee_l = insee_r)", None),
            (f"{_STREET} and insee_l = insee_r", None),
            (f"{_KNOWN.format('street')} and {_METRES} <= 50", None),
            (f"{_KNOWN.format('street')} and {_METRES} <= 300", None),
            (f"{_METRES} <= 30", None),
            (f"{_METRES} <= 100", None),
            (f"{_METRES} <= 300", None),
            (f"{_METRES} <= 1000", None),
            (f"{_METRES} <= 3000", None),
        ),
    ),
    "telephone": Compared(_KNOWN.format("phone"), (("phone_l = phone_r", "phone"),)),
    "web": Compared(_KNOWN.format("host"), (("site_l = site_r", "site"), ("host_l = host_r", "host"))),
    "siret": Compared(
        _KNOWN.format("siret"), (("siret_l = siret_r", "siret"), ("left(siret_l, 9) = left(siret_r, 9)", None))
    ),
    "commune": Compared(_KNOWN.format("insee"), (("insee_l = insee_r", None),)),
}
Shares = dict[str, tuple[list[float], list[float]]]
"""m and u of each comparison, by level, the last one being "anything else"."""


def comparisons(shares: Shares | None, frequencies: bool) -> list[ComparisonCreator | dict[str, Any]]:
    """`COMPARED` as Splink takes it, with m and u when they are known."""
    answer: list[ComparisonCreator | dict[str, Any]] = []
    for name, compared in COMPARED.items():
        levels: list[Any] = [CustomLevel(sql, sql) for sql, _ in compared.levels]
        levels.append(ElseLevel())
        for at, level in enumerate(levels):
            frequency = compared.levels[at][1] if frequencies and at < len(compared.levels) else None
            told: dict[str, Any] = {"tf_adjustment_column": frequency} if frequency else {}
            if shares is not None:
                told |= {"m_probability": shares[name][0][at], "u_probability": shares[name][1][at]}
            level.configure(**told)
        unknown = CustomLevel(compared.unknown, "unknown").configure(is_null_level=True)
        answer.append(CustomComparison(output_column_name=name, comparison_levels=[unknown, *levels]))
    return answer


def rows_for_splink(derived: pl.DataFrame) -> pl.DataFrame:
    """Derived listings as Splink compares them: what is missing is null, and so is a position that is vague."""
    blank = [
        pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in ("bare", "number", "street", "insee")
    ]
    placed = pl.col("cell") != 0
    hosted = [[i for i, other in enumerate(ROLES) if frozenset((role, other)) in HOSTED] for role in ROLES]
    role = derived["role"]
    return derived.select(
        *blank,
        *("folded", "phone", "siret", "host", "site", "keys"),
        unique_id=pl.int_range(pl.len()),
        lon=pl.when(placed).then("lon"),
        lat=pl.when(placed).then("lat"),
        role=pl.when(pl.col("role") != ROLES.index("unknown")).then("role"),
        hosted=pl.Series([hosted[i] for i in role.to_list()], dtype=pl.List(pl.Int64)),
        words=pl.col("bare").str.split(" ").list.filter(pl.element() != ""),
    )


def linker_of(rows: pl.DataFrame, blocking: str, shares: Shares | None = None, *, frequencies: bool = True) -> Linker:
    """A Splink linker over rows whose candidates share a value of the list column `blocking`."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons(shares, frequencies),
        blocking_rules_to_generate_predictions=[block_on(blocking, arrays_to_explode=[blocking])],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=True,
    )
    return Linker(DuckDBAPI().register(rows.to_arrow()), settings, log_level=40)


def with_pairs(rows: pl.DataFrame, left: Sequence[int], right: Sequence[int]) -> pl.DataFrame:
    """Rows with the numbers of their candidate pairs (`pair`): blocking on it compares these pairs and no other."""
    number = pl.int_range(len(left), eager=True)
    ends = pl.DataFrame({"unique_id": [*left, *right], "pair": pl.concat([number, number])})
    grouped = ends.group_by("unique_id").agg("pair")
    return rows.join(grouped, on="unique_id", how="left", maintain_order="left").with_columns(
        pl.col("pair").fill_null(pl.lit([], dtype=pl.List(pl.Int64)))
    )


def scored(linker: Linker, left: Sequence[int], right: Sequence[int]) -> pl.DataFrame:
    """Splink's match weight and levels of each pair, in their order."""
    found = pl.DataFrame(linker.inference.predict().as_duckdbpyrelation().arrow().read_all())
    found = found.with_columns(
        low=pl.min_horizontal("unique_id_l", "unique_id_r"), high=pl.max_horizontal("unique_id_l", "unique_id_r")
    ).unique(["low", "high"])
    wanted = pl.DataFrame({"a": left, "b": right}).select(
        low=pl.min_horizontal("a", "b").cast(pl.Int64), high=pl.max_horizontal("a", "b").cast(pl.Int64)
    )
    return wanted.join(found, on=["low", "high"], how="left", maintain_order="left")


def trained_by_em(rows: pl.DataFrame, labels: pl.DataFrame | None) -> Linker:
    """u from random pairs; m by expectation maximisation, or from labelled matches when there are any."""
    linker = linker_of(rows, "pair")
    linker.training.estimate_u_using_random_sampling(max_pairs=5e6, seed=7)
    if labels is not None:
        linker.training.estimate_m_from_pairwise_labels(linker.table_management.register_table(labels, "labels"))
        return linker
    for rule in (block_on("phone"), block_on("insee", "street"), block_on("insee", "bare")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=1.0)
    return linker


def shares_of(levels: pl.DataFrame, same: Bools) -> Shares:
    """m and u counted over labelled pairs, one added to each level so that none is impossible."""
    answer: Shares = {}
    for name, compared in COMPARED.items():
        gamma = levels[f"gamma_{name}"].to_numpy()
        counts = [
            np.array([(gamma[mask] == level).sum() + 1.0 for level in range(len(compared.levels), -1, -1)])
            for mask in (same, ~same)
        ]
        answer[name] = ((counts[0] / counts[0].sum()).tolist(), (counts[1] / counts[1].sum()).tolist())
    return answer


def best_threshold(score: Floats, same: Bools) -> float:
    """The threshold of the highest F1."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(same[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + same.sum())
    return float(score[order[int(np.argmax(f1))]])


def precision_at(score: Floats, same: Bools, recall: float) -> float:
    """Precision where at least this share of the matches is found."""
    least = np.sort(score[same])[::-1][max(int(np.ceil(recall * same.sum())) - 1, 0)]
    said = score >= least
    return float((same & said).sum() / said.sum())


def is_blocked(labelled: resolution.Labelled) -> Bools:
    """Which labelled pairs the shipped blocking would compare in an import of all these lists."""
    found = linking.pairs(labelled.derived, np.ones(labelled.derived.height, bool))
    compared = set(zip(*(side.tolist() for side in found), strict=True))
    pairs = zip(labelled.left.tolist(), labelled.right.tolist(), strict=True)
    return np.array([(min(pair), max(pair)) in compared for pair in pairs])


def quality() -> None:
    """Prints both on the held-out half."""
    labelled = resolution.read_labelled()
    left, right, same, train = labelled.left.tolist(), labelled.right.tolist(), labelled.same, labelled.train
    rows = with_pairs(rows_for_splink(labelled.derived), left, right)
    matches = np.flatnonzero(train & same)
    labels = pl.DataFrame({"unique_id_l": labelled.left[matches], "unique_id_r": labelled.right[matches]}).to_arrow()
    by_em = scored(trained_by_em(rows, None), left, right)
    by_m = scored(trained_by_em(rows, labels), left, right)
    shares = shares_of(by_em.filter(pl.Series(train)), same[train])
    by_both = scored(linker_of(rows, "pair", shares), left, right)
    plain = scored(linker_of(rows, "pair", shares, frequencies=False), left, right)
    ours = linking.probabilities(labelled.derived, labelled.left, labelled.right)
    ways = {
        "splink, m by EM": by_em,
        "splink, m from labels": by_m,
        "splink, m and u from labels": by_both,
        "the same, no frequencies": plain,
    }
    blocked = np.where(is_blocked(labelled), ours, 0.0)
    scores = {"shipped": ours, "shipped, after its blocking": blocked} | {
        name: found["match_weight"].to_numpy() for name, found in ways.items()
    }
    held = ~train
    for name, score in scores.items():
        threshold = linking.LINK if name.startswith("shipped") else best_threshold(score[train], same[train])
        said = score >= threshold
        learnt = resolution.figures(same[train], said[train]).f1[0]
        found = resolution.figures(same[held], said[held])
        told = "  ".join(
            f"{v:.3f} [{low:.3f}, {high:.3f}]" for v, low, high in (found.precision, found.recall, found.f1)
        )
        points = "  ".join(f"{precision_at(score[held], same[held], r):.3f}" for r in (0.8, 0.9, 0.95, 0.97, 0.99))
        print(f"{name:28} train F1 {learnt:.3f}  held out: {told}  precision at recall .8 .9 .95 .97 .99: {points}")


def copies_of(derived: pl.DataFrame, copies: int) -> pl.DataFrame:
    """Listings several times over, each copy 3 degrees further, in communes and with numbers of its own, derived."""
    parts = [
        derived.with_columns(
            pl.col("lon") + 3.0 * copy,
            *(
                pl.concat_str(pl.lit(f"{copy}-"), name).alias(name)
                for name in ("insee", "phone", "siret", "source_key")
            ),
        )
        for copy in range(copies)
    ]
    return pl.concat(parts)


def timed(copies: int) -> None:
    """Prints seconds of both, blocking included, on the same blocking keys."""
    listings = copies_of(resolution.read_listings(), copies)
    began = time.perf_counter()
    derived = derive.derive(listings)
    prepared = time.perf_counter()
    left, right = linking.pairs(derived, np.ones(derived.height, bool))
    linking.probabilities(derived, left, right)
    done = time.perf_counter()
    print(f"{derived.height} rows: deriving (both need it) {prepared - began:.1f} s")
    print(f"shipped: {len(left)} pairs, blocking and scoring {done - prepared:.1f} s")
    began = time.perf_counter()
    linker = linker_of(rows_for_splink(derived), "keys")
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=7)
    for rule in (block_on("phone"), block_on("insee", "street")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=0.2)
    trained = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_probability=0.01).as_duckdbpyrelation().shape[0]
    print(f"splink: training {trained - began:.1f} s; {pairs} pairs kept, {time.perf_counter() - trained:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["quality", "time"])
    parser.add_argument("copies", type=int, nargs="?", default=25)
    chosen = parser.parse_args()
    if chosen.what == "quality":
        quality()
    else:
        timed(chosen.copies)


if __name__ == "__main__":
    main()
