"""Writes the store in the published schema (docs/schema): a folder, a zip of it, or one table in a CSV."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, func, select

from geo.errors import InvalidInput
from geo.store.engine import reading
from geo.store.schema import listing, place, space, space_community
from geo.types import PlaceStatus
from ingest.exchange.frames import PLACES, SPACES
from ingest.exchange.schema import Source
from ingest.exchange.write import write_folder, write_one_table, write_zip
from service.exports import atomically, written

_STORED = {"hours": "opening_hours"}
"""Columns that the store names otherwise."""


def export_schema(engine: Engine, out: Path, now: datetime) -> int:
    """Writes every place that is not closed, and its open spaces, to a folder, a .zip or a .csv; returns the places.

    Demonstration offers are not facts: their spaces, the agreement and the hours they assume are left out. Whoever runs
    this sees everything, closed circles included: `communautes` says whose a row is.

    Raises InvalidInput for another extension or a place that cannot be written, StorageFull when the disk is.
    """
    is_folder = out.is_dir() or not out.suffix
    if not is_folder and out.suffix not in {".zip", ".csv"}:
        raise InvalidInput(
            field="out",
            value=out,
            fr=f"« {out} » n'est ni un dossier, ni un .zip, ni un .csv : donnez l'un des trois.",
            en=f"“{out}” is neither a folder nor a .zip nor a .csv: give one of the three.",
        )
    with reading(engine) as connection:
        places, spaces, sources = _places(connection), _spaces(connection), _sources(connection)
    created = now.isoformat(timespec="seconds")
    if out.suffix == ".csv" and not is_folder:
        atomically(out, lambda path: write_one_table(path, places, spaces))
        return places.height
    with written(out), tempfile.TemporaryDirectory(dir=_same_disk(out, is_folder), prefix=".placelibre-") as name:
        staged = Path(name)
        members = write_folder(staged, places, spaces, sources, created=created)
        if is_folder:
            _publish(staged, out, members)
        else:
            atomically(out, lambda path: write_zip(path, staged, members))
    return places.height


def _same_disk(out: Path, is_folder: bool) -> Path:
    """A folder on the disk of `out`, so that a rename publishes; `out` itself, made if need be, when it is one."""
    if is_folder:
        out.mkdir(exist_ok=True)
    return out if is_folder else out.parent


def _publish(staged: Path, out: Path, members: Sequence[str]) -> None:
    """Moves files into the folder, whole each, the descriptor last: its hashes tell a reader that came in between."""
    for name in members:
        (staged / name).replace(out / name)


def _places(connection: Connection) -> pl.DataFrame:
    lists = _lists_of_places(connection)
    stored = {name: _STORED.get(name, name) for name in PLACES if _STORED.get(name, name) in place.c}
    columns = [place.c[column].label(name) for name, column in stored.items()]
    statement = (
        select(place.c.id.label("place_id"), place.c.demo, place.c.hours_assumed, *columns)
        .where(place.c.status != str(PlaceStatus.CLOSED))
        .order_by(place.c.id)
    )
    rows = [_place(dict(row), lists) for row in connection.execute(statement).mappings()]
    return pl.DataFrame(rows, schema=dict(PLACES), orient="row")


def _place(row: dict[str, Any], lists: Mapping[int, "_Lists"]) -> tuple[Any, ...]:
    found = lists.get(row["place_id"], _Lists())
    told = dict.fromkeys(("complement",), "") | row
    told |= {
        "id": str(row["place_id"]),
        "amenities": _json(row["amenities"]),
        "communities": found.communities(),
        "sources": sorted(found.sources),
        "licences": sorted(found.licences),
    }
    if row["demo"]:
        told["status"] = str(PlaceStatus.CANDIDATE)
    if row["hours_assumed"]:
        told["hours"] = None
    return tuple(told.get(name) for name in PLACES)


class _Lists:
    """The lists that name a place."""

    def __init__(self) -> None:
        self.sources: set[str] = set()
        self.licences: set[str] = set()
        self.slugs: set[str | None] = set()

    def communities(self) -> list[str]:
        """Whose the place is: nobody's (public) as soon as one public list names it."""
        return [] if None in self.slugs else sorted(slug for slug in self.slugs if slug)


def _lists_of_places(connection: Connection) -> dict[int, _Lists]:
    found: dict[int, _Lists] = {}
    statement = select(listing.c.place_id, listing.c.source, listing.c.licence, listing.c.community).distinct()
    for place_id, source, licence, slug in connection.execute(statement):
        one = found.setdefault(place_id, _Lists())
        one.sources.add(_bare(source))
        one.licences.add(_bare(licence))
        one.slugs.add(slug)
    return found


def _bare(text: str) -> str:
    """A name without the mark that separates names."""
    return text.replace("|", "/")


def _spaces(connection: Connection) -> pl.DataFrame:
    offers: dict[int, list[str]] = {}
    for space_id, slug in connection.execute(
        select(space_community.c.space_id, space_community.c.community).order_by(*space_community.primary_key.columns)
    ):
        offers.setdefault(space_id, []).append(slug)
    stored = {name: _STORED.get(name, name) for name in SPACES if _STORED.get(name, name) in space.c}
    statement = (
        select(*(space.c[column].label(name) for name, column in stored.items()))
        .join(place, place.c.id == space.c.place_id)
        .where(space.c.closed.is_(False), space.c.demo.is_(False), place.c.status != str(PlaceStatus.CLOSED))
        .order_by(space.c.place_id, space.c.id)
    )
    rows = []
    for row in connection.execute(statement).mappings():
        told = dict(row) | {
            "id": str(row["id"]),
            "place_id": str(row["place_id"]),
            "amenities": _json(row["amenities"]),
            "communities": offers.get(row["id"], []),
        }
        rows.append(tuple(told[name] for name in SPACES))
    return pl.DataFrame(rows, schema=dict(SPACES), orient="row")


def _sources(connection: Connection) -> list[Source]:
    """The lists that name places which are not closed."""
    statement = (
        select(listing.c.source, listing.c.licence, func.count())
        .join(place, place.c.id == listing.c.place_id)
        .where(place.c.status != str(PlaceStatus.CLOSED))
        .group_by(listing.c.source, listing.c.licence)
        .order_by(listing.c.source, listing.c.licence)
    )
    return [Source(source, licence, rows) for source, licence, rows in connection.execute(statement)]


def _json(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=False)
