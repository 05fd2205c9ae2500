"""`placelibre geocode-index`: makes addresses known from files of the Base Adresse Nationale."""

import time
from pathlib import Path
from typing import Annotated

import typer

from geo.errors import NotFound
from service.cli.console.output import print_json, progress_bar, say, services


def geocode_index(
    files: Annotated[list[Path], typer.Argument(help="Files of the Base Adresse Nationale: adresses-XX.csv.gz ...")],
    out: Annotated[Path | None, typer.Option(help="Folder of the index; default: PLACELIBRE_ADDRESSES")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Figures on standard output")] = False,
) -> None:
    """Build the address index from BAN files and swap it in; imports then find houses and streets by it."""
    from geo.geocoder.ban_index_builder import build

    for file in files:
        if not file.is_file():
            raise NotFound(
                fr=f"Le fichier {file} n'existe pas : vérifiez son nom, ou téléchargez la Base Adresse Nationale.",
                en=f"The file {file} does not exist: check its name, or download the Base Adresse Nationale.",
            )
    with services() as running:
        started = time.perf_counter()
        with progress_bar("Base Adresse Nationale") as progress:
            built = build(files, out or running.settings.addresses, running.areas, progress)
        seconds = time.perf_counter() - started
    if as_json:
        print_json({**built._asdict(), "seconds": round(seconds, 2)})
    size_mb = built.bytes / 1e6
    say(
        f"Index d'adresses construit : {built.addresses} adresses, {built.streets} voies, {built.communes} communes, "
        f"{size_mb:.1f} Mo, {seconds:.1f} s.",
        f"Address index built: {built.addresses} addresses, {built.streets} streets, {built.communes} communes, "
        f"{size_mb:.1f} MB, {seconds:.1f} s.",
    )
