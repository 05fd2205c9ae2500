"""Decisions of people about two listings: done at once, remembered whatever is imported later, taken back exactly."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, update

from geo.errors import Conflict, InvalidInput, NotFound
from geo.store.schema import busy, listing, place, place_alias
from ingest.history import undo
from ingest.journal.tables import decision
from ingest.review.decisions import decide_pair, explain, uncertain, undecide

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEADER = ("id", "nom", "adresse", "code postal", "commune", "lat", "lon", "téléphone", "site web")
LAB = ("1", "Le Lab Nantais", "3 rue Crébillon", "44000", "Nantes", "47.2131", "-1.5600", "02 40 11 22 33", "")
SAME_LAB = ("9", "Lab Nantais", "3 rue Crebillon", "44000", "Nantes", "47.2132", "-1.5601", "02 40 11 22 33", "lab.fr")
FAR_LAB = ("8", "Atelier du Port", "2 quai de la Fosse", "44000", "Nantes", "47.2050", "-1.5750", "", "")
A, B, FAR = "a|1", "b|9", "c|8"


@pytest.fixture
def three(bring: Any) -> None:
    """Two lists that agree on one place, and a third about another."""
    bring([LAB], source="a", header=HEADER)
    bring([SAME_LAB], source="b", header=HEADER)
    bring([FAR_LAB], source="c", header=HEADER)


def parts(store: Engine) -> set[frozenset[str]]:
    """The partition: which listings share a place."""
    groups: dict[int, set[str]] = {}
    with store.connect() as connection:
        for row in connection.execute(select(listing.c.source, listing.c.source_key, listing.c.place_id)):
            groups.setdefault(row.place_id, set()).add(f"{row.source}|{row.source_key}")
    return {frozenset(group) for group in groups.values()}


def decided(store: Engine) -> list[tuple[str, str, bool]]:
    with store.connect() as connection:
        return [(row.key_a, row.key_b, row.same) for row in connection.execute(select(decision))]


TOGETHER = {frozenset({A, B}), frozenset({FAR})}
APART = {frozenset({A}), frozenset({B}), frozenset({FAR})}


@pytest.mark.usefixtures("three")
def test_a_split_gives_the_separated_listing_a_place_of_its_own(store: Engine, seen: Any) -> None:
    assert parts(store) == TOGETHER
    before = {row.id: row for row in seen.places()}
    done = decide_pair(store, B, A, same=False, now=NOW)
    assert parts(store) == APART
    assert decided(store) == [(A, B, False)]
    kept, fresh = (next(row for row in seen.places() if row.id == place_id) for place_id in done.places)
    assert kept.id in before and fresh.id not in before
    assert fresh.website is not None and kept.website is None, "what only the separated list said goes with it"


@pytest.mark.usefixtures("three")
def test_a_merge_keeps_the_older_place_and_leaves_an_alias(store: Engine, seen: Any) -> None:
    older, younger = (row.id for row in seen.places())
    done = decide_pair(store, FAR, A, same=True, now=NOW)
    assert parts(store) == {frozenset({A, B, FAR})}
    assert done.places == (older, older)
    assert [(row.alias_id, row.place_id) for row in seen.rows(place_alias)] == [(younger, older)]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("pair", "same"), [((A, B), False), ((A, FAR), True)])
def test_a_decision_is_taken_back_exactly_by_either_door(
    store: Engine, seen: Any, pair: tuple[str, str], same: bool
) -> None:
    before = seen.dump()
    done = decide_pair(store, *pair, same=same, now=NOW)
    assert seen.dump() != before
    assert done.import_id is not None
    undo(store, done.import_id, NOW)
    assert seen.dump() == before
    assert decided(store) == []
    decide_pair(store, *pair, same=same, now=NOW)
    undecide(store, *pair, now=NOW)
    assert seen.dump() == before
    assert decided(store) == []


@pytest.mark.usefixtures("three")
def test_deciding_twice_changes_nothing_and_deciding_otherwise_replaces(store: Engine) -> None:
    first = decide_pair(store, A, B, same=False, now=NOW)
    again = decide_pair(store, A, B, same=False, now=NOW)
    assert again.import_id is None and again.places == first.places
    other = decide_pair(store, A, B, same=True, now=NOW)
    assert decided(store) == [(A, B, True)]
    assert parts(store) == TOGETHER
    with pytest.raises(Conflict, match="later decision"):
        undo(store, first.import_id or 0, NOW)
    undo(store, other.import_id or 0, NOW)
    assert decided(store) == [(A, B, False)]
    assert parts(store) == APART


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_decisions_hold_whatever_is_imported_afterwards_and_in_which_order(
    store: Engine, bring: Any, order: tuple[str, ...]
) -> None:
    rows = {"a": LAB, "b": SAME_LAB, "c": FAR_LAB}
    runs = {name: bring([row], source=name, header=HEADER).import_id for name, row in rows.items()}
    decide_pair(store, A, B, same=False, now=NOW)
    decide_pair(store, B, FAR, same=True, now=NOW)
    expected = {frozenset({A}), frozenset({B, FAR})}
    assert parts(store) == expected
    undone = {name: undo(store, run, NOW) for name, run in reversed(runs.items())}
    assert len(undone) == 3 and parts(store) == set()
    for name in order:
        bring([rows[name]], source=name, header=HEADER)
    assert parts(store) == expected
    bring([(*SAME_LAB[:1], "Lab nantais !", *SAME_LAB[2:])], source="b", header=HEADER)
    assert parts(store) == expected


@pytest.mark.usefixtures("three")
def test_a_third_list_that_resembles_both_does_not_join_them_again(store: Engine, bring: Any) -> None:
    decide_pair(store, A, B, same=False, now=NOW)
    bring([("5", *LAB[1:])], source="d", header=HEADER)
    (joined,) = (group for group in parts(store) if "d|5" in group)
    assert not {A, B} <= joined and joined & {A, B}


@pytest.mark.usefixtures("three")
def test_taking_a_merge_back_after_a_later_list_joined_gives_each_its_place(
    store: Engine, bring: Any, seen: Any
) -> None:
    far_id = seen.places()[1].id
    done = decide_pair(store, A, FAR, same=True, now=NOW)
    bring([("7", *FAR_LAB[1:])], source="d", header=HEADER)
    assert parts(store) == {frozenset({A, B, FAR, "d|7"})}
    undo(store, done.import_id or 0, NOW)
    assert parts(store) == {frozenset({A, B}), frozenset({FAR, "d|7"})}
    assert seen.rows(place_alias) == []
    assert far_id in {row.id for row in seen.places()}, "it has the id back that people know"


@pytest.mark.usefixtures("three")
def test_a_decision_can_be_forgotten_when_others_built_on_it(store: Engine, bring: Any) -> None:
    decide_pair(store, A, B, same=False, now=NOW)
    bring([("5", *SAME_LAB[1:])], source="d", header=HEADER)
    undecide(store, A, B, NOW)
    assert decided(store) == []
    assert parts(store) == {frozenset({A, B, "d|5"}), frozenset({FAR})}


def test_spaces_and_offers_follow_a_merge_and_come_back(store: Engine, bring: Any, seen: Any) -> None:
    rooms = (*HEADER, "salle", "places", "horaires")
    bring([LAB], source="a", header=HEADER)
    bring([(*FAR_LAB, "Salle bleue", "8", "Lundi-Vendredi 9h-18h")], source="c", header=rooms, offered=True)
    first, second = seen.places()
    assert (first.status, second.status) == ("candidate", "offered")
    with store.begin() as connection:
        connection.execute(insert(busy), [{"space_id": seen.spaces()[0].id, "slot": 1, "seats_taken": 1, "seats": 8}])
    before = seen.dump()
    done = decide_pair(store, A, FAR, same=True, now=NOW)
    (merged,) = seen.places()
    assert merged.status == "offered" and merged.opening_hours == second.opening_hours
    assert [one.place_id for one in seen.spaces()] == [first.id]
    assert len(seen.rows(busy)) == 1
    undo(store, done.import_id or 0, NOW)
    assert seen.dump() == before


@pytest.mark.usefixtures("three")
def test_spaces_of_a_merge_come_back_even_after_a_later_list_joined(store: Engine, bring: Any, seen: Any) -> None:
    rooms = (*HEADER, "salle", "places", "horaires")
    bring([(*FAR_LAB, "Salle bleue", "8", "Lundi-Vendredi 9h-18h")], source="c", header=rooms, offered=True)
    far_id = seen.places()[1].id
    done = decide_pair(store, A, FAR, same=True, now=NOW)
    bring([("7", *FAR_LAB[1:])], source="d", header=HEADER)
    undo(store, done.import_id or 0, NOW)
    assert [one.place_id for one in seen.spaces()] == [far_id]
    assert next(row for row in seen.places() if row.id == far_id).status == "offered"


@pytest.mark.usefixtures("three")
def test_what_somebody_changed_by_hand_is_never_destroyed_by_taking_back(store: Engine, seen: Any) -> None:
    done = decide_pair(store, A, B, same=False, now=NOW)
    with store.begin() as connection:
        connection.execute(update(place).where(place.c.id == done.places[1]).values(name="Chez nous"))
    with pytest.raises(Conflict):
        undo(store, done.import_id or 0, NOW)
    assert decided(store) == [(A, B, False)]
    assert "Chez nous" in {row.name for row in seen.places()}


@pytest.mark.usefixtures("three")
def test_contradictions_and_strangers_are_refused(store: Engine, bring: Any, seen: Any) -> None:
    bring([("7", *FAR_LAB[1:])], source="d", header=HEADER)
    decide_pair(store, A, FAR, same=True, now=NOW)
    decide_pair(store, B, A, same=True, now=NOW)
    before = seen.dump()
    with pytest.raises(Conflict, match="opposite"):
        decide_pair(store, B, FAR, same=False, now=NOW)
    with pytest.raises(NotFound, match="nobody"):
        decide_pair(store, A, "nobody|1", same=True, now=NOW)
    with pytest.raises(InvalidInput):
        decide_pair(store, A, A, same=True, now=NOW)
    with pytest.raises(NotFound):
        undecide(store, B, FAR, NOW)
    assert seen.dump() == before


def test_a_list_and_keys_with_the_separator_in_them_are_decided_too(store: Engine, bring: Any) -> None:
    bring([LAB], source="ville|nord", header=HEADER)
    bring([SAME_LAB[1:]], source="b", header=HEADER[1:])
    (both,) = parts(store)
    one, other = sorted(both)
    decide_pair(store, one, other, same=False, now=NOW)
    assert len(parts(store)) == 2


# The review list


UNSURE = [
    ("1", "Le Lab Nantais", "3 rue Crébillon", "44000", "Nantes", "47.2131", "-1.5600", "", ""),
    ("2", "Lab de Nantes et du Port", "5 rue Crébillon", "44000", "Nantes", "47.2132", "-1.5603", "", ""),
    ("3", "Lab du Port Nantais", "", "44000", "Nantes", "47.2140", "-1.5610", "02 40 99 88 77", ""),
    ("4", "Le Lab", "9 rue Crébillon", "44000", "Nantes", "47.2134", "-1.5600", "", ""),
    ("5", "Labo nantais", "3 bis rue Crébillon", "44000", "Nantes", "47.2131", "-1.5602", "", ""),
]


def test_the_review_list_shows_the_most_uncertain_first_page_by_page(store: Engine, bring: Any) -> None:
    bring([LAB], source="a", header=HEADER)
    for i, row in enumerate(UNSURE):
        bring([row], source=f"s{i}", header=HEADER)
    whole = uncertain(store, limit=100)
    assert whole.next is None and len(whole.pairs) >= 3
    doubts = [abs(pair.probability - 0.5) for pair in whole.pairs]
    assert doubts == sorted(doubts)
    found, after = [], None
    while True:
        page = uncertain(store, limit=2, after=after)
        found += [(pair.left.key, pair.right.key) for pair in page.pairs]
        after = page.next
        if after is None:
            break
    assert found == [(pair.left.key, pair.right.key) for pair in whole.pairs]
    first = whole.pairs[0]
    assert first.reasons and all(why.text("fr") and why.text("en") for why in first.reasons)
    decide_pair(store, first.left.key, first.right.key, same=not first.together, now=NOW)
    left = {(pair.left.key, pair.right.key) for pair in uncertain(store, limit=100).pairs}
    assert (first.left.key, first.right.key) not in left
    of_one = uncertain(store, limit=100, source="s2").pairs
    assert of_one and all("s2" in (pair.left.source, pair.right.source) for pair in of_one)


def test_a_page_mark_that_is_none_is_refused(store: Engine) -> None:
    assert uncertain(store).pairs == []
    with pytest.raises(InvalidInput):
        uncertain(store, after="nonsense")
    with pytest.raises(InvalidInput):
        uncertain(store, limit=0)


@pytest.mark.usefixtures("three")
def test_explain_says_which_list_told_what_and_why_they_were_joined(store: Engine, seen: Any) -> None:
    older, younger = (row.id for row in seen.places())
    told = explain(store, older)
    assert [one.key for one in told.listings] == [A, B]
    assert told.fields["name"] == ("Le Lab Nantais", "a")
    assert told.fields["website"][1] == "b"
    (pair,) = told.pairs
    codes = {why.code for why in pair.reasons}
    assert {"same_phone", "same_address", "no_site"} <= codes
    with store.begin() as connection:
        connection.execute(update(place).where(place.c.id == older).values(name="Chez nous"))
    assert explain(store, older).fields["name"] == ("Chez nous", None)
    decide_pair(store, A, FAR, same=True, now=NOW)
    merged = explain(store, younger)
    assert (merged.place_id, merged.aliases) == (older, [younger])
    assert any(one.decided for one in merged.pairs)
    with pytest.raises(NotFound):
        explain(store, 999_999)
