"""Coverage as files a planner opens in QGIS or a spreadsheet: one row per cell, and one per area when asked."""

import errno
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas
import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError

from geo.coverage import Coverage, Hexagons
from geo.errors import InvalidInput
from geo.spatial.h3_cells import cell_text
from service.exports.tables import atomically
from service.planning.coverage_desk import Answer, area_row

SUFFIXES = (".gpkg", ".parquet", ".csv")
WGS84 = "EPSG:4326"
_NEARLY_FULL_BYTES = 1_000_000


def write_coverage(path: Path, answer: Answer, outlines: "geopandas.GeoDataFrame | None" = None) -> list[Path]:
    """Writes the cells, and the areas when the answer has some; returns the files written.

    GeoPackage: layers `cells` (points) and `areas`. Parquet (GeoParquet) and CSV: areas go to a second file, whose name
    ends in the level (`gaps-epci.csv`). Files appear whole or not at all. `outlines` has columns `code` and
    geometry. Raises InvalidInput for another extension or a folder that does not exist, StorageFull.
    """
    check_path(path)
    cells, areas = cell_frame(answer), area_frame(answer, outlines)
    if path.suffix.lower() == ".gpkg":
        layers = {"cells": cells} if areas is None else {"cells": cells, "areas": areas}
        atomically(path, _as_os_error(lambda partial: _write_package(partial, layers)))
        return [path]
    atomically(path, lambda partial: _write_table(partial, cells))
    if areas is None:
        return [path]
    second = path.with_name(f"{path.stem}-{answer.question.by}{path.suffix}")
    atomically(second, lambda partial: _write_table(partial, areas))
    return [path, second]


def check_path(path: Path) -> None:
    """Raises InvalidInput before any work when a file of that name cannot be written."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(
            field="out",
            value=str(path),
            fr=f"« {path.name} » : le format se choisit par l'extension ; finissez par {', '.join(SUFFIXES)}.",
            en=f"“{path.name}”: the format follows the extension; end with {', '.join(SUFFIXES)}.",
        )
    if not path.absolute().parent.is_dir() or path.is_dir():
        raise InvalidInput(
            field="out",
            value=str(path),
            fr=f"« {path} » ne peut pas être écrit : donnez un fichier dans un dossier qui existe.",
            en=f"“{path}” cannot be written: give a file in a folder that exists.",
        )


def cell_frame(answer: Answer) -> geopandas.GeoDataFrame:
    """One row per cell: people, nearest place and its distance in metres, whether within each distance, its area."""
    result = answer.coverage
    is_reachable = result.nearest >= 0
    at = np.maximum(result.nearest, 0)
    ids, names, precision = result.places.ids, np.asarray(result.places.names, dtype=object), result.places.precision
    columns: dict[str, Any] = {
        "lon": result.demand.lon,
        "lat": result.demand.lat,
        "people": _whole(result.demand.people),
        "distance_m": np.where(is_reachable, np.round(result.distance_m, 1), np.nan),
        "place_id": _nearest_values(is_reachable, at, ids, "Int64"),
        "place_name": _nearest_values(is_reachable, at, names, "string"),
        "place_precision": _nearest_values(is_reachable, at, precision.astype(object), "string"),
    }
    for reach in result.reaches:
        columns[f"within_{reach.label}"] = result.distance_m <= reach.metres
    if answer.area_of_cell is not None:
        columns[str(answer.question.by)] = answer.area_of_cell.astype(object)
    if result.demand.laea is not None:
        columns["x_laea_sw"], columns["y_laea_sw"] = result.demand.laea[:, 0], result.demand.laea[:, 1]
    return geopandas.GeoDataFrame(columns, geometry=shapely.points(result.demand.lon, result.demand.lat), crs=WGS84)


def area_frame(answer: Answer, outlines: "geopandas.GeoDataFrame | None" = None) -> geopandas.GeoDataFrame | None:
    """One row per area, most people beyond first; None when the answer has no areas."""
    if answer.question.by is None:
        return None
    rows = []
    for number in range(len(answer.coverage.areas)):
        row = area_row(answer, number)
        shares = row.pop("within")
        rows.append({**row, **{f"share_{label}": share for label, share in shares.items()}})
    columns = ["code", "name", "people", "mean_m", "median_m", "beyond"]
    columns += [f"share_{reach.label}" for reach in answer.coverage.reaches]
    table = pd.DataFrame(rows, columns=columns).astype({"mean_m": "float64", "median_m": "float64"})
    if outlines is None:
        return geopandas.GeoDataFrame(table, geometry=[None] * len(table), crs=WGS84)
    joined = table.merge(outlines[["code", outlines.geometry.name]], on="code", how="left")
    return geopandas.GeoDataFrame(joined, geometry=outlines.geometry.name, crs=WGS84)


def hexagon_frame(hexagons: Hexagons, coverage: Coverage) -> geopandas.GeoDataFrame:
    """One polygon per H3 cell with its people and those beyond the longest distance."""
    outlines = [shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(int(c))]) for c in hexagons.cells]
    columns = {
        "h3": [cell_text(int(cell)) for cell in hexagons.cells],
        "people": _whole(hexagons.people),
        f"beyond_{coverage.farthest.label}": _whole(hexagons.beyond),
        "mean_m": np.where(np.isfinite(hexagons.mean_m), np.round(hexagons.mean_m, 1), np.nan),
    }
    return geopandas.GeoDataFrame(columns, geometry=outlines, crs=WGS84)


def hexagon_package(answer: Answer, hexagons: Hexagons, outlines: "geopandas.GeoDataFrame | None" = None) -> bytes:
    """A GeoPackage with the layers `hexagons` and `areas`, as bytes to download."""
    with tempfile.TemporaryDirectory(prefix="placelibre-") as folder:
        path = Path(folder) / "coverage.gpkg"
        layers = {"hexagons": hexagon_frame(hexagons, answer.coverage)}
        areas = area_frame(answer, outlines)
        if areas is not None:
            layers["areas"] = areas
        _write_package(path, layers)
        return path.read_bytes()


def area_csv(answer: Answer) -> bytes:
    """The table of areas as CSV, UTF-8 with a byte order mark so that spreadsheets read accents."""
    areas = area_frame(answer)
    table = pd.DataFrame() if areas is None else pd.DataFrame(areas.drop(columns="geometry"))
    return table.to_csv(index=False).encode("utf-8-sig")


def _whole(people: Any) -> Any:
    """Census counts are whole and stay so in files; a planner's own demand may not be."""
    whole = people.astype(np.int64)
    return whole if np.array_equal(whole, people) else people


def _nearest_values(is_reachable: Any, at: Any, values: Any, dtype: Any) -> Any:
    """The value of each cell's nearest place; missing where there is no place at all."""
    if not len(values):
        return pd.Series(pd.NA, index=range(len(is_reachable)), dtype=dtype)
    return pd.Series(values[at]).astype(dtype).where(is_reachable, pd.NA)


def _write_package(path: Path, layers: Mapping[str, geopandas.GeoDataFrame]) -> None:
    for name, frame in layers.items():
        frame.to_file(path, layer=name, driver="GPKG", index=False)


def _write_table(path: Path, frame: geopandas.GeoDataFrame) -> None:
    if path.suffix.lower() == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        pd.DataFrame(frame.drop(columns=frame.geometry.name)).to_csv(path, index=False)


def _as_os_error(write: Callable[[Path], None]) -> Callable[[Path], None]:
    """GDAL reports a full disk or a forbidden folder with errors of its own; `atomically` understands OSError."""

    def wrapped(path: Path) -> None:
        try:
            write(path)
        except (DataSourceError, DataLayerError, FeatureError, GeometryError) as error:
            full = "full" in str(error).lower() or shutil.disk_usage(path.absolute().parent).free < _NEARLY_FULL_BYTES
            raise OSError(errno.ENOSPC if full else errno.EIO, "GDAL") from error

    return wrapped
