"""Bookings: the ledger decides, an idempotency key makes a retry harmless, what one may not see one cannot book."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from geo.errors import Conflict, InvalidInput, NotFound
from geo.store.engine import reading, writing
from geo.store.revisions import changed_since, mint, revision
from geo.store.schema import busy, place, space, space_community
from geo.types import Point, Sharing
from service.bookings.booking import HORIZON_DAYS, Booking, book, cancel, read_booking
from service.bookings.tables import BookingState, booking
from service.communities.community import Community, sync

# A Monday, 10:00 in Paris.
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TUESDAY_9 = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
Book = Callable[..., Booking]


def add_space(store: Engine, *, seats: int = 2, communities: tuple[str, ...] = (), **changes: Any) -> int:
    """A place on offer in Nantes, open on weekdays 9-12 and 14-18, with one space; returns the space's id."""
    with writing(store) as connection:
        (place_id,), (space_id,) = mint(connection, "place"), mint(connection, "space")
        row = {
            "id": place_id,
            "name": "Mairie",
            "match_key": f"mairie {place_id}",
            "kind": "mairie",
            "status": "offered",
            "insee": "44109",
            "lon": -1.55,
            "lat": 47.21,
            "position": Point(-1.55, 47.21),
            "h3_r9": 0,
            "precision": "exact",
            "time_zone": "Europe/Paris",
            "opening_hours": "Mo-Fr 09:00-12:00,14:00-18:00",
            "amenities": {},
        }
        connection.execute(place.insert().values(row | changes))
        connection.execute(
            space.insert().values(
                id=space_id, place_id=place_id, key="room", kind="meeting_room", name="Salle", seats=seats, amenities={}
            )
        )
        for slug in communities:
            connection.execute(space_community.insert().values(space_id=space_id, community=slug))
    return space_id


@pytest.fixture
def communities(store: Engine) -> Engine:
    sync(
        store,
        [
            Community("open", "Ouvert"),
            Community("half", "À demi", sharing=Sharing.PARTNERS, partners=("friend",)),
            Community("shut", "Fermé", sharing=Sharing.PRIVATE),
            Community("friend", "Ami"),
        ],
    )
    return store


@pytest.fixture
def ask(communities: Engine) -> Book:
    """`book` on this store, for "friend", Tuesday 9-12, one seat, unless told otherwise."""

    def _ask(space_id: int, **changes: Any) -> Booking:
        usual: dict[str, Any] = {
            "start": TUESDAY_9,
            "stop": TUESDAY_9 + timedelta(hours=3),
            "seats": 1,
            "community": "friend",
            "now": NOW,
        }
        return book(communities, space_id=space_id, **usual | changes)

    return _ask


def taken(store: Engine, space_id: int) -> dict[int, int]:
    with reading(store) as connection:
        rows = connection.execute(select(busy.c.slot, busy.c.seats_taken).where(busy.c.space_id == space_id))
        return {row.slot: row.seats_taken for row in rows}


def count_bookings(store: Engine) -> int:
    with reading(store) as connection:
        return len(connection.execute(select(booking.c.id)).all())


def test_a_booking_takes_its_seats_for_the_whole_window_and_tells_the_index(store: Engine, ask: Book) -> None:
    room = add_space(store)
    with reading(store) as connection:
        before = revision(connection)
    made = ask(room, seats=2)
    first = int(TUESDAY_9.timestamp()) // 1800
    assert taken(store, room) == dict.fromkeys(range(first, first + 6), 2)
    assert (made.start_slot, made.stop_slot, made.state) == (first, first + 6, BookingState.CONFIRMED)
    with reading(store) as connection:
        assert len(changed_since(connection, before)) == 1


def test_odd_times_round_outwards(store: Engine, ask: Book) -> None:
    made = ask(add_space(store), start=TUESDAY_9 + timedelta(minutes=40), stop=TUESDAY_9 + timedelta(minutes=80))
    first = int(TUESDAY_9.timestamp()) // 1800
    assert (made.start_slot, made.stop_slot) == (first + 1, first + 3)


def test_when_the_seats_are_gone_nothing_is_written(store: Engine, ask: Book) -> None:
    room = add_space(store, seats=2)
    ask(room, start=TUESDAY_9 + timedelta(hours=2), stop=TUESDAY_9 + timedelta(hours=3), seats=2)
    before = taken(store, room)
    with pytest.raises(Conflict):
        ask(room)
    assert taken(store, room) == before and count_bookings(store) == 1
    assert ask(room, stop=TUESDAY_9 + timedelta(hours=2)).state is BookingState.CONFIRMED


def test_twenty_people_want_the_last_seat_and_one_gets_it(store: Engine, ask: Book) -> None:
    room = add_space(store, seats=2)
    ask(room)

    def attempt(number: int) -> str:
        try:
            ask(room, idempotency_key=f"person-{number}")
        except Conflict:
            return "conflict"
        return "booked"

    with ThreadPoolExecutor(20) as people:
        outcomes = sorted(people.map(attempt, range(20)))
    assert outcomes == ["booked"] + ["conflict"] * 19
    assert set(taken(store, room).values()) == {2}
    assert count_bookings(store) == 2


def test_twenty_retries_of_one_request_are_one_booking(store: Engine, ask: Book) -> None:
    room = add_space(store, seats=50)
    with ThreadPoolExecutor(20) as retries:
        made = set(retries.map(lambda _: ask(room, idempotency_key="same-request"), range(20)))
    assert len(made) == 1
    assert set(taken(store, room).values()) == {1} and count_bookings(store) == 1


def test_a_retry_that_overtakes_the_first_request_is_the_same_booking(
    store: Engine, ask: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = add_space(store, seats=50)
    overtaking: list[Booking] = []

    def meanwhile(*_: object) -> None:
        monkeypatch.undo()
        overtaking.append(ask(room, idempotency_key="same-request"))

    monkeypatch.setattr("service.bookings.booking._check_open", meanwhile)
    assert ask(room, idempotency_key="same-request") == overtaking[0]
    assert set(taken(store, room).values()) == {1}


def test_a_retry_gets_the_first_answer_even_later_and_another_request_is_refused(store: Engine, ask: Book) -> None:
    room = add_space(store)
    made = ask(room, idempotency_key="one-request")
    assert ask(room, idempotency_key="one-request", now=TUESDAY_9 + timedelta(days=1)) == made
    with pytest.raises(Conflict):
        ask(room, idempotency_key="one-request", seats=2)
    assert ask(room, idempotency_key="one-request", community="open").id != made.id, "keys belong to a community"


def test_only_who_may_see_a_space_can_book_it(store: Engine, ask: Book) -> None:
    allowed: dict[tuple[str, ...], set[str | None]] = {
        (): {None, "open", "friend", "shut"},
        ("open",): {None, "open", "friend", "shut"},
        ("half",): {"friend"},
        ("shut",): {"shut"},
        ("shut", "half"): {"shut", "friend"},
    }
    for offered_by, who_can in allowed.items():
        room = add_space(store, seats=9, communities=offered_by)
        for who in (None, "open", "friend", "shut"):
            if who in who_can:
                assert ask(room, community=who).community == who
            else:
                with pytest.raises(NotFound):
                    ask(room, community=who)


def test_what_is_not_offered_cannot_be_booked(store: Engine, ask: Book) -> None:
    for status in ("candidate", "closed"):
        with pytest.raises(NotFound):
            ask(add_space(store, status=status))
    room = add_space(store)
    with writing(store) as connection:
        connection.execute(update(space).where(space.c.id == room).values(closed=True))
    with pytest.raises(NotFound):
        ask(room)
    with pytest.raises(NotFound):
        ask(999)


def test_a_closed_space_cannot_be_booked(store: Engine, ask: Book) -> None:
    room = add_space(store)
    for start, hours in (
        (TUESDAY_9 - timedelta(minutes=30), 1),  # opens half an hour later
        (TUESDAY_9 + timedelta(hours=2), 4),  # across lunch
        (TUESDAY_9 + timedelta(days=4), 1),  # Saturday
        (datetime(2026, 12, 25, 9, 0, tzinfo=UTC), 1),  # a public holiday, a Friday
    ):
        with pytest.raises(InvalidInput) as caught:
            ask(room, start=start, stop=start + timedelta(hours=hours))
        assert caught.value.values["field"] == "start"
    assert taken(store, room) == {}


def test_hours_of_the_space_go_before_those_of_the_place_and_unknown_hours_are_not_open(
    store: Engine, ask: Book
) -> None:
    room = add_space(store)
    with writing(store) as connection:
        connection.execute(update(space).where(space.c.id == room).values(opening_hours="Mo-Fr 14:00-18:00"))
    with pytest.raises(InvalidInput):
        ask(room)
    with pytest.raises(InvalidInput):
        ask(add_space(store, opening_hours=None))


def test_hours_are_local_to_the_place_and_may_span_two_utc_days(store: Engine, ask: Book) -> None:
    night = add_space(store, time_zone="Pacific/Noumea", insee="98818", opening_hours="Mo-Fr 08:00-18:00")
    tuesday_8 = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    made = ask(night, start=tuesday_8, stop=tuesday_8 + timedelta(hours=10))
    assert made.stop_slot - made.start_slot == 20
    with pytest.raises(InvalidInput):
        ask(night, start=tuesday_8 - timedelta(hours=1), stop=tuesday_8)


IMPOSSIBLE: list[dict[str, Any]] = [
    {"start": NOW - timedelta(hours=1), "stop": NOW + timedelta(hours=1)},
    {"start": TUESDAY_9 + timedelta(weeks=9, days=7), "stop": TUESDAY_9 + timedelta(weeks=9, days=7, hours=1)},
    {"stop": TUESDAY_9},
    {"stop": TUESDAY_9 + timedelta(hours=13)},
    {"seats": 0},
    {"seats": 3},
]


def test_what_cannot_be_is_refused_with_its_remedy(store: Engine, ask: Book) -> None:
    room = add_space(store, seats=2, opening_hours="24/7")
    for changes in IMPOSSIBLE:
        with pytest.raises(InvalidInput):
            ask(room, **changes)
    assert taken(store, room) == {}


def test_the_running_half_hour_and_the_last_day_ahead_can_be_booked(store: Engine, ask: Book) -> None:
    room = add_space(store, seats=2, opening_hours="24/7")
    at_the_door = NOW + timedelta(minutes=10)
    now_on = ask(room, now=at_the_door, start=at_the_door, stop=NOW + timedelta(hours=1))
    last = NOW + timedelta(days=HORIZON_DAYS)
    far = ask(room, start=last - timedelta(hours=1), stop=last)
    assert {now_on.state, far.state} == {BookingState.CONFIRMED}
    assert set(taken(store, room)) == {
        *range(now_on.start_slot, now_on.stop_slot),
        *range(far.start_slot, far.stop_slot),
    }


def test_cancelling_gives_the_seats_back_once(store: Engine, ask: Book) -> None:
    room = add_space(store, seats=2)
    kept, gone = ask(room), ask(room)
    for _ in range(2):
        assert cancel(store, gone.id, community="friend", now=NOW) == replace(gone, state=BookingState.CANCELLED)
    assert set(taken(store, room).values()) == {1}
    assert read_booking(store, kept.id, community="friend") == kept
    cancel(store, kept.id, community="friend", now=NOW)
    assert taken(store, room) == {}


def test_nobody_cancels_or_reads_the_booking_of_another(store: Engine, ask: Book) -> None:
    made = ask(add_space(store))
    for stranger in (None, "open"):
        with pytest.raises(NotFound):
            cancel(store, made.id, community=stranger, now=NOW)
        with pytest.raises(NotFound):
            read_booking(store, made.id, community=stranger)
    with pytest.raises(NotFound):
        cancel(store, made.id + 1, community="friend", now=NOW)


def test_a_booking_that_is_over_stays(store: Engine, ask: Book) -> None:
    made = ask(add_space(store))
    with pytest.raises(Conflict):
        cancel(store, made.id, community="friend", now=TUESDAY_9 + timedelta(hours=3))
    assert read_booking(store, made.id, community="friend") == made
