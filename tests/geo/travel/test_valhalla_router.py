"""Travel times by two real networks: what they are made of, that they hold their bound, what happens without them."""

import json
import random
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from geo.files import exclusive
from geo.spatial.distance import haversine_array_m, haversine_m
from geo.travel import cached_router
from geo.travel import valhalla_tile_builder as building
from geo.travel.cached_router import CachedRouter
from geo.travel.router import TOP_KM_H, Floats, RoutingUnavailable, top_m_per_minute
from geo.travel.valhalla_embedded import EmbeddedValhalla
from geo.travel.valhalla_http import RemoteValhalla
from geo.travel.valhalla_router import SNAP_M, Message, Network
from geo.travel.valhalla_tile_builder import build
from geo.travel.valhalla_tiles import CURRENT, current
from geo.types import Point
from tests.conftest import NETWORKS, NOW

BOXES = {"monaco": (7.405, 43.722, 7.445, 43.752), "bondy": (2.4779, 48.90676, 2.49111, 48.91278)}
MODES = sorted(TOP_KM_H)
CASINO, PORT = Point(7.4284, 43.7394), (7.4197, 43.7314)


def drawn_points(name: str, count: int, seed: int) -> Floats:
    west, south, east, north = BOXES[name]
    generator = np.random.default_rng(seed)
    return np.column_stack((generator.uniform(west, east, count), generator.uniform(south, north, count)))


@pytest.fixture(scope="module")
def monaco(networks: dict[str, Path]) -> Network:
    return Network(EmbeddedValhalla(networks["monaco"]))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", sorted(BOXES))
def test_no_way_is_quicker_than_the_straight_line_at_top_speed(networks: dict[str, Path], name: str, mode: str) -> None:
    network, origins, pairs = Network(EmbeddedValhalla(networks[name])), drawn_points(name, 20, 1), 0
    for origin in origins.tolist():
        points = drawn_points(name, 150, pairs)
        minutes = network.minutes(Point(*origin), points, mode)
        metres = haversine_array_m(origin[0], origin[1], points[:, 0], points[:, 1])
        # A time is told in whole seconds, a snapped point in millionths of a degree.
        reachable = ~np.isnan(minutes)
        assert np.all(minutes[reachable] >= metres[reachable] / top_m_per_minute(mode) - 0.02)
        pairs += int(np.count_nonzero(reachable))
    assert pairs > 1_000


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", sorted(BOXES))
def test_a_time_does_not_depend_on_the_other_targets(networks: dict[str, Path], name: str, mode: str) -> None:
    network = Network(EmbeddedValhalla(networks[name]))
    for origin in drawn_points(name, 4, 2).tolist():
        points = drawn_points(name, 40, 3)
        together = network.minutes(Point(*origin), points, mode)
        alone = [network.minutes(Point(*origin), points[at : at + 1], mode)[0] for at in range(40)]
        np.testing.assert_array_equal(together, alone)


def test_a_way_is_the_legs_to_the_network_and_the_way_along_it(monaco: Network) -> None:
    class Listening:
        snapped: ClassVar[list[Any]] = []
        matrix: Any = None

        def ask(self, action: str, request: Message) -> Any:
            answer = monaco._engine.ask(action, request)
            if action == "locate":
                self.snapped.append((request["locations"][0], answer[0]["edges"]))
            else:
                self.matrix = answer
            return answer

    engine = Listening()
    minutes = Network(engine).minutes(CASINO, np.array([PORT]), "walk")[0]
    legs_m = []
    for request, edges in engine.snapped:
        nearest = min(edges, key=lambda edge: edge["distance"])
        assert nearest["inbound_reach"] >= 50 and nearest["outbound_reach"] >= 50
        legs_m.append(haversine_m(request["lon"], request["lat"], nearest["correlated_lon"], nearest["correlated_lat"]))
    assert len(legs_m) == 2
    seconds = engine.matrix["sources_to_targets"][0][0]["time"]
    assert minutes == pytest.approx(seconds / 60 + sum(legs_m) / 80)
    assert 10 < minutes < 40


@pytest.mark.parametrize("mode", MODES)
def test_nobody_is_snapped_to_where_no_way_leads(networks: dict[str, Path], mode: str) -> None:
    for name in BOXES:
        network = Network(EmbeddedValhalla(networks[name]))
        for origin in drawn_points(name, 5, 7).tolist():
            assert not np.any(np.isinf(network.minutes(Point(*origin), drawn_points(name, 100, 8), mode)))


def test_on_foot_takes_longer_than_by_bike_and_by_bike_than_by_car(monaco: Network) -> None:
    walk, bike, car = (monaco.minutes(CASINO, np.array([PORT]), mode)[0] for mode in ("walk", "bike", "car"))
    assert walk > bike > car


def test_who_is_far_from_the_network_is_not_on_its_map(monaco: Network) -> None:
    points = np.array([PORT, (7.9, 43.9), (2.48, 48.9), (7.46, 43.73)])  # Monaco, Liguria, Bondy, the open sea
    for mode in MODES:
        assert np.isnan(monaco.minutes(CASINO, points, mode)).tolist() == [False, True, True, True]
        assert np.all(np.isnan(monaco.minutes(Point(2.48, 48.9), points, mode)))
    assert SNAP_M == 1_000


def test_a_place_that_is_unconnected_keeps_nobody_from_an_answer(monaco: Network) -> None:
    points = drawn_points("monaco", 9, 11)

    class Strict:
        def ask(self, action: str, request: Message) -> Any:
            answer = monaco._engine.ask(action, request)
            if action == "locate":
                if request["locations"][0]["lon"] == points[4, 0]:
                    self.island = {(edge["correlated_lon"], edge["correlated_lat"]) for edge in answer[0]["edges"]}
                return answer
            return None if {(target["lon"], target["lat"]) for target in request["targets"]} & self.island else answer

    minutes, expected = (router.minutes(CASINO, points, "walk") for router in (Network(Strict()), monaco))
    assert np.isinf(minutes).tolist() == [at == 4 for at in range(9)]
    np.testing.assert_array_equal(np.delete(minutes, 4), np.delete(expected, 4))


def test_no_target_gives_no_minutes(monaco: Network) -> None:
    assert monaco.minutes(CASINO, np.zeros((0, 2)), "walk").tolist() == []


def test_threads_have_actors_of_their_own_and_agree(networks: dict[str, Path]) -> None:
    network, points = Network(EmbeddedValhalla(networks["monaco"])), drawn_points("monaco", 30, 5)
    expected = {mode: network.minutes(CASINO, points, mode) for mode in MODES}
    wrong: list[str] = []
    start = threading.Barrier(6)

    def ask(seed: int) -> None:
        start.wait()
        wrong.extend(
            mode
            for mode in random.Random(seed).choices(MODES, k=6)
            if not np.array_equal(network.minutes(CASINO, points, mode), expected[mode], equal_nan=True)
        )

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


class Valhalla(BaseHTTPRequestHandler):
    """A Valhalla at a URL: answers as the embedded one does, unless told to misbehave."""

    engine: Any = None
    manner = "well"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, body = 200, b""
        if self.manner == "drip":
            return self._drip()
        if self.manner == "well" and self.path.startswith("/valhalla/"):
            answer = self.engine.ask(self.path.removeprefix("/valhalla/"), request)
            status = 200 if answer else 400
            body = json.dumps(answer or {"error_code": 170, "error": "unconnected", "status_code": 400}).encode()
        elif self.manner == "broken":
            status, body = 500, b'{"error": "no"}'
        elif self.manner == "page":
            body = b"<html>hello</html>"
        elif self.manner == "other":
            body = b'[{"edges": [{"distance": 3}]}]'
        elif self.manner == "list":
            body = b"[1, 2]"
        elif self.manner == "endless":
            body = b" " * 5_000_000
        elif self.manner == "elsewhere":
            status = 307
        self.send_response(status)
        if status == 307:
            self.send_header("Location", self.path)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        closed = threading.Event()
        for _ in range(100):
            try:
                self.wfile.write(b" ")
            except OSError:
                return
            closed.wait(0.05)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def server(networks: dict[str, Path]) -> Iterator[str]:
    Valhalla.engine, Valhalla.manner = EmbeddedValhalla(networks["monaco"]), "well"
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Valhalla)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}/valhalla/"
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_a_valhalla_at_a_url_answers_as_the_embedded_one(server: str, monaco: Network) -> None:
    remote = Network(RemoteValhalla(server))
    points = np.vstack((drawn_points("monaco", 50, 6), [(7.9, 43.9)]))
    for mode in MODES:
        np.testing.assert_array_equal(remote.minutes(CASINO, points, mode), monaco.minutes(CASINO, points, mode))


@pytest.mark.parametrize("manner", ["broken", "page", "other", "list", "endless", "elsewhere", "drip"])
def test_a_url_that_answers_anything_else_is_unavailable(server: str, manner: str) -> None:
    Valhalla.manner = manner
    with pytest.raises(RoutingUnavailable, match="PLACELIBRE_ROUTING"):
        Network(RemoteValhalla(server, timeout_s=0.5)).minutes(CASINO, np.array([PORT]), "walk")


def test_a_url_where_nobody_listens_is_unavailable() -> None:
    with pytest.raises(RoutingUnavailable, match="PLACELIBRE_ROUTING"):
        Network(RemoteValhalla("http://127.0.0.1:9")).minutes(CASINO, np.array([PORT]), "walk")


def test_minutes_are_cached_for_the_last_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting:
        sizes: tuple[int, ...] = ()

        def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
            self.sizes += (len(points),)
            return points[:, 0] + origin.lon

    monkeypatch.setattr(cached_router, "MAX_ORIGINS", 2)
    counting = Counting()
    router = CachedRouter(counting)
    points = np.array([(1.0, 2.0), (3.0, 4.0), (1.0, 2.0)])
    assert router.minutes(Point(10, 0), points, "walk").tolist() == [11, 13, 11]
    assert router.minutes(Point(10, 0), np.array([(3.0, 4.0), (5.0, 6.0)]), "walk").tolist() == [13, 15]
    assert router.minutes(Point(10, 0), points, "bike").tolist() == [11, 13, 11]
    assert counting.sizes == (2, 1, 2)
    router.minutes(Point(20, 0), points, "walk")
    router.minutes(Point(10, 0), points, "walk")  # forgotten meanwhile
    assert counting.sizes == (2, 1, 2, 2, 2)


def test_a_newer_network_is_taken_up_by_the_next_request(tmp_path: Path) -> None:
    first = build(NETWORKS / "bondy.osm.pbf", tmp_path, NOW)
    engine = EmbeddedValhalla(tmp_path)
    assert np.isnan(Network(engine).minutes(CASINO, np.array([PORT]), "walk"))[0]
    second = build(NETWORKS / "monaco.osm.pbf", tmp_path, NOW.replace(hour=23))
    assert current(tmp_path) == second != first
    assert Network(engine).minutes(CASINO, np.array([PORT]), "walk")[0] > 0
    assert first.folder.is_dir(), "who still reads the one before must not lose it"
    third = build(NETWORKS / "bondy.osm.pbf", tmp_path, NOW.replace(hour=23, minute=59))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [CURRENT, "lock", second.folder.name, third.folder.name]
    )


def test_stages_of_a_build_are_reported_in_order(tmp_path: Path) -> None:
    stages: list[tuple[int, int]] = []
    build(NETWORKS / "bondy.osm.pbf", tmp_path, NOW, lambda stage, total: stages.append((stage, total)))
    assert stages[0] == (0, 10)
    assert stages[-1] == (9, 10)
    assert {stage for stage, _ in stages} == set(range(10))


def test_a_damaged_extract_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    before = build(NETWORKS / "bondy.osm.pbf", tmp_path / "net", NOW)
    whole = (NETWORKS / "monaco.osm.pbf").read_bytes()
    for name, content in (("cut", whole[:-1_000]), ("text", b"<osm></osm>"), ("empty", b"")):
        damaged = tmp_path / f"{name}.osm.pbf"
        damaged.write_bytes(content)
        with pytest.raises(building.UnreadableFile, match=name):
            build(damaged, tmp_path / "net", NOW)
    with pytest.raises(building.NotFound):
        build(tmp_path / "absent.osm.pbf", tmp_path / "net", NOW)
    assert current(tmp_path / "net") == before
    assert not (tmp_path / "net" / building.DRAFT).exists()


def test_what_a_killed_build_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / building.DRAFT / "2").mkdir(parents=True)
    (tmp_path / building.DRAFT / "2" / "half.gph").write_bytes(b"half")
    with pytest.raises(RoutingUnavailable, match="placelibre routing build"):
        current(tmp_path)
    built = build(NETWORKS / "bondy.osm.pbf", tmp_path, NOW)
    assert not list(tmp_path.rglob("half.gph"))
    assert built.tiles == len(list(built.folder.rglob("*.gph")))


def test_two_builds_at_once_are_one_too_many(tmp_path: Path) -> None:
    with exclusive(tmp_path, building._busy(tmp_path)), pytest.raises(building.Conflict):
        build(NETWORKS / "bondy.osm.pbf", tmp_path, NOW)


def test_damaged_tiles_are_no_answer(tmp_path: Path) -> None:
    built = build(NETWORKS / "monaco.osm.pbf", tmp_path, NOW)
    for tile in built.folder.rglob("*.gph"):
        tile.write_bytes(tile.read_bytes()[:-100])
    with pytest.raises(RoutingUnavailable, match="routing build"):
        Network(EmbeddedValhalla(tmp_path)).minutes(CASINO, np.array([PORT]), "walk")
