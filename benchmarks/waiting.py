"""How long a booking waits while a list is imported: the longest times SQLite's only write lock was held by others.

    python -m benchmarks.waiting --dir FOLDER [--store URL]

`FOLDER` holds the lists of `benchmarks.national generate`. While `placelibre import` writes them in its own process,
this one writes a seat of the busy ledger fifty times a second, as a booking does, and measures each write.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.national_files import FILES
from geo.geocoder.geocoder import Geocoder
from geo.store import seat_ledger
from geo.store.engine import open_store, writing
from ingest.pipeline import import_file
from service.communities.community import load_files, sync
from service.container import system_clock
from service.migrations import upgrade
from service.settings import ROOT

EVERY_S = 0.02
SLOT = 1_000_000
ROOM = (
    b"nom,adresse,code postal,commune,salle,places,horaires\nLe Lab,3 rue Crebillon,44000,Nantes,Salle,9,Lu-Ve 9h-18h\n"
)


def measure(folder: Path, url: str) -> dict[str, Any]:
    """Imports every list of the folder into a new store; milliseconds a booking took meanwhile."""
    store = open_store(url)
    upgrade(store)
    sync(store, load_files(ROOT / "data"))
    geocoder = Geocoder.load(ROOT / "data")
    import_file(store, geocoder, ROOM, name="room.csv", community="ruraconnect", offered=True, now=system_clock())
    environment = os.environ | {
        "PLACELIBRE_STORE": url,
        "PLACELIBRE_INDEX": str(folder / "index"),
        "PLACELIBRE_STAGING": str(folder / "staging"),
        "PLACELIBRE_MAPPINGS": str(folder / "mappings"),
    }
    files = [str(folder / file) for file in FILES]
    command = [sys.executable, "-c", "from service.cli.main import run; run()", "import", *files, "--json"]
    took_ms: list[float] = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            started = time.perf_counter()
            with writing(store) as connection:
                seat_ledger.take(connection, 1, range(SLOT, SLOT + 1), 1)
                seat_ledger.release(connection, 1, range(SLOT, SLOT + 1), 1)
            took_ms.append((time.perf_counter() - started) * 1000)
            time.sleep(EVERY_S)
    store.dispose()
    p50, p95, p99 = np.percentile(took_ms, [50, 95, 99])
    return {
        "exit_code": process.returncode,
        "bookings": len(took_ms),
        "p50_ms": round(float(p50), 1),
        "p95_ms": round(float(p95), 1),
        "p99_ms": round(float(p99), 1),
        "longest_ms": round(max(took_ms), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dir", type=Path, required=True, help="Folder of the generated lists")
    parser.add_argument("--store", help="Store to import into; default: waiting.db in the folder")
    said = parser.parse_args()
    print(json.dumps(measure(said.dir, said.store or f"sqlite:///{said.dir.resolve() / 'waiting.db'}"), indent=1))


if __name__ == "__main__":
    main()
