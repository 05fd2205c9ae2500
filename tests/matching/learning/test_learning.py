"""Weights are learned from choices: each step against a plain implementation, and planted weights are recovered."""

import json
import math

import numpy as np
import polars as pl
import pytest

from geo.errors import InvalidInput
from geo.spatial.distance import haversine_m
from geo.types import Point
from matching.learning.fit import MAX_AFFINITY, _pairs, cap_affinity, fit_weights
from matching.learning.interaction_log import COLUMNS, DEPTH, Floats, InteractionLog
from matching.learning.location_privacy import SAMPLED_RESOLUTION, cell_of, expected_proximity
from matching.learning.ndcg import dcg, dcg_of_log, estimate_gain, estimate_mean
from matching.learning.position_bias import estimate_examination
from matching.learning.proposal import MIN_WITH_A_CHOICE, propose, read_weights, round_weights
from matching.learning.recovery_check import check_recovery
from matching.learning.simulator import PLANTED, SimulatedSearchers, draw_queries, planted_searchers, simulate_log
from matching.query.query import Preset
from matching.query.weights import PRESETS, TERM_NAMES
from matching.search.engine import SnapshotLayer
from matching.snapshot.snapshot import Snapshot

HAND_SET = np.array(list(PRESETS[Preset.BALANCED].values()))


def random_log(searchers: SimulatedSearchers, impressions: int, seed: int) -> InteractionLog:
    """Sixty results drawn for each search, the best twenty by the hand-set weights shown."""
    random = np.random.default_rng(seed)
    values = random.random((impressions, 60, len(TERM_NAMES)))
    for term in (1, 3):  # half of the searches cannot use it
        values[random.random(impressions) < 0.5, :, term] = 0.0
    best = np.argsort(-(values @ HAND_SET), axis=1)[:, :DEPTH]
    values = np.take_along_axis(values, best[:, :, None], 1)
    chosen = random.random((impressions, DEPTH)) < searchers.like_probability(values) * searchers.examination
    number, rank = np.indices((impressions, DEPTH))
    return InteractionLog(number.ravel(), rank.ravel() + 1, chosen.ravel(), values.reshape(-1, len(TERM_NAMES)))


def worst(weights: dict[str, float]) -> float:
    return max(abs(weights[name] / PLANTED[name] - 1) for name in TERM_NAMES)


@pytest.fixture(scope="module")
def log() -> InteractionLog:
    return random_log(planted_searchers(), 50_000, seed=3)


# --- planted weights are recovered -----------------------------------------------------------------------------------


def test_planted_weights_are_found_within_five_percent_and_not_without_the_correction(log: InteractionLog) -> None:
    examination = estimate_examination(log)
    assert examination == pytest.approx(planted_searchers().examination, rel=0.1)
    assert worst(fit_weights(log, examination)) <= 0.05
    assert worst(fit_weights(log, np.ones(DEPTH))) > 0.2


def test_a_habit_that_is_no_power_of_the_rank_is_found_as_well() -> None:
    habit = np.where(np.arange(DEPTH) < 3, [1.0] + [0.9] * (DEPTH - 1), 0.3)
    assert estimate_examination(random_log(SimulatedSearchers(PLANTED, habit), 30_000, seed=5)) == pytest.approx(
        habit, rel=0.12
    )


def test_over_an_index_learning_beats_the_uncorrected_fit_and_distance(snapshot: Snapshot) -> None:
    report = check_recovery(SnapshotLayer(snapshot), 6_000, 150, seed=1)
    assert worst(dict(report.learned)) < worst(dict(report.uncorrected)) / 2
    assert report.compared["learned"].gain.low > 0.10
    assert report.compared["learned"].ndcg.low > report.compared["balanced"].ndcg.high
    assert report.compared["learned"].ndcg.mean > report.compared["uncorrected"].ndcg.mean


def test_the_same_seed_gives_the_same_log(snapshot: Snapshot) -> None:
    first, second = (
        simulate_log(SnapshotLayer(snapshot), draw_queries(snapshot, 50, 4), planted_searchers(), 5).values.tobytes()
        for _ in range(2)
    )
    assert first == second


# --- against plain implementations -----------------------------------------------------------------------------------


def uneven_log(seed: int) -> InteractionLog:
    """Impressions of one to seven results."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 8, 40)
    rank = np.concatenate([np.arange(1, size + 1) for size in sizes])
    count = len(rank)
    return InteractionLog(
        np.repeat(np.arange(40), sizes), rank, random.random(count) < 0.4, random.random((count, len(TERM_NAMES)))
    )


def test_pairs_are_those_of_two_loops() -> None:
    log, examination = uneven_log(1), np.linspace(1, 0.3, DEPTH)
    expected = []
    for i in range(len(log.rank)):
        for j in range(len(log.rank)):
            if i == j or not log.chosen[i] or log.impression[i] != log.impression[j]:
                continue
            e_i, e_j = examination[log.rank[i] - 1], examination[log.rank[j] - 1]
            weight = 1 / e_i * (1 - (1 / e_j if log.chosen[j] else 0))
            if weight != 0:
                expected.append([*(log.values[i] - log.values[j]), weight])
    differences, weight = _pairs(log, examination)
    assert np.column_stack([differences, weight]) == pytest.approx(np.array(expected))
    assert (weight < 0).any()


def test_dcg_of_a_log_is_that_of_the_formula() -> None:
    log, examination = uneven_log(2), np.linspace(1, 0.3, DEPTH)
    weights = {"price": 0.7, "trust": 0.3}
    expected, expected_best = [], []
    for number in range(log.impressions):
        rows = np.flatnonzero(log.impression == number)
        gain = {row: log.chosen[row] / examination[log.rank[row] - 1] for row in rows}
        score = {row: 0.7 * log.values[row, 2] + 0.3 * log.values[row, 5] for row in rows}
        ours = sorted(rows, key=lambda row: -score[row])
        best = sorted(rows, key=lambda row: -gain[row])
        expected.append(_dcg([gain[row] for row in ours]))
        expected_best.append(_dcg([gain[row] for row in best]))
    assert dcg_of_log(log, examination, weights) == pytest.approx(expected)
    assert dcg_of_log(log, examination, None) == pytest.approx(expected_best)


def _dcg(gains: list[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:10], start=1))


def test_only_the_first_ten_count() -> None:
    gains = np.arange(15, dtype=float)
    assert dcg(gains) == pytest.approx(_dcg(gains.tolist()))


def test_a_log_keeps_the_mean_of_proximity_over_the_hexagon_and_nothing_of_the_point() -> None:
    import h3.api.basic_int as h3

    here, near_by = Point(-1.5534, 47.2173), Point(-1.5530, 47.2170)
    cell = cell_of(here)
    assert cell == cell_of(near_by)
    lons, lats, floor_m = np.array([-1.55, -1.60]), np.array([47.22, 47.25]), np.array([0.0, 9000.0])
    points = [h3.cell_to_latlng(child) for child in h3.cell_to_children(cell, SAMPLED_RESOLUTION)]
    expected = [
        np.mean([2 ** (-max(floor, haversine_m(x, y, lon, lat)) / 3000) for y, x in points])
        for lon, lat, floor in zip(lons, lats, floor_m, strict=True)
    ]
    assert expected_proximity(cell, lons, lats, floor_m, 3000.0) == pytest.approx(expected)
    assert expected[1] == pytest.approx(0.125)


def test_intervals_hold_the_mean_and_narrow_with_more_searches() -> None:
    random = np.random.default_rng(0)
    few, many = random.random(100), random.random(10_000)
    assert estimate_mean(few).low < few.mean() < estimate_mean(few).high
    assert estimate_mean(many).high - estimate_mean(many).low < (estimate_mean(few).high - estimate_mean(few).low) / 5
    assert estimate_gain(few * 1.2, few).low == pytest.approx(0.2)


# --- what is allowed -------------------------------------------------------------------------------------------------


def test_affinity_is_capped_and_the_rest_shared_out_by_weight() -> None:
    weights = cap_affinity(dict(zip(TERM_NAMES, (0.3, 0.1, 0.1, 0.4, 0.05, 0.05), strict=True)))
    assert weights["affinity"] == MAX_AFFINITY
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["proximity"] / weights["wishes"] == pytest.approx(3)
    assert cap_affinity(PRESETS[Preset.BALANCED]) == dict(PRESETS[Preset.BALANCED])


def test_learned_affinity_is_capped_too() -> None:
    loyal = SimulatedSearchers(
        dict(zip(TERM_NAMES, (0.2, 0.1, 0.1, 0.5, 0.05, 0.05), strict=True)), planted_searchers().examination
    )
    log = random_log(loyal, 3_000, seed=8)
    assert fit_weights(log, loyal.examination)["affinity"] == MAX_AFFINITY


def test_a_term_that_repels_weighs_nothing() -> None:
    contrary = SimulatedSearchers({**PLANTED, "trust": -0.3}, planted_searchers().examination)
    weights = fit_weights(random_log(contrary, 3_000, seed=9), contrary.examination)
    assert weights["trust"] == 0.0
    assert min(weights.values()) >= 0
    assert sum(weights.values()) == pytest.approx(1)


def test_choices_that_follow_no_term_are_refused() -> None:
    log = random_log(planted_searchers(), 200, seed=1)
    nothing = InteractionLog(log.impression, log.rank, log.chosen, np.zeros_like(log.values))
    with pytest.raises(InvalidInput):
        fit_weights(nothing, np.ones(DEPTH))


# --- proposals -------------------------------------------------------------------------------------------------------


def frame_of(log: InteractionLog) -> pl.DataFrame:
    columns: list[Floats] = list(log.values.T)
    parts = (log.impression, log.rank, log.chosen, *columns)
    return pl.DataFrame(dict(zip(COLUMNS, parts, strict=True)))


def test_a_log_read_back_from_a_shuffled_frame_is_the_same() -> None:
    log = uneven_log(6)
    back = InteractionLog.from_frame(frame_of(log).sample(fraction=1, shuffle=True, seed=1))
    assert back.values.tobytes() == log.values.tobytes()
    assert back.chosen.tolist() == log.chosen.tolist()
    deep = frame_of(log).with_columns(rank=pl.col("rank") + DEPTH - 3)
    assert InteractionLog.from_frame(deep).rank.max() == DEPTH


def test_impressions_are_split_whole() -> None:
    log = uneven_log(7)
    training, test = log.split(0.3, seed=1)
    assert training.impressions + test.impressions == log.impressions
    assert len(training.rank) + len(test.rank) == len(log.rank)
    assert test.starts[-1] == len(test.rank)
    assert (test.rank[test.starts[:-1]] == 1).all()


def test_a_proposal_tells_what_it_would_change_and_can_be_read_back(log: InteractionLog) -> None:
    proposal = propose(log.select(np.arange(log.impressions) < 8_000))
    assert set(proposal.compared) == {"distance_only", *(preset.value for preset in Preset), "learned"}
    assert proposal.gain_over_balanced.low > 0
    assert proposal.compared["distance_only"].gain.mean == 0
    assert sum(proposal.weights.values()) == pytest.approx(1, abs=1e-9)
    assert read_weights(proposal.to_json("2026-11-23T10:00:00+00:00")) == proposal.weights


def test_too_little_is_refused_in_one_sentence() -> None:
    with pytest.raises(InvalidInput, match=str(MIN_WITH_A_CHOICE)):
        propose(random_log(planted_searchers(), 300, seed=1))
    with pytest.raises(InvalidInput, match=str(MIN_WITH_A_CHOICE)):
        propose(
            InteractionLog.from_frame(pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.Int64) | {"chosen": pl.Boolean}))
        )


def test_rounded_weights_sum_to_one() -> None:
    thirds = dict(zip(TERM_NAMES, (1 / 3, 1 / 3, 1 / 9, 1 / 9, 1 / 18, 1 / 18), strict=True))
    assert sum(round_weights(thirds).values()) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 2},
        {"weights": {}},
        {"weights": {**PLANTED, "beauty": 0.1}},
        {"weights": {**PLANTED, "price": -0.1, "wishes": 0.54}},
        {"weights": {**PLANTED, "price": 0.5}},
        {"weights": {**PLANTED, "affinity": 0.3, "proximity": 0.06}},
        {"weights": {**PLANTED, "price": float("nan")}},
        {"weights": [1, 2, 3]},
    ],
)
def test_a_file_that_is_no_proposal_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        read_weights(json.dumps({"format": 1, "weights": dict(PLANTED), **changed}))
    assert read_weights(json.dumps({"format": 1, "weights": dict(PLANTED)})) == dict(PLANTED)
