"""`placelibre export`."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.output import say, services


def export(
    out: Annotated[Path, typer.Option(help="places.parquet, .gpkg, .geojson or .csv")],
    listings: Annotated[bool, typer.Option("--listings", help="Where places come from, instead of places")] = False,
) -> None:
    """Write the places, or where they come from, to a file."""
    from service.exports import export_listings, export_places

    running = services()
    rows = (export_listings if listings else export_places)(running.engine, out)
    running.close()
    say(f"{rows} lignes écrites dans {out}.", f"{rows} rows written to {out}.")
