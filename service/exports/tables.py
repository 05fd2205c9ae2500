"""Writes places or their provenance to Parquet, GeoPackage, GeoJSON or CSV, whole or not at all."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas
import polars as pl
import shapely
from sqlalchemy import Engine, select

from geo.errors import InvalidInput, StorageFull
from geo.files import replace_file
from geo.store.engine import reading
from geo.store.publication import published_listing
from geo.store.queries import read_frames
from geo.store.schema import listing, place
from ingest.exchange.columns import SEPARATOR
from ingest.exchange.formula_guard import neutralise_column
from ingest.rows.keys import public_key

FORMATS = (".parquet", ".gpkg", ".geojson", ".csv")


def export_places(engine: Engine, out: Path) -> int:
    """Writes every place that is not closed, one row each, with its number of spaces; returns the rows written."""
    frames = read_frames(engine)
    spaces = frames.spaces.group_by("place_id").agg(pl.len().alias("spaces"), pl.col("seats").sum().alias("seats"))
    licences = _licences(engine)
    table = (
        frames.places.join(spaces, on="place_id", how="left")
        .join(licences, on="place_id", how="left")
        .with_columns(pl.col("spaces", "seats").fill_null(0), pl.col("communities").list.join(" "))
        .sort("place_id")
    )
    write_table(table, out, geometry=True)
    return table.height


def export_listings(engine: Engine, out: Path) -> int:
    """Writes where every place comes from: `source, source_key, place_id` and more; returns the rows written."""
    columns = (
        listing.c.source,
        listing.c.source_key,
        listing.c.place_id,
        listing.c.licence,
        listing.c.community,
        place.c.lon,
        place.c.lat,
    )
    statement = (
        select(*columns, listing.c.has_own_key)
        .join(place, place.c.id == listing.c.place_id)
        .where(published_listing())
        .order_by(listing.c.source, listing.c.source_key)
    )
    with reading(engine) as connection:
        rows = [
            (source, public_key(key) if own else key, *rest)
            for source, key, *rest, own in connection.execute(statement)
        ]
    schema: dict[str, Any] = {column.name: pl.String for column in columns}
    schema |= {"place_id": pl.Int64, "lon": pl.Float64, "lat": pl.Float64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    write_table(table, out, geometry=out.suffix in {".gpkg", ".geojson"})
    return table.height


def _licences(engine: Engine) -> pl.DataFrame:
    """Licences that each place mixes: some, such as ODbL, bind whoever reuses the file."""
    pair = (listing.c.place_id, listing.c.licence)
    statement = select(*pair).where(published_listing()).distinct().order_by(*pair)
    with reading(engine) as connection:
        rows = [tuple(row) for row in connection.execute(statement)]
    frame = pl.DataFrame(rows, schema={"place_id": pl.Int64, "licence": pl.String}, orient="row")
    return frame.group_by("place_id").agg(
        pl.col("licence").str.split(SEPARATOR).explode().unique().sort().str.join(" + ").alias("licences")
    )


def write_table(table: pl.DataFrame, out: Path, *, geometry: bool) -> None:
    """Writes a table by the extension of `out`; with `geometry`, its lon and lat become WGS 84 points.

    In a CSV, what a spreadsheet would run as a formula is made harmless (`ingest.exchange.formula_guard`).

    Raises InvalidInput for an unknown extension or a folder that is not there, StorageFull when the disk is.
    """
    if out.suffix not in FORMATS:
        listed = ", ".join(FORMATS)
        raise InvalidInput(
            field="out",
            value=out,
            fr=f"L'extension « {out.suffix} » n'est pas un format d'export : choisissez {listed}.",
            en=f"The extension “{out.suffix}” is not an export format: choose {listed}.",
        )
    if out.suffix == ".csv" or (out.suffix == ".parquet" and not geometry):
        safe = table.with_columns(
            neutralise_column(pl.col(name)) for name, kind in table.schema.items() if kind == pl.String
        )
        atomically(out, safe.write_csv if out.suffix == ".csv" else table.write_parquet)
        return
    points = shapely.points(table["lon"].to_numpy(), table["lat"].to_numpy())
    frame = geopandas.GeoDataFrame(table.to_pandas(), geometry=points, crs="EPSG:4326")
    if out.suffix == ".parquet":
        atomically(out, frame.to_parquet)
    else:
        driver = "GPKG" if out.suffix == ".gpkg" else "GeoJSON"
        atomically(out, lambda path: frame.to_file(path, driver=driver, layer=out.stem))


def atomically(out: Path, write: Callable[[Path], object]) -> None:
    """Replaces `out` by what `write` writes, atomically. Raises StorageFull or InvalidInput."""
    with written(out), replace_file(out) as draft:
        write(draft)


@contextmanager
def written(out: Path) -> Iterator[None]:
    """Turns what the disk says into a sentence for a person. Raises StorageFull or InvalidInput."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull(path=out) from error
        raise InvalidInput(
            field="out",
            value=out,
            fr=f"« {out} » ne peut pas être écrit : vérifiez que le dossier existe et que vous y avez droit.",
            en=f"“{out}” cannot be written: check that the folder exists and that you may write there.",
        ) from error
