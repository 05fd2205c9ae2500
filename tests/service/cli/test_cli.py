"""The command line as a person and a script meet it: exit codes, JSON, one sentence per error."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyogrio
import pytest
from sqlalchemy import text

from matching.compile_all import compile_ahead
from service.container import Services
from service.index.live_search import rebuild
from service.migrations import head
from service.settings import ROOT, Settings


class CommandLine:
    """Runs `placelibre` in its own process on the small product."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "PLACELIBRE_STORE": f"sqlite:///{folder / 'store.db'}",
            "PLACELIBRE_INDEX": str(folder / "index"),
            "PLACELIBRE_UPLOADS": str(folder / "uploads"),
        }

    def __call__(self, *arguments: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(ROOT / ".venv" / "bin" / "placelibre"), *arguments],
            check=False,
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture(scope="session")
def product_of_today(small_product_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small product with an index of today: a command reads the real clock and refuses an old index."""
    folder = tmp_path_factory.mktemp("today") / "product"
    shutil.copytree(small_product_template, folder)
    services = Services(Settings(store=f"sqlite:///{folder / 'store.db'}", index=folder / "index"))
    rebuild(services.engine, services.settings.index, services.now())
    with services.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    services.close()
    return folder


@pytest.fixture
def placelibre(product_of_today: Path, tmp_path: Path) -> CommandLine:
    return CommandLine(Path(shutil.copytree(product_of_today, tmp_path / "product")))


def test_a_search_loads_only_what_it_uses(placelibre: CommandLine) -> None:
    """A cold shell waits for every library: no compiler, no data frames, nothing of planner, pages or PostGIS."""
    compile_ahead()
    program = (
        "import atexit, sys\n"
        "from service.cli.main import run\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        "run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "search", "Nantes", "--json"],
        check=True,
        cwd=ROOT,
        env=placelibre.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert json.loads(done.stdout)["features"]
    loaded = set(done.stderr.split())
    assert "matching.search.engine" in loaded
    planner = {"scipy", "sklearn", "pandas", "shapely", "h3"}
    pages = {"fastapi", "starlette", "jinja2", "uvicorn"}
    others = {"numba", "polars", "rtree", "geoalchemy2", "psycopg", "rich", "matching.compiler.intrinsics"}
    assert loaded & (planner | pages | others) == set()


def test_help_is_there_for_every_command(placelibre: CommandLine) -> None:
    shown = placelibre("--help").stdout
    for command in (
        *("demo", "import", "imports", "feeds", "worker", "index", "search", "coverage", "export"),
        *("serve", "check", "migrate"),
    ):
        assert command in shown
        assert placelibre(command, "--help").stdout


def test_usage_errors_exit_with_2(placelibre: CommandLine) -> None:
    assert "where" in placelibre("search", code=2).stderr
    placelibre("search", "Nantes", "--seats", "many", code=2)


def test_search_prints_geojson_for_programs(placelibre: CommandLine) -> None:
    found = json.loads(placelibre("search", "Nantes", "--need", "wifi", "--limit", "3", "--json").stdout)
    assert found["type"] == "FeatureCollection"
    assert 1 <= len(found["features"]) <= 3
    for feature in found["features"]:
        facts = feature["properties"]
        total = sum(term["contribution"] for term in facts["terms"].values())
        assert total == pytest.approx(facts["score"], abs=1e-6)


def test_search_prints_a_table_for_people_in_their_language(placelibre: CommandLine) -> None:
    assert "Pourquoi" in placelibre("search", "Nantes").stdout
    assert "Why" in placelibre("search", "Nantes", PLACELIBRE_LANGUAGE="en").stdout


def test_too_few_results_come_with_what_gives_more(placelibre: CommandLine) -> None:
    narrow = ("search", "Mende", "--seats", "30", "--need", "wifi,video", "--within", "1km")
    told = json.loads(placelibre(*narrow, "--json").stdout)["relaxations"]
    shown = placelibre(*narrow).stdout
    assert "Plus de choix" in shown and told
    assert all(one["text"] in shown for one in told)
    assert "More choice" in placelibre(*narrow, PLACELIBRE_LANGUAGE="en").stdout
    assert "Plus de choix" not in placelibre("search", "Nantes", "--limit", "1").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("search", "Xyzzyville"), "Xyzzyville"),
        (("search", "Saint-Martin"), "précisez"),
        (("search", "Nantes", "--at", "2020-01-01T09:00/PT3H"), "passé"),
        (("search", "Nantes", "--at", "demain 12h-9h"), "précède"),
        (("import", "nowhere.csv"), "nowhere.csv"),
        (("import", "."), "dossier"),
        (("imports", "undo", "4040"), "4040"),
        (("imports", "show", "4040"), "4040"),
        (("export", "--out", "places.doc"), ".parquet"),
        (("coverage", "--within", "far"), "far"),
    ],
)
def test_an_error_is_one_sentence_and_exit_code_1(
    placelibre: CommandLine, arguments: tuple[str, ...], words: str
) -> None:
    done = placelibre(*arguments, code=1)
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_importing_the_same_list_twice_changes_nothing(placelibre: CommandLine, small_product_template: Path) -> None:
    path = str(small_product_template / "lists" / "cget_2019.csv")
    report = json.loads(placelibre("import", path, "--json").stdout)
    assert report["unchanged"] + report["rejected"] == report["rows"] > 0


def test_a_renamed_and_a_vanished_column_are_said_to_whoever_imports(placelibre: CommandLine) -> None:
    """On the screen, not only in the JSON: nobody reads that."""
    lines = [f"Lieu {i};{i} rue Crébillon;44000;Nantes;02 40 00 00 {i:02d}" for i in range(1, 13)]
    path = placelibre.folder / "lieux.csv"
    path.write_text("\n".join(["nom;voie;cp;ville;tel", *lines]), "utf-8")
    kept = {"PLACELIBRE_MAPPINGS": str(placelibre.folder / "mappings")}
    assert "voie" not in placelibre("import", "lieux.csv", **kept).stdout
    path.write_text("\n".join(["nom;rue;cp;ville", *(line.rpartition(";")[0] for line in lines)]), "utf-8")
    told = " ".join(placelibre("import", "lieux.csv", **kept).stdout.split())
    assert "« tel » (champ phone) a disparu" in told
    assert "« voie »" in told and "« rue »" in told


def test_foreign_coordinates_and_damaged_lines_are_said_too(placelibre: CommandLine) -> None:
    rows = [f"Lieu {i};{i} rue Crébillon;44000;Nantes;{355000 + 90 * i};{6689000 + i}" for i in range(1, 13)]
    (placelibre.folder / "lambert.csv").write_text("\n".join(["nom;adresse;code postal;commune;X;Y", *rows]), "utf-8")
    told = " ".join(placelibre("import", "lambert.csv", "--dry-run").stdout.split())
    assert "coordonnées lues comme : Lambert 93" in told

    good = '{"nom": "Le Lab", "adresse": "3 rue Crébillon", "code postal": "44000", "commune": "Nantes"}'
    (placelibre.folder / "lieux.jsonl").write_text(f'{good}\n{{"nom": \n{good.replace("Lab", "Quai")}\n', "utf-8")
    told = " ".join(placelibre("import", "lieux.jsonl", "--dry-run").stdout.split())
    assert "ligne 2 :" in told
    assert "lignes du fichier laissées de côté : 1" in told


def test_a_broken_file_does_not_stop_the_others(placelibre: CommandLine, small_product_template: Path) -> None:
    (placelibre.folder / "broken.csv").write_bytes(b"")
    good = str(small_product_template / "lists" / "france_services.csv")
    done = placelibre("import", "broken.csv", good, "--json", code=1)
    assert "broken.csv" in done.stderr
    assert json.loads(done.stdout)["rows"] > 0


def test_imports_are_listed_and_shown(placelibre: CommandLine) -> None:
    listed = json.loads(placelibre("imports", "list", "--json").stdout)
    assert {"cget_2019", "mairies"} <= {one["source"] for one in listed}
    shown = json.loads(placelibre("imports", "show", str(listed[0]["import_id"]), "--json").stdout)
    outcomes = ("accepted", "merged", "updated", "unchanged", "rejected")
    assert sum(shown[name] for name in outcomes) == shown["rows"]


@pytest.mark.parametrize("extension", [".parquet", ".gpkg", ".geojson", ".csv"])
def test_places_and_listings_are_exported_in_every_format(placelibre: CommandLine, extension: str) -> None:
    def read(name: str) -> pl.DataFrame:
        path = placelibre.folder / name
        if extension == ".parquet":
            return pl.read_parquet(path)
        return (
            pl.read_csv(path, infer_schema=False)
            if extension == ".csv"
            else pl.from_pandas(pyogrio.read_dataframe(path, read_geometry=False))
        )

    placelibre("export", "--out", f"places{extension}")
    placelibre("export", "--listings", "--out", f"listings{extension}")
    places, listings = read(f"places{extension}"), read(f"listings{extension}")
    assert {"place_id", "name", "kind", "status", "licences", "spaces"} <= set(places.columns)
    assert {"source", "source_key", "place_id"} <= set(listings.columns)
    assert set(listings["place_id"].cast(pl.Int64)) == set(places["place_id"].cast(pl.Int64))


def test_a_community_gets_a_key_once(placelibre: CommandLine) -> None:
    made = json.loads(placelibre("community", "add", "les-deux-vallees", "--sharing", "private", "--json").stdout)
    assert made["key"].startswith("plk_")
    assert "les-deux-vallees" in placelibre("community", "list").stdout


def test_check_is_content_and_then_says_what_is_wrong(placelibre: CommandLine) -> None:
    report = json.loads(placelibre("check", "--json").stdout)
    assert [one["name"] for one in report["findings"] if one["ok"]] == [
        *("data", "store", "home", "index", "routing", "disk", "weights", "search log"),
    ]
    (Path(placelibre.environment["PLACELIBRE_INDEX"]) / "CURRENT").unlink()
    assert "placelibre index" in placelibre("check", code=1).stdout


def test_migrate_can_be_run_again(placelibre: CommandLine) -> None:
    assert head() in placelibre("migrate").stderr


def test_index_prints_its_figures(placelibre: CommandLine) -> None:
    figures = json.loads(placelibre("index", "--json").stdout)
    assert figures["spaces"] > 100
    assert figures["bytes_per_space"] <= 350


def test_an_address_that_is_taken_says_to_choose_another(placelibre: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = placelibre("serve", "--port", str(taken.getsockname()[1]), code=1)
    assert "--port" in done.stderr
