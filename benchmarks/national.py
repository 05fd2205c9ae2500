"""The national run: candidates of all France as raw lists, imported, indexed, and scored against the truth.

    python -m benchmarks.national generate --rows 750000 --seed 7 --out DIR
    python -m benchmarks.national run --dir DIR --store sqlite:////FOLDER/national.db
    python -m benchmarks.national score --dir DIR --store URL
    python -m benchmarks.national increment --dir DIR --store URL [--rows 1000]
    python -m benchmarks.national scale --out DIR                   75k, 750k and 2M rows, each in a store of its own

Everything is written below the folders given. Each command ends with one JSON object on standard output.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.national_files import FILES, generate, increment, source_of
from benchmarks.national_run import placelibre
from benchmarks.national_score import score

SIZES = (75_000, 750_000, 2_000_000)


def run(folder: Path, store: str, files: Sequence[str] = FILES) -> dict[str, Any]:
    """Imports the files, then builds the index; seconds, peak memory of the process tree and rows/s of each."""
    steps: list[dict[str, Any]] = []
    placelibre(store, folder, "migrate")
    done = placelibre(store, folder, "import", *(str(folder / file) for file in files), "--json")
    answers = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    rows = sum(answer["rows"] for answer in answers)
    counts = {one: sum(answer[one] for answer in answers) for one in ("accepted", "merged", "rejected")}
    steps.append(
        {
            "step": "import",
            "exit_code": done.exit_code,
            "rows": rows,
            **counts,
            "seconds": done.seconds,
            "rows_per_s": round(rows / done.seconds),
            "peak_mib": done.peak_mib,
            "error": done.error,
        }
    )
    done = placelibre(store, folder, "index")
    steps.append(
        {
            "step": "index",
            "exit_code": done.exit_code,
            "rows": rows,
            "seconds": done.seconds,
            "rows_per_s": round(rows / done.seconds),
            "peak_mib": done.peak_mib,
            "error": done.error,
        }
    )
    for step in steps:
        print(
            f"{step['step']:20} {step['rows']:>9,} rows {step['seconds']:>8.1f} s {step['rows_per_s']:>8,} rows/s "
            f"{step['peak_mib']:>6} MiB  {step['error']}",
            file=sys.stderr,
        )
    seconds = round(sum(step["seconds"] for step in steps), 2)
    return {"rows": rows, "seconds": seconds, "peak_mib": max(step["peak_mib"] for step in steps), "steps": steps}


def measure_increment(folder: Path, store: str, rows: int, seed: int) -> dict[str, Any]:
    """Imports one more list; seconds until a search finds one of its places, and whether the index had to be built."""
    path = folder / "increment.csv"
    place = increment(rows, seed, path).row(0, named=True)
    started = time.perf_counter()
    imported = placelibre(store, folder, "import", str(path), "--source", "national_increment", "--json")
    where = f"{place['lat']},{place['lon']}"
    search = ("search", where, "--candidates", "--within", "1km", "--limit", "50", "--json")
    found = place["name"].casefold() in placelibre(store, folder, *search).output.casefold()
    rebuilt = not found
    if rebuilt:
        placelibre(store, folder, "index")
        found = place["name"].casefold() in placelibre(store, folder, *search).output.casefold()
    seconds = round(time.perf_counter() - started, 2)
    return {
        "rows": rows,
        "import_s": imported.seconds,
        "searchable_s": seconds,
        "found": found,
        "index_rebuilt": rebuilt,
        "error": imported.error,
    }


def scale(out: Path, seed: int) -> list[dict[str, Any]]:
    """Generates, runs and scores each size in its own folder and store."""
    results = []
    for rows in SIZES:
        folder = out / str(rows)
        generate(rows, seed, folder)
        store = f"sqlite:///{(folder / 'national.db').resolve()}"
        results.append({**run(folder, store), "score": score(folder, store)})
    return results


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.national")
    parser.add_argument("command", choices=("generate", "run", "score", "increment", "scale"))
    parser.add_argument("--rows", type=int, help="rows of the lists (750000), or of the increment (1000)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", "--dir", dest="folder", type=Path, required=True)
    parser.add_argument("--store", help="database; default: national.db in the folder")
    given = parser.parse_args(arguments)
    folder: Path = given.folder.resolve()
    store = given.store or f"sqlite:///{folder / 'national.db'}"
    if given.command == "generate":
        started = time.perf_counter()
        files = generate(given.rows or 750_000, given.seed, folder)
        answer: Any = {"files": files, "rows": sum(files.values()), "seconds": round(time.perf_counter() - started, 2)}
    elif given.command == "run":
        answer = run(folder, store)
    elif given.command == "score":
        answer = score(folder, store)
    elif given.command == "increment":
        answer = measure_increment(folder, store, given.rows or 1_000, given.seed)
    else:
        answer = scale(folder, given.seed)
    print(json.dumps(answer, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
