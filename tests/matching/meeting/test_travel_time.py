"""Meetings by travel time are ranked as by routing everybody to every place."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geo.travel.router import Floats, OffTheNetwork, RoutingUnavailable
from geo.types import Point
from matching.meeting.query import MAX_MINUTES, Goal, MeetingQuery, Person
from matching.meeting.ranking import MeetingResults, meet
from matching.meeting.travel_time import FIRST_BATCH, meet_by_travel_time
from matching.overlay.layers import build_overlay
from matching.query.query import Mode, Query
from matching.query.results import TravelMethod
from matching.search.engine import SnapshotLayer
from matching.search.prepared_index import PreparedIndex
from matching.snapshot.snapshot import Snapshot
from tests.matching.meeting import meeting_reference
from tests.matching.meeting.test_meeting import meeting_from, same
from tests.matching.search.test_travel_time import REGIONS, TOP, AtOnce, BruteForce, Counting, Down, Nowhere, Town
from tests.matching.world import NOW, World

MODES = list(Mode)


class Roads:
    """An invented network: some ways lead nowhere, some beat top speed, some places and people are not near it."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        crow = _straight_m(origin, points)
        way, place = _noise(points + np.array([origin.lon, origin.lat])), _noise(points)
        minutes = crow / TOP[mode] * (1 + 3 * way) + 3 * way
        minutes[way < 0.02] = np.inf
        minutes[way > 0.97] /= 5
        minutes[place > 0.95] = np.nan
        if _noise(np.array([[origin.lat, origin.lon]]))[0] > 0.85:
            minutes[:] = np.nan
        return minutes


def _straight_m(origin: Point, points: Floats) -> Floats:
    (lon, lat), here = np.radians(points).T, np.radians([origin.lon, origin.lat])
    half = np.sin((lat - here[1]) / 2) ** 2 + np.cos(lat) * np.cos(here[1]) * np.sin((lon - here[0]) / 2) ** 2
    metres: Floats = 2 * 6_371_008.8 * np.arcsin(np.sqrt(half))
    return metres


def _noise(points: Floats) -> Floats:
    """A number between 0 and 1 per point, always the same."""
    noise: Floats = np.sin(points @ [12_989.8, 78_233.0]) * 43_758.5453 % 1
    return noise


def compare(answer: MeetingResults, query: MeetingQuery, brute_force: BruteForce) -> int:
    minutes = None
    if answer.travel.method is TravelMethod.NETWORK:
        minutes = [brute_force.minutes(person.point, str(person.mode)) for person in query.people]
    expected = meeting_reference.meet(brute_force.reference, query, NOW, minutes)
    assert [meeting.place_id for meeting in answer.results] == [row["place_id"] for row in expected]
    for meeting, row in zip(answer.results, expected, strict=True):
        same(meeting, row, query)
    return len(expected)


@pytest.fixture(scope="module")
def roads(world: World) -> BruteForce:
    return BruteForce(world, Roads())  # type: ignore[arg-type]


def test_random_meetings_by_a_network_equal_routing_everybody_everywhere(snapshot: Snapshot, roads: BruteForce) -> None:
    rng, layers = random.Random(41), [SnapshotLayer(snapshot)]
    with_results, on_network, mixed = dict.fromkeys(Goal, 0), 0, 0
    for _ in range(80):
        query = meeting_from(rng)
        answer = meet_by_travel_time(layers, query, NOW, router=roads.network)
        with_results[query.goal] += compare(answer, query, roads) > 1
        on_network += answer.travel.method is TravelMethod.NETWORK
        mixed += any(len({trip.method for trip in meeting.trips}) == 2 for meeting in answer.results)
        assert answer.travel.exact
        assert answer.travel.method is TravelMethod.NETWORK or isinstance(answer.travel.fallback, OffTheNetwork | None)
    assert min(with_results.values()) > 12
    assert on_network > 40 and mixed > 8


@pytest.fixture(scope="module", params=list(REGIONS))
def town(request: pytest.FixtureRequest, networks: dict[str, Path]) -> Town:
    return Town(request.param, networks[request.param])


def in_town(town: Town, rng: random.Random) -> MeetingQuery:
    people = tuple(
        Person(town.query(rng, mode := rng.choice(MODES)).point, mode, rng.choice([15.0, 120.0, 120.0, MAX_MINUTES]))
        for _ in range(rng.choice([2, 2, 3, 4, 20]))
    )
    return MeetingQuery(people, town.query(rng, Mode.WALK), rng.choice(list(Goal)))


def test_meetings_in_real_towns_equal_routing_everybody_everywhere(town: Town) -> None:
    rng, with_results, on_network = random.Random(5), 0, 0
    for _ in range(30):
        query = in_town(town, rng)
        answer = meet_by_travel_time(town.layers, query, NOW, router=town.network)
        with_results += compare(answer, query, town.brute_force) > 0
        on_network += answer.travel.method is TravelMethod.NETWORK
    assert with_results > 8
    assert on_network > 20


def test_an_overlay_answers_what_a_rebuild_would(town: Town) -> None:
    rng = random.Random(8)
    changed = {row["place_id"] for row in rng.sample(town.world.places, 40)}
    overlay = build_overlay(PreparedIndex(town.snapshot), town.world.input(changed), changed)
    for _ in range(10):
        query = in_town(town, rng)
        compare(
            meet_by_travel_time([overlay.masked, overlay.changed], query, NOW, router=town.network),
            query,
            town.brute_force,
        )
    overlay.changed.close()


def two(town: Town, limit: int = 5) -> MeetingQuery:
    _, lon, lat, spread, *_ = town.region
    people = (Person(Point(lon, lat), Mode.WALK), Person(Point(lon + spread / 10, lat), Mode.BIKE))
    return MeetingQuery(people, Query(people[0].point, seats=2, limit=limit))


def test_only_promising_places_are_routed_and_counted(town: Town) -> None:
    counting = Counting(town.network)
    answer = meet_by_travel_time(town.layers, two(town), NOW, router=counting)
    every = meet(town.layers, two(town, 100), NOW).results
    assert len(answer.results) == 5
    assert answer.travel.method is TravelMethod.NETWORK and answer.travel.fallback is None and answer.travel.exact
    assert FIRST_BATCH <= answer.travel.routed < len(every)
    assert counting.routes <= 2 * answer.travel.routed


def test_without_routing_the_straight_line_answers_and_travel_says_so(town: Town) -> None:
    answer, plain = meet_by_travel_time(town.layers, two(town), NOW, router=Down()), meet(town.layers, two(town), NOW)
    assert answer.results == plain.results
    assert answer.travel.method is TravelMethod.STRAIGHT_LINE
    assert isinstance(answer.travel.fallback, RoutingUnavailable)
    assert {trip.method for meeting in answer.results for trip in meeting.trips} == {TravelMethod.STRAIGHT_LINE}


def test_without_a_router_nothing_is_amiss(town: Town) -> None:
    answer = meet_by_travel_time(town.layers, two(town), NOW)
    assert answer == meet(town.layers, two(town), NOW)
    assert answer.travel.method is TravelMethod.STRAIGHT_LINE and answer.travel.fallback is None


def test_where_the_network_does_not_come_near_the_straight_line_tells(networks: dict[str, Path]) -> None:
    town = Town("bondy", networks["monaco"])
    answer = meet_by_travel_time(town.layers, two(town), NOW, router=town.network)
    assert answer.results == meet(town.layers, two(town), NOW).results
    assert isinstance(answer.travel.fallback, OffTheNetwork)


def test_nobody_meets_where_no_way_leads(town: Town) -> None:
    answer = meet_by_travel_time(town.layers, two(town), NOW, router=Nowhere())
    assert answer.results == ()
    assert answer.travel.method is TravelMethod.NETWORK


class Around(AtOnce):
    """A network on which only one person lives."""

    def __init__(self, home: Point) -> None:
        self.home = home

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.full(len(points), 90.0 if origin == self.home else np.nan)


def test_one_person_on_the_network_is_enough(town: Town) -> None:
    near, far = (replace(person, most_minutes=100.0) for person in two(town).people)
    query = replace(two(town), people=(near, far))
    answer = meet_by_travel_time(town.layers, query, NOW, router=Around(near.point))
    methods = [[trip.method for trip in meeting.trips] for meeting in answer.results]
    assert methods == [[TravelMethod.NETWORK, TravelMethod.STRAIGHT_LINE]] * 5
    elsewhere = replace(far, point=Point(far.point.lon + 0.5, far.point.lat), mode=Mode.CAR, most_minutes=60.0)
    nobody = meet_by_travel_time(town.layers, replace(query, people=(near, elsewhere)), NOW, router=Around(near.point))
    assert nobody.results == ()
    assert nobody.travel.method is TravelMethod.NETWORK


class Winding(AtOnce):
    """Everything is two hours away."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.full(len(points), 120.0)


@pytest.mark.parametrize("most_places", [FIRST_BATCH, 100])
def test_beyond_a_bound_it_says_that_there_may_be_better(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, most_places: int
) -> None:
    people = (Person(Point(2.35, 48.86)), Person(Point(2.36, 48.87)))
    monkeypatch.setattr("matching.meeting.travel_time.MAX_ROUTES", len(people) * most_places)
    query = MeetingQuery(people, Query(people[0].point, candidates=True))
    counting = Counting(Winding())  # type: ignore[arg-type]
    answer = meet_by_travel_time([SnapshotLayer(snapshot)], query, NOW, router=counting)
    assert len(answer.results) == query.room.limit
    assert (answer.travel.routed, counting.routes) == (most_places, 2 * most_places)
    assert not answer.travel.exact
