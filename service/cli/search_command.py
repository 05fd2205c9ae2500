"""`placelibre search WHERE`."""

from typing import Annotated, Any

import typer

from geo.errors import Language
from service.cli.output import console, language, print_json, services
from service.features import search_collection
from service.searching import SearchRequest


def search(
    where: Annotated[str, typer.Argument(help="Commune, “commune postcode”, station, address or lat,lon")],
    at: Annotated[str | None, typer.Option(help="2026-11-24T09:00/PT3H or “demain 9h-12h”, local to WHERE")] = None,
    any_: Annotated[str | None, typer.Option("--any", help="A duration such as 3h, with --between")] = None,
    between: Annotated[str | None, typer.Option(help="2026-11-24T08:00/2026-11-24T19:00")] = None,
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
    as_json: Annotated[bool, typer.Option("--json", help="GeoJSON on standard output")] = False,
) -> None:
    """Find free spaces near WHERE, ranked, each with its reason."""
    running = services()
    request = SearchRequest(
        where=where,
        at=at,
        any=any_,
        between=between,
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
    )
    located, found = running.search(request, operator=True)
    names = {one.slug: one.name for one in running.communities}
    collection = search_collection(located, found, names, language())
    running.close()
    if as_json:
        print_json(collection)
    else:
        _print_table(collection, language())


def _print_table(collection: dict[str, Any], tongue: Language) -> None:
    from rich.table import Table

    french = tongue == "fr"
    mark = " (démonstration)" if french else " (demo)"
    table = Table(box=None, pad_edge=False, header_style="bold")
    titles = ("", "Lieu", "km", "Prix", "Score", "Pourquoi") if french else ("", "Place", "km", "Price", "Score", "Why")
    for title in titles:
        table.add_column(title, justify="right" if title in {"km", "Score", "Prix", "Price"} else "left")
    for rank, feature in enumerate(collection["features"], start=1):
        row = feature["properties"]
        table.add_row(
            str(rank),
            f"{row['name']} — {row['commune']}{mark if row['demo'] else ''}",
            number_text(row["distance_m"] / 1000, tongue),
            price_text(row["price_half_day_cents"], tongue),
            number_text(row["score"], tongue, 2),
            row["reason"],
        )
    screen = console()
    total, label, confirm = collection["total"], collection["where"]["label"], collection["to_confirm"]
    if french:
        screen.print(f"{total} lieu(x) près de {label}, {confirm} à confirmer")
    else:
        screen.print(f"{total} place(s) near {label}, {confirm} to confirm")
    if total:
        screen.print(table)
    elif french:
        screen.print(
            "Essayez un autre créneau, un rayon plus large (--within 50km) ou les lieux candidats (--candidates)."
        )
    else:
        screen.print("Try another time, a wider reach (--within 50km) or places not confirmed yet (--candidates).")


def number_text(value: float, tongue: Language, digits: int = 1) -> str:
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if tongue == "fr" else text


def price_text(cents: int | None, tongue: Language) -> str:
    if cents is None:
        return "?"
    if cents == 0:
        return "gratuit" if tongue == "fr" else "free"
    return f"{number_text(cents / 100, tongue, 2 if cents % 100 else 0)} €"
