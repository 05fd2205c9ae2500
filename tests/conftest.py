"""Shared set-up: an empty migrated store on each database, and one small product built from real places."""

import csv
import gzip
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from filelock import FileLock
from sqlalchemy import Engine, create_engine, text

from geo.reference.communes import Areas
from geo.store.engine import open_store
from geo.travel.valhalla_tile_builder import build as build_network
from ingest.pipeline import import_file
from service.app import create_app
from service.communities.community import load_files, sync
from service.container import Services
from service.demo.offers import apply_demo_offers
from service.index.live_search import rebuild
from service.migrations import upgrade
from service.settings import Settings

IN_CI = os.environ.get("CI") == "true"
DATA = Path(__file__).resolve().parent.parent / "data"
POSTGRES_BINARIES = Path("/usr/lib/postgresql/15/bin")


type SharedFolder = Callable[[str, Callable[[Path], None]], Path]


def _missing(what: str, remedy: str) -> None:
    """In CI a missing part fails; on a laptop its tests are skipped with the reason."""
    message = f"{what} is missing: {remedy}"
    if IN_CI:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root, so root lends the cluster to the `postgres` user."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else command


@pytest.fixture(scope="session")
def postgis_url() -> Iterator[str]:
    """URL of a private PostgreSQL cluster with PostGIS, started for this run on a unix socket only.

    `PLACELIBRE_TEST_POSTGIS` names a server to use instead.
    """
    given = os.environ.get("PLACELIBRE_TEST_POSTGIS")
    if given:
        yield given
        return
    if not (POSTGRES_BINARIES / "initdb").exists():
        _missing("PostgreSQL 15 with PostGIS", "sudo apt-get install postgresql-15-postgis-3")
    folder = Path(tempfile.mkdtemp(prefix="placelibre-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(_as_postgres(list(command)), check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=60)

    run(str(POSTGRES_BINARIES / "initdb"), "-D", str(data), "-A", "trust", "-U", "placelibre", "-E", "UTF8", "-N")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    control = str(POSTGRES_BINARIES / "pg_ctl")
    run(control, "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql+psycopg://placelibre@/postgres?host={folder}"
    finally:
        run(control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgis_template(postgis_url: str) -> str:
    """Name of a migrated template database, copied for every test."""
    admin = create_engine(postgis_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS placelibre_template"))
        connection.execute(text("CREATE DATABASE placelibre_template"))
    admin.dispose()
    engine = open_store(_database(postgis_url, "placelibre_template"))
    upgrade(engine)
    engine.dispose()
    return "placelibre_template"


def _database(url: str, name: str) -> str:
    return url.replace("/postgres", f"/{name}", 1) if "@/postgres" in url else url.rsplit("/", 1)[0] + "/" + name


@pytest.fixture(scope="session")
def areas() -> Areas:
    """The shipped tables of communes, read once per process."""
    return Areas.load(DATA)


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> SharedFolder:
    """`shared_folder(name, build)`: a folder that `build` fills once for all test processes. Nobody may write to it."""
    own = tmp_path_factory.getbasetemp()
    root = own if worker_id == "master" else own.parent

    def shared(name: str, build: Callable[[Path], None]) -> Path:
        folder, complete = root / name, root / f"{name}.complete"
        with FileLock(root / f"{name}.lock"):
            if not complete.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                build(folder)
                complete.touch()
        return folder

    return shared


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "template.db"
    engine = open_store(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty, migrated store of its own: every test that uses it runs on both databases."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "store.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    url: str = request.getfixturevalue("postgis_url")
    template_name: str = request.getfixturevalue("postgis_template")
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template_name}"))
    yield _database(url, name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def store(store_url: str) -> Iterator[Engine]:
    """An empty, migrated store on SQLite and on PostGIS."""
    engine = open_store(store_url)
    yield engine
    engine.dispose()


# --- one small product, built once from real places around Nantes, in Lozère and in La Réunion -----------------------

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Europe/Paris"))
"""The clock of the small product: a Monday afternoon."""

REGION_COLUMNS = {
    "mairies.csv.gz": "insee",
    "libraries.csv.gz": "code_departement",
    "france_services.csv.gz": "insee_dep",
    "hotels.csv.gz": "CODE POSTAL",
    "cget_2019.csv.gz": "INSEEDEP",
}
DEPARTEMENTS = ("44", "48", "974")


def small_lists(folder: Path) -> list[Path]:
    """The shipped lists, cut to three départements, under their own names."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, column in REGION_COLUMNS.items():
        with gzip.open(DATA / "lists" / name, "rt", encoding="utf-8", newline="") as source:
            first = source.readline()
            source.seek(0)
            rows = csv.DictReader(source, delimiter=";" if first.count(";") > first.count(",") else ",")
            kept = [row for row in rows if (row[column] or "").startswith(DEPARTEMENTS)]
            fields, delimiter = list(rows.fieldnames or []), rows.reader.dialect.delimiter
        out = folder / name.removesuffix(".gz")
        with out.open("w", encoding="utf-8", newline="") as target:
            writer = csv.DictWriter(target, fields, delimiter=delimiter)
            writer.writeheader()
            writer.writerows(kept)
        paths.append(out)
    return paths


def build_small_product(url: str, folder: Path) -> Services:
    """A store with the four communities, real places, demo offers and an index, at the time `NOW`."""
    settings = Settings(
        store=url,
        index=folder / "index",
        uploads=folder / "uploads",
        mappings=folder / "mappings",
        weights=folder / "weights.json",
        basemap="offline",
        routing="",
    )
    services = Services(settings, lambda: NOW)
    upgrade(services.engine)
    sync(services.engine, load_files(settings.data))
    for path in small_lists(folder / "lists"):
        import_file(services.engine, services.areas, path, now=NOW)
    apply_demo_offers(services.engine, NOW)
    rebuild(services.engine, settings.index, NOW)
    return services


def _build_small_product_template(folder: Path) -> None:
    services = build_small_product(f"sqlite:///{folder / 'store.db'}", folder)
    with services.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    services.close()


@pytest.fixture(scope="session")
def small_product_template(shared_folder: SharedFolder) -> Path:
    """Folder with a built small product. Tests work on copies of it."""
    return shared_folder("product", _build_small_product_template)


@pytest.fixture
def small_services(small_product_template: Path, tmp_path: Path) -> Iterator[Services]:
    """The small product, a copy of its own for this test."""
    folder = tmp_path / "product"
    shutil.copytree(small_product_template, folder)
    settings = Settings(
        store=f"sqlite:///{folder / 'store.db'}",
        index=folder / "index",
        uploads=folder / "uploads",
        mappings=folder / "mappings",
        weights=folder / "weights.json",
        basemap="offline",
        routing="",
        refresh_s=0.0,
    )
    services = Services(settings, lambda: NOW)
    yield services
    services.close()


@pytest.fixture
def small_app(small_services: Services) -> FastAPI:
    """The application on the small product."""
    return create_app(small_services.settings, small_services)


@pytest.fixture
def client(small_app: FastAPI) -> Iterator[TestClient]:
    """An HTTP client of the small product; server errors are answers, as for anybody."""
    with TestClient(small_app, raise_server_exceptions=False) as one:
        yield one


NETWORKS = Path(__file__).resolve().parent / "data" / "networks"


TOWNS = ("monaco", "bondy")


def _build_networks(folder: Path) -> None:
    for town in TOWNS:
        build_network(NETWORKS / f"{town}.osm.pbf", folder / town, NOW)


@pytest.fixture(scope="session")
def networks(shared_folder: SharedFolder) -> dict[str, Path]:
    """Folders of two real road networks, "monaco" and "bondy"."""
    folder = shared_folder("networks", _build_networks)
    return {town: folder / town for town in TOWNS}
