"""`placelibre bench`: how fast the search is, beside its peers, on a seeded world."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from service.cli.console.output import console, print_json, say, settings
from service.container import system_clock


def bench(
    spaces: Annotated[int, typer.Option(help="Spaces of the world", min=100)] = 75_000,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the queries")] = False,
    peers: Annotated[str | None, typer.Option(help="Comma-separated; default: all that can answer here")] = None,
    web: Annotated[bool, typer.Option("--web", help="Over HTTP instead, beside a bare server; needs wrk")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Figures on standard output")] = False,
) -> None:
    """Measure the search and its peers: same world, same queries, answers checked."""
    from geo.reference.communes import Areas
    from matching.snapshot.builder import build_index
    from service.bench.peers import check_peers
    from service.bench.run import names_of, run
    from service.bench.workload.world import AS_OF, build_world

    data, store = settings().data, settings().store
    if web:
        _over_http(data, spaces, as_json)
        return
    names = names_of(peers, store)
    check_peers(names, store)
    world = build_world(Areas.load(data), spaces)
    snapshot = build_index(world, as_of=AS_OF)
    count = 200 if quick else 2_000
    results = []
    _line(as_json, f"{'':<20}{'p50':>10}{'p95':>10}{'p99':>10} ms")
    for figures in run(world, snapshot, names, count, store, lambda name: say(f"… {name}", f"… {name}")):
        results.append(asdict(figures))
        times = f"{figures.p50_ms:>10.3f}{figures.p95_ms:>10.3f}{figures.p99_ms:>10.3f} ms"
        mark = "=" if figures.exact else "≠"
        _line(as_json, f"{figures.name:<20}{times}{figures.queries_per_s:>10.0f}/s  {mark}")
    if as_json:
        print_json({"spaces": spaces, "queries": count, "results": results})


def _over_http(data: Path, spaces: int, as_json: bool) -> None:
    """One worker on one core, the client on the other."""
    from geo.reference.communes import Areas
    from matching.snapshot.builder import build_index
    from service.bench.web import check_tools, measure
    from service.bench.workload.world import build_world

    check_tools()
    now, areas = system_clock(), Areas.load(data)
    snapshot = build_index(build_world(areas, spaces, as_of=now), as_of=now)
    results = []
    with TemporaryDirectory(prefix="placelibre-bench-") as folder:
        figures = measure(snapshot, areas, now, Path(folder), lambda name: say(f"… {name}", f"… {name}"))
        for entry in figures:
            results.append(asdict(entry))
            times = f"{entry.requests_per_s:>10.0f}/s  p50 {entry.p50_ms:.3f} ms  p99 {entry.p99_ms:.3f} ms"
            _line(as_json, f"{entry.name:<12}{times}  {entry.bytes:>8} B  {entry.wrong} ≠")
    if as_json:
        print_json({"spaces": spaces, "results": results})


def _line(as_json: bool, text: str) -> None:
    """A line of the table; with --json standard output holds nothing but the figures."""
    if as_json:
        say(text, text)
    else:
        console().print(text)
