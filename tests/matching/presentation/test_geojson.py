"""The features that the kernel writes are those of a plain implementation in Python."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from geo.errors import Language
from matching.kernel.answers.phrase_table import MAX_PHRASES
from matching.presentation.explanations import explain
from matching.presentation.geojson import render_features
from matching.query.query import Cursor, Query
from matching.query.results import Result
from matching.search.diversify import Variety, diversify
from matching.search.engine import SnapshotLayer, find
from matching.search.hits import Hits
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import NOW, query_from

NAMES = {"alpha": "Alpha « à l’ouest »", "beta": "Bêta"}


def rendered(hits: Hits, language: Language, names: Mapping[str, str] = NAMES) -> list[dict[str, Any]]:
    features_ = json.loads(b"[" + render_features(hits, language, names) + b"]")
    return [feature["properties"] for feature in features_]


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(result: Result, language: Language, names: Mapping[str, str] = NAMES) -> dict[str, Any]:
    facts = {name: value for name, value in result.facts.items() if name not in ("lon", "lat")}
    values = {
        "other_spaces": result.other_spaces,
        "score": pytest.approx(result.score, abs=1e-12),
        "distance_m": result.distance_m,
        "price_half_day_cents": result.price_cents,
        "seats_left": result.seats_left,
        "terms": {
            term.name: {
                "weight": term.weight,
                "value": pytest.approx(term.value, abs=1e-12),
                "contribution": pytest.approx(term.contribution, abs=1e-12),
            }
            for term in result.terms
        },
        "reason": explain(result, language, names),
        "free_from": moment(result.free_from),
        "free_until": moment(result.free_until),
    }
    several = {"free_windows": list(result.free_windows)} if len(result.free_windows) > 1 else {}
    return facts | values | several


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_feature_is_that_of_its_result(snapshot: Snapshot, language: Language) -> None:
    """Phrases are shared: no result may get the phrase of another."""
    rng, layer, compared = random.Random(31), SnapshotLayer(snapshot), 0
    for _ in range(400):
        hits = find([layer], query_from(rng), NOW)
        for feature, result in zip(rendered(hits, language), hits.to_results().results, strict=True):
            expected = plain(result, language)
            assert feature == expected
            assert sum(term["contribution"] for term in feature["terms"].values()) == pytest.approx(
                feature["score"], abs=1e-9
            )
            compared += 1
    assert compared > 2_000
    assert 0 < layer.index.phrases.book(NAMES).size < 1.5 * compared  # of twice as many


def test_results_in_another_order_than_they_were_found(snapshot: Snapshot) -> None:
    rng, layer, changed = random.Random(32), SnapshotLayer(snapshot), 0
    for _ in range(60):
        query = query_from(rng)
        hits = diversify(partial(find_after, layer), query, Variety(1, None, query.limit), three_hosts)
        assert rendered(hits, "fr") == [plain(result, "fr") for result in hits.to_results().results]
        changed += len(hits.order) > 0 and not hits.is_layer_order
    assert changed > 0


def find_after(layer: SnapshotLayer, query: Query, after: Cursor | None) -> Hits:
    return find([layer], query, NOW, after=after)


def three_hosts(places: Sequence[tuple[int, int]]) -> list[tuple[int, bool]]:
    return [(place % 3, False) for place, _ in places]


def test_communities_that_change_their_names_are_called_by_the_new_ones(snapshot: Snapshot) -> None:
    rng, layer, renamed = random.Random(33), SnapshotLayer(snapshot), 0
    for _ in range(200):
        hits = find([layer], query_from(rng), NOW)
        for names in (NAMES, {"alpha": "Autre nom", "beta": "Autre nom"}):
            reasons = [feature["reason"] for feature in rendered(hits, "fr", names)]
            assert reasons == [explain(result, "fr", names) for result in hits.to_results().results]
            renamed += any("Autre nom" in reason for reason in reasons)
    assert renamed > 0


def some_hits(layer: SnapshotLayer) -> Hits:
    every = (find([layer], query_from(random.Random(seed)), NOW) for seed in range(99))
    return next(hits for hits in every if hits.order)


def test_a_full_book_is_replaced(snapshot: Snapshot) -> None:
    layer = SnapshotLayer(snapshot)
    hits = some_hits(layer)
    expected = render_features(hits, "fr", NAMES)
    book = layer.index.phrases.book(NAMES)
    for number in range(MAX_PHRASES):
        book.add(number.to_bytes(40, "big"), b"x")
    assert book.is_full
    assert render_features(hits, "fr", NAMES) == expected
    assert 0 < layer.index.phrases.book(NAMES).size < 100


def test_the_text_buffer_grows(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    from matching.presentation import geojson as module

    hits = some_hits(SnapshotLayer(snapshot))
    expected = render_features(hits, "fr", NAMES)
    monkeypatch.setattr(module, "_FIRST_SIZE", 1_000)
    monkeypatch.setattr(module, "_buffers", module._Buffers())
    assert render_features(hits, "fr", NAMES) == expected


def test_no_hits_give_no_features(snapshot: Snapshot) -> None:
    hits = find([SnapshotLayer(snapshot)], query_from(random.Random(1)), NOW)
    assert render_features(replace(hits, order=(), layer_hits=()), "fr", NAMES) == b""
