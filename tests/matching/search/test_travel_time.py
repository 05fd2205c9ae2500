"""Ranking by the minutes of real networks is what routing every place, scoring and sorting would give."""

import copy
import math
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.travel.router import Floats, OffTheNetwork, RoutingUnavailable
from geo.travel.valhalla_embedded import EmbeddedValhalla
from geo.travel.valhalla_router import Network
from geo.types import Point
from matching.overlay.overlay import build_overlay
from matching.query.query import MAX_RADIUS_M, Cursor, Mode, Query
from matching.query.results import SearchResults, Way
from matching.search.engine import Layer, Whole, search
from matching.search.hits import Found
from matching.search.prepared_index import Searchable
from matching.search.result_builder import told
from matching.search.travel_time import COUNTED, find_by_minutes
from matching.snapshot.builder import build_index
from matching.snapshot.snapshot import Snapshot
from tests.matching.reference import Reference, Row
from tests.matching.world import AS_OF, MEMBERSHIP_ROWS, NOW, World, query_from

REGIONS = {
    "monaco": ("Monaco", 7.4225, 43.7375, 0.026, 330, "06012", "Europe/Paris"),
    "bondy": ("Bondy", 2.4845, 48.9098, 0.012, 130, "93010", "Europe/Paris"),
}
MODES = list(Mode)
TOP = {"walk": 80.0, "bike": 20_000 / 60, "car": 130_000 / 60}
PACE = {"walk": 80 / 1.3, "bike": 250 / 1.3, "car": 40_000 / 60 / 1.4}
HALF = {"walk": 800 / PACE["walk"], "bike": 2500 / PACE["bike"], "car": 8000 / PACE["car"]}


class Twin:
    """The same world searched by brute force: every place routed in one go, scored and sorted."""

    def __init__(self, world: World, network: Network) -> None:
        self.reference = Reference(world.places, world.spaces, world.busy, world.communities, MEMBERSHIP_ROWS, AS_OF)
        self.network = network

    def search(self, query: Query) -> tuple[list[Row], int, int]:
        mode = str(query.mode)
        wide = replace(query, radius_m=query.radius_m if query.minutes is None else MAX_RADIUS_M)
        minutes = self.minutes(query.point, mode)
        near = copy.copy(self.reference)
        limit = math.inf if query.minutes is None else query.minutes
        near.places = [place for place in self.reference.places if minutes[place["place_id"]] <= limit]
        near.lats = [place["lat"] for place in near.places]
        found, total, unsure = near.search(wide, NOW)
        for one in found:
            one["minutes"] = minutes[one["place_id"]]
            if "proximity" in one["values"]:
                one["values"]["proximity"] = 2 ** (-one["minutes"] / HALF[mode])
            one["score"] = round(sum(one["weights"][name] * value for name, value in one["values"].items()), 6)
        found.sort(key=lambda one: (-one["windows"], -one["score"], one["distance_m"], one["place_id"]))
        return found, total, unsure

    def minutes(self, point: Point, mode: str) -> dict[int, float]:
        places = self.reference.places
        routed = self.network.minutes(point, np.array([(one["lon"], one["lat"]) for one in places]), mode)
        return {
            place["place_id"]: self.shown(place, point, mode, time)
            for place, time in zip(places, routed.tolist(), strict=True)
        }

    def shown(self, place: Row, point: Point, mode: str, routed: float) -> float:
        phi, other = math.radians(point.lat), math.radians(place["lat"])
        half = math.sin((other - phi) / 2) ** 2
        half += math.cos(phi) * math.cos(other) * math.sin(math.radians(place["lon"] - point.lon) / 2) ** 2
        metres = max(round(2 * 6_371_008.8 * math.asin(math.sqrt(half)), 1), round(place["expected_m"], 1))
        minutes = metres / PACE[mode] if math.isnan(routed) else routed
        minutes = max(minutes, metres / TOP[mode], round(place["expected_m"], 1) / PACE[mode])
        return math.inf if math.isinf(minutes) else math.ceil(minutes * 10 - 1e-9) / 10


class Counting:
    """A router that keeps how many ways were asked for, and of whom."""

    def __init__(self, network: Network) -> None:
        self.network, self.asked = network, 0

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        self.asked += len(points)
        return self.network.minutes(origin, points, mode)


class Down:
    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        raise RoutingUnavailable(fr="il dort", en="it sleeps")


class Town:
    """Spaces in one town with its network."""

    def __init__(self, name: str, folder: Path) -> None:
        self.region = REGIONS[name]
        self.world = World(seed=5, regions=[self.region])
        self.network = Network(EmbeddedValhalla(folder))
        self.twin = Twin(self.world, self.network)
        self.snapshot: Snapshot = build_index(self.world.input(), as_of=AS_OF)
        self.layers: list[Layer] = [Whole(self.snapshot)]

    def query(self, drawn: random.Random, mode: Mode) -> Query:
        _, lon, lat, spread, *_ = self.region
        return replace(
            query_from(drawn),
            point=Point(lon + drawn.gauss(0, spread / 2), lat + drawn.gauss(0, spread / 2)),
            mode=mode,
            minutes=drawn.choice([None, None, 3.0, 8.0, 20.0, 90.0]),
        )

    def ask(self, query: Query, router: Any = None) -> SearchResults:
        return told(self.find(query, router))

    def find(self, query: Query, router: Any = None, after: Cursor | None = None) -> Found:
        return find_by_minutes(self.layers, query, NOW, None, after, router or self.network)


@pytest.fixture(scope="module", params=list(REGIONS))
def town(request: pytest.FixtureRequest, networks: dict[str, Path]) -> Town:
    return Town(request.param, networks[request.param])


def compare(found: SearchResults, query: Query, twin: Twin) -> int:
    expected, total, unsure = twin.search(query)
    got = [(one.place_id, one.space_id, round(one.score, 6), one.minutes) for one in found.results]
    assert got == [
        (one["place_id"], one["space_id"], one["score"], one["minutes"] if math.isfinite(one["minutes"]) else None)
        for one in expected[: query.limit]
    ]
    for one, other in zip(found.results, expected, strict=False):
        assert {term.name: term.value for term in one.terms} == pytest.approx(other["values"], abs=1e-9)
        assert sum(term.contribution for term in one.terms) == pytest.approx(one.score, abs=1e-9)
        assert (one.other_spaces, one.distance_m) == (other["others"], other["distance_m"])
    assert (found.total, found.to_confirm) == (total, unsure)
    return len(got)


@pytest.mark.parametrize("mode", MODES)
def test_every_place_routed_scored_and_sorted_gives_the_same(town: Town, mode: Mode) -> None:
    drawn, answered = random.Random(mode), 0
    for _ in range(60):
        query = town.query(drawn, mode)
        answered += compare(town.ask(query), query, town.twin) > 0
    assert answered > 25


def test_pages_put_together_are_the_search(town: Town) -> None:
    drawn = random.Random(3)
    for mode in MODES:
        query = replace(Query(town.query(drawn, mode).point), mode=mode, limit=100)
        large = [one.place_id for one in town.ask(query).results]
        small: list[int] = []
        page = town.find(replace(query, limit=17))
        while page.order and len(small) < len(large):
            small += [place for _, _, place, _ in page.keys.tolist()]
            if page.next is None:
                break
            page = town.find(replace(query, limit=17), after=page.next)
        assert small[: len(large)] == large
        assert len(large) > 30


def test_an_overlay_is_searched_as_a_rebuild_would_be(town: Town) -> None:
    drawn = random.Random(8)
    changed = {row["place_id"] for row in drawn.sample(town.world.places, 40)}
    overlay = build_overlay(Searchable(town.snapshot), town.world.input(changed), changed)
    for mode in MODES:
        for _ in range(15):
            query = town.query(drawn, mode)
            found = find_by_minutes([overlay.masked, overlay.changed], query, NOW, router=town.network)
            compare(told(found), query, town.twin)
    overlay.changed.close()


def test_only_what_is_promising_is_routed_and_it_says_how_many(town: Town) -> None:
    drawn, (_, lon, lat, spread, *_) = random.Random(4), town.region
    routed = reach = 0
    for _ in range(30):
        in_town = Point(lon + drawn.gauss(0, spread / 10), lat + drawn.gauss(0, spread / 10))
        query = Query(in_town, mode=Mode.WALK, limit=5)
        counting = Counting(town.network)
        travel = town.ask(query, counting).travel
        assert travel is not None and travel.by is Way.NETWORK
        assert counting.asked == travel.routed <= travel.within_reach
        routed, reach = routed + travel.routed, reach + travel.within_reach
    assert routed < reach / 1.5


def test_no_place_is_nearer_in_time_than_at_top_speed(town: Town) -> None:
    drawn = random.Random(6)
    for mode in MODES:
        for _ in range(10):
            query = replace(Query(town.query(drawn, mode).point), mode=mode, limit=100)
            for one in town.ask(query).results:
                assert one.minutes is None or one.minutes >= one.distance_m / TOP[mode] - 1e-9


def test_when_routing_is_down_the_straight_line_answers_and_it_is_said(town: Town) -> None:
    drawn = random.Random(7)
    for mode in MODES:
        query = town.query(drawn, mode)
        found, plain = town.ask(query, Down()), search(town.layers, query, NOW)
        assert found.travel is not None
        assert found.travel.by is Way.STRAIGHT_LINE
        assert found.travel.fallback is not None and "it sleeps" in found.travel.fallback.message("en")
        assert [(one.place_id, one.score) for one in found.results] == [
            (one.place_id, one.score) for one in plain.results
        ]
        for one in found.results:
            assert one.minutes == pytest.approx(one.distance_m / PACE[mode], abs=0.1)
            assert one.minutes_by is Way.STRAIGHT_LINE


def test_without_a_mode_nobody_is_routed(town: Town) -> None:
    found = town.ask(Query(Point(*town.region[1:3])), Down())
    assert found.travel is None
    assert found.results and all(one.minutes is None for one in found.results)


def test_where_the_network_does_not_come_near_the_straight_line_tells(networks: dict[str, Path]) -> None:
    town = Town("bondy", networks["monaco"])
    query = Query(Point(2.4845, 48.9098), mode=Mode.BIKE, minutes=10.0)
    found = town.ask(query)
    assert found.results
    assert {one.minutes_by for one in found.results} == {Way.STRAIGHT_LINE}
    assert found.travel is not None and found.travel.by is Way.STRAIGHT_LINE
    assert isinstance(found.travel.fallback, OffTheNetwork)
    compare(found, query, town.twin)


class Nowhere:
    """No way leads anywhere."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.full(len(points), np.inf)


def test_a_place_that_no_way_leads_to_is_never_within_minutes_and_has_no_proximity(town: Town) -> None:
    query = Query(Point(*town.region[1:3]), mode=Mode.CAR)
    found = town.ask(query, Nowhere())
    assert found.results
    for one in found.results:
        assert one.minutes is None
        assert next(term.value for term in one.terms if term.name == "proximity") == 0.0
    limited = town.ask(replace(query, minutes=60.0), Nowhere())
    assert (limited.results, limited.total, limited.to_confirm) == ((), 0, 0)


class AtOnce:
    """Everything is next door."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.zeros(len(points))


def test_beyond_a_bound_counts_are_at_least(snapshot: Snapshot) -> None:
    query = Query(Point(2.35, 48.86), mode=Mode.CAR, minutes=60.0, candidates=True)
    counting = Counting(AtOnce())  # type: ignore[arg-type]
    found = find_by_minutes([Whole(snapshot)], query, NOW, router=counting)
    assert found.travel is not None and found.travel.within_reach > COUNTED
    assert not found.travel.all_counted
    assert found.total == COUNTED
    assert counting.asked == COUNTED + found.travel.routed
