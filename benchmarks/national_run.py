"""Runs the command line as its users do, and measures it."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SAMPLE_S = 0.5
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Measured:
    """One command: its standard output, wall time, peak resident memory of its process tree, last error line."""

    exit_code: int
    output: str
    error: str
    seconds: float
    peak_mib: int


def placelibre(store: str, folder: Path, *arguments: str) -> Measured:
    """Runs `placelibre` on a store, its index and uploads in `folder`; a failure is told by `exit_code`."""
    places = {
        "STORE": store,
        "INDEX": str(folder / "index"),
        "UPLOADS": str(folder / "uploads"),
        "STAGING": str(folder / "staging"),
    }
    environment = {**os.environ, **{f"PLACELIBRE_{name}": value for name, value in places.items()}}
    command = [sys.executable, "-c", "from service.cli.main import run; run()", *arguments]
    # Output goes to files: a full pipe would stop the command while its memory is being watched.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=errors)
        peak = 0
        while process.returncode is None:
            peak = max(peak, tree_bytes(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(SAMPLE_S)
        seconds = round(time.perf_counter() - started, 2)
        output.seek(0)
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
        error = lines[-1] if lines and process.returncode else ""
        return Measured(process.returncode, output.read().decode(), error, seconds, peak // MIB)


def tree_bytes(root: int) -> int:
    """Resident memory of a process and all its descendants (Linux: /proc; pages shared by two count twice)."""
    total = 0
    for process in family(root):
        try:
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (FileNotFoundError, ProcessLookupError):
            continue  # It ended between the two looks.
    return total


def family(root: int) -> list[int]:
    """A process and all its descendants."""
    found, waiting = [], [root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        for children in Path("/proc").glob(f"{process}/task/*/children"):
            try:
                waiting += map(int, children.read_text().split())
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found
