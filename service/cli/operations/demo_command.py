"""`placelibre demo`: the embedded store from the lists that come with PlaceLibre, then the server."""

import time
from pathlib import Path
from typing import Annotated

import typer

from geo.errors import LANGUAGES
from service.cli.console.output import progress_bar, say, services
from service.container import Services
from service.localisation.outcomes import outcomes_text

SHOWN_OUTCOMES = ("accepted", "merged", "unchanged", "rejected")
"""Of each list: nothing is updated in a store that is begun."""


def demo(
    offers: Annotated[bool, typer.Option("--offers/--no-offers", help="Turn some places into demo offers")] = True,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the result")] = True,
    host: Annotated[str | None, typer.Option(help="Address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on")] = None,
) -> None:
    """Build the embedded store from the real lists in data/ and serve it."""
    from service.index.live_search import rebuild
    from service.migrations import upgrade
    from service.operations.home import claim_home

    started = time.perf_counter()
    with services() as running:
        upgrade(running.engine)
        claim_home(running.settings, running.engine)
        _communities(running)
        _lists(running)
        _offers(running, offers)
        say("Construction de l'index…", "Building the index…")
        rebuild(running.engine, running.settings.index, running.now())
    seconds = time.perf_counter() - started
    say(f"Prêt en {seconds:.0f} s.", f"Ready in {seconds:.0f} s.")
    if serve:
        from service.cli.operations.serve_command import run_server

        run_server(host, port)


def shipped_lists(data: Path) -> list[Path]:
    """The real lists that come with PlaceLibre, in the order in which they are imported."""
    return sorted(path for path in (data / "lists").rglob("*") if path.suffix in {".gz", ".csv", ".geojson"})


def _communities(running: Services) -> None:
    from service.communities.community import load_files, sync

    sync(running.engine, load_files(running.settings.data))


def _lists(running: Services) -> None:
    from ingest.pipeline import import_file

    for path in shipped_lists(running.settings.data):
        with progress_bar(path.name) as progress:
            report = import_file(running.engine, running.areas, path, now=running.now(), progress=progress)
        french, english = (outcomes_text(report.rows, report.counts, SHOWN_OUTCOMES, tongue) for tongue in LANGUAGES)
        say(f"{path.name} : {french}", f"{path.name}: {english}")


def _offers(running: Services, with_offers: bool) -> None:
    from service.demo.offers import apply_demo_offers, remove_demo_offers

    if not with_offers:
        remove_demo_offers(running.engine)
        return
    with progress_bar("demo") as progress:
        report = apply_demo_offers(running.engine, running.now(), progress=progress)
    say(
        f"Offres de démonstration : {report.spaces} espaces dans {report.places} lieux.",
        f"Demo offers: {report.spaces} spaces in {report.places} places.",
    )
