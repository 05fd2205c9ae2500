"""A command closes what it opened, however it ends: with an answer, an error of ours, or an exit code."""

import gc

import pytest
from typer.testing import CliRunner

from geo.errors import PlaceLibreError
from service.cli.console import output
from service.cli.main import app
from service.container import Services


@pytest.fixture
def closed(small_services: Services, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of every service that a command closed: whether its store was in use."""
    seen: list[bool] = []

    class Watched(Services):
        def close(self) -> None:
            seen.append("engine" in self.__dict__)
            super().close()
            assert not {"engine", "live", "search_log"} & set(self.__dict__)

    monkeypatch.setattr(output, "Services", Watched)
    monkeypatch.setenv("PLACELIBRE_HOME", str(small_services.settings.index.parent))
    monkeypatch.setenv("PLACELIBRE_STORE", small_services.settings.store)
    monkeypatch.setenv("PLACELIBRE_INDEX", str(small_services.settings.index))
    return seen


@pytest.mark.parametrize(
    "command",
    [
        ["search", "Nullepart-sur-Rien"],
        ["meet", "Nullepart-sur-Rien", "Nantes"],
        ["export", "--out", "places.unknown"],
        ["imports", "show", "999"],
        ["imports", "undo", "999"],
        ["community", "add", "Not A Slug"],
        ["learn"],
        ["coverage", "--within", "far"],
    ],
)
def test_a_command_that_fails_closes_what_it_opened(closed: list[bool], command: list[str]) -> None:
    answer = CliRunner().invoke(app, command)
    assert isinstance(answer.exception, PlaceLibreError)
    assert closed


def test_a_command_that_answers_closes_as_well(closed: list[bool]) -> None:
    assert CliRunner().invoke(app, ["imports", "list", "--json"]).exit_code == 0
    assert closed == [True]


def test_an_import_leaves_the_garbage_collector_as_it_was(closed: list[bool]) -> None:
    assert CliRunner().invoke(app, ["import", "missing.csv"]).exit_code == 1
    assert closed == [True]
    assert gc.isenabled()
