"""`placelibre search WHERE`."""

from typing import Annotated, Any

import msgspec
import typer

from geo.errors import Language
from geo.travel.model import OffTheNetwork
from service.cli.output import console, language, print_json, services
from service.relaxing import told_relaxations
from service.searching import SearchRequest


def search(
    where: Annotated[str, typer.Argument(help="Commune, “commune postcode”, station, address or lat,lon")],
    at: Annotated[
        list[str] | None,
        typer.Option(help="2026-11-24T09:00/PT3H or “demain 9h-12h”, local to WHERE; or several"),
    ] = None,
    any_: Annotated[str | None, typer.Option("--any", help="A duration such as 3h, with --between")] = None,
    between: Annotated[str | None, typer.Option(help="2026-11-24T08:00/2026-11-24T19:00")] = None,
    weeks: Annotated[int, typer.Option(help="The same hours, so many weeks running")] = 1,
    dates: Annotated[str, typer.Option(help="all: free on every date asked; most: on as many as may be")] = "all",
    seats: Annotated[int, typer.Option(help="Seats needed")] = 1,
    need: Annotated[list[str] | None, typer.Option(help="Must have: wifi,screen,...")] = None,
    wish: Annotated[list[str] | None, typer.Option(help="Would like: quiet,coffee,...")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Kinds of place: mairie,library,...")] = None,
    max_price: Annotated[float | None, typer.Option(help="Highest price, euros per half-day")] = None,
    community: Annotated[str | None, typer.Option(help="Slug of the searcher's community")] = None,
    within: Annotated[str | None, typer.Option(help="10km or 20min; default 30km")] = None,
    mode: Annotated[str | None, typer.Option(help="walk, bike or car")] = None,
    preset: Annotated[str, typer.Option(help="balanced, closest, community or cheapest")] = "balanced",
    candidates: Annotated[bool, typer.Option("--candidates", help="Also places that never agreed to host")] = False,
    limit: Annotated[int, typer.Option(help="Results at most")] = 20,
    per_host: Annotated[int | None, typer.Option(help="Results of one host on the first page at most")] = None,
    new_floor: Annotated[float | None, typer.Option(help="Share of the first page for new spaces, such as 0.1")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="GeoJSON on standard output")] = False,
) -> None:
    """Find free spaces near WHERE, ranked, each with its reason."""
    request = SearchRequest(
        where=where,
        at=tuple(at or ()),
        any=any_,
        between=between,
        weeks=weeks,
        dates=dates,
        seats=seats,
        need=tuple(need or ()),
        wish=tuple(wish or ()),
        kind=tuple(kind or ()),
        max_price=max_price,
        community=community,
        within=within,
        mode=mode,
        preset=preset,
        candidates=candidates,
        limit=limit,
        per_host=per_host,
        new_floor=new_floor,
    )
    with services() as running:
        located, found = running.find(request, operator=True)
        changes = told_relaxations(running, request, located, found, language())
        collection = msgspec.json.decode(running.as_geojson(located, found, request, language(), relaxations=changes))
    if as_json:
        print_json(collection)
    else:
        _print_table(collection, language())


def _print_table(collection: dict[str, Any], tongue: Language) -> None:
    from rich.table import Table

    french = tongue == "fr"
    mark = " (démonstration)" if french else " (demo)"
    table = Table(box=None, pad_edge=False, header_style="bold")
    timed = ("min",) if collection["mode"] else ()
    titles = (
        ("", "Lieu", "km", *timed, "Prix", "Score", "Pourquoi")
        if french
        else ("", "Place", "km", *timed, "Price", "Score", "Why")
    )
    for title in titles:
        table.add_column(title, justify="right" if title in {"km", "min", "Score", "Prix", "Price"} else "left")
    for rank, feature in enumerate(collection["features"], start=1):
        row = feature["properties"]
        table.add_row(
            str(rank),
            f"{row['name']} — {row['commune']}{mark if row['demo'] else ''}",
            number_text(row["distance_m"] / 1000, tongue),
            *([_minutes(row, tongue)] if timed else []),
            price_text(row["price_half_day_cents"], tongue),
            number_text(row["score"], tongue, 2),
            row["reason"],
        )
    screen = console()
    total, label, confirm = collection["total"], collection["where"]["label"], collection["to_confirm"]
    travel = collection["travel"]
    if french:
        least = "" if travel is None or travel["all_counted"] else "Au moins "
        screen.print(f"{least}{total} lieu(x) près de {label}, {confirm} à confirmer")
    else:
        least = "" if travel is None or travel["all_counted"] else "At least "
        screen.print(f"{least}{total} place(s) near {label}, {confirm} to confirm")
    if travel is not None:
        screen.print(_travel(travel, french), markup=False)
    if total:
        screen.print(table)
    if collection.get("relaxations"):
        screen.print("Plus de choix, en changeant peu :" if french else "More choice for a small change:")
    for one in collection.get("relaxations", ()):
        screen.print(f"  {one['text']}", markup=False)


def _travel(travel: dict[str, Any], french: bool) -> str:
    """How minutes were found, in words."""
    if travel["by"] == "network":
        routed, reach = travel["routed"], travel["within_reach"]
        if french:
            return f"Durées par le réseau routier : {routed} itinéraire(s) cherché(s) pour {reach} lieu(x) à portée"
        return f"Travel times by the road network: {routed} way(s) looked up of {reach} place(s) within reach"
    estimated = "Durées estimées à vol d'oiseau" if french else "Travel times estimated as the crow flies"
    if travel["fallback"] == OffTheNetwork.code:
        return estimated + (" : le réseau ne couvre pas cet endroit" if french else ": the network does not cover this")
    if travel["fallback"]:
        remedy = "lancez « placelibre check »" if french else "run “placelibre check”"
        return estimated + (f" : le réseau ne répond pas, {remedy}" if french else f": routing is down, {remedy}")
    return estimated


def _minutes(row: dict[str, Any], tongue: Language) -> str:
    if row["minutes"] is None:
        return "–"
    return ("" if row["minutes_by"] == "network" else "~") + number_text(row["minutes"], tongue, 0)


def number_text(value: float, tongue: Language, digits: int = 1) -> str:
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if tongue == "fr" else text


def price_text(cents: int | None, tongue: Language) -> str:
    if cents is None:
        return "?"
    if cents == 0:
        return "gratuit" if tongue == "fr" else "free"
    return f"{number_text(cents / 100, tongue, 2 if cents % 100 else 0)} €"
