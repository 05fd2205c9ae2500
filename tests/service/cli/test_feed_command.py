"""`placelibre feeds` and `placelibre worker` as a person and a script meet them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from service.cli.main import run as command_line
from service.container import Services
from service.fetching.fetcher import Fetcher
from service.imports import feeds
from service.operations.worker import Worker
from service.settings import ROOT, Settings
from tests.service.fetching.web_server import web_server

COMMAND = [sys.executable, "-c", "from service.cli.main import run; run()"]


class Answer(NamedTuple):
    stdout: str
    stderr: str


Run = Callable[..., Answer]


@pytest.fixture
def environment(sqlite_store: Path, tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "PLACELIBRE_STORE": f"sqlite:///{sqlite_store}",
        "PLACELIBRE_HOME": str(tmp_path),
        "PLACELIBRE_LANGUAGE": "en",
    }


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


@pytest.fixture
def in_process(environment: dict[str, str], tmp_path: Path) -> Run:
    """A command in a process of its own: the worker takes over the signals of its process."""

    def run(*arguments: str, code: int = 0) -> Answer:
        done = subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return Answer(done.stdout, done.stderr)

    return run


@pytest.fixture
def placelibre(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in this process, which is faster."""

    def run(*arguments: str, code: int = 0, language: str = "en") -> Answer:
        for name, value in (environment | {"PLACELIBRE_LANGUAGE": language}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["placelibre", *arguments])
        with pytest.raises(SystemExit) as ended:
            command_line()
        answer = Answer(*capsys.readouterr())
        assert (ended.value.code or 0) == code, answer
        return answer

    return run


def test_feeds_are_added_listed_and_removed(placelibre: Run) -> None:
    options = ("--source", "lieux", "--every", "7d", "--as", "coworking", "--map", "Titre=name", "--json")
    added = json.loads(placelibre("feeds", "add", "https://lists.example/a.csv?key=secret", *options).stdout)
    assert (added["every_hours"], added["kind"], added["column_map"]) == (168, "coworking", {"Titre": "name"})
    (listed,) = json.loads(placelibre("feeds", "list", "--json").stdout)
    assert listed == added
    assert "claim" not in listed
    shown = placelibre("feeds").stdout
    assert "lieux" in shown
    assert "secret" not in shown
    assert "secret" not in placelibre("feeds", "show", "lieux").stdout
    placelibre("feeds", "remove", "lieux")
    assert json.loads(placelibre("feeds", "list", "--json").stdout) == []


def test_what_cannot_be_done_is_one_sentence(placelibre: Run) -> None:
    assert (
        "mot de passe"
        in placelibre(*("feeds", "add", "https://a:b@lists.example/", "--source", "x"), code=1, language="fr").stderr
    )
    assert "https://" in placelibre("feeds", "add", "ftp://lists.example/", "--source", "x", code=1).stderr
    assert "COLUMN=FIELD" in placelibre("feeds", "add", "https://a.fr/", "--source", "x", "--map", "a", code=1).stderr
    assert "no address" in placelibre("feeds", "show", "x", code=1).stderr
    assert "no address" in placelibre("feeds", "run", "x", code=1).stderr
    assert "Aucune adresse" in placelibre("feeds", "remove", "x", code=1, language="fr").stderr


def test_a_list_on_this_machine_is_refused_and_the_exit_code_says_so(placelibre: Run, in_process: Run) -> None:
    with web_server() as web:
        web.serve("/liste.csv", b"nom\nLe Lab\n")
        placelibre("feeds", "add", web.url(host="localhost"), "--source", "lieux")
        refused = in_process("worker", "--once", code=1)
        assert "public address" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert "public address" in placelibre("feeds", "run", "lieux", code=1).stderr
        assert web.seen == []
    found = json.loads(placelibre("feeds", "show", "lieux", "--json").stdout)
    assert (found["last_status"], found["failures"]) == ("failed", 2)
    assert "adresse publique" in placelibre("feeds", "show", "lieux", language="fr").stdout
    assert in_process("worker", "--once").stderr == "", "it is tried again later, not now"


def test_show_tells_what_changed(placelibre: Run, environment: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings(
        store=environment["PLACELIBRE_STORE"],
        index=tmp_path / "index",
        staging=tmp_path / "staging",
        mappings=tmp_path / "mappings",
    )
    running = Services(settings, lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    fetcher = Fetcher(1, 5.0, allowed=lambda _one: True, resolve=lambda _host, _port: ["127.0.0.1"])
    header = "id;nom;code postal;commune\n"
    with web_server() as web:
        feeds.add(running.engine, web.url(), "lieux", "24h", running.now())
        for rows in (
            "1;Le Lab;44000;Nantes\n2;La Cale;44000;Nantes\n",
            "2;La Cale;44000;Nantes\n3;Le Quai;44000;Nantes\n",
        ):
            web.serve("/liste.csv", (header + rows).encode())
            Worker(running, fetcher, lambda _french, _english: None).run_one("lieux")
    running.close()
    english, french = (placelibre("feeds", "show", "lieux", language=one).stdout for one in ("en", "fr"))
    assert "1 new: Le Quai" in english
    assert "1 no longer in the list (their places stay): Le Lab" in english
    assert "1 disparue de la liste (son lieu reste) : Le Lab" in french
    change = json.loads(placelibre("feeds", "show", "lieux", "--json").stdout)["last_change"]
    assert [one["name"] for one in change["names"]["vanished"]] == ["Le Lab"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_waiting_worker_stops_when_asked(number: signal.Signals, environment: dict[str, str], tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "worker"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "waits" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == "The worker stopped cleanly.\n"
