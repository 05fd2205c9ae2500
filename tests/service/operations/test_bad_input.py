"""When the installation itself is in trouble: one sentence with the remedy, nothing lost, no traceback."""

import errno
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select

from geo.errors import InvalidInput, StorageFull, StoreUnavailable
from geo.store.engine import open_store, reading, writing
from geo.store.schema import place
from ingest.journal.tables import import_run
from ingest.pipeline import import_file
from service.app import create_app
from service.container import Services
from service.exports.tables import export_places
from service.index.live_search import rebuild
from service.settings import Settings


def problem(services: Services) -> tuple[int, str]:
    """Status and sentence of a search over HTTP."""
    with TestClient(create_app(services.settings, services), raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/search", params={"where": "Nantes"}, headers={"Accept-Language": "en"})
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        return answer.status_code, answer.json()["detail"]


def current_version(services: Services) -> Path:
    folders = [path for path in services.settings.index.iterdir() if path.is_dir()]
    return max(folders)


def test_a_missing_index_says_how_to_build_it(small_services: Services) -> None:
    shutil.rmtree(small_services.settings.index)
    status, sentence = problem(small_services)
    assert status == 503
    assert "placelibre index" in sentence


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_truncated_index_is_refused_at_once(small_services: Services, share: float) -> None:
    path = current_version(small_services) / "search.arrow"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    status, sentence = problem(small_services)
    assert status == 503
    assert "placelibre index" in sentence


def test_an_index_that_is_too_old_is_refused(small_services: Services) -> None:
    later = Services(small_services.settings, lambda: small_services.now() + timedelta(days=40))
    status, sentence = problem(later)
    assert status == 503
    assert "40 days old" in sentence


def test_a_store_that_cannot_be_reached_does_not_show_its_password(small_services: Services) -> None:
    unreachable = "postgresql://someone:secret@127.0.0.1:1/nothing"
    settings = Settings(store=unreachable, index=small_services.settings.index)
    status, sentence = problem(Services(settings, small_services.now))
    assert status == 503
    assert "secret" not in sentence
    assert "PLACELIBRE_STORE" in sentence


def a_list(folder: Path) -> Path:
    path = folder / "salles.csv"
    path.write_text("nom,adresse,code postal,commune\nSalle des fêtes,1 rue du Four,48000,Mende\n", encoding="utf-8")
    return path


def counted(services: Services) -> tuple[int, int]:
    with reading(services.engine) as connection:
        places = connection.execute(select(func.count()).select_from(place)).scalar_one()
        runs = connection.execute(select(func.count()).select_from(import_run)).scalar_one()
    return places, runs


def test_a_locked_store_asks_to_try_again_and_loses_nothing(
    small_services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = counted(small_services)
    monkeypatch.setattr("geo.store.dialect.LOCK_TIMEOUT_S", 0)
    hurried = open_store(small_services.settings.store)
    with writing(small_services.engine), pytest.raises(StoreUnavailable, match="try again"):
        import_file(hurried, small_services.areas, a_list(tmp_path), now=small_services.now())
    hurried.dispose()
    assert counted(small_services) == before


def test_a_full_disk_leaves_the_store_as_it_was(small_services: Services, tmp_path: Path) -> None:
    before = counted(small_services)
    full = open_store(small_services.settings.store)

    @event.listens_for(full, "connect")
    def _no_more_pages(connection: object, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]

    rows = "".join(f"Salle {n} {'x' * 200},{n} rue du Four,48000,Mende\n" for n in range(3000))
    path = a_list(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + rows, encoding="utf-8")
    with pytest.raises(StorageFull, match="nothing was changed"):
        import_file(full, small_services.areas, path, now=small_services.now())
    full.dispose()
    assert counted(small_services) == before


def _disk_full(*_arguments: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_the_index_and_exports_as_they_were(
    small_services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "places.csv"
    out.write_text("yesterday's export", encoding="utf-8")
    before = (small_services.settings.index / "CURRENT").read_bytes()
    monkeypatch.setattr("polars.DataFrame.write_csv", _disk_full)
    with pytest.raises(StorageFull):
        export_places(small_services.engine, out)
    monkeypatch.setattr("os.fsync", _disk_full)
    with pytest.raises(StorageFull):
        rebuild(small_services.engine, small_services.settings.index, small_services.now())
    assert out.read_text(encoding="utf-8") == "yesterday's export"
    assert (small_services.settings.index / "CURRENT").read_bytes() == before


def test_an_export_into_a_folder_that_is_not_there_says_so(small_services: Services, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="folder exists"):
        export_places(small_services.engine, tmp_path / "nowhere" / "places.csv")
