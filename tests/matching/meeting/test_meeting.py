"""Meetings are ranked as by trying every room."""

import random
from dataclasses import replace

import pytest

from geo.errors import InvalidInput
from geo.store.frames import PLACES, SPACES
from geo.types import Point
from matching.arrays.workspace import thread_workspace
from matching.meeting.query import MAX_MINUTES, Goal, MeetingQuery, Person
from matching.meeting.ranking import STRAIGHT_LINE_PACES, Meeting, MeetingResults, meet, rank_meetings
from matching.overlay.layers import build_overlay
from matching.query.query import Cursor, Mode, Query, Window, slot_floor, slot_start
from matching.search.engine import SnapshotLayer
from matching.search.prepared_index import PreparedIndex
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


def meeting_from(rng: random.Random) -> MeetingQuery:
    """A plausible query: people of one town, of several, or of several oceans."""
    room = query_from(rng)
    homes = rng.choice([[room.point], [room.point], [room.point, _somewhere(rng)], [_somewhere(rng)] * 3])
    spread, patience = rng.choice([0.0, 0.02, 0.1, 0.5]), rng.choice([[MAX_MINUTES], [120.0, 300.0], [45.0, 61.25]])
    people = []
    for _ in range(rng.choice([2, 2, 3, 5, 10, 20])):
        home = rng.choice(homes)
        lon = (home.lon + rng.gauss(0, spread) + 180) % 360 - 180
        point = Point(lon, max(-90.0, min(90.0, home.lat + rng.gauss(0, spread))))
        people.append(Person(point, rng.choice([*Mode, Mode.CAR]), rng.choice(patience)))
    return MeetingQuery(tuple(people), room, rng.choice(list(Goal)))


def _somewhere(rng: random.Random) -> Point:
    _, lon, lat, *_ = rng.choice(REGIONS[:4])
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
    rng, layer = random.Random(20261005), SnapshotLayer(snapshot)
    with_results, partly_free = dict.fromkeys(Goal, 0), 0
    for _ in range(QUERIES):
        query = meeting_from(rng)
        expected = meeting_reference.meet(reference, query, NOW)
        results = meet([layer], query, NOW).results
        assert len(results) == len(expected)
        for result, row in zip(results, expected, strict=True):
            same(result, row, query)
        with_results[query.goal] += len(results) > 1
        partly_free += any(0 < sum(meeting.free_windows) < len(query.room.windows) for meeting in results)
    assert min(with_results.values()) > QUERIES / 6
    assert partly_free > QUERIES / 100


def test_on_most_dates_means_those_first_that_are_free_on_more(snapshot: Snapshot) -> None:
    people = (Person(Point(2.30, 48.86)), Person(Point(2.40, 48.86)))
    mondays = tuple(Window(FIRST_SLOT + 336 * week + 34, FIRST_SLOT + 336 * week + 38) for week in range(1, 9))
    room = Query(people[0].point, mondays, seats=4, limit=100)
    every = meet([SnapshotLayer(snapshot)], MeetingQuery(people, room), NOW).results
    most = meet([SnapshotLayer(snapshot)], MeetingQuery(people, replace(room, most_windows=True)), NOW).results
    assert all(all(meeting.free_windows) for meeting in every)
    assert [meeting.place_id for meeting in most[: len(every)]] == [meeting.place_id for meeting in every]
    dates = [sum(meeting.free_windows) for meeting in most]
    assert dates == sorted(dates, reverse=True)
    assert 0 < dates[-1] < len(mondays)


def test_pages_put_together_are_all_there_is(snapshot: Snapshot, reference: Reference) -> None:
    rng, long_lists, layer = random.Random(12), 0, SnapshotLayer(snapshot)
    for _ in range(40):
        query = meeting_from(rng)
        query = replace(query, room=replace(query.room, limit=rng.choice([1, 7, 30])))
        expected = meeting_reference.meet(reference, replace(query, room=replace(query.room, limit=100)), NOW)
        place_ids: list[int] = []
        after = None
        while len(place_ids) < len(expected):
            page = rank_meetings(layer, query, STRAIGHT_LINE_PACES, slot_floor(NOW), after)
            keys = page.hits.keys.tolist()
            place_ids += [place for _, _, place, _ in keys]
            if len(keys) < query.room.limit:
                break
            after = Cursor(*keys[-1][:3])
        assert place_ids[: len(expected)] == [row["place_id"] for row in expected]
        assert len(place_ids) == len(set(place_ids))
        long_lists += len(place_ids) > 2 * query.room.limit
    assert long_lists > 10


def test_an_overlay_answers_what_a_rebuild_answers(world: World, snapshot: Snapshot) -> None:
    after, changed = changed_world(world, 250)
    overlay = build_overlay(PreparedIndex(snapshot), after.input(changed), changed)
    rebuilt = SnapshotLayer(build_index(after.input(), as_of=AS_OF))
    rng, touched = random.Random(8), 0
    for _ in range(300):
        query = meeting_from(rng)
        got = meet([overlay.masked, overlay.changed], query, NOW)
        assert got.results == meet([rebuilt], query, NOW).results
        touched += any(meeting.place_id in changed for meeting in got.results)
    assert touched > 50


def across(lon: float) -> MeetingQuery:
    people = (Person(Point(lon, -13.3), Mode.WALK, MAX_MINUTES), Person(Point(-lon, -13.3), Mode.BIKE, MAX_MINUTES))
    return MeetingQuery(people, Query(people[0].point, candidates=True))


@pytest.mark.parametrize("query", [across(179.9), across(-179.95), across(180.0)])
def test_people_on_both_sides_of_the_antimeridian(
    snapshot: Snapshot, reference: Reference, query: MeetingQuery
) -> None:
    results, expected = (
        meet([SnapshotLayer(snapshot)], query, NOW).results,
        meeting_reference.meet(reference, query, NOW),
    )
    assert len(results) == len(expected) == 20
    for result, row in zip(results, expected, strict=True):
        same(result, row, query)


def meet_in_rooms(world: World, rooms: list[Row]) -> MeetingResults:
    """Two people at one spot, places at one spot a little away: one row of `rooms` is one space."""
    original = next(place for place in world.places if place["precision"] == "exact")
    ids = sorted({room["place_id"] for room in rooms})
    places = [{**original, "status": "offered", "place_id": number, "lon": 2.36, "lat": 48.86} for number in ids]
    spaces = [{**world.spaces[0], "communities": [], "price_half_day_cents": 500, **room} for room in rooms]
    source = IndexInput(places=frame(places, PLACES), spaces=frame(spaces, SPACES))
    people = (Person(Point(2.35, 48.86)), Person(Point(2.35, 48.86), Mode.WALK))
    query = MeetingQuery(people, Query(people[0].point, seats=2, limit=100))
    return meet([SnapshotLayer(build_index(source, as_of=AS_OF))], query, NOW)


def test_equal_ways_go_by_the_smaller_then_the_cheaper_room_then_ids(small_world: World) -> None:
    answer = meet_in_rooms(
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
    assert [(meeting.place_id, meeting.space_id, meeting.other_spaces) for meeting in answer.results] == [
        (7, 1, 0),
        (2, 6, 1),
        (3, 4, 2),
    ]


def test_a_hundred_places_alike_go_by_their_ids(small_world: World) -> None:
    answer = meet_in_rooms(small_world, [{"place_id": 301 - n, "space_id": n, "seats": 2} for n in range(1, 301)])
    assert [meeting.place_id for meeting in answer.results] == list(range(1, 101))


def test_minutes_shown_add_up_and_respect_everybodys_limit(snapshot: Snapshot) -> None:
    people = (
        Person(Point(2.30, 48.86), Mode.WALK, 45.0),
        Person(Point(2.40, 48.86), Mode.BIKE, 40.0),
        Person(Point(2.35, 48.90), Mode.CAR),
    )
    by_sum = MeetingQuery(people, Query(people[0].point, limit=50), Goal.SUM)
    meetings = meet([SnapshotLayer(snapshot)], by_sum, NOW).results
    assert meetings
    for meeting in meetings:
        assert meeting.trips[0].minutes <= 45 and meeting.trips[1].minutes <= 40
        assert round(10 * sum(trip.minutes for trip in meeting.trips)) == round(10 * meeting.sum_minutes)
        assert meeting.worst_minutes == max(trip.minutes for trip in meeting.trips)
    assert [meeting.sum_minutes for meeting in meetings] == sorted(meeting.sum_minutes for meeting in meetings)
    by_worst = meet([SnapshotLayer(snapshot)], replace(by_sum, goal=Goal.WORST), NOW).results
    assert by_worst[0].worst_minutes <= meetings[0].worst_minutes
    assert meetings[0].sum_minutes <= by_worst[0].sum_minutes


def test_the_bound_of_a_sum_spares_most_blocks(snapshot: Snapshot) -> None:
    """Bounds that prune nothing would give the same answers. With people all around France, the sum of the distances to
    the nearest points of a block is a weak bound."""
    homes = [(-1.55, 47.22), (7.75, 48.58), (2.35, 48.86), (3.5, 44.52)] * 5
    people = tuple(Person(Point(lon, lat), most_minutes=MAX_MINUTES) for lon, lat in homes)
    for goal in Goal:
        assert (
            len(
                meet(
                    [SnapshotLayer(snapshot)], MeetingQuery(people, Query(people[0].point, limit=5), goal), NOW
                ).results
            )
            == 5
        )
        assert 0 < thread_workspace.arrays.counters[0] <= snapshot.meta.offered_blocks // 2


def test_an_empty_index_knows_no_meeting() -> None:
    assert meet([SnapshotLayer(build_index(IndexInput(), as_of=AS_OF))], across(179.9), NOW).results == ()


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
            [SnapshotLayer(snapshot)],
            MeetingQuery(people, Query(people[0].point, (Window(FIRST_SLOT, FIRST_SLOT + 2),))),
            NOW,
        )
