"""Paths and readers of the reference files shipped in `data/`.

Nothing is cached here: `Areas` and `Gazetteer` hold what they need. Readers import their heavy libraries when
called, so that a command that looks up a name does not load polygons. What each file holds, its source and its
licence: `data/README.md`.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from geo.errors import Language, OperationError

COMMUNES = "communes.csv.gz"
FORMER_COMMUNES = "former_communes.csv.gz"
AREAS = "areas.csv.gz"
BOUNDARIES = "boundaries.parquet"
OUTLINES_COMMUNES = "outlines_communes.parquet"
OUTLINES_DEPARTEMENTS = "outlines_departements.parquet"
STATIONS = "stations.csv.gz"
STREETS = "streets.csv.gz"
POPULATION = "population_1km.parquet"


class ReferenceMissing(OperationError):
    """A file of `data/` is not where it should be."""

    code = "reference_missing"
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Le fichier de référence {path} manque ; remettez le dossier data/ tel que le projet le fournit.",
        "en": "The reference file {path} is missing; restore the data/ folder as the project ships it.",
    }


def reference_file(data_dir: Path, name: str) -> Path:
    """Path of a shipped file. Raises ReferenceMissing when it is not there."""
    path = data_dir / name
    if not path.is_file():
        raise ReferenceMissing(path=path)
    return path


def rows(data_dir: Path, name: str) -> Iterator[list[str]]:
    """Rows of a shipped `.csv.gz`, header left out."""
    read = csv.reader(io.StringIO(_text(data_dir, name), newline=""))
    next(read)
    yield from read


def lines(data_dir: Path, name: str) -> list[str]:
    """Lines of a shipped `.csv.gz`, header left out, for `cells`: no cell of a shipped file spans several lines."""
    return _text(data_dir, name).splitlines()[1:]


def cells(line: str, count: int = -1) -> list[str]:
    """The cells of a line, or its first `count` cells and the rest."""
    return next(csv.reader((line,))) if '"' in line else line.split(",", count)


def _text(data_dir: Path, name: str) -> str:
    # Decompressed at once: line by line through gzip takes twice as long.
    return gzip.decompress(reference_file(data_dir, name).read_bytes()).decode()


def boundaries(data_dir: Path) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """INSEE codes and polygons (shapely, lon/lat) of communes and arrondissements, in code order.

    Paris, Lyon and Marseille are there by arrondissement only.
    """
    return _shapes(reference_file(data_dir, BOUNDARIES), "insee")


def departement_outlines(data_dir: Path) -> dict[str, Any]:
    """Every département as a GeoJSON FeatureCollection, simplified for a national map; property `code`."""
    codes, shapes = _shapes(reference_file(data_dir, OUTLINES_DEPARTEMENTS), "departement")
    return _collection("code", codes, shapes)


def departement_outlines_gz(data_dir: Path) -> bytes:
    """`departement_outlines` as compressed JSON, some 90 kB, always the same bytes."""
    return _compressed(departement_outlines(data_dir))


def commune_outlines(data_dir: Path, departement: str) -> dict[str, Any] | None:
    """The communes of one département as a GeoJSON FeatureCollection, property `insee`; None if unknown."""
    path = reference_file(data_dir, OUTLINES_COMMUNES)
    codes, shapes = _shapes(path, "insee", [("departement", "==", departement)])
    return _collection("insee", codes, shapes) if len(codes) else None


def commune_outlines_gz(data_dir: Path, departement: str) -> bytes | None:
    """`commune_outlines` as compressed JSON (20 to 100 kB); None for an unknown département."""
    outlines = commune_outlines(data_dir, departement)
    return None if outlines is None else _compressed(outlines)


def _shapes(path: Path, key: str, filters: Any = None) -> tuple[npt.NDArray[np.object_], Any]:
    import pyarrow.parquet as pq
    import shapely

    table = pq.read_table(path, columns=[key, "geometry"], filters=filters)
    codes = table[key].to_numpy(zero_copy_only=False).astype(object)
    return codes, shapely.from_wkb(table["geometry"].to_numpy(zero_copy_only=False))


def _collection(key: str, codes: npt.NDArray[np.object_], shapes: Any) -> dict[str, Any]:
    from shapely.geometry import mapping

    features = [
        {"type": "Feature", "properties": {key: code}, "geometry": mapping(shape)}
        for code, shape in zip(codes, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _compressed(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=6, mtime=0)
