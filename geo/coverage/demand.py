"""Population by grid cell, read from the shipped census grid or from a planner's own file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.errors import InvalidInput, UnreadableFile
from geo.spatial.distance import Floats

COUNTRY = "FR"
"""`cntr` of a cell wholly in France; border cells read "BE-FR" and the like."""

_LON = ("lon", "lon_center", "lon_centre", "longitude", "lng", "x")
_LAT = ("lat", "lat_center", "lat_centre", "latitude", "y")
_PEOPLE = ("population", "people", "population_2021", "pop", "ind", "demand", "habitants", "weight")
_TABLES = {".csv", ".gz", ".parquet", ".pq"}
_MAPS = {".gpkg", ".geojson", ".json", ".shp", ".fgb"}


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """People on cells: centres in decimal degrees, people per cell (float), equal lengths.

    `laea` holds the south-west corners (EPSG:3035, metres) of 1 km cells when known, shape (n, 2).
    """

    lon: Floats
    lat: Floats
    people: Floats
    laea: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.lon)


def read_demand(path: Path, *, border_cells: bool = False) -> Demand:
    """Demand from a CSV, Parquet, GeoPackage or GeoJSON file with positions and people.

    Tables need a longitude, a latitude and a people column (several usual names are understood); maps need a
    people column and points or polygons, whose centroid counts. Where a `cntr` column exists, cells shared with
    a neighbouring country are left out unless `border_cells`. Raises UnreadableFile or InvalidInput.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise UnreadableFile(
            name=path.name,
            fr="ce fichier de population n'existe pas ; vérifiez le chemin.",
            en="this population file does not exist; check the path.",
        )
    if suffix in _TABLES:
        table = _read_table(path)
    elif suffix in _MAPS:
        table = _read_map(path)
    else:
        raise UnreadableFile(
            name=path.name,
            fr="ce format n'est pas lu ; donnez un fichier CSV, Parquet, GeoPackage ou GeoJSON.",
            en="this format is not read; give a CSV, Parquet, GeoPackage or GeoJSON file.",
        )
    if "cntr" in table.columns and not border_cells:
        table = table.filter(pl.col("cntr") == COUNTRY)
    return _checked(path, table)


def _read_table(path: Path) -> pl.DataFrame:
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return pl.read_parquet(path)
        separator = ","
        if path.suffix.lower() == ".csv":
            with path.open("rb") as file:
                heading = file.readline()
            separator = ";" if heading.count(b";") > heading.count(b",") else ","
        return pl.read_csv(path, separator=separator, infer_schema_length=10_000)
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path) from error


def _read_map(path: Path) -> pl.DataFrame:
    import geopandas
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        frame = geopandas.read_file(path)
    except (DataSourceError, DataLayerError, OSError, ValueError) as error:
        raise _unreadable(path) from error
    if frame.crs is not None and not frame.crs.equals("EPSG:4326"):
        # Centroids of cells are those of the grid's own projection.
        points = frame.geometry.centroid.to_crs(4326)
    else:
        points = geopandas.GeoSeries.from_xy(*_planar_centroids(frame.geometry.to_numpy()), crs=4326)
    attributes = frame.drop(columns=frame.geometry.name).select_dtypes(include=["number", "object", "string"])
    table: pl.DataFrame = pl.from_pandas(attributes)
    columns = table.select(name for name in table.columns if name.lower() not in {*_LON, *_LAT})
    return columns.with_columns(lon=pl.Series(points.x.to_numpy()), lat=pl.Series(points.y.to_numpy()))


def _planar_centroids(geometries: npt.NDArray[np.object_]) -> tuple[Floats, Floats]:
    import shapely

    centroids = shapely.centroid(geometries)
    return shapely.get_x(centroids), shapely.get_y(centroids)


def _unreadable(path: Path) -> UnreadableFile:
    return UnreadableFile(
        name=path.name,
        fr="ce fichier de population ne se lit pas ; exportez-le à nouveau en CSV, Parquet ou GeoPackage.",
        en="this population file cannot be read; export it again as CSV, Parquet or GeoPackage.",
    )


def _checked(path: Path, table: pl.DataFrame) -> Demand:
    """Demand from the columns of a table. Raises InvalidInput for a missing column or a value out of range."""
    lon, lat, people = (_column(path, table, names) for names in (_LON, _LAT, _PEOPLE))
    wrong = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    wrong |= ~(np.isfinite(people) & (people >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0]) + 1
        raise InvalidInput(
            field="demand",
            value=path.name,
            fr=f"« {path.name} », ligne {row} : longitude, latitude ou population absente ou hors limites ; "
            "corrigez ou retirez cette ligne.",
            en=f"“{path.name}”, row {row}: longitude, latitude or population missing or out of range; "
            "correct or remove that row.",
        )
    laea = None
    if {"x_laea_sw", "y_laea_sw"} <= set(table.columns):
        laea = table.select("x_laea_sw", "y_laea_sw").to_numpy().astype(np.int64)
    return Demand(lon=lon, lat=lat, people=people, laea=laea)


def _column(path: Path, table: pl.DataFrame, names: tuple[str, ...]) -> Floats:
    headers = {name.strip().lower(): name for name in table.columns}
    header = next((headers[name] for name in names if name in headers), None)
    if header is None:
        raise InvalidInput(
            field="demand",
            value=path.name,
            fr=f"« {path.name} » n'a pas de colonne {names[0]} ; "
            f"nommez-la {names[0]} ({', '.join(names[1:4])} conviennent aussi).",
            en=f"“{path.name}” has no {names[0]} column; name it {names[0]} ({', '.join(names[1:4])} also work).",
        )
    column = table.get_column(header)
    if column.dtype == pl.String:
        column = column.str.replace(",", ".")
    numbers = column.cast(pl.Float64, strict=False).fill_null(float("nan"))
    return numbers.to_numpy().astype(np.float64)
