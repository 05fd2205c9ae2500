"""Meeting in the middle answers exactly what trying every room answers."""

import random
from dataclasses import replace

import pytest

from geo.errors import InvalidInput
from geo.store.frames import PLACES, SPACES
from geo.types import Point
from matching.arrays.workspace import thread_workspace
from matching.meeting.query import MAX_MINUTES, Goal, MeetingQuery, Person
from matching.meeting.ranking import BY_STRAIGHT_LINE, Meeting, MeetingResults, meet, rank_meetings
from matching.overlay.overlay import build_overlay
from matching.query.query import Cursor, Mode, Query, Window, slot_floor, slot_start
from matching.search.engine import Whole
from matching.search.prepared_index import Searchable
from matching.snapshot.builder import build_index
from matching.snapshot.index_input import IndexInput
from matching.snapshot.snapshot import Snapshot
from tests.matching.meeting import meeting_reference
from tests.matching.overlay.test_overlay import changed_world
from tests.matching.reference import Reference, Row
from tests.matching.world import AS_OF, FIRST_SLOT, MEMBERSHIP_ROWS, NOW, REGIONS, World, frame, query_from

QUERIES = 1_500


@pytest.fixture(scope="module")
def reference(world: World) -> Reference:
    return Reference(world.places, world.spaces, world.busy, world.communities, MEMBERSHIP_ROWS, AS_OF)


def meeting_from(drawn: random.Random) -> MeetingQuery:
    """One plausible question: people of one town, of several, or of several oceans."""
    room = query_from(drawn)
    homes = drawn.choice([[room.point], [room.point], [room.point, _somewhere(drawn)], [_somewhere(drawn)] * 3])
    spread, patience = drawn.choice([0.0, 0.02, 0.1, 0.5]), drawn.choice([[MAX_MINUTES], [120.0, 300.0], [45.0, 61.25]])
    people = []
    for _ in range(drawn.choice([2, 2, 3, 5, 10, 20])):
        home = drawn.choice(homes)
        lon = (home.lon + drawn.gauss(0, spread) + 180) % 360 - 180
        point = Point(lon, max(-90.0, min(90.0, home.lat + drawn.gauss(0, spread))))
        people.append(Person(point, drawn.choice([*Mode, Mode.CAR]), drawn.choice(patience)))
    return MeetingQuery(tuple(people), room, drawn.choice(list(Goal)))


def _somewhere(drawn: random.Random) -> Point:
    _, lon, lat, *_ = drawn.choice(REGIONS[:4])
    return Point(lon, lat)


def same(result: Meeting, expected: Row, query: MeetingQuery) -> None:
    assert (result.place_id, result.space_id) == (expected["place_id"], expected["space_id"])
    assert [trip.minutes for trip in result.trips] == expected["minutes"]
    assert [trip.distance_m for trip in result.trips] == expected["distances"]
    assert (result.worst_minutes, result.sum_minutes) == (expected["worst"], expected["sum"])
    assert result.other_spaces == expected["others"]
    assert result.price_cents == expected["price"]
    assert result.seats_left == expected["left"]
    assert list(result.free_windows) == expected["windows_free"]
    if expected["free"] is None:
        assert result.free_from is None and result.free_until is None
    else:
        assert (result.free_from, result.free_until) == tuple(slot_start(slot) for slot in expected["free"])
    assert set(result.facts["communities"]) == set(expected["row"]["communities"]) & query.room.visible


def test_random_meetings_equal_the_reference(snapshot: Snapshot, reference: Reference) -> None:
    drawn, whole = random.Random(20261005), Whole(snapshot)
    answered, in_some = dict.fromkeys(Goal, 0), 0
    for _ in range(QUERIES):
        query = meeting_from(drawn)
        expected = meeting_reference.meet(reference, query, NOW)
        got = meet([whole], query, NOW).results
        assert len(got) == len(expected)
        for result, other in zip(got, expected, strict=True):
            same(result, other, query)
        answered[query.by] += len(got) > 1
        in_some += any(0 < sum(one.free_windows) < len(query.room.windows) for one in got)
    assert min(answered.values()) > 250
    assert in_some > 15


def test_on_most_dates_means_those_first_that_are_free_on_more(snapshot: Snapshot) -> None:
    people = (Person(Point(2.30, 48.86)), Person(Point(2.40, 48.86)))
    mondays = tuple(Window(FIRST_SLOT + 336 * week + 34, FIRST_SLOT + 336 * week + 38) for week in range(1, 9))
    room = Query(people[0].point, mondays, seats=4, limit=100)
    every = meet([Whole(snapshot)], MeetingQuery(people, room), NOW).results
    most = meet([Whole(snapshot)], MeetingQuery(people, replace(room, most_windows=True)), NOW).results
    assert all(all(one.free_windows) for one in every)
    assert [one.place_id for one in most[: len(every)]] == [one.place_id for one in every]
    dates = [sum(one.free_windows) for one in most]
    assert dates == sorted(dates, reverse=True)
    assert 0 < dates[-1] < len(mondays)


def test_pages_put_together_are_all_there_is(snapshot: Snapshot, reference: Reference) -> None:
    drawn, long = random.Random(12), 0
    for _ in range(40):
        query = meeting_from(drawn)
        query = replace(query, room=replace(query.room, limit=drawn.choice([1, 7, 30])))
        whole = meeting_reference.meet(reference, replace(query, room=replace(query.room, limit=100)), NOW)
        told: list[int] = []
        after = None
        while len(told) < len(whole):
            keys = rank_meetings(Whole(snapshot), query, BY_STRAIGHT_LINE, slot_floor(NOW), after).ranked.keys.tolist()
            told += [place for _, _, place, _ in keys]
            if len(keys) < query.room.limit:
                break
            after = Cursor(*keys[-1][:3])
        assert told[: len(whole)] == [one["place_id"] for one in whole]
        assert len(told) == len(set(told))
        long += len(told) > 2 * query.room.limit
    assert long > 10


def test_an_overlay_answers_what_a_rebuild_answers(world: World, snapshot: Snapshot) -> None:
    after, changed = changed_world(world, 250)
    overlay = build_overlay(Searchable(snapshot), after.input(changed), changed)
    rebuilt = Whole(build_index(after.input(), as_of=AS_OF))
    drawn, touched = random.Random(8), 0
    for _ in range(300):
        query = meeting_from(drawn)
        got = meet([overlay.masked, overlay.changed], query, NOW)
        assert got.results == meet([rebuilt], query, NOW).results
        touched += any(one.place_id in changed for one in got.results)
    assert touched > 50


def across(lon: float) -> MeetingQuery:
    people = (Person(Point(lon, -13.3), Mode.WALK, MAX_MINUTES), Person(Point(-lon, -13.3), Mode.BIKE, MAX_MINUTES))
    return MeetingQuery(people, Query(people[0].point, candidates=True))


@pytest.mark.parametrize("query", [across(179.9), across(-179.95), across(180.0)])
def test_people_on_both_sides_of_the_antimeridian(
    snapshot: Snapshot, reference: Reference, query: MeetingQuery
) -> None:
    got, expected = meet([Whole(snapshot)], query, NOW).results, meeting_reference.meet(reference, query, NOW)
    assert len(got) == len(expected) == 20
    for result, other in zip(got, expected, strict=True):
        same(result, other, query)


def rooms_alike(world: World, rooms: list[Row]) -> MeetingResults:
    """Two people at one spot, places at one spot a little away: one row of `rooms` is one space."""
    one = next(place for place in world.places if place["precision"] == "exact")
    ids = sorted({room["place_id"] for room in rooms})
    places = [{**one, "status": "offered", "place_id": number, "lon": 2.36, "lat": 48.86} for number in ids]
    spaces = [{**world.spaces[0], "communities": [], "price_half_day_cents": 500, **room} for room in rooms]
    source = IndexInput(places=frame(places, PLACES), spaces=frame(spaces, SPACES))
    people = (Person(Point(2.35, 48.86)), Person(Point(2.35, 48.86), Mode.WALK))
    query = MeetingQuery(people, Query(people[0].point, seats=2, limit=100))
    return meet([Whole(build_index(source, as_of=AS_OF))], query, NOW)


def test_equal_ways_go_by_the_smaller_then_the_cheaper_room_then_ids(small_world: World) -> None:
    found = rooms_alike(
        small_world,
        [
            {"place_id": 7, "space_id": 1, "seats": 2},
            {"place_id": 3, "space_id": 2, "seats": 8},
            {"place_id": 3, "space_id": 3, "seats": 4, "price_half_day_cents": None},
            {"place_id": 3, "space_id": 4, "seats": 4, "price_half_day_cents": 900},
            {"place_id": 3, "space_id": 5, "seats": 1},
            {"place_id": 2, "space_id": 6, "seats": 4, "price_half_day_cents": 900},
            {"place_id": 2, "space_id": 7, "seats": 4, "price_half_day_cents": 900},
        ],
    )
    assert [(one.place_id, one.space_id, one.other_spaces) for one in found.results] == [
        (7, 1, 0),
        (2, 6, 1),
        (3, 4, 2),
    ]


def test_a_hundred_places_alike_go_by_their_ids(small_world: World) -> None:
    found = rooms_alike(small_world, [{"place_id": 301 - n, "space_id": n, "seats": 2} for n in range(1, 301)])
    assert [one.place_id for one in found.results] == list(range(1, 101))


def test_minutes_shown_add_up_and_respect_everybodys_limit(snapshot: Snapshot) -> None:
    people = (
        Person(Point(2.30, 48.86), Mode.WALK, 45.0),
        Person(Point(2.40, 48.86), Mode.BIKE, 40.0),
        Person(Point(2.35, 48.90), Mode.CAR),
    )
    by_sum = MeetingQuery(people, Query(people[0].point, limit=50), Goal.SUM)
    found = meet([Whole(snapshot)], by_sum, NOW).results
    assert found
    for one in found:
        assert one.trips[0].minutes <= 45 and one.trips[1].minutes <= 40
        assert round(10 * sum(trip.minutes for trip in one.trips)) == round(10 * one.sum_minutes)
        assert one.worst_minutes == max(trip.minutes for trip in one.trips)
    assert [one.sum_minutes for one in found] == sorted(one.sum_minutes for one in found)
    by_worst = meet([Whole(snapshot)], replace(by_sum, by=Goal.WORST), NOW).results
    assert by_worst[0].worst_minutes <= found[0].worst_minutes
    assert found[0].sum_minutes <= by_worst[0].sum_minutes


def test_the_bound_of_a_sum_spares_most_blocks(snapshot: Snapshot) -> None:
    """Bounds that prune nothing would be exact too. People all around France pull in all directions, so that a sum of
    distances to the nearest points of a block says little."""
    homes = [(-1.55, 47.22), (7.75, 48.58), (2.35, 48.86), (3.5, 44.52)] * 5
    people = tuple(Person(Point(lon, lat), most_minutes=MAX_MINUTES) for lon, lat in homes)
    for goal in Goal:
        assert (
            len(meet([Whole(snapshot)], MeetingQuery(people, Query(people[0].point, limit=5), goal), NOW).results) == 5
        )
        assert 0 < thread_workspace.arrays.counters[0] <= snapshot.meta.offered_blocks // 2


def test_an_empty_index_knows_no_meeting() -> None:
    assert meet([Whole(build_index(IndexInput(), as_of=AS_OF))], across(179.9), NOW).results == ()


@pytest.mark.parametrize("count", [0, 1, 21])
def test_one_person_or_too_many_cannot_meet(count: int) -> None:
    with pytest.raises(InvalidInput, match="2 to 20"):
        MeetingQuery((Person(Point(2.0, 48.0)),) * count, Query(Point(2.0, 48.0)))


@pytest.mark.parametrize("minutes", [0.0, 0.9, -5.0, MAX_MINUTES + 1, float("nan"), float("inf")])
def test_impossible_limits_are_refused(minutes: float) -> None:
    with pytest.raises(InvalidInput, match="between 1 minute and 24 hours"):
        Person(Point(2.0, 48.0), Mode.CAR, minutes)


def test_a_window_already_over_is_refused(snapshot: Snapshot) -> None:
    people = (Person(Point(2.3, 48.8)), Person(Point(2.4, 48.8)))
    with pytest.raises(InvalidInput, match="already begun"):
        meet(
            [Whole(snapshot)], MeetingQuery(people, Query(people[0].point, (Window(FIRST_SLOT, FIRST_SLOT + 2),))), NOW
        )
