"""An index belongs to the store that it was built from: another store refuses it by name."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from geo.store.engine import open_store, reading, writing
from geo.store.identity import read_store_id
from geo.store.revisions import record_changes
from geo.types import Point
from matching.query.query import Query
from matching.snapshot.files import MANIFEST, current_version
from service.app import create_app
from service.container import Services
from service.index.live_search import LiveSearch, is_outdated, rebuild
from service.index.origin import IndexOfAnotherStore
from service.migrations import upgrade
from service.operations.checks import Finding, run_checks
from service.settings import Settings

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
QUERY = Query(Point(-1.55, 47.21))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Engine]:
    """A second store, migrated on its own."""
    engine = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def folder(store: Engine, tmp_path: Path) -> Path:
    """The index of the first store."""
    rebuild(store, tmp_path / "index", NOW)
    return tmp_path / "index"


def services_of(engine: Engine, folder: Path) -> Services:
    url = engine.url.render_as_string(hide_password=False)
    return Services(Settings(home=folder.parent, store=url, index=folder), lambda: NOW)


def index_finding(engine: Engine, folder: Path) -> Finding:
    services = services_of(engine, folder)
    (finding,) = [row for row in run_checks(services) if row.name == "index"]
    services.close()
    return finding


def forget_store(folder: Path) -> None:
    """Makes the index one of those built before stores had an identity."""
    path = folder / current_version(folder) / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert manifest.pop("store_id")
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_every_store_has_an_identity_of_its_own(store: Engine, other: Engine) -> None:
    with reading(store) as first, reading(other) as second:
        assert read_store_id(first) == read_store_id(first) != read_store_id(second)


def test_a_search_refuses_the_index_of_another_store_in_one_sentence(
    store: Engine, other: Engine, folder: Path
) -> None:
    own, foreign = (LiveSearch(engine, folder, 0.0, lambda: NOW) for engine in (store, other))
    assert own.find(QUERY).total == 0
    with pytest.raises(IndexOfAnotherStore) as caught:
        foreign.find(QUERY)
    for live in (own, foreign):
        live.close()
    french, english = (caught.value.message(language) for language in ("fr", "en"))
    assert french.startswith(f"L'index {folder} a été construit depuis une autre base")
    assert english.startswith(f"The index {folder} was built from another store")
    for sentence in (french, english):
        assert "placelibre index" in sentence and "PLACELIBRE_HOME" in sentence


def test_the_server_answers_503_and_check_is_red(store: Engine, other: Engine, folder: Path) -> None:
    assert index_finding(store, folder).ok
    finding = index_finding(other, folder)
    assert not finding.ok
    assert str(folder) in finding.en and "another store" in finding.en
    services = services_of(other, folder)
    with TestClient(create_app(services.settings, services), raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/search", params={"where": "Nantes"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert "another store" in answer.json()["detail"]


def test_a_server_goes_on_when_another_store_builds_in_its_folder(store: Engine, other: Engine, folder: Path) -> None:
    live = LiveSearch(store, folder, 0.01, lambda: NOW)
    version = live.find(QUERY).index_version
    rebuild(other, folder, NOW.replace(hour=15))
    assert current_version(folder) != version
    live.watch()
    with pytest.raises(IndexOfAnotherStore):
        live.refresh()
    assert live.find(QUERY).index_version == version
    rebuild(store, folder, NOW.replace(hour=16))
    live.refresh()
    assert live.find(QUERY).index_version == current_version(folder)
    live.close()


def test_an_index_from_before_identities_answers_until_it_is_replaced(store: Engine, folder: Path) -> None:
    forget_store(folder)
    live = LiveSearch(store, folder, 0.0, lambda: NOW)
    assert live.find(QUERY).total == 0
    live.close()
    assert is_outdated(store, folder, NOW)
    finding = index_finding(store, folder)
    assert not finding.ok and "placelibre index" in finding.fr
    rebuild(store, folder, NOW)
    assert not is_outdated(store, folder, NOW)
    assert index_finding(store, folder).ok


def test_an_index_from_before_identities_is_refused_where_its_changes_never_were(
    store: Engine, other: Engine, folder: Path
) -> None:
    with writing(store) as connection:
        for place_id in range(1, 4):
            record_changes(connection, [place_id])
    rebuild(store, folder, NOW)
    forget_store(folder)
    with pytest.raises(IndexOfAnotherStore):
        is_outdated(other, folder, NOW)
