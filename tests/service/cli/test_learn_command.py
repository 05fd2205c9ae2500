"""`placelibre learn`: a proposal is only a proposal; accepted, it ranks at once; reset, it never was."""

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from msgspec import structs
from typer.testing import CliRunner

from geo.errors import InvalidInput
from matching.learning.simulator import PLANTED
from matching.query.query import Preset
from matching.query.weights import PRESETS
from service.cli.main import app
from service.container import Services
from service.feedback import accepted_weights
from service.feedback.accepted_weights import AcceptedWeights
from service.operations.checks import run_checks
from service.search.request import SearchRequest

NANTES = SearchRequest("Nantes", wish=("quiet",), community="ruraconnect")


@pytest.fixture
def environment(small_services: Services, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command line on the small product; returns where its weights are."""
    settings = small_services.settings
    monkeypatch.setenv("PLACELIBRE_STORE", settings.store)
    monkeypatch.setenv("PLACELIBRE_WEIGHTS", str(settings.weights))
    monkeypatch.setenv("PLACELIBRE_LANGUAGE", "en")
    monkeypatch.setattr(accepted_weights, "LOOKED_AT_EVERY_S", 0.0)
    return settings.weights


def proposal(folder: Path, **changed: object) -> Path:
    path = folder / "proposal.json"
    path.write_text(json.dumps({"format": 1, "made_at": "2026-11-23", "weights": dict(PLANTED), **changed}), "utf-8")
    return path


def weights_in_force(services: Services, **asked: object) -> dict[str, float]:
    _, found = services.searches.search(structs.replace(NANTES, **asked))  # type: ignore[arg-type]
    return {term.name: round(term.weight, 6) for term in found.results[0].terms}


def test_accepted_weights_rank_without_a_restart_and_reset_undoes(
    small_services: Services, environment: Path, tmp_path: Path
) -> None:
    by_hand = dict(PRESETS[Preset.BALANCED])
    assert weights_in_force(small_services) == by_hand
    assert CliRunner().invoke(app, ["learn", "accept", str(proposal(tmp_path))]).exit_code == 0
    assert weights_in_force(small_services) == dict(PLANTED)
    assert weights_in_force(small_services, preset="closest") == dict(PRESETS[Preset.CLOSEST])
    assert CliRunner().invoke(app, ["learn", "reset"]).exit_code == 0
    assert weights_in_force(small_services) == by_hand
    assert CliRunner().invoke(app, ["learn", "reset"]).exit_code == 0


def test_the_file_is_looked_at_only_every_few_seconds(tmp_path: Path) -> None:
    weights = AcceptedWeights(tmp_path / "weights.json")
    assert weights.current() is None
    (tmp_path / "weights.json").write_text(proposal(tmp_path).read_text("utf-8"), "utf-8")
    assert weights.current() is None


def test_what_was_accepted_is_told_in_the_language_asked_for(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLACELIBRE_LANGUAGE", "fr")
    answer = CliRunner().invoke(app, ["learn", "accept", str(proposal(tmp_path))])
    assert answer.stderr.startswith("Poids du préréglage équilibré : proximité 0,2400 ; souhaits ")


def test_what_is_no_proposal_is_refused_and_changes_nothing(
    small_services: Services, environment: Path, tmp_path: Path
) -> None:
    for wrong in (proposal(tmp_path, format=9), tmp_path / "missing.json"):
        answer = CliRunner().invoke(app, ["learn", "accept", str(wrong)])
        assert answer.exit_code == 1
        assert not environment.exists()


def test_a_file_damaged_later_keeps_the_search_going_and_is_a_finding(
    small_services: Services, environment: Path, caplog: pytest.LogCaptureFixture
) -> None:
    environment.write_text("{", "utf-8")
    assert weights_in_force(small_services) == dict(PRESETS[Preset.BALANCED])
    assert "cannot be used" in caplog.text
    (finding,) = [one for one in run_checks(small_services) if one.name == "weights"]
    assert not finding.ok
    assert "placelibre learn" in finding.en


def test_weights_in_force_are_told_by_check_and_on_the_page(
    client: TestClient, small_services: Services, environment: Path, tmp_path: Path
) -> None:
    assert "fixé à la main" in client.get("/a-propos?lang=fr").text
    CliRunner().invoke(app, ["learn", "accept", str(proposal(tmp_path))])
    page = client.get("/a-propos?lang=fr").text
    assert "accepté par une personne" in page
    assert "proximité (0,24)" in page
    (finding,) = [one for one in run_checks(small_services) if one.name == "weights"]
    assert finding.ok
    assert "proximity 0.2400" in finding.en
    assert "proximité 0,2400 ; " in finding.fr


def test_too_little_in_the_log_is_one_sentence(small_services: Services, environment: Path) -> None:
    answer = CliRunner().invoke(app, ["learn"])
    assert isinstance(answer.exception, InvalidInput)
    assert "1000 are needed" in answer.exception.message("en")
    assert not environment.with_suffix(".proposal.json").exists()


def test_a_simulation_tells_what_was_planted_and_found() -> None:
    answer = CliRunner().invoke(app, ["learn", "--simulate", "--impressions", "1500", "--json"])
    told = json.loads(answer.stdout)
    assert told["planted"] == dict(PLANTED)
    assert sum(told["learned"].values()) == pytest.approx(1)
    assert told["ndcg_at_10"]["learned"]["gain"]["low"] > 0.10
    assert max(told["errors"].values()) < max(told["errors_uncorrected"].values())
