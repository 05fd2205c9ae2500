"""Meeting by the minutes of a network is what routing everybody to every place would give."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geo.travel.router import Floats, OffTheNetwork, RoutingUnavailable
from geo.types import Point
from matching.meeting.query import MAX_MINUTES, Goal, MeetingQuery, Person
from matching.meeting.ranking import MeetingResults, meet
from matching.meeting.travel_time import FIRST_BATCH, meet_by_minutes
from matching.overlay.overlay import build_overlay
from matching.query.query import Mode, Query
from matching.query.results import Way
from matching.search.engine import Whole
from matching.search.prepared_index import Searchable
from matching.snapshot.snapshot import Snapshot
from tests.matching.meeting import meeting_reference
from tests.matching.meeting.test_meeting import meeting_from, same
from tests.matching.search.test_travel_time import REGIONS, TOP, AtOnce, Counting, Down, Nowhere, Town, Twin
from tests.matching.world import NOW, World

MODES = list(Mode)


class Roads:
    """A network made up. Ways wind more or less; some lead nowhere, some are quicker than can be; some places, and some
    people, do not live near it."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        crow = _crow_m(origin, points)
        way, place = _drawn(points + np.array([origin.lon, origin.lat])), _drawn(points)
        minutes = crow / TOP[mode] * (1 + 3 * way) + 3 * way
        minutes[way < 0.02] = np.inf
        minutes[way > 0.97] /= 5
        minutes[place > 0.95] = np.nan
        if _drawn(np.array([[origin.lat, origin.lon]]))[0] > 0.85:
            minutes[:] = np.nan
        return minutes


def _crow_m(origin: Point, points: Floats) -> Floats:
    (lon, lat), here = np.radians(points).T, np.radians([origin.lon, origin.lat])
    half = np.sin((lat - here[1]) / 2) ** 2 + np.cos(lat) * np.cos(here[1]) * np.sin((lon - here[0]) / 2) ** 2
    metres: Floats = 2 * 6_371_008.8 * np.arcsin(np.sqrt(half))
    return metres


def _drawn(points: Floats) -> Floats:
    """Of each, always the same number between 0 and 1."""
    drawn: Floats = np.sin(points @ [12_989.8, 78_233.0]) * 43_758.5453 % 1
    return drawn


def compare(found: MeetingResults, query: MeetingQuery, twin: Twin) -> int:
    minutes = None
    if found.travel.by is Way.NETWORK:
        minutes = [twin.minutes(one.point, str(one.mode)) for one in query.people]
    expected = meeting_reference.meet(twin.reference, query, NOW, minutes)
    assert [one.place_id for one in found.results] == [one["place_id"] for one in expected]
    for result, other in zip(found.results, expected, strict=True):
        same(result, other, query)
    return len(expected)


@pytest.fixture(scope="module")
def roads(world: World) -> Twin:
    return Twin(world, Roads())  # type: ignore[arg-type]


def test_random_meetings_by_a_network_equal_routing_everybody_everywhere(snapshot: Snapshot, roads: Twin) -> None:
    drawn, layers = random.Random(41), [Whole(snapshot)]
    answered, by_network, mixed = dict.fromkeys(Goal, 0), 0, 0
    for _ in range(80):
        query = meeting_from(drawn)
        found = meet_by_minutes(layers, query, NOW, router=roads.network)
        answered[query.by] += compare(found, query, roads) > 1
        by_network += found.travel.by is Way.NETWORK
        mixed += any(len({trip.by for trip in one.trips}) == 2 for one in found.results)
        assert found.travel.exact
        assert found.travel.by is Way.NETWORK or isinstance(found.travel.fallback, OffTheNetwork | None)
    assert min(answered.values()) > 12
    assert by_network > 40 and mixed > 8


@pytest.fixture(scope="module", params=list(REGIONS))
def town(request: pytest.FixtureRequest, networks: dict[str, Path]) -> Town:
    return Town(request.param, networks[request.param])


def in_town(town: Town, drawn: random.Random) -> MeetingQuery:
    people = tuple(
        Person(
            town.query(drawn, mode := drawn.choice(MODES)).point, mode, drawn.choice([15.0, 120.0, 120.0, MAX_MINUTES])
        )
        for _ in range(drawn.choice([2, 2, 3, 4, 20]))
    )
    return MeetingQuery(people, town.query(drawn, Mode.WALK), drawn.choice(list(Goal)))


def test_meetings_in_real_towns_equal_routing_everybody_everywhere(town: Town) -> None:
    drawn, answered, by_network = random.Random(5), 0, 0
    for _ in range(30):
        query = in_town(town, drawn)
        found = meet_by_minutes(town.layers, query, NOW, router=town.network)
        answered += compare(found, query, town.twin) > 0
        by_network += found.travel.by is Way.NETWORK
    assert answered > 8
    assert by_network > 20


def test_an_overlay_answers_what_a_rebuild_would(town: Town) -> None:
    drawn = random.Random(8)
    changed = {row["place_id"] for row in drawn.sample(town.world.places, 40)}
    overlay = build_overlay(Searchable(town.snapshot), town.world.input(changed), changed)
    for _ in range(10):
        query = in_town(town, drawn)
        compare(meet_by_minutes([overlay.masked, overlay.changed], query, NOW, router=town.network), query, town.twin)
    overlay.changed.close()


def two(town: Town, limit: int = 5) -> MeetingQuery:
    _, lon, lat, spread, *_ = town.region
    people = (Person(Point(lon, lat), Mode.WALK), Person(Point(lon + spread / 10, lat), Mode.BIKE))
    return MeetingQuery(people, Query(people[0].point, seats=2, limit=limit))


def test_only_what_is_promising_is_routed_and_it_says_how_many(town: Town) -> None:
    counting = Counting(town.network)
    found = meet_by_minutes(town.layers, two(town), NOW, router=counting)
    every = meet(town.layers, two(town, 100), NOW).results
    assert len(found.results) == 5
    assert found.travel.by is Way.NETWORK and found.travel.fallback is None and found.travel.exact
    assert FIRST_BATCH <= found.travel.routed < len(every)
    assert counting.asked <= 2 * found.travel.routed


def test_when_routing_is_down_the_straight_line_answers_and_it_is_said(town: Town) -> None:
    found, plain = meet_by_minutes(town.layers, two(town), NOW, router=Down()), meet(town.layers, two(town), NOW)
    assert found.results == plain.results
    assert found.travel.by is Way.STRAIGHT_LINE
    assert isinstance(found.travel.fallback, RoutingUnavailable)
    assert {trip.by for one in found.results for trip in one.trips} == {Way.STRAIGHT_LINE}


def test_without_a_router_nothing_is_amiss(town: Town) -> None:
    found = meet_by_minutes(town.layers, two(town), NOW)
    assert found == meet(town.layers, two(town), NOW)
    assert found.travel.by is Way.STRAIGHT_LINE and found.travel.fallback is None


def test_where_the_network_does_not_come_near_the_straight_line_tells(networks: dict[str, Path]) -> None:
    town = Town("bondy", networks["monaco"])
    found = meet_by_minutes(town.layers, two(town), NOW, router=town.network)
    assert found.results == meet(town.layers, two(town), NOW).results
    assert isinstance(found.travel.fallback, OffTheNetwork)


def test_nobody_meets_where_no_way_leads(town: Town) -> None:
    found = meet_by_minutes(town.layers, two(town), NOW, router=Nowhere())
    assert found.results == ()
    assert found.travel.by is Way.NETWORK


class Around(AtOnce):
    """A network on which only one person lives."""

    def __init__(self, home: Point) -> None:
        self.home = home

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.full(len(points), 90.0 if origin == self.home else np.nan)


def test_one_person_on_the_network_is_enough_whoever_else_is_too_far_without_it(town: Town) -> None:
    near, far = (replace(one, most_minutes=100.0) for one in two(town).people)
    query = replace(two(town), people=(near, far))
    found = meet_by_minutes(town.layers, query, NOW, router=Around(near.point))
    assert [[trip.by for trip in one.trips] for one in found.results] == [[Way.NETWORK, Way.STRAIGHT_LINE]] * 5
    elsewhere = replace(far, point=Point(far.point.lon + 0.5, far.point.lat), mode=Mode.CAR, most_minutes=60.0)
    nobody = meet_by_minutes(town.layers, replace(query, people=(near, elsewhere)), NOW, router=Around(near.point))
    assert nobody.results == ()
    assert nobody.travel.by is Way.NETWORK


class Winding(AtOnce):
    """Everything is two hours away."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.full(len(points), 120.0)


@pytest.mark.parametrize("most_places", [FIRST_BATCH, 100])
def test_beyond_a_bound_it_says_that_there_may_be_better(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch, most_places: int
) -> None:
    people = (Person(Point(2.35, 48.86)), Person(Point(2.36, 48.87)))
    monkeypatch.setattr("matching.meeting.travel_time.MOST_WAYS", len(people) * most_places)
    query = MeetingQuery(people, Query(people[0].point, candidates=True))
    counting = Counting(Winding())  # type: ignore[arg-type]
    found = meet_by_minutes([Whole(snapshot)], query, NOW, router=counting)
    assert len(found.results) == query.room.limit
    assert (found.travel.routed, counting.asked) == (most_places, 2 * most_places)
    assert not found.travel.exact
