"""`placelibre export`."""

from pathlib import Path
from typing import Annotated

import typer

from geo.errors import InvalidInput
from service.cli.console.output import say, services


def export(
    out: Annotated[
        Path, typer.Option(help="places.parquet, .gpkg, .geojson or .csv; with --schema a folder, .zip or .csv")
    ],
    listings: Annotated[bool, typer.Option("--listings", help="Where places come from, instead of places")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Places and spaces in the published schema (docs/schema)")
    ] = False,
) -> None:
    """Write the places, or where they come from, to a file."""
    from service.exports.published_schema import export_schema
    from service.exports.tables import export_listings, export_places

    if listings and schema:
        raise InvalidInput(
            field="schema",
            fr="--listings et --schema ne vont pas ensemble : donnez l'un des deux.",
            en="--listings and --schema do not go together: give one of the two.",
        )
    with services() as running:
        if schema:
            rows = export_schema(running.engine, out, running.now())
        else:
            rows = (export_listings if listings else export_places)(running.engine, out)
    if schema:
        say(f"{rows} lieux écrits dans {out}.", f"{rows} places written to {out}.")
    else:
        say(f"{rows} lignes écrites dans {out}.", f"{rows} rows written to {out}.")
