"""`placelibre`: every command, with the exit codes 0 (done), 1 (an error a person can mend) and 2 (usage)."""

import sys

import typer

from geo.errors import Language, PlaceLibreError
from service.cli import coverage_command, learn_command, meet_command, search_command
from service.cli.console.output import language
from service.cli.lists import community_command, export_command, feed_command, import_command, review_command
from service.cli.operations import (
    bench_command,
    check_command,
    demo_command,
    geocode_command,
    index_command,
    routing_command,
    serve_command,
    worker_command,
)

app = typer.Typer(
    name="placelibre",
    help="Find a free desk near you: import lists of spaces, search them, map the gaps.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demo_command.demo)
app.command("import")(import_command.import_lists)
app.add_typer(import_command.imports, name="imports")
app.add_typer(feed_command.feeds, name="feeds")
app.command("worker")(worker_command.worker)
app.command("bench")(bench_command.bench)
app.add_typer(review_command.review, name="review")
app.command("index")(index_command.index)
app.command("geocode-index")(geocode_command.geocode_index)
app.add_typer(routing_command.routing, name="routing")
app.command("search")(search_command.search)
app.command("meet")(meet_command.meet)
app.command("coverage")(coverage_command.coverage)
app.add_typer(learn_command.learn, name="learn")
app.command("export")(export_command.export)
app.add_typer(community_command.communities, name="community")
app.command("serve")(serve_command.serve)
app.command("check")(check_command.check)
app.command("migrate")(check_command.migrate)


def run() -> None:
    """Entry point: runs a command; an error of ours is one sentence on standard error and exit code 1."""
    try:
        app()
    except PlaceLibreError as error:
        print(error.message(_language()), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _language() -> Language:
    try:
        return language()
    except PlaceLibreError:
        return "fr"
