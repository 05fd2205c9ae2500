"""`placelibre meet WHERE[:MODE][:MINUTES] ...`."""

import math
from typing import Annotated, Any

import typer

from geo.errors import Language
from service.cli.console.output import console, language, print_json, services
from service.cli.filter_options import with_filters
from service.cli.search_command import estimated_text, number_text, price_text
from service.search.meeting_geojson import meeting_collection
from service.search.meeting_request import ROOM_FILTERS, MeetingRequest, Origin, build_room, patience_needed


@with_filters(ROOM_FILTERS)
def meet(
    people: Annotated[
        list[str], typer.Argument(help="Where each sets out: Nantes, Angers:bike, “gare de Cholet:45min”")
    ],
    by: Annotated[str, typer.Option(help="Make the longest way short (worst), or all of them (sum)")] = "worst",
    mode: Annotated[str, typer.Option(help="walk, bike or car, of those who do not say theirs")] = "car",
    most_minutes: Annotated[float, typer.Option(help="Minutes on the way, of those who do not say theirs")] = 120,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="GeoJSON on standard output")] = False,
    **filters: Any,
) -> None:
    """Find the free room that several people reach soonest, with everybody's minutes."""
    request = MeetingRequest(
        people=tuple(Origin.read(one) for one in people),
        by=by,
        mode=mode,
        most_minutes=most_minutes,
        room=build_room(filters, len(people)),
    )
    with services() as running:
        desk = running.meetings
        located, found = desk.meet(request, operator=True)
        collection = meeting_collection(located, found)
        needed = None if found.results else patience_needed(found.query, desk.answer)
    if as_json:
        print_json(collection)
    elif found.results:
        console().print(_travel(collection["travel"], language() == "fr"), markup=False)
        _print_table(collection, language())
    else:
        console().print(_nothing(needed, language()))


def _print_table(collection: dict[str, Any], tongue: Language) -> None:
    from rich.table import Table

    french = tongue == "fr"
    mark = " (démonstration)" if french else " (demo)"
    table = Table(box=None, pad_edge=False, header_style="bold")
    titles = ["", "Lieu", "Au plus", "En tout", "Prix"] if french else ["", "Place", "Longest", "Together", "Price"]
    dates = max(len(one["properties"].get("free_windows", ())) for one in collection["features"])
    titles += ["Dates"] if dates else []
    for title in (*titles, *(one["label"] for one in collection["people"])):
        table.add_column(title, justify="left" if title in titles[:2] else "right")
    for rank, feature in enumerate(collection["features"], start=1):
        row = feature["properties"]
        table.add_row(
            str(rank),
            f"{row['name']} — {row['commune']}{mark if row['demo'] else ''}",
            *(_minutes(row[name], row["trips"], tongue) for name in ("worst_minutes", "sum_minutes")),
            price_text(row["price_half_day_cents"], tongue),
            *([f"{sum(row['free_windows'])}/{dates}"] if dates else []),
            *(_minutes(trip["minutes"], [trip], tongue) for trip in row["trips"]),
        )
    console().print(table)


def _minutes(minutes: float, trips: list[dict[str, Any]], tongue: Language) -> str:
    """`~12 min` where one of the trips is estimated."""
    known = all(trip["minutes_by"] == "network" for trip in trips)
    return f"{'' if known else '~'}{number_text(minutes, tongue, 0)} min"


def _travel(travel: dict[str, Any], french: bool) -> str:
    """How minutes were found, in words."""
    if travel["by"] != "network":
        return estimated_text(travel["fallback"], french)
    if french:
        found = f"Durées par le réseau routier ; lieux vers lesquels un chemin a été cherché : {travel['routed']}"
        return found if travel["exact"] else f"{found}, les plus prometteurs seulement"
    found = f"Travel times by the road network; places to which ways were looked up: {travel['routed']}"
    return found if travel["exact"] else f"{found}, the most promising only"


def _nothing(needed_minutes: float | None, tongue: Language) -> str:
    if needed_minutes is None:
        if tongue == "fr":
            return (
                "Aucune salle ne convient à tous : essayez un autre créneau, moins de places (--seats) ou --candidates."
            )
        return "No room suits everybody: try another time, fewer seats (--seats) or --candidates."
    minutes = math.ceil(needed_minutes)
    if tongue == "fr":
        return (
            f"Aucune salle n'est à portée de tous : la plus proche demande {minutes} min à qui est le plus loin. "
            f"Pour l'accepter, ajoutez --most-minutes {minutes}."
        )
    return (
        f"No room is in everybody's reach: the nearest one is {minutes} min away for whoever is farthest. "
        f"To accept that, add --most-minutes {minutes}."
    )
