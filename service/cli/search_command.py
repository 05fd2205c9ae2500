"""`placelibre search WHERE`."""

from typing import Annotated, Any

import msgspec
import typer

from geo.errors import Language
from geo.travel.router import OffTheNetwork
from service.cli.console.output import console, language, print_json, services
from service.cli.filter_options import with_filters
from service.localisation.catalogue import Translator
from service.localisation.formats import NBSP, Formats
from service.search.request import FILTERS, build_request


@with_filters(FILTERS)
def search(
    where: Annotated[str, typer.Argument(help="Commune, “commune postcode”, station, address or lat,lon")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="GeoJSON on standard output")] = False,
    **filters: Any,
) -> None:
    """Find free spaces near WHERE, ranked, each with its reason."""
    request = build_request(where, filters)
    with services() as running:
        desk = running.searches
        located, hits = desk.find(request, operator=True)
        changes = desk.relaxations(request, located, hits, language())
        collection = msgspec.json.decode(desk.as_geojson(located, hits, request, language(), relaxations=changes))
    if as_json:
        print_json(collection)
    else:
        _print_table(collection, language(), to_confirm=request.to_confirm)


def _print_table(collection: dict[str, Any], tongue: Language, *, to_confirm: bool) -> None:
    from rich.table import Table

    french = tongue == "fr"
    mark = " (démonstration)" if french else " (demo)"
    table = Table(box=None, pad_edge=False, header_style="bold")
    timed = ("min",) if collection["mode"] else ()
    dated = ("Dates",) if any("free_windows" in one["properties"] for one in collection["features"]) else ()
    titles = (
        ("", "Lieu", "km", *timed, *dated, "Prix", "Score", "Pourquoi")
        if french
        else ("", "Place", "km", *timed, *dated, "Price", "Score", "Why")
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
            *([_dates(row, tongue)] if dated else []),
            price_text(row["price_half_day_cents"], tongue),
            number_text(row["score"], tongue, 2),
            row["reason"],
        )
    screen, t = console(), Translator(tongue)
    screen.print(_found(collection, t, to_confirm=to_confirm), markup=False)
    if collection["travel"] is not None:
        screen.print(_travel(collection["travel"], french), markup=False)
    if collection["total"]:
        screen.print(table)
    relaxations = collection.get("relaxations", ())
    if relaxations:
        screen.print(t("relax.title"))
    elif not collection["total"] and not to_confirm:
        screen.print(t("search.nothing_helps"))
    for one in relaxations:
        screen.print(f"  {one['text']}", markup=False)


def _found(collection: dict[str, Any], t: Translator, *, to_confirm: bool) -> str:
    """`1 105 lieux près de Paris (75), 3 à confirmer`."""
    total, travel, unconfirmed = collection["total"], collection["travel"], collection["to_confirm"]
    number = Formats(t.language).number
    key = "search.found_to_confirm" if to_confirm else "search.found"
    found = t.count(key, total, number=number(total)) if total or to_confirm else t("search.none")
    if travel is not None and not travel["all_counted"]:
        found = t("search.at_least", found=found)
    told = f"{found} {t('search.near', place=collection['where']['label'])}"
    if unconfirmed:
        told += f", {t.count('relax.to_confirm', unconfirmed, number=number(unconfirmed))}"
    return told


def _travel(travel: dict[str, Any], french: bool) -> str:
    """How minutes were found, in words."""
    if travel["by"] == "network":
        routed, reach = travel["routed"], travel["within_reach"]
        if french:
            return f"Durées par le réseau routier ; itinéraires cherchés : {routed}, lieux à portée : {reach}"
        return f"Travel times by the road network; ways looked up: {routed}, places within reach: {reach}"
    return estimated_text(travel["fallback"], french)


def estimated_text(fallback: str | None, french: bool) -> str:
    """That minutes are those of the straight line, and why not of a network."""
    estimated = "Durées estimées à vol d'oiseau" if french else "Travel times estimated as the crow flies"
    if fallback == OffTheNetwork.code:
        return estimated + (" : le réseau ne couvre pas cet endroit" if french else ": the network does not cover this")
    if fallback:
        remedy = "lancez « placelibre check »" if french else "run “placelibre check”"
        return estimated + (f" : le réseau ne répond pas, {remedy}" if french else f": routing is down, {remedy}")
    return estimated


def _minutes(row: dict[str, Any], tongue: Language) -> str:
    if row["minutes"] is None:
        return "–"
    return ("" if row["minutes_by"] == "network" else "~") + number_text(row["minutes"], tongue, 0)


def _dates(row: dict[str, Any], tongue: Language) -> str:
    """On how many of the dates asked it is free; a candidate has no times to be free at."""
    if row["space_id"] is None:
        return "–"
    free, asked = sum(row["free_windows"]), len(row["free_windows"])
    return f"{free} sur {asked}" if tongue == "fr" else f"{free} of {asked}"


def number_text(value: float, tongue: Language, digits: int = 1) -> str:
    return decimal_text(f"{value:.{digits}f}", tongue)


def decimal_text(text: str, tongue: Language) -> str:
    """Figures with the decimal comma or point of the language, and the French space before `%`."""
    return text.replace(".", ",").replace("%", f"{NBSP}%") if tongue == "fr" else text


def price_text(cents: int | None, tongue: Language) -> str:
    if cents is None:
        return "?"
    if cents == 0:
        return "gratuit" if tongue == "fr" else "free"
    return Formats(tongue).price(cents)
