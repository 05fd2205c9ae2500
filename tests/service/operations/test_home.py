"""The home belongs to one store: what another store would mix in is refused by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from geo.errors import Conflict, InvalidInput
from geo.store.engine import open_store
from service.cli.main import app
from service.migrations import upgrade
from service.operations.home import MARK, check_home, claim_home
from service.settings import STORE_FILE, Settings

ROWS = "nom,adresse,code postal,commune\nSalle des fêtes,1 rue du Four,48000,Mende\n"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """Two stores of their own; the first lies in the home by default."""
    (tmp_path / "home").mkdir()
    engines = tuple(open_store(f"sqlite:///{tmp_path / path}") for path in (f"home/{STORE_FILE}", "other.db"))
    for engine in engines:
        upgrade(engine)
    yield engines[0], engines[1]
    for engine in engines:
        engine.dispose()


def settings_of(tmp_path: Path, store: str = "") -> Settings:
    home = tmp_path / "home"
    return Settings(home=home, store=f"sqlite:///{tmp_path / store}") if store else Settings(home=home)


def test_a_home_belongs_to_the_first_store_that_writes_in_it(stores: tuple[Engine, Engine], tmp_path: Path) -> None:
    own, other = settings_of(tmp_path), settings_of(tmp_path, "other.db")
    check_home(other, stores[1])
    claim_home(own, stores[0])
    claim_home(own, stores[0])
    check_home(own, stores[0])
    for refused in (check_home, claim_home):
        with pytest.raises(Conflict) as caught:
            refused(other, stores[1])
        for language in ("fr", "en"):
            assert str(own.home) in caught.value.message(language)
            assert "PLACELIBRE_HOME" in caught.value.message(language)


def test_a_home_can_be_handed_over(stores: tuple[Engine, Engine], tmp_path: Path) -> None:
    other = settings_of(tmp_path, "other.db")
    claim_home(settings_of(tmp_path), stores[0])
    (other.home / MARK).unlink()
    claim_home(other, stores[1])
    check_home(other, stores[1])


def test_the_store_that_lies_in_the_home_always_owns_it(stores: tuple[Engine, Engine], tmp_path: Path) -> None:
    """A store that was deleted and begun again finds its mappings."""
    own, other = settings_of(tmp_path), settings_of(tmp_path, "other.db")
    claim_home(other, stores[1])
    claim_home(own, stores[0])
    with pytest.raises(Conflict):
        check_home(other, stores[1])


@pytest.mark.usefixtures("stores")
def test_a_list_imported_into_another_store_changes_no_mapping_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "salles.csv"
    path.write_text(ROWS, encoding="utf-8")
    monkeypatch.setenv("PLACELIBRE_HOME", str(tmp_path / "home"))
    ran = CliRunner().invoke(app, ["import", str(path), "--map", "nom=name"])
    assert ran.exit_code == 0, ran.output

    def mappings() -> dict[Path, bytes]:
        files = (file for file in (tmp_path / "home" / "mappings").rglob("*") if file.is_file())
        return {file: file.read_bytes() for file in files}

    before = mappings()
    assert before
    monkeypatch.setenv("PLACELIBRE_STORE", f"sqlite:///{tmp_path / 'other.db'}")
    for command in (["import", str(path), "--map", "nom=address"], ["index"], ["worker", "--once"]):
        refused = CliRunner().invoke(app, command)
        assert isinstance(refused.exception, Conflict), refused.output
    assert mappings() == before
    assert not (tmp_path / "home" / "index").exists()


def test_a_home_that_cannot_be_written_says_so(stores: tuple[Engine, Engine], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="PLACELIBRE_HOME"):
        claim_home(Settings(home=tmp_path / "file" / "home", store=f"sqlite:///{tmp_path / 'other.db'}"), stores[1])
