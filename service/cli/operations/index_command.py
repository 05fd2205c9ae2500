"""`placelibre index`: builds the snapshot of the search index."""

import time
from typing import Annotated

import typer

from service.cli.console.output import print_json, say, services


def index(as_json: Annotated[bool, typer.Option("--json", help="Figures on standard output")] = False) -> None:
    """Build the search index from the store and swap it in."""
    from matching.live_index import LiveIndex
    from service.index.live_search import rebuild

    with services(writes_home=True) as running:
        started = time.perf_counter()
        path = rebuild(running.engine, running.settings.index, running.now())
        seconds = time.perf_counter() - started
        with LiveIndex.open(running.settings.index) as built:
            figures = {"path": str(path), "seconds": round(seconds, 2), **built.statistics()}
    if as_json:
        print_json(figures)
    spaces, size = figures["spaces"], figures["bytes_per_space"]
    say(
        f"Index construit : {spaces} espaces, {size:.0f} octets par espace, {seconds:.1f} s.",
        f"Index built: {spaces} spaces, {size:.0f} bytes per space, {seconds:.1f} s.",
    )
