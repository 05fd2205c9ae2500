"""Administrative areas of points: commune, EPCI, département, région; their names and outlines."""

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from geo.coverage.nearest import nearest
from geo.reference import files
from geo.spatial.distance import Floats

Codes = npt.NDArray[np.str_]

NO_EPCI = "ZZZZZZZZZ"
"""INSEE's own code for the few communes (islands) that belong to no EPCI."""
NO_EPCI_NAME = "Communes sans EPCI"
_JUST_BEYOND_M = 5_000.0


class Level(StrEnum):
    """An administrative level. At the level of communes, Paris, Lyon and Marseille are split into arrondissements."""

    COMMUNE = "commune"
    EPCI = "epci"
    DEPARTEMENT = "departement"
    REGION = "region"


def communes_of(data_dir: Path, lon: Floats, lat: Floats, *, all_in_france: bool = False) -> Codes:
    """INSEE code of the commune (or arrondissement) around each point; the nearest one for a point in the sea.

    "" for a point abroad or far at sea. With `all_in_france` the points are known to be French (the census
    says so): one that falls just beyond a border joins the commune of the nearest point that has one.
    Raises `geo.reference.files.ReferenceMissing`.
    """
    from geo.reference.boundaries import Boundaries

    codes: Codes = Boundaries.load(data_dir).locate(lon, lat).astype(np.str_)
    outside = np.flatnonzero(codes == "")
    inside = np.flatnonzero(codes != "")
    if all_in_france and len(outside) and len(inside):
        distance_m, index = nearest(lon[outside], lat[outside], lon[inside], lat[inside])
        codes[outside] = np.where(distance_m <= _JUST_BEYOND_M, codes[inside][index], "")
    return codes


def codes_at(data_dir: Path, communes: Codes, level: Level) -> Codes:
    """Code of the area of `level` for each commune code; "" stays "". Raises `geo.reference.files.ReferenceMissing`."""
    if level is Level.COMMUNE:
        return communes
    column = {Level.DEPARTEMENT: 9, Level.REGION: 10, Level.EPCI: 11}[level]
    otherwise = NO_EPCI if level is Level.EPCI else ""
    area_of = {row[0]: row[column] or otherwise for row in files.rows(data_dir, files.COMMUNES)}
    unique, back = np.unique(communes, return_inverse=True)
    areas = np.array([area_of.get(code, "") for code in unique.tolist()], dtype=np.str_)
    result: Codes = areas[back]
    return result


def names_at(data_dir: Path, level: Level) -> dict[str, str]:
    """Names of the areas of a level, by code. Raises `geo.reference.files.ReferenceMissing`."""
    if level is Level.COMMUNE:
        return {row[0]: row[1] for row in files.rows(data_dir, files.COMMUNES)}
    names = {row[1]: row[2] for row in files.rows(data_dir, files.AREAS) if row[0] == level}
    if level is Level.EPCI:
        names[NO_EPCI] = NO_EPCI_NAME
    return names


def outlines_at(
    data_dir: Path, level: Level, only: Collection[str] | None = None
) -> tuple[Codes, npt.NDArray[np.object_]]:
    """Codes and simplified outlines (shapely, lon/lat) of the areas of a level, or of those in `only`.

    All areas of a level above communes take about 3 s. Raises `geo.reference.files.ReferenceMissing`.
    """
    import pyarrow.parquet as pq
    import shapely

    table = pq.read_table(files.reference_file(data_dir, files.OUTLINES_COMMUNES), columns=["insee", "geometry"])
    communes = table["insee"].to_numpy(zero_copy_only=False).astype(np.str_)
    shapes = shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))
    areas = codes_at(data_dir, communes, level)
    if only is not None:
        selected = np.isin(areas, list(only))
        areas, shapes = areas[selected], shapes[selected]
    if level is Level.COMMUNE:
        return areas, shapes
    codes, group = np.unique(areas, return_inverse=True)
    order = np.argsort(group, kind="stable")
    parts = np.split(shapes[order], np.cumsum(np.bincount(group))[:-1])
    return codes, np.array([shapely.union_all(part) for part in parts], dtype=object)
