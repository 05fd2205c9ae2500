"""Features that the kernel writes are those that a slow and plain twin writes."""

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
from matching.presentation.explanations import sentence
from matching.presentation.geojson import features
from matching.query.query import Cursor, Query
from matching.query.results import Result
from matching.search.diversify import Variety, varied
from matching.search.engine import Whole, find
from matching.search.hits import Found
from matching.search.result_builder import told
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import NOW, query_from

NAMES = {"alpha": "Alpha « à l’ouest »", "beta": "Bêta"}


def written(found: Found, language: Language, names: Mapping[str, str] = NAMES) -> list[dict[str, Any]]:
    features_ = json.loads(b"[" + features(found, language, names) + b"]")
    return [one["properties"] for one in features_]


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(one: Result, language: Language, names: Mapping[str, str] = NAMES) -> dict[str, Any]:
    facts = {name: value for name, value in one.facts.items() if name not in ("lon", "lat")}
    values = {
        "other_spaces": one.other_spaces,
        "score": pytest.approx(one.score, abs=1e-12),
        "distance_m": one.distance_m,
        "price_half_day_cents": one.price_cents,
        "seats_left": one.seats_left,
        "terms": {
            term.name: {
                "weight": term.weight,
                "value": pytest.approx(term.value, abs=1e-12),
                "contribution": pytest.approx(term.contribution, abs=1e-12),
            }
            for term in one.terms
        },
        "reason": sentence(one, language, names),
        "free_from": moment(one.free_from),
        "free_until": moment(one.free_until),
    }
    several = {"free_windows": list(one.free_windows)} if len(one.free_windows) > 1 else {}
    return facts | values | several


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_feature_is_that_of_its_result(snapshot: Snapshot, language: Language) -> None:
    """What is said alike is put into words once: nobody may get the words of another."""
    drawn, whole, compared = random.Random(31), Whole(snapshot), 0
    for _ in range(400):
        found = find([whole], query_from(drawn), NOW)
        for got, one in zip(written(found, language), told(found).results, strict=True):
            expected = plain(one, language)
            assert got == expected
            assert sum(term["contribution"] for term in got["terms"].values()) == pytest.approx(got["score"], abs=1e-9)
            compared += 1
    assert compared > 2_000
    assert 0 < whole.searchable.phrases.book(NAMES).size < 1.5 * compared  # of twice as many


def test_results_in_another_order_than_they_were_found(snapshot: Snapshot) -> None:
    drawn, whole, changed = random.Random(32), Whole(snapshot), 0
    for _ in range(60):
        query = query_from(drawn)
        found = varied(partial(find_after, whole), query, Variety(1, None, query.limit), three_hosts)
        assert written(found, "fr") == [plain(one, "fr") for one in told(found).results]
        changed += len(found.order) > 0 and not found.is_as_ranked
    assert changed > 0


def find_after(whole: Whole, query: Query, after: Cursor | None) -> Found:
    return find([whole], query, NOW, after=after)


def three_hosts(places: Sequence[tuple[int, int]]) -> list[tuple[int, bool]]:
    return [(place % 3, False) for place, _ in places]


def test_communities_that_change_their_names_are_called_by_the_new_ones(snapshot: Snapshot) -> None:
    drawn, whole, told_of = random.Random(33), Whole(snapshot), 0
    for _ in range(200):
        found = find([whole], query_from(drawn), NOW)
        for names in (NAMES, {"alpha": "Autre nom", "beta": "Autre nom"}):
            reasons = [one["reason"] for one in written(found, "fr", names)]
            assert reasons == [sentence(one, "fr", names) for one in told(found).results]
            told_of += any("Autre nom" in reason for reason in reasons)
    assert told_of > 0


def something(whole: Whole) -> Found:
    every = (find([whole], query_from(random.Random(seed)), NOW) for seed in range(99))
    return next(one for one in every if one.order)


def test_a_full_book_is_begun_anew(snapshot: Snapshot) -> None:
    whole = Whole(snapshot)
    found = next(
        one for one in (find([whole], query_from(random.Random(seed)), NOW) for seed in range(99)) if one.order
    )
    expected = features(found, "fr", NAMES)
    book = whole.searchable.phrases.book(NAMES)
    for number in range(MAX_PHRASES):
        book.add(number.to_bytes(40, "big"), b"x")
    assert book.is_full
    assert features(found, "fr", NAMES) == expected
    assert 0 < whole.searchable.phrases.book(NAMES).size < 100


def test_an_answer_longer_than_its_room(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    from matching.presentation import geojson as module

    found = next(
        one
        for one in (find([Whole(snapshot)], query_from(random.Random(seed)), NOW) for seed in range(99))
        if one.order
    )
    expected = features(found, "fr", NAMES)
    monkeypatch.setattr(module, "_FIRST_ROOM", 1_000)
    monkeypatch.setattr(module, "_room", module._Room())
    assert features(found, "fr", NAMES) == expected


def test_nothing_found_is_written_as_nothing(snapshot: Snapshot) -> None:
    found = find([Whole(snapshot)], query_from(random.Random(1)), NOW)
    assert features(replace(found, order=(), ranked=()), "fr", NAMES) == b""
