"""`placelibre feeds`: lists that live at a URL."""

from typing import Annotated, Any

import typer

from geo.localisation.plurals import count_fr, rows_text
from service.cli.console.output import console, language, print_json, say, services
from service.cli.lists.import_command import column_pairs

feeds = typer.Typer(help="Lists that live at a URL, imported again by the worker.", no_args_is_help=False)
Json = Annotated[bool, typer.Option("--json", help="Results on standard output")]
SHOWN_NAMES = 10


@feeds.callback(invoke_without_command=True)
def feeds_default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(as_json=False)


@feeds.command("list")
def list_(as_json: Json = False) -> None:
    """Every feed: when it is due, how it went."""
    from rich.table import Table

    from service.imports.feeds import read_all

    with services() as running:
        rows = read_all(running.engine)
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("source", "url", "every_hours", "state", "last_status", "last_at", "next_at", "failures")
    for column in columns:
        table.add_column(column)
    for row in rows:
        row["url"] = _without_query(row["url"])
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    console().print(table, markup=False)


@feeds.command("add")
def add(
    url: Annotated[str, typer.Argument(help="https:// or http:// address of the list")],
    source: Annotated[str, typer.Option(help="Name of the list")],
    every: Annotated[str, typer.Option(help="How often: 24h, 7d")] = "24h",
    community: Annotated[str | None, typer.Option(help="Slug of the community that brings it")] = None,
    kind: Annotated[str | None, typer.Option("--as", help="Kind of place for every row")] = None,
    column_map: Annotated[list[str] | None, typer.Option("--map", help="COL=FIELD, may be repeated")] = None,
    offered: Annotated[bool, typer.Option("--offered", help="The hosts of these places agreed to offer them")] = False,
    as_space: Annotated[
        str | None, typer.Option("--as-space", help="Every row is one bookable space of this kind")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a list by its address; the worker imports it at once, then again and again."""
    from service.imports.feeds import add as add_feed

    with services() as running:
        added = add_feed(
            running.engine,
            url,
            source,
            every,
            running.now(),
            community=community,
            kind=kind,
            column_map=column_pairs(column_map or []) or None,
            offered=offered,
            as_space=as_space,
        )
    if as_json:
        print_json(added)
    else:
        say(f"Ajoutée : {added['source']}", f"Added: {added['source']}")


@feeds.command("remove")
def remove(source: Annotated[str, typer.Argument(help="Name of the list")]) -> None:
    """Forget an address; the places and the imports stay."""
    from service.imports.feeds import remove as remove_feed

    with services() as running:
        remove_feed(running.engine, source)
    say(f"Retirée : {source}", f"Removed: {source}")


@feeds.command("show")
def show(source: Annotated[str, typer.Argument(help="Name of the list")], as_json: Json = False) -> None:
    """One feed, and what its last import changed."""
    from service.imports.feeds import read

    with services() as running:
        feed = read(running.engine, source)
    if as_json:
        print_json(feed)
    else:
        _print(feed)


@feeds.command("run")
def run(source: Annotated[str, typer.Argument(help="Name of the list")], as_json: Json = False) -> None:
    """Import one feed now, whether it is due or not, changed or not."""
    from service.imports.feeds import read
    from service.operations.worker import Worker

    with services(writes_home=True) as running:
        outcome = Worker(running, running.fetcher, say).run_one(source)
        feed = read(running.engine, source)
    if as_json:
        print_json(feed)
    elif outcome.error is None:
        _print(feed)
    if outcome.error is not None:
        raise typer.Exit(1)


def _print(feed: dict[str, Any]) -> None:
    french = language() == "fr"
    screen = console()
    labels = (
        (f"toutes les {feed['every_hours']} h, prochaine fois", "dernière fois")
        if french
        else (f"every {feed['every_hours']} h, next", "last")
    )
    screen.print(f"{feed['source']}  {_without_query(feed['url'])}", markup=False)
    screen.print(f"  {labels[0]} : {feed['next_at']}" if french else f"  {labels[0]}: {feed['next_at']}", markup=False)
    if feed["last_at"]:
        screen.print(f"  {labels[1]} {feed['last_at']} ({feed['last_status']})", markup=False)
    if feed["last_error"]:
        screen.print(f"  {feed['last_error'][language()]}", markup=False)
    if feed["last_change"]:
        _print_change(feed["last_change"], french=french)


def _print_change(change: dict[str, Any], *, french: bool) -> None:
    screen = console()
    titles = (
        ("accepted", "nouvelle", "nouvelles", "new", change["accepted"] + change["merged"]),
        ("updated", "mise à jour", "mises à jour", "updated", change["updated"]),
        ("rejected", "rejetée", "rejetées", "rejected", change["rejected"]),
        (
            "vanished",
            "disparue de la liste (son lieu reste)",
            "disparues de la liste (leurs lieux restent)",
            "no longer in the list (their places stay)",
            None,
        ),
    )
    colon = " :" if french else ":"
    screen.print(f"  {change['at']}{colon} {rows_text(change['rows'], language())}", markup=False)
    for key, singular_fr, plural_fr, en, count in titles:
        total = change[key] if count is None else count
        if not total:
            continue
        names = [
            entry["name"] or (f"ligne {entry['line']}" if french else f"row {entry['line']}")
            for entry in change["names"][key]
        ]
        more = total - len(names[:SHOWN_NAMES])
        more_text = f"et {count_fr(more, 'autre')}" if french else f"and {more} more"
        tail = f" … {more_text} (--json)" if more > 0 else ""
        title = count_fr(total, singular_fr, plural_fr) if french else f"{total} {en}"
        screen.print(f"    {title}{colon} {', '.join(names[:SHOWN_NAMES])}{tail}", markup=False)


def _without_query(url: str) -> str:
    """What follows the path may hold a key."""
    return url.split("?", 1)[0]
