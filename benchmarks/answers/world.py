"""The world that requests meet, made by the command line of the tree that is recorded; programs run in it.

Only contracts are used: the entry point named in `pyproject.toml`, the command line, HTTP and the settings. The clock
of every program stands still (`frozen_clock.c`).
"""

import csv
import gzip
import os
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.answers.shell import SCRIPT, Shell

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
CLOCK = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
"""A Monday, 15:00 in Paris."""
CLOCK_S = int(CLOCK.timestamp())
DEPARTEMENTS = ("44", "48", "67", "75", "974")
LISTS = {
    "mairies.csv.gz": "insee",
    "libraries.csv.gz": "code_departement",
    "france_services.csv.gz": "insee_dep",
    "hotels.csv.gz": "CODE POSTAL",
    "cget_2019.csv.gz": "INSEEDEP",
}
"""Shipped lists and the column that says where a row is."""
SAMPLES = {"lists": "tests/data/lists", "mapping": "tests/data/mapping_lists", "readers": "tests/data/readers"}
PATHS = {
    "store": "placelibre.db",
    "index": "index",
    "addresses": "addresses",
    "routing": "routing",
    "uploads": "uploads",
    "staging": "staging",
    "mappings": "mappings",
    "weights": "weights.json",
    "secret": "secret",
}
"""Settings that are paths, and where they lie in a world."""
SECRET = "5ec4e7" * 10 + "5ec4"
STARTS_WITHIN_S = 300


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a tree is recorded: `tree` holds its sources, `root` everything that is made on the way."""

    tree: Path
    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def program(self) -> Path:
        return self.root / "placelibre"

    @property
    def lists(self) -> Path:
        return self.root / "lists"

    def prepare(self) -> None:
        """Makes the clock, the script that starts the program, the reference data, and the lists to import."""
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", self.root / "clock.so", HERE / "frozen_clock.c"], check=True
        )
        project = tomllib.loads((self.tree / "pyproject.toml").read_text(encoding="utf-8"))
        module, _, function = project["project"]["scripts"]["placelibre"].partition(":")
        self.program.write_text(SCRIPT.format(module=module, function=function), encoding="utf-8")
        self.data.mkdir()
        for entry in (self.tree / "data").iterdir():
            if entry.name != "lists":
                (self.data / entry.name).symlink_to(entry)
        (self.data / "lists").mkdir()
        shipped = REPOSITORY / "data" / "lists"
        shutil.copytree(shipped / "osm_cities", self.data / "lists" / "osm_cities")
        for name, column in LISTS.items():
            cut(shipped / name, self.data / "lists" / name.removesuffix(".gz"), column)
        for name, folder in SAMPLES.items():
            shutil.copytree(REPOSITORY / folder, self.lists / name)
        shutil.copytree(HERE / "lists", self.lists / "own")

    def new_home(self, number: int) -> Path:
        """An empty world; all their paths are of one length, for the tables that are drawn around them."""
        home = self.root / f"{number:02d}"
        home.mkdir()
        (home / PATHS["secret"]).write_text(SECRET + "\n", encoding="ascii")
        (home / PATHS["secret"]).chmod(0o600)
        return home

    def copy_of(self, home: Path, number: int) -> Path:
        """A copy of a world that no program is using."""
        return shutil.copytree(home, self.root / f"{number:02d}", symlinks=True)

    def environment(self, home: Path, settings: Mapping[str, str]) -> dict[str, str]:
        """The environment of every program: that of the recorder without its settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLACELIBRE_", "PYTHON"))}
        paths = {name: str(home / file) for name, file in PATHS.items()}
        paths["store"] = f"sqlite:///{paths['store']}"
        chosen = {**paths, "data": str(self.data), "basemap": "offline"}
        chosen |= {name.lower(): value for name, value in settings.items()}
        return {
            **kept,
            **{f"PLACELIBRE_{name.upper()}": value for name, value in chosen.items()},
            "PYTHONPATH": str(self.tree),
            "PYTHONHASHSEED": "0",
            "LD_PRELOAD": str(self.root / "clock.so"),
            "FROZEN_CLOCK_S": str(CLOCK_S),
            "HOME": str(home),
            "TZ": "UTC",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
            "TERM": "dumb",
        }

    def shell(self) -> Shell:
        """A process that runs commands, to be closed."""
        return Shell(self.program, self.environment(self.root, {}))


class Server:
    """The server of a world, from `__enter__` to `__exit__`."""

    def __init__(self, machine: Machine, home: Path, settings: Mapping[str, str]) -> None:
        self._machine, self._home, self.settings = machine, home, settings
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    def __enter__(self) -> "Server":
        self._log = (self._home / "server.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, str(self._machine.program), "serve", "--port", str(self.port)],
            env=self._machine.environment(self._home, self.settings),
            cwd=self._home,
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError("the server did not start:\n" + (self._home / "server.log").read_text())
            time.sleep(0.1)
        return self

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/accessibilite", timeout=10) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(60)
        self._log.close()


def cut(source: Path, target: Path, column: str) -> None:
    """A shipped list with the rows of a few départements."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as text:
        first = text.readline()
        text.seek(0)
        rows = csv.DictReader(text, delimiter=";" if first.count(";") > first.count(",") else ",")
        kept = [row for row in rows if (row[column] or "").startswith(DEPARTEMENTS)]
        fields, delimiter = list(rows.fieldnames or []), rows.reader.dialect.delimiter
    with target.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, fields, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(kept)
