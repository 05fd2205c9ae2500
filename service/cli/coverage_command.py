"""`placelibre coverage`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.errors import Language
from service.cli.console.output import console, language, print_json, say, services

if TYPE_CHECKING:
    from service.localisation.formats import Formats
    from service.planning.coverage_desk import Answer

SHOWN_AREAS = 20


def coverage(
    within: Annotated[
        list[str] | None, typer.Option(help="5km or 15min, may be repeated; default 5km and 10km")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Kinds of place: mairie,library,...")] = None,
    source: Annotated[list[str] | None, typer.Option(help="Names of imported lists")] = None,
    status: Annotated[list[str] | None, typer.Option(help="candidate, offered or closed; default: not closed")] = None,
    mode: Annotated[str | None, typer.Option(help="walk, bike or car, for distances in minutes")] = None,
    by: Annotated[str | None, typer.Option(help="commune, epci, departement or region")] = None,
    demand: Annotated[Path | None, typer.Option(help="People: CSV, Parquet, GeoPackage; default census grid")] = None,
    all_cells: Annotated[
        bool, typer.Option("--all-cells", help="Also cells shared with a neighbouring country")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Cells (and areas) to .gpkg, .parquet or .csv")] = None,
    as_json_: Annotated[bool, typer.Option("--json", help="Results on standard output")] = False,
) -> None:
    """Share of people near a place, over the census grid or your own demand."""
    from service.planning.coverage_desk import CoverageRequest, as_json
    from service.planning.coverage_export import check_path, write_coverage

    if out is not None:
        check_path(out)
    request = CoverageRequest(
        within=tuple(within or ()),
        kind=tuple(kind or ()),
        source=tuple(source or ()),
        status=tuple(status or ()),
        mode=mode,
        by=by,
        demand=demand,
        border_cells=all_cells,
    )
    with services() as running:
        desk = running.coverage
        answer = desk.answer(request)
        files = write_coverage(out, answer, desk.outlines(answer)) if out is not None else []
    if as_json_:
        print_json(as_json(answer))
    else:
        _print(answer, language())
    _warn(answer)
    for path in files:
        say(f"Écrit : {path}", f"Written: {path}")


def _warn(answer: "Answer") -> None:
    if not len(answer.coverage.places):
        say(
            "Aucun lieu ne correspond à ce filtre : toutes les parts sont nulles. "
            "Élargissez le filtre ou importez une liste.",
            "No place matches this filter: every share is zero. Widen the filter or import a list.",
        )


def _print(answer: "Answer", tongue: Language) -> None:
    from service.localisation.formats import Formats
    from service.planning.coverage_desk import percent

    french, result, formats = tongue == "fr", answer.coverage, Formats(tongue)
    screen = console()
    people, places, cells = (formats.number(n) for n in (result.people, len(result.places), len(result.demand)))
    if french:
        screen.print(f"{people} personnes ({cells} carreaux), {places} lieux")
    else:
        screen.print(f"{people} people ({cells} cells), {places} places")
    for reach in result.reaches:
        share = percent(result.within[reach.label], tongue)
        screen.print(f"  à {reach.label} au plus : {share}" if french else f"  within {reach.label}: {share}")
    if result.commune_only.places:
        number = formats.number(result.commune_only.places)
        adds = ", ".join(f"{label} +{percent(share, tongue)}" for label, share in result.commune_only.adds.items())
        screen.print(
            f"  dont {number} lieux connus par leur seule commune ; ils apportent : {adds}"
            if french
            else f"  of which {number} places known only by their commune; they bring: {adds}"
        )
    if result.areas:
        _print_areas(answer, tongue, formats)


def _print_areas(answer: "Answer", tongue: Language, formats: "Formats") -> None:
    from rich.table import Table

    from service.planning.coverage_desk import percent

    french, result = tongue == "fr", answer.coverage
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Territoire" if french else "Area")
    limit = result.farthest.label
    for title in (
        "Habitants" if french else "People",
        f"au-delà de {limit}" if french else f"beyond {limit}",
        *(reach.label for reach in result.reaches),
        "médiane" if french else "median",
    ):
        table.add_column(title, justify="right")
    for row in result.areas[:SHOWN_AREAS]:
        table.add_row(
            f"{answer.area_names.get(row.code, row.code)} ({row.code})",
            formats.number(row.people),
            formats.number(row.beyond),
            *(percent(row.within[reach.label], tongue) for reach in result.reaches),
            "-" if row.median_m is None else formats.distance(row.median_m),
        )
    screen = console()
    screen.print(table)
    hidden = len(result.areas) - SHOWN_AREAS
    if hidden > 0:
        screen.print(
            f"… et {hidden} autres : --json ou --out les donnent tous."
            if french
            else f"… and {hidden} more: --json or --out give them all."
        )
