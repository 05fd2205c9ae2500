"""`placelibre bench`: many ways to answer the same questions give the same answers."""

import json
import sys

import pytest
from typer.testing import CliRunner

from geo.errors import LANGUAGES, InvalidInput, PlaceLibreError
from service.bench.peers import PEERS, available
from service.bench.workload.queries import SHARES
from service.cli.main import app


def bench(*options: str) -> dict[str, object]:
    ran = CliRunner().invoke(app, ["bench", "--spaces", "3000", "--quick", "--json", *options])
    assert ran.exit_code == 0, ran.output
    found: dict[str, object] = json.loads(ran.stdout)
    return found


@pytest.mark.postgis
def test_all_peers_answer_exactly(postgis_template: str, postgis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = postgis_url.replace("/postgres?", f"/{postgis_template}?")
    monkeypatch.setenv("PLACELIBRE_STORE", server)
    results = bench()["results"]
    assert isinstance(results, list)
    assert [one["name"] for one in results] == list(PEERS)
    assert all(one["exact"] for one in results)
    assert {*results[0]} >= {"name", "spaces", "p50_ms", "p95_ms", "p99_ms", "queries_per_s", "exact"}
    assert {one["spaces"] for one in results} == {3000}


def test_ours_comes_first_and_strangers_are_refused() -> None:
    results = bench("--peers", "scan")["results"]
    assert isinstance(results, list)
    assert [one["name"] for one in results] == ["placelibre", "scan"]
    refused = CliRunner().invoke(app, ["bench", "--peers", "abacus"])
    assert isinstance(refused.exception, InvalidInput)


@pytest.fixture
def no_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building a world, the first long step, is an error."""

    def fail(*_arguments: object, **_options: object) -> None:
        pytest.fail("the bench started")

    monkeypatch.setattr("service.bench.workload.world.build_world", fail)


def refused(*options: str) -> PlaceLibreError:
    ran = CliRunner().invoke(app, ["bench", *options])
    assert isinstance(ran.exception, PlaceLibreError), ran.output
    return ran.exception


@pytest.mark.usefixtures("no_world")
@pytest.mark.parametrize(
    ("peer", "library"),
    [
        ("geoindex", "geoindex_rs"),
        ("duckdb", "duckdb"),
        ("balltree", "sklearn.neighbors"),
        ("ckdtree", "scipy.spatial"),
        ("strtree", "shapely"),
        ("postgis-h3", "psycopg"),
    ],
)
def test_a_missing_library_is_said_before_anything_starts(
    peer: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"service.bench.peers.{PEERS[peer][0]}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    error = refused("--peers", f"scan,{peer}")
    for language in LANGUAGES:
        assert library in error.message(language) and peer in error.message(language)
        assert "pip install 'placelibre[bench]'" in error.message(language)
    assert peer not in available("postgresql://placelibre@/store")


@pytest.mark.usefixtures("no_world")
def test_a_missing_database_is_said_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACELIBRE_STORE", "sqlite:///nowhere.db")
    assert "apt-get install postgresql-postgis" in refused("--peers", "postgis").message("en")
    assert "postgis" not in available("sqlite:///nowhere.db")
    monkeypatch.setenv("PLACELIBRE_STORE", "postgresql://someone:secret@127.0.0.1:1/nothing")
    error = refused("--peers", "postgis")
    assert "PLACELIBRE_STORE" in error.message("fr") and "secret" not in error.message("fr")


@pytest.mark.usefixtures("no_world")
@pytest.mark.parametrize(("program", "package"), [("wrk", "wrk"), ("taskset", "util-linux")])
def test_a_missing_program_is_said_before_anything_starts(
    program: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == program else f"/usr/bin/{name}")
    error = refused("--web")
    for language in LANGUAGES:
        assert f"apt-get install {package}" in error.message(language)


def test_the_mix_is_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)
