"""Whatever the list: the counts balance, the same file changes nothing, undo is exact, order does not matter."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ingest.history import undo

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = ("nom", "adresse", "code postal", "commune", "lat", "lon", "salle", "places", "horaires", "wifi")
PLACES = st.sampled_from(
    [
        ("44000", "Nantes", "", ""),
        ("44000", "NANTES", "47,2184", "-1,5536"),
        ("", "Nantes", "47.2190", "-1.5530"),
        ("", "Nantes", "-1.5536", "47.2184"),
        ("35000", "Rennes", "48.1100", "-1.6800"),
        ("", "Atlantide", "", ""),
        ("", "", "0", "0"),
        ("", "", "52.5", "13.4"),
    ]
)
ROWS = st.tuples(
    st.sampled_from(["Le Lab", "LE LAB", "La Cale", "Mairie", ""]),
    st.sampled_from(["3 rue Crébillon", "3, RUE CREBILLON", "le Bourg", ""]),
    PLACES,
    st.sampled_from([("", ""), ("Salle bleue", "8"), ("Bureau", ""), ("", "4")]),
    st.sampled_from(["", "Lundi-Vendredi 9h-18h", "parfois"]),
    st.sampled_from(["oui", "non", ""]),
).map(lambda row: [row[0], row[1], *row[2], *row[3], row[4], row[5]])
TABLES = st.lists(ROWS, min_size=1, max_size=8)
SLOW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


def shape(seen: Any) -> set[frozenset[tuple[str, str]]]:
    """The partition: which listings, by what they say, share a place."""
    groups: dict[int, set[tuple[str, str]]] = {}
    for item in seen.listings():
        groups.setdefault(item.place_id, set()).add((item.source, item.fingerprint))
    return {frozenset(group) for group in groups.values()}


@SLOW
@given(table=TABLES, other=TABLES, offered=st.booleans())
def test_any_list_balances_repeats_and_undoes(
    store: Engine, seen: Any, bring: Any, table: list[list[str]], other: list[list[str]], offered: bool
) -> None:
    empty = seen.dump()
    first = bring(table, name="a.csv", header=HEADER, offered=offered)
    assert sum(first.counts.values()) == first.rows == sum(any(row) for row in table)
    after_first = seen.dump()
    again = bring(table, name="a.csv", header=HEADER, offered=offered)
    assert again.counts["unchanged"] + again.counts["rejected"] == again.rows
    assert again.counts["rejected"] == first.counts["rejected"]
    assert seen.dump() == after_first
    second = bring(other, name="b.csv", header=HEADER)
    assert sum(second.counts.values()) == second.rows
    for report, before in ((second, after_first), (first, empty)):
        if report.import_id is not None:
            undo(store, report.import_id, NOW)
        assert seen.dump() == before


@SLOW
@given(table=TABLES, data=st.data())
def test_the_partition_does_not_depend_on_order(
    store: Engine, seen: Any, bring: Any, table: list[list[str]], data: st.DataObject
) -> None:
    first = bring(table, name="a.csv", header=HEADER)
    expected = shape(seen)
    if first.import_id is not None:
        undo(store, first.import_id, NOW)
    shuffled = data.draw(st.permutations(table))
    second = bring(shuffled, name="a.csv", header=HEADER)
    assert shape(seen) == expected
    if second.import_id is not None:
        undo(store, second.import_id, NOW)
