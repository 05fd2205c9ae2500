"""An undo leaves the spaces, offers and facts that other lists still state, as if only those had been imported."""

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, update

from geo.errors import Conflict
from geo.store import seat_ledger
from geo.store.engine import writing
from geo.store.schema import busy, metadata, place, space
from ingest.history import list_imports, undo
from ingest.review.decisions import decide_pair

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEADER = ("nom", "adresse", "code postal", "commune", "salle", "nombre de places", "tarif demi-journée", "horaires")
HOURS = "Lundi-Vendredi 9h-18h"
TOWN_HALL = ("Mairie", "1 place de la Mairie", "44110", "Châteaubriant")
LAB = ("Le Lab", "3 rue Crébillon", "44000", "Nantes")
COUNCIL = [*TOWN_HALL, "Salle du conseil", "12", "5 €", HOURS]
OFFICE = [*TOWN_HALL, "Bureau 2", "2", "gratuit", HOURS]

Bring = Callable[..., Any]
Canonical = dict[str, list[str]]


def canonical(seen: Any) -> Canonical:
    """The dump without ids: a place goes by the listings it is made of, a space by its place and key."""
    tables = {name: [json.loads(text) for text in rows] for name, rows in seen.dump().items()}
    keys: dict[int, list[str]] = defaultdict(list)
    for row in tables["listing"]:
        keys[row["place_id"]].append(f"{row['source']}|{row['source_key']}")
    token = {row["id"]: " + ".join(sorted(keys[row["id"]])) for row in tables["place"]}
    room = {row["id"]: f"{token[row['place_id']]} / {row['key']}" for row in tables["space"]}
    rows = {
        "place": [row | {"id": token[row["id"]]} for row in tables["place"]],
        "space": [row | {"id": room[row["id"]], "place_id": token[row["place_id"]]} for row in tables["space"]],
        "space_community": [row | {"space_id": room[row["space_id"]]} for row in tables["space_community"]],
        "listing": [row | {"id": 0, "import_id": 0, "place_id": token[row["place_id"]]} for row in tables["listing"]],
    }
    return {name: sorted(json.dumps(row, sort_keys=True) for row in found) for name, found in rows.items()}


def clear(store: Engine) -> None:
    """An empty store again, its communities kept."""
    with store.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table.name not in {"counter", "community"}:
                connection.execute(delete(table))


# --- the fault -----------------------------------------------------------------------------------------


def test_a_room_that_another_list_names_survives_the_undo_of_the_first(
    store: Engine, seen: Any, bring: Bring, communities: None
) -> None:
    first = bring([COUNCIL], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    (room,) = seen.spaces()
    second = [*TOWN_HALL, "Salle du conseil", "14", "", HOURS]
    bring([second], header=HEADER, name="b.csv", community="base10", offered=True)
    undone = undo(store, first.import_id, NOW)
    (kept,) = seen.spaces()
    assert (kept.id, kept.seats, kept.price_half_day_cents, kept.closed) == (room.id, 14, None, False)
    assert [item.status for item in seen.places()] == ["offered"]
    assert (undone.spaces_removed, undone.closed) == (0, ())
    left = canonical(seen)
    assert [json.loads(row)["community"] for row in left["space_community"]] == ["base10"]
    again = bring([second], header=HEADER, name="b.csv", community="base10", offered=True)
    assert again.counts["unchanged"] == 1
    clear(store)
    bring([second], header=HEADER, name="b.csv", community="base10", offered=True)
    assert canonical(seen) == left


def test_the_word_of_the_first_list_returns_when_the_second_is_undone(
    store: Engine, seen: Any, bring: Bring, communities: None
) -> None:
    bring([COUNCIL], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    before = seen.dump()
    second = bring([[*TOWN_HALL, "Salle du conseil", "14", "8 €", ""]], header=HEADER, name="b.csv", offered=True)
    undo(store, second.import_id, NOW)
    assert seen.dump() == before


def test_a_place_is_offered_no_longer_when_nobody_who_agreed_is_left(
    store: Engine, seen: Any, bring: Bring, communities: None
) -> None:
    first = bring([COUNCIL], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    bring([OFFICE], header=HEADER, name="b.csv")
    undo(store, first.import_id, NOW)
    assert [(item.name, item.closed) for item in seen.spaces()] == [("Bureau 2", True)]
    assert [item.status for item in seen.places()] == ["candidate"]


# --- bookings ------------------------------------------------------------------------------------------


def test_a_booked_room_stays_open_while_another_list_offers_it(
    store: Engine, seen: Any, bring: Bring, communities: None
) -> None:
    first = bring([COUNCIL], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    second = bring([COUNCIL], header=HEADER, name="b.csv", community="base10", offered=True)
    (room,) = seen.spaces()
    with writing(store) as connection:
        seat_ledger.take(connection, room.id, range(1000, 1004), 2)
    assert undo(store, first.import_id, NOW).closed == ()
    assert [(item.id, item.closed) for item in seen.spaces()] == [(room.id, False)]
    (closed,) = undo(store, second.import_id, NOW).closed
    assert closed.space_id == room.id
    assert [(item.id, item.closed) for item in seen.spaces()] == [(room.id, True)]
    assert [item.status for item in seen.places()] == ["closed"]


def test_what_an_undone_list_said_of_a_booked_room_does_not_come_back_with_another_list(
    store: Engine, seen: Any, bring: Bring, communities: None
) -> None:
    first = bring([COUNCIL], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    (room,) = seen.spaces()
    with writing(store) as connection:
        seat_ledger.take(connection, room.id, range(1000, 1004), 2)
    undo(store, first.import_id, NOW)
    bring([[*TOWN_HALL, "Salle du conseil", "12", "", HOURS]], header=HEADER, name="b.csv", offered=True)
    assert [(item.id, item.price_half_day_cents, item.closed) for item in seen.spaces()] == [(room.id, None, False)]
    assert canonical(seen)["space_community"] == []


def test_a_booked_room_follows_its_listing_to_a_place_of_its_own(
    store: Engine, seen: Any, bring: Bring, communities: None
) -> None:
    lab = [*LAB, "Salle bleue", "8", "", HOURS]
    bring([COUNCIL], header=HEADER, source="a", offered=True)
    bring([[TOWN_HALL[0], "", *TOWN_HALL[2:], *lab[4:]]], header=HEADER, source="b", offered=True)
    keys = sorted(f"{item.source}|{item.source_key}" for item in seen.listings())
    decided = decide_pair(store, *keys, same=len(seen.places()) > 1, now=NOW)
    assert decided is not None
    blue = next(item for item in seen.spaces() if item.name == "Salle bleue")
    with writing(store) as connection:
        seat_ledger.take(connection, blue.id, range(1000, 1004), 2)
    apart = decide_pair(store, *keys, same=len(seen.places()) > 1, now=NOW)
    assert apart is not None
    (now,) = [item for item in seen.spaces() if item.name == "Salle bleue"]
    listed = {item.source: item.place_id for item in seen.listings()}
    assert (now.id, now.place_id, now.closed) == (blue.id, listed["b"], False)


# --- changes by hand -----------------------------------------------------------------------------------


def test_a_price_changed_by_hand_survives_the_undo_of_another_list(
    store: Engine, seen: Any, bring: Bring, communities: None
) -> None:
    first = bring([COUNCIL], header=HEADER, name="a.csv", community="ruraconnect", offered=True)
    bring([[*TOWN_HALL, "Salle du conseil", "14", "8 €", ""]], header=HEADER, name="b.csv", offered=True)
    with store.begin() as connection:
        connection.execute(update(space).values(price_half_day_cents=700))
    undo(store, first.import_id, NOW)
    assert [(item.seats, item.price_half_day_cents) for item in seen.spaces()] == [(14, 700)]


def test_an_edited_room_keeps_an_import_from_being_undone(store: Engine, seen: Any, bring: Bring) -> None:
    bring([COUNCIL], header=HEADER, name="a.csv", offered=True)
    second = bring([[*TOWN_HALL, "Salle du conseil", "14", "", ""]], header=HEADER, name="b.csv", offered=True)
    with store.begin() as connection:
        connection.execute(update(space).values(seats=20))
    with pytest.raises(Conflict, match="Mairie"):
        undo(store, second.import_id, NOW)


# --- any lists, any order ------------------------------------------------------------------------------

WIDE_HEADER = ("nom", "type", "adresse", "code postal", "commune", "lat", "lon", "téléphone", *HEADER[4:])
BLAIN = ("44130", "Blain")
STREET, POINT, PHONE = "2 rue Charles de Gaulle", ("47.4760", "-1.7630"), "02 40 79 00 08"
# Several sites at one address, and listings that may join two of them: places merge and part with the lists.
SITES = st.sampled_from(
    [
        ("Mairie", "mairie", STREET, *BLAIN, *POINT, PHONE),
        ("Mairie de Blain", "mairie", STREET, *BLAIN, "47.4761", "-1.7631", ""),
        ("MAIRIE", "mairie", "", *BLAIN, "", "", PHONE),
        ("Médiathèque de Blain", "bibliothèque", STREET, *BLAIN, *POINT, ""),
        ("Médiathèque municipale", "", "", *BLAIN, "", "", PHONE),
        ("France services Blain", "", STREET, *BLAIN, *POINT, PHONE),
    ]
)
ROOMS = st.sampled_from(["Salle du conseil", "Bureau 2", ""])
ROWS = st.tuples(
    SITES,
    ROOMS,
    st.sampled_from(["8", "12", ""]),
    st.sampled_from(["5 €", "gratuit", ""]),
    st.sampled_from([HOURS, "Samedi 10h-12h", ""]),
).map(lambda row: [*row[0], *row[1:]])
LISTS = st.lists(
    st.fixed_dictionaries(
        {
            "rows": st.lists(ROWS, min_size=1, max_size=3),
            "community": st.sampled_from([None, "ruraconnect", "base10"]),
            "offered": st.booleans(),
        }
    ),
    min_size=2,
    max_size=4,
)
SLOW = settings(
    phases=[Phase.generate],
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


def bring_list(bring: Bring, number: int, drawn: dict[str, Any]) -> int:
    report = bring(
        drawn["rows"],
        header=WIDE_HEADER,
        source=f"list-{number}",
        community=drawn["community"],
        offered=drawn["offered"],
    )
    assert report.import_id is not None
    return int(report.import_id)


@SLOW
@given(lists=LISTS, data=st.data())
def test_undo_leaves_what_the_remaining_lists_alone_would_give(
    store: Engine, seen: Any, bring: Bring, communities: None, lists: list[dict[str, Any]], data: st.DataObject
) -> None:
    clear(store)
    in_force: dict[int, int] = {}
    for number, drawn in enumerate(lists):
        in_force[number] = bring_list(bring, number, drawn)
    for _ in range(data.draw(st.integers(1, 2 * len(lists)))):
        number = data.draw(st.sampled_from(range(len(lists))))
        if number in in_force:
            undo(store, in_force.pop(number), NOW)
        else:
            in_force[number] = bring_list(bring, number, lists[number])
    left = canonical(seen)
    for number in data.draw(st.permutations(sorted(in_force))):
        again = bring(
            lists[number]["rows"],
            header=WIDE_HEADER,
            source=f"list-{number}",
            **{name: lists[number][name] for name in ("community", "offered")},
        )
        assert again.import_id is None, "nothing new"
    clear(store)
    for number in in_force:
        bring_list(bring, number, lists[number])
    assert left == canonical(seen)
    for run in list_imports(store):
        undo(store, run["import_id"], NOW)
    assert not any(seen.dump().values())
    assert not any(seen.rows(table) for table in (place, space, busy))
