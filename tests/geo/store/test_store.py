"""The contract of the store, the same on SQLite and on PostGIS."""

import random
import threading
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from geo.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from geo.spatial.h3_cells import cells_of
from geo.store.dialect import in_box
from geo.store.engine import open_store, reading, writing
from geo.store.queries import read_frames, read_place
from geo.store.revisions import changed_since, mint, record_changes, revision
from geo.store.schema import busy, listing, place, space, space_community
from geo.store.seat_ledger import release, take
from geo.types import Point


def a_place(number: int, lon: float = -1.55, lat: float = 47.22, **changes: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "name": f"Mairie {number}",
        "match_key": f"mairie {number}",
        "kind": "mairie",
        "status": "offered",
        "address": "1 place de l'Église",
        "postcode": "44000",
        "commune": "Nantes",
        "insee": "44109",
        "lon": lon,
        "lat": lat,
        "position": Point(lon, lat),
        "h3_r9": int(cells_of([lon], [lat], 9)[0]),
        "precision": "exact",
        "expected_m": 0.0,
        "time_zone": "Europe/Paris",
        "amenities": {"wifi": "yes"},
    }
    return row | changes


def a_space(number: int, place_id: int, seats: int = 2) -> dict[str, Any]:
    return {
        "id": number,
        "place_id": place_id,
        "key": f"meeting_room/{number}",
        "kind": "meeting_room",
        "name": "Salle",
        "seats": seats,
        "amenities": {},
    }


@pytest.fixture
def one_room(store: Engine) -> Engine:
    """A store with one offered place and its room of two seats."""
    with writing(store) as connection:
        connection.execute(insert(place), [a_place(1)])
        connection.execute(insert(space), [a_space(10, 1)])
    return store


def test_a_position_comes_back_as_it_went_in(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(insert(place), [a_place(1, 55.4521231, -20.8823456)])
    with reading(store) as connection:
        assert connection.execute(select(place.c.position)).scalar_one() == Point(55.4521231, -20.8823456)


def test_places_are_found_by_box_moved_and_removed(store: Engine) -> None:
    with writing(store) as connection:
        connection.execute(insert(place), [a_place(1, -1.55, 47.22), a_place(2, 3.5, 44.5)])

    def in_lozere() -> list[int]:
        with reading(store) as connection:
            condition = in_box(store.dialect.name, place, 3.0, 44.0, 4.0, 45.0)
            return list(connection.execute(select(place.c.id).where(condition)).scalars())

    assert in_lozere() == [2]
    with writing(store) as connection:
        moved = {name: a_place(1, 3.2, 44.2)[name] for name in ("lon", "lat", "position", "h3_r9")}
        connection.execute(place.update().where(place.c.id == 1).values(moved))
        connection.execute(place.delete().where(place.c.id == 2))
    assert in_lozere() == [1]


@pytest.mark.parametrize(
    "box",
    [
        (-1.6, 47.2, -1.5, 47.3),
        (-5.0, 42.0, 8.0, 51.0),
        (-180.0, -90.0, 180.0, 90.0),
        (-1.5501, 47.2199, -1.5499, 47.2201),
        (-1.55, 47.22, -1.55, 47.22),
        (166.0, -23.0, 167.0, -22.0),
    ],
    ids=["town", "country", "world", "doorstep", "point", "antipodes"],
)
def test_a_box_of_any_size_finds_what_lies_in_it(store: Engine, box: tuple[float, float, float, float]) -> None:
    rng = random.Random(7)
    points = [(-1.55, 47.22), (166.45, -22.27), (-178.1, -14.3), (179.9, 0.0)]
    points += [(rng.uniform(-5, 9), rng.uniform(42, 51)) for _ in range(200)]
    points += [(rng.uniform(-1.7, -1.4), rng.uniform(47.1, 47.4)) for _ in range(200)]
    with writing(store) as connection:
        connection.execute(insert(place), [a_place(i, *point) for i, point in enumerate(points, 1)])
    with reading(store) as connection:
        ids = connection.execute(select(place.c.id).where(in_box(store.dialect.name, place, *box))).scalars().all()
    west, south, east, north = box
    assert sorted(ids) == [i for i, (x, y) in enumerate(points, 1) if west <= x <= east and south <= y <= north]


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "castle"}, {"status": "open"}, {"precision": "vague"}, {"lon": 181.0}],
    ids=["kind", "status", "precision", "longitude"],
)
def test_the_database_refuses_words_outside_the_vocabulary(store: Engine, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), writing(store) as connection:
        connection.execute(insert(place), [a_place(1) | wrong])


def test_ids_are_never_minted_twice_even_after_a_rollback_of_another(store: Engine) -> None:
    with writing(store) as connection:
        first = mint(connection, "place", 3)
    with writing(store) as connection:
        second = mint(connection, "place", 2)
    assert list(first) == [1, 2, 3]
    assert list(second) == [4, 5]


def test_changes_are_seen_once_per_place_at_their_last_revision(store: Engine) -> None:
    with writing(store) as connection:
        record_changes(connection, [7, 5])
    with writing(store) as connection:
        last = record_changes(connection, [7])
    with reading(store) as connection:
        assert revision(connection) == last == 2
        assert changed_since(connection, 0) == [5, 7]
        assert changed_since(connection, 1) == [7]
        assert changed_since(connection, 2) == []


def test_the_last_seat_is_taken_once_by_many_at_the_same_time(one_room: Engine) -> None:
    outcomes: list[str] = []

    def book() -> None:
        try:
            with writing(one_room) as connection:
                take(connection, 10, range(100, 106), 2)
            outcomes.append("taken")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=book) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["taken"]


def test_a_refused_booking_takes_no_slot_at_all(one_room: Engine) -> None:
    with writing(one_room) as connection:
        take(connection, 10, range(104, 106), 2)
    with pytest.raises(Conflict), writing(one_room) as connection:
        take(connection, 10, range(100, 106), 1)
    with reading(one_room) as connection:
        assert list(connection.execute(select(busy.c.slot).order_by(busy.c.slot)).scalars()) == [104, 105]


def test_seats_given_back_leave_no_trace(one_room: Engine) -> None:
    with writing(one_room) as connection:
        take(connection, 10, range(100, 102), 1)
        take(connection, 10, range(101, 103), 1)
    with writing(one_room) as connection:
        release(connection, 10, range(100, 102), 1)
    with reading(one_room) as connection:
        left = connection.execute(select(busy.c.slot, busy.c.seats_taken).order_by(busy.c.slot)).all()
    assert [tuple(row) for row in left] == [(101, 1), (102, 1)]


def test_a_closed_space_cannot_be_taken(one_room: Engine) -> None:
    with writing(one_room) as connection:
        connection.execute(space.update().values(closed=True))
    with pytest.raises(NotFound), writing(one_room) as connection:
        take(connection, 10, range(100, 101), 1)


def test_frames_hold_what_is_offered_and_who_may_see_it(one_room: Engine) -> None:
    with writing(one_room) as connection:
        connection.execute(
            text(
                'INSERT INTO community (slug, name, sharing, colours, "values", words, partners) '
                "VALUES ('rural', 'Rural', 'network', '{}', '[]', '', '[\"hub\"]')"
            )
        )
        connection.execute(insert(place), [a_place(2, status="candidate"), a_place(3, status="closed")])
        connection.execute(insert(space_community), [{"space_id": 10, "community": "rural"}])
        rows = [(1, 1, "rural"), (2, 2, "rural"), (3, 2, None)]
        connection.execute(
            insert(listing),
            [
                {
                    "id": number,
                    "source": "list",
                    "source_key": str(number),
                    "fingerprint": "f",
                    "raw": {},
                    "place_id": place_id,
                    "community": slug,
                    "licence": "LO",
                    "import_id": 1,
                }
                for number, place_id, slug in rows
            ],
        )
    frames = read_frames(one_room)
    assert frames.places["place_id"].to_list() == [1, 2]
    assert frames.places["communities"].to_list() == [["rural"], []]
    assert frames.places["amenities"].to_list() == ['{"wifi": "yes"}'] * 2
    assert frames.spaces["space_id"].to_list() == [10]
    assert frames.spaces["communities"].to_list() == [["rural"]]
    assert frames.communities["partners"].to_list() == [["hub"]]
    only = read_frames(one_room, place_ids=[2])
    assert only.places["place_id"].to_list() == [2]
    assert only.spaces.is_empty()


def test_a_place_is_read_with_its_spaces_and_provenance(one_room: Engine) -> None:
    record = read_place(one_room, 1)
    assert record is not None
    assert record.place["name"] == "Mairie 1"
    assert [item["id"] for item in record.spaces] == [10]
    assert read_place(one_room, 404) is None


def test_a_store_that_is_not_migrated_says_so(tmp_path: Any) -> None:
    engine = open_store(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(StoreUnavailable, match="placelibre migrate"), reading(engine) as connection:
        revision(connection)
    engine.dispose()


def test_a_file_that_is_no_database_says_so(tmp_path: Any) -> None:
    path = tmp_path / "notes.db"
    path.write_text("this is not a database" * 100)
    engine = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable, match="not a readable database"), reading(engine) as connection:
        revision(connection)
    engine.dispose()


def test_a_store_that_cannot_be_reached_says_so_without_its_password() -> None:
    engine = open_store("postgresql://someone:secret@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable) as caught, reading(engine):
        pass
    assert "secret" not in caught.value.message("fr")
    assert "PLACELIBRE_STORE" in caught.value.message("fr")


def test_a_url_that_names_no_database_says_what_to_write() -> None:
    with pytest.raises(InvalidInput, match="sqlite:///"):
        open_store("mongodb://localhost")


def test_a_locked_sqlite_store_says_to_try_again(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.store.dialect.LOCK_TIMEOUT_S", 0)
    engine = open_store(f"sqlite:///{tmp_path}/locked.db")
    with writing(engine), pytest.raises(StoreUnavailable, match="busy"), writing(engine):
        pass
    engine.dispose()
