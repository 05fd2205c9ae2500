"""Listings into places: what blocks find, what is decided of hard cases, and that order is no matter."""

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import resolution as benchmark
from geo.spatial.distance import haversine_array_m
from ingest.normalise.name import match_name
from ingest.resolution import blocking, features, linkage, model, partition
from ingest.resolution.host_roles import ROLES
from ingest.rows.facts import Facts, frame
from ingest.rows.keys import match_address

PUBLISHED_F1 = 0.967
"""docs/resolution.md"""
PARIS = {"insee": "75104", "commune": "Paris 4e", "lon": 2.3522, "lat": 48.8566, "precision": "exact"}
VILLAGE = {"insee": "51075", "commune": "Blancs-Coteaux", "lon": 4.02, "lat": 48.92, "precision": "exact"}


def listings(*rows: dict[str, Any], sources: str = "") -> pl.DataFrame:
    """Derived listings; each in a list of its own unless `sources` names them, a letter each."""
    facts = []
    for row in rows:
        told = {"kind": "other", "time_zone": "Europe/Paris", **row}
        told["match_key"] = "|".join(
            (match_name(told["name"], told["kind"]), match_address(told.get("address", "")), told["insee"])
        )
        facts.append(Facts(**told))
    count = len(rows)
    own = pl.DataFrame(
        {
            "listing": list(range(count)),
            "place_id": [0] * count,
            "source": list(sources) or [f"list{i}" for i in range(count)],
            "source_key": [str(i) for i in range(count)],
            "trust": [50] * count,
        }
    )
    return linkage.derive(own.hstack(frame(facts)))


def said(one: dict[str, Any], other: dict[str, Any], sources: str = "") -> float:
    """The probability that two listings are one place; 0 when they are not compared."""
    derived = listings(one, other, sources=sources)
    left, right = linkage.pairs(derived, np.ones(2, bool))
    return float(linkage.probabilities(derived, left, right)[0]) if len(left) else 0.0


@pytest.fixture(scope="module")
def labelled() -> benchmark.Labelled:
    return benchmark.read_labelled()


HALL = {**VILLAGE, "kind": "mairie", "name": "Mairie", "address": "1 place de la Mairie", "phone": "+33326000000"}
LODGING = {**PARIS, "kind": "hotel"}
SAME = {
    "a commune and its mairie": (HALL, {**HALL, "kind": "public_body", "name": "Commune de Blancs-Coteaux"}),
    "a library under two spellings": (
        {**PARIS, "kind": "library", "name": "Mediatheque J. Prevert", "address": "4 rue Neuve"},
        {**PARIS, "kind": "library", "name": "Médiathèque Jacques-Prévert", "address": "4, rue neuve"},
    ),
    "a post office and the France services house it is": (
        {**VILLAGE, "name": "Blancs-Coteaux BP", "address": "3 rue Haute", "siret": "35600000036494"},
        {**VILLAGE, "kind": "france_services", "name": "France services La Poste de Blancs-Coteaux",
         "address": "3 rue Haute"},
    ),
    "a coworking whose number is one of a range": (
        {**PARIS, "kind": "coworking", "name": "Le Quai des Possibles", "address": "12-14 rue Neuve"},
        {**PARIS, "kind": "coworking", "name": "Le quai des possibles", "address": "14 rue Neuve"},
    ),
}  # fmt: skip
DIFFERENT = {
    "a mairie and the library at its address": (
        HALL, {**HALL, "kind": "library", "name": "Médiathèque municipale", "phone": "+33326000001"}
    ),
    "two bodies behind one switchboard": (
        HALL, {**HALL, "kind": "library", "name": "Bibliothèque", "address": "8 rue Basse", "lon": 4.025}
    ),
    "two hotels of one chain": (
        {**LODGING, "name": "Ibis Budget", "address": "2 rue Neuve", "website": "https://all.accor.com/hotel/1"},
        {**LODGING, "name": "Ibis Budget", "address": "90 avenue Foch", "lon": 2.36, "lat": 48.861,
         "website": "https://all.accor.com/hotel/2"},
    ),
    "two hotels of two brands in one building": (
        {**LODGING, "name": "Ibis Paris", "address": "2 rue Neuve"},
        {**LODGING, "name": "Novotel Paris", "address": "2 rue Neuve"},
    ),
    "delegated town halls of a merged commune": (
        {**HALL, "name": "Mairie de Gionges", "address": "2 rue Haute", "phone": "+33326000001"},
        {**HALL, "name": "Mairie d'Oger", "address": "7 rue Basse", "phone": "+33326000002", "lat": 48.935},
    ),
    "delegated town halls that stand at one address": (
        {**VILLAGE, "kind": "mairie", "name": "Mairie de Gionges", "address": "Place de la Mairie"},
        {**VILLAGE, "kind": "mairie", "name": "Mairie d'Oger", "address": "Place de la Mairie"},
    ),
    "a France services house lodged in the mairie": (
        HALL, {**HALL, "kind": "france_services", "name": "France services de Blancs-Coteaux", "phone": "+33326000001"}
    ),
    "namesakes in two départements": (
        {**HALL, "name": "Mairie de Saint-Denis"},
        {**HALL, "name": "Mairie de Saint-Denis", "insee": "97411", "commune": "Saint-Denis", "lon": 55.45,
         "lat": -20.88},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_one_place_under_two_rows_is_one(case: str) -> None:
    assert said(*SAME[case]) >= linkage.LINK


@pytest.mark.parametrize("case", DIFFERENT)
def test_two_places_that_look_alike_stay_two(case: str) -> None:
    assert said(*DIFFERENT[case]) < linkage.LINK


def test_a_pair_says_the_same_both_ways() -> None:
    for one, other in (*SAME.values(), *DIFFERENT.values()):
        assert said(one, other) == said(other, one)


def test_missing_is_never_equal_nor_different() -> None:
    empty = {**PARIS, "name": "de la"}
    derived = listings(empty, empty)
    (row,) = features.matrix(derived, np.array([0]), np.array([1]))
    told = dict(zip(features.NAMES, row.tolist(), strict=True))
    of_missing = ("phone", "siret", "host", "site", "label", "number", "address", "bare", "street")
    assert {name: value for name, value in told.items() if name.startswith(of_missing) and value} == {
        "bare_both_missing": 1.0, "street_missing": 1.0
    }  # fmt: skip


def test_features_are_finite_and_bounded(labelled: benchmark.Labelled) -> None:
    matrix = features.matrix(labelled.derived, labelled.left, labelled.right)
    assert np.isfinite(matrix).all()
    assert matrix.min() >= 0.0 and matrix.max() <= 2.0


@pytest.fixture(scope="module")
def few(labelled: benchmark.Labelled) -> pl.DataFrame:
    """500 listings of three départements, where many are near one another."""
    return labelled.derived.filter(pl.col("insee").str.slice(0, 2).is_in(["75", "35", "49"])).head(500)


class TestBlocks:
    def test_the_quick_look_answers_as_its_rule_says(self, labelled: benchmark.Labelled) -> None:
        """The bits that save time never change the answer: pair by pair, in plain words, for all labelled pairs."""
        derived, look = labelled.derived, blocking.PairFilter(labelled.derived)
        rows = derived.to_dicts()
        said = look.plausible(labelled.left, labelled.right)
        for a, b, answer in zip(labelled.left.tolist(), labelled.right.tolist(), said.tolist(), strict=True):
            assert answer == _plausible(rows[a], rows[b]), (rows[a]["name"], rows[b]["name"])

    def test_nothing_likely_is_lost_that_brute_force_finds(self, few: pl.DataFrame) -> None:
        """All pairs scored: what blocks leave out and is likely lies in two streets, or its names share no word."""
        left, right = (side.astype(np.int64) for side in np.triu_indices(few.height, 1))
        probability = linkage.probabilities(few, left, right)
        found = {*zip(*(side.tolist() for side in linkage.pairs(few, np.ones(few.height, bool))), strict=True)}
        above = probability >= linkage.LINK
        likely = [*zip(left[above].tolist(), right[above].tolist(), strict=True)]
        lost = [pair for pair in likely if pair not in found]
        assert len(likely) > 50
        lon, lat = few["lon"].to_numpy(), few["lat"].to_numpy()
        for a, b in lost:
            metres = haversine_array_m(lon[[a]], lat[[a]], lon[[b]], lat[[b]])[0]
            cannot_link = not {*few["affixes"][a].to_list()} & {*few["affixes"][b].to_list()} - {0}
            assert metres > blocking.STREET_M or cannot_link, (few["folded"][a], few["folded"][b])
        assert len(lost) <= 0.02 * len(likely)

    def test_few_labelled_matches_are_never_compared_and_few_pairs_are(self, labelled: benchmark.Labelled) -> None:
        derived = labelled.derived
        left, right = linkage.pairs(derived, np.ones(derived.height, bool))
        known = {*zip(left.tolist(), right.tolist(), strict=True)}
        same = zip(labelled.left[labelled.same].tolist(), labelled.right[labelled.same].tolist(), strict=True)
        assert sum((min(pair), max(pair)) not in known for pair in same) <= 6
        assert len(left) <= 4 * derived.height

    def test_new_rows_meet_what_all_against_all_would_meet(self, few: pl.DataFrame) -> None:
        everything = {*zip(*(side.tolist() for side in linkage.pairs(few, np.ones(few.height, bool))), strict=True)}
        new = np.arange(few.height) % 7 == 0
        met = {*zip(*(side.tolist() for side in linkage.pairs(few, new)), strict=True)}
        assert met == {(a, b) for a, b in everything if new[a] or new[b]}

    def test_blocks_read_in_portions_give_the_same_pairs(self, few: pl.DataFrame, monkeypatch: Any) -> None:
        new = np.ones(few.height, bool)
        left, right = linkage.pairs(few, new)
        monkeypatch.setattr(blocking, "PAIRS_AT_ONCE", 50)
        in_portions = linkage.pairs(few, new)
        assert (left.tolist(), right.tolist()) == (in_portions[0].tolist(), in_portions[1].tolist())

    def test_probes_reach_every_key_they_must(self, few: pl.DataFrame) -> None:
        stored, _ = linkage.keys(few)
        probes, _ = linkage.probes(few)
        assert set(stored.tolist()) <= set(probes.tolist())


def _plausible(one: dict[str, Any], other: dict[str, Any]) -> bool:
    def same(name: str) -> bool:
        return bool(one[name]) and one[name] == other[name]

    (metres,) = haversine_array_m(*(np.array([row[name]]) for row in (one, other) for name in ("lon", "lat")))
    vague = {one["precision"], other["precision"]} & {"commune", "locality"}
    address = same("street") and one["number"] == other["number"]
    numbered = address and one["number"] != ""
    contact = same("phone") or same("siret") or same("site")
    halls = one["role"] == other["role"] == ROLES.index("hall")
    strong = same("bare") or address or contact or same("host") or halls
    affixes = [{*row["affixes"]} - {0} for row in (one, other)]
    shared, larger = len(affixes[0] & affixes[1]), max(map(len, affixes))
    weak = not all(affixes) or (shared > 0 if vague or metres <= 200 else shared >= 0.75 * larger)
    near = metres <= 2_000 or vague or (same("insee") and (numbered or same("bare")))
    one_list = same("source")
    alone = one_list and (vague or metres > 100) and not (same("bare") or numbered or contact or halls)
    return bool(near and (strong or weak) and not alone)


SCORES = st.sampled_from([0.0, 0.001, 0.01, 0.1, 0.4, 0.5, 0.6, 0.9, 0.99, 1.0])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, dict[tuple[int, int], float]]:
    count = draw(st.integers(2, 7))
    return count, {(a, b): draw(SCORES) for a in range(count) for b in range(a + 1, count)}


def groups(count: int, pairs: dict[tuple[int, int], float], order: list[int]) -> set[frozenset[int]]:
    """The partition when listings stand in rows in this order, and only pairs from 0.01 on were compared before."""
    at = {listing: row for row, listing in enumerate(order)}
    rows = {(min(at[a], at[b]), max(at[a], at[b])): p for (a, b), p in pairs.items()}
    told = {pair: p for pair, p in rows.items() if p >= 0.4 or p == 0.0}
    left, right = (np.array([pair[side] for pair in told], np.int64) for side in (0, 1))

    def score(ones: Any, others: Any) -> Any:
        return np.array([rows[min(a, b), max(a, b)] for a, b in zip(ones.tolist(), others.tolist(), strict=True)])

    labels = partition.partition(
        count, left, right, np.array(list(told.values())), [f"key{i}" for i in order],
        link=linkage.LINK, veto=linkage.VETO, score=score,
    )  # fmt: skip
    found: dict[int, set[int]] = {}
    for row, label in enumerate(labels.tolist()):
        found.setdefault(label, set()).add(order[row])
    return {frozenset(group) for group in found.values()}


class TestPartition:
    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(graph=graphs(), data=st.data())
    def test_order_of_rows_is_no_matter(self, graph: Any, data: st.DataObject) -> None:
        count, pairs = graph
        order = data.draw(st.permutations(range(count)))
        assert groups(count, pairs, list(order)) == groups(count, pairs, list(range(count)))

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(graph=graphs())
    def test_no_group_holds_two_that_are_surely_apart_unless_a_person_said_so(self, graph: Any) -> None:
        count, pairs = graph
        free = {pair: min(p, 0.99) for pair, p in pairs.items()}
        for group in groups(count, free, list(range(count))):
            assert all(free[a, b] >= linkage.VETO for a in group for b in group if a < b)

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(graph=graphs(), data=st.data())
    def test_a_person_s_decision_holds(self, graph: Any, data: st.DataObject) -> None:
        count, pairs = graph
        free = {pair: min(max(p, 0.001), 0.99) for pair, p in pairs.items()}
        chosen = data.draw(st.sampled_from(sorted(free)))
        together = groups(count, free | {chosen: 1.0}, list(range(count)))
        cannot_link = groups(count, free | {chosen: 0.0}, list(range(count)))
        assert any(set(chosen) <= group for group in together)
        assert not any(set(chosen) <= group for group in cannot_link)

    def test_two_that_resemble_a_third_are_not_chained(self) -> None:
        assert groups(3, {(0, 1): 0.9, (1, 2): 0.8, (0, 2): 0.001}, [0, 1, 2]) == {frozenset({0, 1}), frozenset({2})}

    @settings(max_examples=20, deadline=None, derandomize=True)
    @given(data=st.data())
    def test_any_split_into_runs_gives_the_pairs_of_one_run(self, labelled: Any, data: st.DataObject) -> None:
        """What incremental runs compare, together, is what one run compares: so is then the partition."""
        derived = labelled.derived.filter(pl.col("insee").str.starts_with("69")).head(120)
        runs = np.array(data.draw(st.lists(st.integers(0, 2), min_size=derived.height, max_size=derived.height)))
        whole = {*zip(*(side.tolist() for side in linkage.pairs(derived, np.ones(derived.height, bool))), strict=True)}
        met: set[tuple[int, int]] = set()
        for run in range(3):
            here = np.flatnonzero(runs <= run)
            left, right = linkage.pairs(derived[here], runs[here] == run)
            met |= {*zip(here[left].tolist(), here[right].tolist(), strict=True)}
        assert met == whole


class TestModel:
    def test_the_shipped_model_is_what_training_gives(self, labelled: benchmark.Labelled) -> None:
        matrix = features.matrix(labelled.derived, labelled.left, labelled.right)
        trained = benchmark.train(labelled).probability(matrix)
        assert np.abs(trained - model.load().probability(matrix)).max() < 1e-4

    def test_the_file_says_all(self) -> None:
        shipped = model.load()
        assert shipped.to_json().startswith('{\n "features"')
        assert len(shipped.trees) == benchmark.LEARNING["max_iter"]

    def test_trees_say_what_walking_them_says(self, labelled: benchmark.Labelled) -> None:
        matrix = features.matrix(labelled.derived, labelled.left[:150], labelled.right[:150])
        shipped = model.load()
        held = model.cannot_link(matrix)
        for row, surely, probability in zip(matrix, held, shipped.probability(matrix), strict=True):
            score = shipped.start + sum(walked(tree, row) for tree in shipped.trees)
            expected = min(1 / (1 + math.exp(-score)), model.AT_MOST if surely else 1.0)
            assert probability == pytest.approx(expected, abs=2e-5)

    def test_what_is_surely_apart_is_so_by_the_rules_in_words(self, labelled: benchmark.Labelled) -> None:
        matrix = features.matrix(labelled.derived, labelled.left, labelled.right)
        for row, surely in zip(matrix, model.cannot_link(matrix), strict=True):
            told = dict(zip(features.NAMES, row.tolist(), strict=True))
            contact = any(told[name] for name in model.CONTACTS)
            named = not (told["bare_missing"] or told["bare_both_missing"] or told["acronym"])
            enough = {"bare_set": 0.7, "bare_partial": 0.75, "bare_jaro": 0.85}
            alike = any(told[name] >= float(np.float32(least)) for name, least in enough.items())
            elsewhere = (told["number_differs"] and not told["number_close"]) or (
                told["phone_differs"] and not told["address_equal"]
            )
            one_list = told["same_source"] and (told["address_apart"] or told["both_libraries"])
            assert surely == bool(
                told["brand_differs"]
                or told["towns_differ"]
                or (told["both_halls"] and told["insee_differs"])
                or (told["number_gap"] and (told["digits_differ"] or (told["same_source"] and not contact)))
                or (named and not alike and (one_list or (not contact and elsewhere)))
            )

    def test_more_in_common_never_makes_a_pair_less_likely(self, labelled: benchmark.Labelled) -> None:
        matrix = features.matrix(labelled.derived, labelled.left, labelled.right)
        before = model.load().probability(matrix)
        for name in ("phone_equal", "siret_equal", "near"):
            more = matrix.copy()
            more[:, features.NAMES.index(name)] = 1.0
            assert (model.load().probability(more) >= before).all()

    def test_held_out_pairs_are_told_as_well_as_published(self, labelled: benchmark.Labelled) -> None:
        held = ~labelled.train
        found = linkage.probabilities(labelled.derived, labelled.left[held], labelled.right[held]) >= linkage.LINK
        hits = (found & labelled.same[held]).sum()
        assert 2 * hits / (found.sum() + labelled.same[held].sum()) >= PUBLISHED_F1 - 0.005

    def test_probabilities_mean_what_they_say(self, labelled: benchmark.Labelled) -> None:
        brier, bands = benchmark.reliability(labelled)
        assert brier < 0.026
        assert all(abs(told - share) < 0.15 for told, share, count in bands if count >= 30)


def walked(tree: Any, row: Any) -> float:
    """The leaf a row reaches, split by split."""
    while not isinstance(tree, int | float):
        name, threshold, low, high = tree
        tree = high if row[features.NAMES.index(name)] > np.float32(threshold) else low
    return float(tree)
