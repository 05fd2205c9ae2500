"""`placelibre bench`: many ways to answer the same questions give the same answers."""

import json

import pytest
from typer.testing import CliRunner

from geo.errors import InvalidInput
from service.bench.peers import PEERS
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


def test_the_mix_is_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)
