"""One partition, whatever the way to it: order of lists, split into files, undo and re-import in between, decisions."""

from collections.abc import Callable, Set
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from geo.errors import Conflict
from geo.store.schema import listing, metadata
from ingest.history import list_imports, undo
from ingest.journal.row_images import dump
from ingest.journal.tables import decision, listing_pair
from ingest.resolution import clustering
from ingest.review.decisions import decide_pair

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = ("id", "nom", "type", "adresse", "code postal", "commune", "lat", "lon", "téléphone", "site web")
SOURCES = ("a", "b", "c")
Row = tuple[str, ...]

# Hard cases, each said in the ways that lists say it: two hosts at one address, a chain, a point that moved, facts
# that are missing, names that say nothing.
TOWN = ("44130", "Blain")
HALL = [
    ("Mairie", "mairie", "2 rue Charles de Gaulle", *TOWN, "47.4760", "-1.7630", "02 40 79 00 08", "ville-blain.fr"),
    ("Mairie de Blain", "mairie", "2 rue Charles de Gaulle", *TOWN, "47.4761", "-1.7631", "", ""),
    ("MAIRIE", "mairie", "", *TOWN, "", "", "02 40 79 00 08", ""),
    ("Médiathèque de Blain", "bibliothèque", "2 rue Charles de Gaulle", *TOWN, "47.4760", "-1.7630", "", ""),
    ("Bibliothèque municipale", "bibliothèque", "2 r Charles de Gaulle", *TOWN, "47.4762", "-1.7629", "", ""),
    ("Médiathèque municipale", "", "", *TOWN, "", "", "02 40 79 00 08", "ville-blain.fr"),
    ("France services Blain", "", "2 rue Charles de Gaulle", *TOWN, "47.4760", "-1.7630", "02 40 79 00 08", ""),
]
HOTELS = [
    ("Ibis Nantes Centre", "hôtel", "3 allée Baco", "44000", "Nantes", "47.2130", "-1.5480", "02 40 20 21 20", ""),
    ("Hôtel Ibis", "hôtel", "3 allée Baco", "44000", "Nantes", "47.2131", "-1.5481", "", "ibis.com"),
    ("Ibis Budget Nantes", "hôtel", "5 allée Baco", "44000", "Nantes", "47.2132", "-1.5478", "", "ibis.com"),
    ("Ibis", "hôtel", "", "44000", "Nantes", "", "", "", ""),
    ("Ibis Styles Nantes Gare", "hôtel", "3 allée Baco", "44000", "Nantes", "47.2130", "-1.5480", "02 40 20 21 20", ""),
]
LABS = [
    ("Le Lab Nantais", "coworking", "3 rue Crébillon", "44000", "Nantes", "47.2131", "-1.5600", "02 40 11 22 33", ""),
    ("Lab nantais", "", "3, RUE CREBILLON", "44000", "NANTES", "47.2141", "-1.5610", "", ""),
    ("LE LAB", "coworking", "", "44000", "Nantes", "", "", "02 40 11 22 33", ""),
    ("Le Lab", "fablab", "3 rue Crébillon", "44000", "Nantes", "47.2131", "-1.5600", "", "lelab.fr"),
    (
        "Lab Nantais - espace de coworking",
        "coworking",
        "5 rue Crébillon",
        "44000",
        "Nantes",
        "47.2133",
        "-1.5603",
        "",
        "",
    ),
    ("La Cale", "café", "3 rue Crébillon", "44000", "Nantes", "47.2131", "-1.5600", "02 40 11 22 33", "lelab.fr"),
]
LISTINGS = st.one_of(st.sampled_from(HALL), st.sampled_from(HOTELS), st.sampled_from(LABS))
SETS = st.lists(st.tuples(st.sampled_from(SOURCES), LISTINGS), min_size=2, max_size=9)
SLOW = settings(
    phases=[Phase.generate],
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
Bring = Callable[..., Any]


def lists_of(said: list[tuple[str, Row]]) -> dict[str, list[Row]]:
    """The lists, each row with an id of its own."""
    lists: dict[str, list[Row]] = {}
    for number, (source, row) in enumerate(said):
        lists.setdefault(source, []).append((str(number), *row))
    return lists


def partition(store: Engine) -> set[frozenset[str]]:
    groups: dict[int, set[str]] = {}
    with store.connect() as connection:
        for row in connection.execute(select(listing.c.source, listing.c.source_key, listing.c.place_id)):
            groups.setdefault(row.place_id, set()).add(f"{row.source}|{row.source_key}")
    return {frozenset(group) for group in groups.values()}


def clear(store: Engine) -> None:
    """An empty store again: what an example left must not reach the next one, even when it failed half-way."""
    with store.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name != "counter":
                connection.execute(delete(table))


def take_all_back(store: Engine) -> None:
    """Undoes everything, the newest first: nothing is left."""
    for run in list_imports(store):
        if run["state"] == "published":
            undo(store, run["import_id"], NOW)
    with store.connect() as connection:
        assert not any(dump(connection).values())
        assert connection.execute(select(decision)).all() == []


def expected(store: Engine, bring: Bring, lists: dict[str, list[Row]]) -> set[frozenset[str]]:
    """The partition when each list comes whole, in order of names."""
    clear(store)
    for source, rows in sorted(lists.items()):
        bring(rows, source=source, header=HEADER)
    found = partition(store)
    take_all_back(store)
    return found


@SLOW
@given(said=SETS, data=st.data())
def test_any_order_and_any_split_into_files(
    store: Engine, bring: Bring, said: list[tuple[str, Row]], data: st.DataObject
) -> None:
    lists = lists_of(said)
    answer = expected(store, bring, lists)
    rows = data.draw(st.permutations([(source, row) for source, rows in lists.items() for row in rows]))
    at = 0
    while at < len(rows):
        size = data.draw(st.integers(1, 3))
        for source in SOURCES:
            part = [row for one, row in rows[at : at + size] if one == source]
            if part:
                bring(part, source=source, header=HEADER)
        at += size
    assert partition(store) == answer
    take_all_back(store)


@SLOW
@given(said=SETS, data=st.data())
def test_undo_and_import_again_in_between(
    store: Engine, bring: Bring, said: list[tuple[str, Row]], data: st.DataObject
) -> None:
    lists = lists_of(said)
    answer = expected(store, bring, lists)
    order = data.draw(st.permutations(sorted(lists)))
    runs = {source: bring(lists[source], source=source, header=HEADER).import_id for source in order}
    assert partition(store) == answer
    taken = data.draw(st.sampled_from(order))
    undo(store, runs[taken], NOW)
    others = {source: rows for source, rows in lists.items() if source != taken}
    without = partition(store)
    bring(lists[taken], source=taken, header=HEADER)
    assert partition(store) == answer
    take_all_back(store)
    assert without == expected(store, bring, others)


@SLOW
@given(said=SETS, data=st.data())
def test_a_row_that_says_something_else_and_then_again_the_same(
    store: Engine, bring: Bring, said: list[tuple[str, Row]], data: st.DataObject
) -> None:
    lists = lists_of(said)
    answer = expected(store, bring, lists)
    for source, rows in lists.items():
        changed = data.draw(st.integers(0, len(rows) - 1))
        other = data.draw(LISTINGS)
        bring([(row[0], *other) if i == changed else row for i, row in enumerate(rows)], source=source, header=HEADER)
    for source in data.draw(st.permutations(sorted(lists))):
        bring(lists[source], source=source, header=HEADER)
    assert partition(store) == answer
    take_all_back(store)


@SLOW
@given(said=SETS, data=st.data())
def test_decisions_and_imports_in_any_order_give_one_partition(
    store: Engine, bring: Bring, said: list[tuple[str, Row]], data: st.DataObject
) -> None:
    lists = lists_of(said)
    keys = sorted(f"{source}|{row[0]}" for source, rows in lists.items() for row in rows)
    pairs = st.lists(st.sampled_from(keys), min_size=2, max_size=2, unique=True)
    clear(store)
    wanted = data.draw(st.lists(st.tuples(pairs, st.booleans()), min_size=1, max_size=3))
    for source, rows in sorted(lists.items()):
        bring(rows, source=source, header=HEADER)
    kept: list[tuple[str, str, bool]] = []
    for (one, other), same in wanted:
        try:
            decide_pair(store, one, other, same, NOW)
        except Conflict:
            continue
        kept = [item for item in kept if {*item[:2]} != {one, other}] + [(one, other, same)]
    answer = partition(store)
    take_all_back(store)
    for source, rows in sorted(lists.items()):
        bring(rows, source=source, header=HEADER)
    for one, other, same in kept:
        decide_pair(store, one, other, same, NOW)
    assert partition(store) == answer
    for run in list_imports(store):
        if run["state"] == "published" and run["source"] != "review":
            try_undo(store, run["import_id"])
    for source in data.draw(st.permutations(sorted(lists))):
        bring(lists[source], source=source, header=HEADER)
    assert partition(store) == answer
    clear(store)
    for source in data.draw(st.permutations(sorted(lists))):
        bring(lists[source], source=source, header=HEADER)
    for one, other, same in data.draw(st.permutations(kept)):
        decide_pair(store, one, other, same, NOW)
    assert partition(store) == answer


def try_undo(store: Engine, import_id: int) -> None:
    """Undo, or the refusal that changes nothing."""
    before = partition(store)
    try:
        undo(store, import_id, NOW)
    except Conflict:
        assert partition(store) == before


def everybody(derived: pl.DataFrame, alone: Set[int]) -> npt.NDArray[np.int64]:
    """Every listing speaks for itself: the way without twins."""
    del alone
    return np.arange(derived.height)


@SLOW
@given(said=SETS, copies=st.integers(2, 6), data=st.data())
def test_rows_that_a_list_repeats_are_joined_as_all_their_pairs_would(
    store: Engine, bring: Bring, said: list[tuple[str, Row]], copies: int, data: st.DataObject
) -> None:
    lists = lists_of([one for one in said for _ in range(copies)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clustering, "representatives", everybody)
        answer = expected(store, bring, lists)
    assert expected(store, bring, lists) == answer
    clear(store)
    rows = data.draw(st.permutations([(source, row) for source, rows in lists.items() for row in rows]))
    halves: dict[str, list[Row]] = {}
    for source, row in rows[: len(rows) // 2]:
        halves.setdefault(source, []).append(row)
    for source, some in [*halves.items(), *lists.items()]:
        bring(some, source=source, header=HEADER)
    assert partition(store) == answer


def test_a_thousand_copies_of_a_row_need_no_pair(store: Engine, bring: Bring) -> None:
    rows = [(str(number), *HALL[0]) for number in range(1_000)]
    bring(rows, source="a", header=HEADER)
    assert len(partition(store)) == 1
    with store.connect() as connection:
        assert connection.execute(select(listing_pair)).first() is None


def test_a_crowd_at_one_point_is_told_apart_by_its_names(store: Engine, bring: Bring) -> None:
    """Firms of a business centre, or a list whose rows all have the point of the town."""
    firms = [
        (str(number), f"Cabinet {name} {surname}", "", "2 rue Charles de Gaulle", *TOWN, "47.4760", "-1.7630", "", "")
        for number, (name, surname) in enumerate(product(FIRST_NAMES, SURNAMES))
    ]
    twice = [(f"{row[0]}b", *row[1:]) for row in firms[:5]]
    bring([*firms, *twice], source="a", header=HEADER)
    assert len(partition(store)) == len(firms)


FIRST_NAMES = ("Aubin", "Basile", "Colette", "Donatien", "Edwige", "Florent", "Ghislaine", "Honorine")
SURNAMES = ("Bréhier", "Cadiou", "Derval", "Elineau", "Fresneau", "Guihard", "Hervouet", "Jolivet")
