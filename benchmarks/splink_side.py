"""Splink 5 on the rows and candidate pairs that ours is measured on.

Splink gets what ours gets: the same normalised columns, the same candidates, the same labels to learn from. Its
comparisons are tuned to these lists: names whole and bare, by exact value with term frequencies, shared words and
Jaro-Winkler; distance, address, telephone, site, SIRET, kind and host. Three ways to its parameters are tried, and
the one that does best on the train half is kept.
"""

import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.types import Precision
from ingest.resolution.host_roles import ROLES

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
WAYS = ("expectation maximisation", "m of labels, u of random pairs", "m and u of labels")
FREQUENCIES = (0.0, 0.3, 1.0)
"""Weights of the term frequency adjustment that are tried: 0 is none."""


@dataclass(frozen=True, slots=True)
class Side:
    """Match weights of pairs as probabilities, seconds from rows to probabilities, peak resident memory."""

    probability: Floats
    seconds: float
    peak_mib: int


def peak_mib() -> int:
    """Peak resident memory of this process (Linux: ru_maxrss is in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def columns(derived: pl.DataFrame) -> pl.DataFrame:
    """Derived listings as Splink compares them: null is unknown."""
    vague = pl.col("precision").is_in([str(Precision.COMMUNE), str(Precision.LOCALITY)])
    told = derived.with_columns(bare=pl.when(pl.col("bare") != "").then("bare"))
    street = pl.when(pl.col("street") != "").then("street")
    return told.select(
        "folded", "bare", "insee", "phone", "host", "site", "siret", "kind", "number",
        unique_id=pl.int_range(pl.len()),
        words=pl.col("bare").str.split(" "),
        lat=pl.when(~vague).then("lat"),
        lon=pl.when(~vague).then("lon"),
        street=street,
        address=pl.col("number") + " " + street,
        role=pl.col("role").replace_strict(dict(enumerate(ROLES)), return_dtype=pl.String),
    )  # fmt: skip


def comparisons() -> list[Any]:
    """The comparisons, most telling level first."""
    import splink.comparison_level_library as levels
    import splink.comparison_library as library

    def custom(name: str, *told: Any) -> Any:
        return library.CustomComparison(output_column_name=name, comparison_levels=list(told))

    def kilometres(threshold: float) -> Any:
        return levels.DistanceInKMLevel("lat", "lon", threshold)

    return [
        custom(
            "bare",
            levels.CustomLevel("bare_l is null and bare_r is null"),
            levels.CustomLevel("bare_l is null or bare_r is null"),
            levels.ExactMatchLevel("bare", term_frequency_adjustments=True),
            levels.CustomLevel("list_has_all(words_l, words_r) or list_has_all(words_r, words_l)"),
            levels.JaroWinklerLevel("bare", 0.92),
            levels.CustomLevel("len(list_intersect(words_l, words_r)) >= 2"),
            levels.CustomLevel("len(list_intersect(words_l, words_r)) = 1"),
            levels.JaroWinklerLevel("bare", 0.8),
            levels.ElseLevel(),
        ),
        custom(
            "folded",
            levels.ExactMatchLevel("folded", term_frequency_adjustments=True),
            levels.JaroWinklerLevel("folded", 0.92),
            levels.JaroWinklerLevel("folded", 0.8),
            levels.ElseLevel(),
        ),
        custom(
            "place", levels.NullLevel("lat"), kilometres(0.03), kilometres(0.1), kilometres(0.3), kilometres(1.0),
            levels.ElseLevel(),
        ),
        custom(
            "address",
            levels.NullLevel("street"),
            levels.ExactMatchLevel("address", term_frequency_adjustments=True),
            levels.CustomLevel(
                "number_l = number_r and number_l <> '' and jaro_winkler_similarity(street_l, street_r) > 0.88"
            ),
            levels.CustomLevel("street_l = street_r and (number_l = '' or number_r = '')"),
            levels.CustomLevel("street_l = street_r"),
            levels.JaroWinklerLevel("street", 0.9),
            levels.ElseLevel(),
        ),
        library.ExactMatch("phone").configure(term_frequency_adjustments=True),
        custom(
            "site",
            levels.NullLevel("host"),
            levels.ExactMatchLevel("site", term_frequency_adjustments=True),
            levels.ExactMatchLevel("host", term_frequency_adjustments=True),
            levels.ElseLevel(),
        ),
        library.ExactMatch("siret").configure(term_frequency_adjustments=True),
        custom(
            "host",
            levels.CustomLevel("role_l = 'unknown' or role_r = 'unknown'"),
            levels.CustomLevel("role_l = 'hall' and role_r = 'hall'"),
            levels.ExactMatchLevel("role", term_frequency_adjustments=True),
            levels.ElseLevel(),
        ),
        library.ExactMatch("kind").configure(term_frequency_adjustments=True),
    ]  # fmt: skip


def measured(
    derived: pl.DataFrame, left: Ints, right: Ints, way: str, weight: float, labels: tuple[Ints, Ints, Bools]
) -> Side:
    """Splink's probabilities of the pairs. `labels`: positions of labelled pairs and whether each is one place."""
    started = time.perf_counter()
    rows = columns(derived)
    settings = _settings(weight)
    if way == WAYS[2]:
        gammas = _gammas(_predicted(rows, _linker(rows, settings)[1], labels[0], labels[1]))
        settings = _counted(settings, gammas, labels[2])
        linker = _linker(rows, settings)[1]
    else:
        linker = _trained(rows, settings, way, labels)
    told = _predicted(rows, linker, left, right)["match_probability"].to_numpy()
    return Side(told, time.perf_counter() - started, peak_mib())


def _settings(weight: float) -> dict[str, Any]:
    from splink import SettingsCreator, block_on

    creator = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons(),
        blocking_rules_to_generate_predictions=[block_on("insee")],
        retain_intermediate_calculation_columns=True,
        retain_matching_columns=True,
        probability_two_random_records_match=0.05,
    )
    settings: dict[str, Any] = creator.create_settings_dict("duckdb")
    for level in (level for one in settings["comparisons"] for level in one["comparison_levels"]):
        if "tf_adjustment_column" in level:
            level["tf_adjustment_weight"] = weight
            if not weight:  # Splink reads a weight of 0 as none given
                del level["tf_adjustment_column"], level["tf_adjustment_weight"]
    return settings


def _linker(rows: pl.DataFrame, settings: dict[str, Any]) -> tuple[Any, Any]:
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    database = DuckDBAPI()
    return database, Linker(database.register(rows.to_arrow()), settings, log_level=40)


def _trained(rows: pl.DataFrame, settings: dict[str, Any], way: str, labels: tuple[Ints, Ints, Bools]) -> Any:
    from splink import block_on

    database, linker = _linker(rows, settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    if way == WAYS[0]:
        for rule in (block_on("insee", "bare"), block_on("insee", "address"), block_on("phone")):
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
    else:
        left, right, same = labels
        known = pl.DataFrame({"unique_id_l": left[same], "unique_id_r": right[same]})
        linker.training.estimate_m_from_pairwise_labels(database.register(known.to_arrow()))
    return linker


def _predicted(rows: pl.DataFrame, linker: Any, left: Ints, right: Ints) -> pl.DataFrame:
    """Predictions for the pairs, in their order."""
    smaller, larger = np.minimum(left, right), np.maximum(left, right)
    wanted = pl.DataFrame({"join_key_l": smaller, "join_key_r": larger}).unique()
    pairs = wanted.with_columns(match_key=pl.lit("0"))
    database = linker._db_api
    linker.table_management.register_blocked_pairs_for_predict(database.register(pairs.to_arrow()))
    told = pl.from_arrow(linker.inference.predict().as_duckdbpyrelation().arrow())
    assert isinstance(told, pl.DataFrame)
    ordered = pl.DataFrame({"unique_id_l": smaller, "unique_id_r": larger})
    return ordered.join(told, on=["unique_id_l", "unique_id_r"], how="left", maintain_order="left")


def _gammas(told: pl.DataFrame) -> pl.DataFrame:
    return told.select(pl.col("^gamma_.*$"))


def _counted(settings: dict[str, Any], gammas: pl.DataFrame, same: Bools) -> dict[str, Any]:
    """Settings with m and u as the shares of levels among pairs of one place and of two (one added to each)."""
    for comparison in settings["comparisons"]:
        values = gammas[f"gamma_{comparison['output_column_name']}"].to_numpy()
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        for name, rows in (("m_probability", values[same]), ("u_probability", values[~same])):
            shares = _shares(rows, len(levels))
            for level, share in zip(levels, shares, strict=True):
                level[name] = share
    settings["probability_two_random_records_match"] = float(same.mean())
    return settings


def _shares(values: npt.NDArray[Any], levels: int) -> Sequence[float]:
    """Share of each level, the first level having the highest number."""
    counts = np.array([(values == level).sum() + 1.0 for level in range(levels - 1, -1, -1)])
    return [float(count) for count in counts / counts.sum()]
