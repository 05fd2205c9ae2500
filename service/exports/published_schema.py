"""Writes the store in the published schema (docs/schema): a folder, a zip of it, or one table in a CSV."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, Select, exists, func, select

from geo.errors import InvalidInput
from geo.store.engine import reading
from geo.store.publication import published, published_listing
from geo.store.schema import listing, place, space, space_community
from geo.types import PlaceStatus
from ingest.exchange.columns import SEPARATOR
from ingest.exchange.conversion import PLACES, SPACES, Schema
from ingest.exchange.table_schema import Source
from ingest.exchange.write import write_folder, write_one_table, write_zip
from service.exports.tables import atomically, written

_CHUNK = 20_000


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
    told = {*PLACES} - {"id", "agreed", "hours", "communities", "sources", "licences"}
    # A room is only open when somebody vouched for it: whoever has one agreed.
    vouched = exists().where(space.c.place_id == place.c.id, space.c.closed.is_(False), space.c.demo.is_(False))
    statement = (
        select(
            place.c.id,
            place.c.opening_hours,
            place.c.hours_assumed,
            vouched.label("agreed"),
            *(place.c[name] for name in told),
        )
        .where(place.c.status != str(PlaceStatus.CLOSED), published())
        .order_by(place.c.id)
    )
    kinds = {name: kind for name, kind in PLACES.items() if name in told} | {
        "id": pl.Int64,
        "agreed": pl.Boolean,
        "hours": pl.String,
    }
    places = _frame(connection, statement, _place, kinds)
    return (
        places.join(_lists_of_places(connection), left_on="id", right_on="place_id", how="left", maintain_order="left")
        .with_columns(pl.col("communities", "sources", "licences").fill_null([]), pl.col("id").cast(pl.String))
        .select(PLACES.keys())
    )


def _place(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "hours": None if row["hours_assumed"] else row["opening_hours"],
        "amenities": _json(row["amenities"]),
    }


def _lists_of_places(connection: Connection) -> pl.DataFrame:
    """By place: names and licences of its lists, and its communities, none as soon as one public list names it."""
    told = func.coalesce(listing.c.facts["sources"].as_string(), listing.c.source)
    columns = (listing.c.place_id, told, listing.c.licence, listing.c.community)
    rows = connection.execute(select(*columns).where(published_listing()).distinct()).all()
    schema = {"place_id": pl.Int64, "source": pl.String, "licence": pl.String, "community": pl.String}
    found = pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")
    several = found.with_columns(pl.col("source", "licence").str.split(SEPARATOR))
    circle = pl.col("community").drop_nulls().unique().sort()
    return several.group_by("place_id").agg(
        sources=pl.col("source").explode().unique().sort(),
        licences=pl.col("licence").explode().unique().sort(),
        communities=pl.when(pl.col("community").is_null().any())
        .then(pl.lit([], pl.List(pl.String)))
        .otherwise(circle.implode()),
    )


def _spaces(connection: Connection) -> pl.DataFrame:
    told = {*SPACES} - {"hours", "communities"}
    statement = (
        select(space.c.opening_hours, *(space.c[name] for name in told))
        .join(place, place.c.id == space.c.place_id)
        .where(space.c.closed.is_(False), space.c.demo.is_(False))
        .where(place.c.status != str(PlaceStatus.CLOSED), published())
        .order_by(space.c.place_id, space.c.id)
    )
    kinds = {name: kind for name, kind in SPACES.items() if name != "communities"} | {
        "id": pl.Int64,
        "place_id": pl.Int64,
    }
    spaces = _frame(connection, statement, _space, kinds)
    pairs = [tuple(row) for row in connection.execute(select(space_community))]
    offers = pl.DataFrame(pairs, schema={"id": pl.Int64, "communities": pl.String}, orient="row")
    return (
        spaces.join(offers.group_by("id").agg(pl.col("communities").sort()), on="id", how="left", maintain_order="left")
        .with_columns(pl.col("communities").fill_null([]), pl.col("id", "place_id").cast(pl.String))
        .select(SPACES.keys())
    )


def _space(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "hours": row["opening_hours"], "amenities": _json(row["amenities"])}


def _frame(
    connection: Connection, statement: Select[Any], told: Callable[[Mapping[str, Any]], dict[str, Any]], schema: Schema
) -> pl.DataFrame:
    """The rows of a statement as a frame, a part at a time: rows of Python take far more memory than columns."""
    parts = [pl.DataFrame(schema=dict(schema))]
    for rows in connection.execute(statement).mappings().partitions(_CHUNK):
        cells = [told({str(name): value for name, value in row.items()}) for row in rows]
        parts.append(pl.DataFrame([tuple(row[name] for name in schema) for row in cells], dict(schema), orient="row"))
    return pl.concat(parts)


def _sources(connection: Connection) -> list[Source]:
    """The lists that name places which are not closed."""
    statement = (
        select(listing.c.source, listing.c.licence, func.count())
        .join(place, place.c.id == listing.c.place_id)
        .where(place.c.status != str(PlaceStatus.CLOSED), published(), published_listing())
        .group_by(listing.c.source, listing.c.licence)
        .order_by(listing.c.source, listing.c.licence)
    )
    return [Source(source, licence, rows) for source, licence, rows in connection.execute(statement)]


def _json(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), sort_keys=True, ensure_ascii=False)
