"""Places are ranked by travel time as by routing, scoring and sorting all of them."""

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
from matching.overlay.layers import build_overlay
from matching.query.query import MAX_RADIUS_M, Cursor, Mode, Query
from matching.query.results import SearchResults, TravelMethod
from matching.search.engine import Layer, SnapshotLayer, search
from matching.search.hits import Hits
from matching.search.prepared_index import PreparedIndex
from matching.search.travel_time import MAX_COUNTED, find_by_travel_time
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


class BruteForce:
    """Brute-force search by travel time: routes, scores and sorts every place."""

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
        results, total, unsure = near.search(wide, NOW)
        for result in results:
            result["minutes"] = minutes[result["place_id"]]
            if "proximity" in result["values"]:
                result["values"]["proximity"] = 2 ** (-result["minutes"] / HALF[mode])
            result["score"] = round(sum(result["weights"][name] * value for name, value in result["values"].items()), 6)
        results.sort(
            key=lambda result: (-result["windows"], -result["score"], result["distance_m"], result["place_id"])
        )
        return results, total, unsure

    def minutes(self, point: Point, mode: str) -> dict[int, float]:
        places = self.reference.places
        routed = self.network.minutes(point, np.array([(place["lon"], place["lat"]) for place in places]), mode)
        return {
            place["place_id"]: self.rounded_minutes(place, point, mode, time)
            for place, time in zip(places, routed.tolist(), strict=True)
        }

    def rounded_minutes(self, place: Row, point: Point, mode: str, routed: float) -> float:
        phi, place_phi = math.radians(point.lat), math.radians(place["lat"])
        half = math.sin((place_phi - phi) / 2) ** 2
        half += math.cos(phi) * math.cos(place_phi) * math.sin(math.radians(place["lon"] - point.lon) / 2) ** 2
        metres = max(round(2 * 6_371_008.8 * math.asin(math.sqrt(half)), 1), round(place["expected_m"], 1))
        minutes = metres / PACE[mode] if math.isnan(routed) else routed
        minutes = max(minutes, metres / TOP[mode], round(place["expected_m"], 1) / PACE[mode])
        return math.inf if math.isinf(minutes) else math.ceil(minutes * 10 - 1e-9) / 10


class Counting:
    """A router that counts the routes."""

    def __init__(self, network: Network) -> None:
        self.network, self.routes = network, 0

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        self.routes += len(points)
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
        self.brute_force = BruteForce(self.world, self.network)
        self.snapshot: Snapshot = build_index(self.world.input(), as_of=AS_OF)
        self.layers: list[Layer] = [SnapshotLayer(self.snapshot)]

    def query(self, rng: random.Random, mode: Mode) -> Query:
        _, lon, lat, spread, *_ = self.region
        return replace(
            query_from(rng),
            point=Point(lon + rng.gauss(0, spread / 2), lat + rng.gauss(0, spread / 2)),
            mode=mode,
            minutes=rng.choice([None, None, 3.0, 8.0, 20.0, 90.0]),
        )

    def ask(self, query: Query, router: Any = None) -> SearchResults:
        return self.find(query, router).to_results()

    def find(self, query: Query, router: Any = None, after: Cursor | None = None) -> Hits:
        return find_by_travel_time(self.layers, query, NOW, None, after, router or self.network)


@pytest.fixture(scope="module", params=list(REGIONS))
def town(request: pytest.FixtureRequest, networks: dict[str, Path]) -> Town:
    return Town(request.param, networks[request.param])


def compare(answer: SearchResults, query: Query, brute_force: BruteForce) -> int:
    expected, total, unsure = brute_force.search(query)
    got = [(result.place_id, result.space_id, round(result.score, 6), result.minutes) for result in answer.results]
    assert got == [
        (row["place_id"], row["space_id"], row["score"], row["minutes"] if math.isfinite(row["minutes"]) else None)
        for row in expected[: query.limit]
    ]
    for result, row in zip(answer.results, expected, strict=False):
        assert {term.name: term.value for term in result.terms} == pytest.approx(row["values"], abs=1e-9)
        assert sum(term.contribution for term in result.terms) == pytest.approx(result.score, abs=1e-9)
        assert (result.other_spaces, result.distance_m) == (row["others"], row["distance_m"])
    assert (answer.total, answer.to_confirm) == (total, unsure)
    return len(got)


@pytest.mark.parametrize("mode", MODES)
def test_every_place_routed_scored_and_sorted_gives_the_same(town: Town, mode: Mode) -> None:
    rng, with_results = random.Random(mode), 0
    for _ in range(60):
        query = town.query(rng, mode)
        with_results += compare(town.ask(query), query, town.brute_force) > 0
    assert with_results > 25


def test_pages_put_together_are_the_search(town: Town) -> None:
    rng = random.Random(3)
    for mode in MODES:
        query = replace(Query(town.query(rng, mode).point), mode=mode, limit=100)
        large = [result.place_id for result in town.ask(query).results]
        small: list[int] = []
        page = town.find(replace(query, limit=17))
        while page.order and len(small) < len(large):
            small += [place for _, _, place, _ in page.keys.tolist()]
            if page.next_cursor is None:
                break
            page = town.find(replace(query, limit=17), after=page.next_cursor)
        assert small[: len(large)] == large
        assert len(large) > 30


def test_an_overlay_is_searched_as_a_rebuild_would_be(town: Town) -> None:
    rng = random.Random(8)
    changed = {row["place_id"] for row in rng.sample(town.world.places, 40)}
    overlay = build_overlay(PreparedIndex(town.snapshot), town.world.input(changed), changed)
    for mode in MODES:
        for _ in range(15):
            query = town.query(rng, mode)
            answer = find_by_travel_time([overlay.masked, overlay.changed], query, NOW, router=town.network)
            compare(answer.to_results(), query, town.brute_force)
    overlay.changed.close()


def test_only_promising_places_are_routed_and_counted(town: Town) -> None:
    rng, (_, lon, lat, spread, *_) = random.Random(4), town.region
    routed = reach = 0
    for _ in range(30):
        in_town = Point(lon + rng.gauss(0, spread / 10), lat + rng.gauss(0, spread / 10))
        query = Query(in_town, mode=Mode.WALK, limit=5)
        counting = Counting(town.network)
        travel = town.ask(query, counting).travel
        assert travel is not None and travel.method is TravelMethod.NETWORK
        assert counting.routes == travel.routed <= travel.within_reach
        routed, reach = routed + travel.routed, reach + travel.within_reach
    assert routed < reach / 1.5


def test_no_place_is_nearer_in_time_than_at_top_speed(town: Town) -> None:
    rng = random.Random(6)
    for mode in MODES:
        for _ in range(10):
            query = replace(Query(town.query(rng, mode).point), mode=mode, limit=100)
            for result in town.ask(query).results:
                assert result.minutes is None or result.minutes >= result.distance_m / TOP[mode] - 1e-9


def test_without_routing_the_straight_line_answers_and_travel_says_so(town: Town) -> None:
    rng = random.Random(7)
    for mode in MODES:
        query = town.query(rng, mode)
        answer, plain = town.ask(query, Down()), search(town.layers, query, NOW)
        assert answer.travel is not None
        assert answer.travel.method is TravelMethod.STRAIGHT_LINE
        assert answer.travel.fallback is not None and "it sleeps" in answer.travel.fallback.message("en")
        assert [(result.place_id, result.score) for result in answer.results] == [
            (result.place_id, result.score) for result in plain.results
        ]
        for result in answer.results:
            assert result.minutes == pytest.approx(result.distance_m / PACE[mode], abs=0.1)
            assert result.minutes_by is TravelMethod.STRAIGHT_LINE


def test_without_a_mode_nobody_is_routed(town: Town) -> None:
    answer = town.ask(Query(Point(*town.region[1:3])), Down())
    assert answer.travel is None
    assert answer.results and all(result.minutes is None for result in answer.results)


def test_where_the_network_does_not_come_near_the_straight_line_tells(networks: dict[str, Path]) -> None:
    town = Town("bondy", networks["monaco"])
    query = Query(Point(2.4845, 48.9098), mode=Mode.BIKE, minutes=10.0)
    answer = town.ask(query)
    assert answer.results
    assert {result.minutes_by for result in answer.results} == {TravelMethod.STRAIGHT_LINE}
    assert answer.travel is not None and answer.travel.method is TravelMethod.STRAIGHT_LINE
    assert isinstance(answer.travel.fallback, OffTheNetwork)
    compare(answer, query, town.brute_force)


class Nowhere:
    """No way leads anywhere."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.full(len(points), np.inf)


def test_a_place_that_no_way_leads_to_is_never_within_minutes_and_has_no_proximity(town: Town) -> None:
    query = Query(Point(*town.region[1:3]), mode=Mode.CAR)
    answer = town.ask(query, Nowhere())
    assert answer.results
    for result in answer.results:
        assert result.minutes is None
        assert next(term.value for term in result.terms if term.name == "proximity") == 0.0
    limited = town.ask(replace(query, minutes=60.0), Nowhere())
    assert (limited.results, limited.total, limited.to_confirm) == ((), 0, 0)


class AtOnce:
    """Everything is next door."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        return np.zeros(len(points))


def test_beyond_a_bound_counts_are_at_least(snapshot: Snapshot) -> None:
    query = Query(Point(2.35, 48.86), mode=Mode.CAR, minutes=60.0, candidates=True)
    counting = Counting(AtOnce())  # type: ignore[arg-type]
    answer = find_by_travel_time([SnapshotLayer(snapshot)], query, NOW, router=counting)
    assert answer.travel is not None and answer.travel.within_reach > MAX_COUNTED
    assert not answer.travel.all_counted
    assert answer.total == MAX_COUNTED
    assert counting.routes == MAX_COUNTED + answer.travel.routed
