"""Searches over HTTP, one worker on one core, `wrk` on the other; beside a bare "hello" in the same run.

The queries are those of `service.bench.workload.queries`. Most name a commune, drawn by population; one in five gives a
position, as a browser does.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import numpy as np

from geo.errors import InvalidInput
from geo.reference.communes import Areas
from geo.store.engine import open_store, reading
from geo.store.identity import read_store_id
from matching.query.query import slot_start
from matching.snapshot.files import publish
from matching.snapshot.snapshot import Snapshot
from service.bench.workload.queries import BenchQuery, queries
from service.communities.community import Community, sync
from service.migrations import upgrade
from service.settings import Settings

SECONDS, CONNECTIONS = 10, 2
BY_POSITION = 0.2
SERVER_CORE, CLIENT_CORE = "0", "1"
READY_S = 120.0
TOOLS = {"wrk": "wrk", "taskset": "util-linux"}
"""Programs that are called, and their Debian packages."""
SCRIPT = """
local paths, at = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
done = function(summary, latency, requests)
  local wrong = summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect
  io.write(string.format('\\n{"requests": %%d, "us": %%d, "p50": %%d, "p99": %%d, "wrong": %%d, "bytes": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), wrong, summary.bytes))
end
"""


@dataclass(frozen=True, slots=True)
class WebFigures:
    """Figures of a server: requests a second, milliseconds, failed answers, mean bytes of an answer."""

    name: str
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    wrong: int
    bytes: int


def check_tools() -> None:
    """Raises InvalidInput when a program is missing, with the command that installs it."""
    for program, package in TOOLS.items():
        if shutil.which(program) is None:
            raise InvalidInput(
                field="web",
                fr=f"Il manque « {program} » pour mesurer le serveur : installez-le (apt-get install {package}).",
                en=f"“{program}” is missing, which measures the server: install it (apt-get install {package}).",
            )


def measure(
    snapshot: Snapshot, areas: Areas, now: datetime, folder: Path, progress: Callable[[str], None]
) -> Iterator[WebFigures]:
    """Figures of "hello" first, then of searches over `snapshot`. `check_tools` says beforehand whether it can run."""
    progress("hello")
    hello = [sys.executable, "-m", "uvicorn", "--factory", "service.bench.hello:create_app", "--log-level", "warning"]
    with _serving([*hello, "--no-access-log"], {}) as port:
        yield _run_wrk("hello", port, ["/"], folder)
    settings = Settings(home=folder)
    engine = open_store(settings.store)
    upgrade(engine)
    with reading(engine) as connection:
        store_id = read_store_id(connection)
    sync(engine, [Community(entry.slug, entry.name, partners=entry.partners) for entry in snapshot.meta.communities])
    engine.dispose()
    publish(snapshot, settings.index, store_id)
    progress("placelibre")
    environment = {
        "PLACELIBRE_HOME": str(settings.home),
        "PLACELIBRE_STORE": settings.store,
        "PLACELIBRE_INDEX": str(settings.index),
    }
    ours = [sys.executable, "-c", "from service.cli.main import run; run()", "serve"]
    with _serving(ours, environment) as port:
        paths = [f"/api/v1/search?{text}" for text in _query_strings(queries(snapshot, 2_000), areas, now)]
        _run_wrk("warm-up", port, paths, folder)
        yield _run_wrk("placelibre", port, paths, folder)


def _query_strings(mix: Sequence[BenchQuery], areas: Areas, now: datetime) -> Iterator[str]:
    random = np.random.default_rng(5)
    communes = [commune for commune in areas.communes if commune.kind == "COM" and commune.postcodes]
    people = np.array([commune.population for commune in communes], np.float64)
    commune_numbers = random.choice(len(communes), len(mix), p=people / people.sum())
    for entry, commune_number in zip(mix, commune_numbers, strict=True):
        query, window = entry.query, entry.query.windows[0]
        if slot_start(window.start) <= now:
            continue
        commune = communes[commune_number]
        by_position = random.random() < BY_POSITION
        where = (
            f"{query.point.lat:.5f},{query.point.lon:.5f}"
            if by_position
            else (f"{commune.postcodes[0]} {commune.name}")
        )
        begin = slot_start(window.start).strftime("%Y-%m-%dT%H:%MZ")
        pairs = {
            "where": where,
            "at": f"{begin}/PT{(window.stop - window.start) // 2}H",
            "seats": str(query.seats),
            "within": f"{query.radius_m / 1000:.0f}km",
        }
        if query.needs:
            pairs["need"] = ",".join(sorted(query.needs))
        if query.community is not None:
            pairs["community"] = query.community
        yield urlencode(pairs)


@contextmanager
def _serving(command: list[str], settings: dict[str, str]) -> Iterator[int]:
    """Runs a server on one core; yields its port once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    named = [f"{name}={value}" for name, value in settings.items()]
    command = ["env", *named, "taskset", "-c", SERVER_CORE, *command, "--port", str(port)]
    process = subprocess.Popen(command)  # noqa: S603  our own server
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server did not answer on port {port}")


def _run_wrk(name: str, port: int, paths: list[str], folder: Path) -> WebFigures:
    (folder / "paths").write_text("\n".join(paths) + "\n", encoding="ascii")
    (folder / "wrk.lua").write_text(SCRIPT % (folder / "paths"), encoding="utf-8")
    command = ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    command += ["-s", str(folder / "wrk.lua"), f"http://127.0.0.1:{port}"]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  our own arguments
    summary = json.loads(finished.stdout.splitlines()[-1])
    bytes_each = summary["bytes"] // max(1, summary["requests"])
    per_s = summary["requests"] / summary["us"] * 1e6
    return WebFigures(name, per_s, summary["p50"] / 1e3, summary["p99"] / 1e3, summary["wrong"], bytes_each)
