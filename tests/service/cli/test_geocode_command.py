"""`placelibre geocode-index`: BAN files in, an index that imports use."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from geo.errors import NotFound
from geo.types import Precision
from service.cli.main import app
from service.container import Services
from service.settings import Settings

BONDY = Path(__file__).resolve().parents[2] / "data/ban/bondy.csv.gz"


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACELIBRE_ADDRESSES", str(tmp_path / "addresses"))
    monkeypatch.setenv("PLACELIBRE_STORE", f"sqlite:///{tmp_path / 'store.db'}")


def geocoded(folder: Path) -> Precision | None:
    services = Services(Settings(addresses=folder))
    found = services.geocoder.geocode("12 rue Edouard Vaillant", "Bondy", "93140")
    services.close()
    return found.precision if found else None


def test_it_builds_the_index_that_the_settings_name(tmp_path: Path) -> None:
    assert geocoded(tmp_path / "addresses") == Precision.COMMUNE
    done = CliRunner().invoke(app, ["geocode-index", str(BONDY), "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert (figures["addresses"], figures["streets"], figures["communes"]) == (8_407, 348, 1)
    assert "8407 adresses" in done.stderr
    assert geocoded(tmp_path / "addresses") == Precision.EXACT


def test_it_builds_elsewhere_when_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["geocode-index", str(BONDY), "--out", str(tmp_path / "mine")])
    assert done.exit_code == 0, done.output
    assert geocoded(tmp_path / "mine") == Precision.EXACT
    assert not (tmp_path / "addresses").exists()


def test_a_file_that_is_not_there_is_said() -> None:
    done = CliRunner().invoke(app, ["geocode-index", "nowhere.csv.gz"])
    assert isinstance(done.exception, NotFound)
    assert "nowhere.csv.gz" in done.exception.message("fr")


def test_it_needs_a_file() -> None:
    assert CliRunner().invoke(app, ["geocode-index"]).exit_code == 2
