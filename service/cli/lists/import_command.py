"""`placelibre import` and `placelibre imports`."""

import gc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geo.errors import InvalidInput, PlaceLibreError
from geo.localisation.plurals import count_fr
from service.cli.console.output import console, language, print_json, progress_bar, say, services
from service.container import Services
from service.localisation.outcomes import outcomes_text

if TYPE_CHECKING:
    from ingest.publication.report import ImportReport
    from ingest.rows.list_parser import ImportRequest
    from ingest.staging.parallel import ParallelStaging

imports = typer.Typer(help="The journal of imports: list, show, undo.", no_args_is_help=False)
Json = Annotated[bool, typer.Option("--json", help="Results on standard output")]
COUNTS = ("rows", "accepted", "merged", "updated", "unchanged", "rejected")


def import_lists(
    files: Annotated[list[Path], typer.Argument(help="CSV, XLSX, GeoJSON or JSON lists (also .gz)")],
    source: Annotated[str | None, typer.Option(help="Name of the list; default: from its mapping or file name")] = None,
    community: Annotated[str | None, typer.Option(help="Slug of the community that brings it")] = None,
    kind: Annotated[str | None, typer.Option("--as", help="Kind of place for every row")] = None,
    column_map: Annotated[list[str] | None, typer.Option("--map", help="COL=FIELD, may be repeated")] = None,
    offered: Annotated[bool, typer.Option("--offered", help="The hosts of these places agreed to offer them")] = False,
    as_space: Annotated[
        str | None, typer.Option("--as-space", help="Every row is one bookable space of this kind")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen; change nothing")] = False,
    report: Annotated[Path | None, typer.Option(help="Write every row's outcome to this .csv or .json")] = None,
    as_json: Json = False,
) -> None:
    """Import lists of places: every row gets an outcome, the same file twice changes nothing."""
    from ingest.rows.list_parser import ImportRequest

    columns = column_pairs(column_map or []) or None
    requests = [
        ImportRequest(
            file,
            source=source,
            community=community,
            kind=kind,
            column_map=columns,
            offered=offered,
            as_space=as_space,
        )
        for file in files
    ]
    answers: list[dict[str, Any]] = []
    failed: list[PlaceLibreError] = []
    with services(writes_home=True) as running:
        with _keeping_garbage(), _start_staging(running, requests) as staging:
            for number, request in enumerate(requests):
                try:
                    outcome = _import(running, request, staging, number, dry_run=dry_run)
                except PlaceLibreError as error:
                    # The other files still deserve their import; this one is reported and the exit code says so.
                    failed.append(error)
                    say(error.message("fr"), error.message("en"))
                    continue
                answers.append(outcome.to_dict(language()))
                if report is not None:
                    is_single = len(files) == 1
                    outcome.write(
                        report if is_single else report.with_stem(f"{report.stem}-{outcome.source}"), language()
                    )
                if not as_json:
                    _print_report(answers[-1])
        if any(answer["import_id"] for answer in answers):
            _refresh_index(running)
    if as_json:
        for answer in answers:
            print_json(answer)
    if failed:
        raise typer.Exit(1)


@contextmanager
def _keeping_garbage() -> Iterator[None]:
    """What a list makes of its rows lives to its end; looking for garbage among it takes a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _import(
    running: Services, request: "ImportRequest", staging: "ParallelStaging | None", number: int, *, dry_run: bool
) -> "ImportReport":
    from ingest.pipeline import import_list

    name = request.path.name if isinstance(request.path, Path) else request.name
    with progress_bar(name) as progress:
        if staging is not None:
            staging.wait(number)
        now, context = running.now(), running.import_context
        return import_list(
            running.engine, running.geocoder, request, dry_run=dry_run, now=now, progress=progress, context=context
        )


def _start_staging(
    running: Services, requests: "list[ImportRequest]"
) -> "AbstractContextManager[ParallelStaging | None]":
    """Several lists are read in worker processes, ahead of their publication; one is read here."""
    if len(requests) < 2:
        return nullcontext()
    from ingest.staging.parallel import ParallelStaging

    settings = running.settings
    return ParallelStaging(requests, running.geocoder, settings.staging, settings.mappings, running.now().date())


def _refresh_index(running: Services) -> None:
    """After a large import, a new snapshot (see `service.index.live_search.is_outdated`)."""
    from service.index.live_search import is_outdated, rebuild

    folder = running.settings.index
    if (folder / "CURRENT").exists() and is_outdated(running.engine, folder, running.now()):
        rebuild(running.engine, folder, running.now())
        say("L'index a été reconstruit.", "The index was rebuilt.")


def column_pairs(texts: list[str]) -> dict[str, str]:
    """`COLUMN=FIELD` texts as a mapping. Raises InvalidInput."""
    pairs = [text.split("=", 1) for text in texts]
    for pair in pairs:
        if len(pair) != 2 or not all(pair):
            raise InvalidInput(
                field="map",
                value="=".join(pair),
                fr="--map s'écrit COLONNE=CHAMP, par exemple --map Intitulé=name.",
                en="--map is written COLUMN=FIELD, for example --map Title=name.",
            )
    return {pair[0]: pair[1] for pair in pairs}


def _print_report(answer: dict[str, Any]) -> None:
    french = language() == "fr"
    counts = outcomes_text(answer["rows"], answer, COUNTS[1:], language())
    screen = console()
    screen.print(f"{answer['source']} : {counts}", markup=False)
    # What became of the list as a whole, before what became of its rows: a vanished column explains many of these.
    for sentence in answer["drift"]:
        screen.print(f"  {sentence}", markup=False)
    if answer["coordinates"]:
        read_as = "coordonnées lues comme" if french else "coordinates read as"
        screen.print(f"  {read_as} : {answer['coordinates']}", markup=False)
    for fault in answer["faults"][:5]:
        line = "ligne" if french else "line"
        screen.print(f"  {line} {fault['line']} : {fault['message']}", markup=False)
    if answer["lines_left_out"]:
        left_out = "lignes du fichier laissées de côté" if french else "lines of the file left out"
        screen.print(f"  {left_out} : {answer['lines_left_out']}", markup=False)
    for rejection in answer["rejections"][:5]:
        line = "ligne" if french else "row"
        screen.print(f"  {line} {rejection['row']} : {rejection['message']} {rejection['remedy']}", markup=False)
    more = len(answer["rejections"]) - 5
    for lacking in answer.get("missing_to_offer", [])[:5]:
        screen.print(f"  {lacking['name']} : {lacking['message']} {lacking['remedy']}", markup=False)
    if more > 0:
        others_text = count_fr(more, "autre")
        screen.print(f"  … {others_text} : --report FICHIER.csv" if french else f"  … {more} more: --report FILE.csv")


@imports.callback(invoke_without_command=True)
def imports_default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(as_json=False)


@imports.command("list")
def list_(as_json: Json = False) -> None:
    """Every import, newest first."""
    from rich.table import Table

    from ingest.history import list_imports

    with services() as running:
        rows = list_imports(running.engine)
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("import_id", "source", "community", "state", "published_at", *COUNTS)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(row.get(column) if row.get(column) is not None else "") for column in columns))
    console().print(table)


@imports.command("show")
def show(
    import_id: Annotated[int, typer.Argument()],
    report: Annotated[Path | None, typer.Option(help="Write every row's outcome to this .csv or .json")] = None,
    as_json: Json = False,
) -> None:
    """One import with its rejected rows."""
    from ingest.history import show_import, write_report

    with services() as running:
        answer = show_import(running.engine, import_id, language())
        if report is not None:
            write_report(running.engine, import_id, report, language())
    if as_json:
        print_json(answer)
    else:
        _print_report(answer)


@imports.command("undo")
def undo_(import_id: Annotated[int, typer.Argument()], as_json: Json = False) -> None:
    """Take an import back, exactly; a space with a booking is closed instead of removed."""
    from ingest.history import undo

    with services() as running:
        report = undo(running.engine, import_id, running.now())
    answer = report.to_dict(language())
    if as_json:
        print_json(answer)
    else:
        console().print(answer["message"], markup=False)
