"""`placelibre routing build`: makes travel times known from an OpenStreetMap extract."""

import time
from pathlib import Path
from typing import Annotated

import typer

from geo.errors import InvalidInput
from service.cli.console.output import print_json, progress_bar, say, services

routing = typer.Typer(no_args_is_help=True, help="Travel times by a road network.")


@routing.command("build")
def build(
    file: Annotated[Path, typer.Argument(help="Extract of OpenStreetMap: FILE.osm.pbf")],
    out: Annotated[Path | None, typer.Option(help="Folder of the network; default: PLACELIBRE_ROUTING")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Figures on standard output")] = False,
) -> None:
    """Build the road network of an extract and put it in force; searches with a mode then rank by its minutes."""
    from geo.travel.valhalla_tile_builder import build as build_network

    with services() as running:
        if out is None and running.routing.is_remote:
            raise InvalidInput(
                field="out",
                fr="PLACELIBRE_ROUTING est une adresse web : donnez le dossier du réseau par --out.",
                en="PLACELIBRE_ROUTING is a web address: give the folder of the network by --out.",
            )
        started = time.perf_counter()
        with progress_bar("OpenStreetMap") as progress:
            built = build_network(file, out or running.routing.folder, running.now(), progress)
        seconds = time.perf_counter() - started
    if as_json:
        print_json(
            {"folder": built.folder, "source": built.source, "tiles": built.tiles, "bytes": built.bytes}
            | {"seconds": round(seconds, 2)}
        )
    say(
        f"Réseau construit : {built.source}, {built.tiles} tuiles, {built.bytes / 1e6:.1f} Mo, {seconds:.1f} s.",
        f"Network built: {built.source}, {built.tiles} tiles, {built.bytes / 1e6:.1f} MB, {seconds:.1f} s.",
    )
