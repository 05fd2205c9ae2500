"""Blocking keys in sorted runs: what is under a key is found, whatever run it lies in."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert, select

from ingest.history import undo
from ingest.journal.tables import key_run
from ingest.resolution import blocking_index, stored_listings
from tests.ingest.conftest import NOW

KEYS = st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 9)), max_size=30)
HEADER = ("id", "nom", "adresse", "code postal", "commune")


def write(store: Engine, import_id: int, pairs: list[tuple[int, int]]) -> None:
    keys, listings = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    with store.begin() as connection:
        for row in blocking_index.runs(import_id, keys, listings):
            connection.execute(insert(key_run), dict(zip(blocking_index.COLUMNS, row, strict=True)))


@given(pairs=KEYS, size=st.integers(1, 7))
def test_runs_hold_every_pair_once_and_sorted(pairs: list[tuple[int, int]], size: int) -> None:
    keys, listings = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocking_index, "RUN_KEYS", size)
        rows = blocking_index.runs(7, keys, listings)
    found = [
        pair
        for row in rows
        for pair in zip(np.frombuffer(row[3], "<i8").tolist(), np.frombuffer(row[4], "<i8").tolist(), strict=True)
    ]
    assert found == sorted(set(pairs))
    assert [(row[0], row[1]) for row in rows] == [(7, part) for part in range(len(rows))]
    assert all(row[2] == len(row[3]) // 8 <= size for row in rows)


def test_what_is_under_a_key_is_found_in_every_run(store: Engine) -> None:
    first, second = [(10, 1), (10, 2), (20, 3), (-30, 4)], [(10, 5), (40, 6), (-(2**62), 7)]
    write(store, 1, first)
    write(store, 2, second)
    with store.connect() as connection:
        assert blocking_index.under(connection, np.array([10, 10, -(2**62), 99])) == {1, 2, 5, 7}
        assert blocking_index.under(connection, np.zeros(0, np.int64)) == set()


def test_a_small_list_meets_a_large_store_through_its_keys(
    store: Engine, bring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.pipeline.WHOLE_STORE", 1.0)  # nothing is cached: every neighbour is looked up
    rows = [[str(i), f"Le Lab {name}", f"{i} rue Crébillon", "44000", "Nantes"] for i, name in enumerate("ABCDEFGH", 1)]
    bring(rows, name="grande.csv", header=HEADER)
    report = bring([["x", "Lab C", "3, RUE CREBILLON", "44000", "NANTES"]], name="petite.csv", header=HEADER)
    assert report.counts["merged"] == 1


def test_many_small_runs_become_one_without_the_listings_that_are_gone(
    store: Engine, bring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocking_index, "MOST_SMALL", 4)
    lists = [[[f"{i}", f"Le Lab {name}", f"{i} rue Crébillon", "44000", "Nantes"]] for i, name in enumerate("ABC", 1)]
    reports = [bring(rows, name=f"{number}.csv", header=HEADER) for number, rows in enumerate(lists)]
    undo(store, reports[1].import_id, NOW)
    report = bring([["9", "Lab A", "1 rue Crébillon", "44000", "Nantes"]], name="9.csv", header=HEADER)
    assert report.counts["merged"] == 1
    blocking_index.merge_small(store)
    with store.connect() as connection:
        assert connection.execute(select(func.count()).select_from(key_run)).scalar_one() == 1
        (row,) = connection.execute(select(key_run))
        there = set(np.frombuffer(row.listing_ids, "<i8").tolist())
        assert there == set(stored_listings.read_all(connection)["listing"].to_list())
