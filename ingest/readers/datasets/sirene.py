"""The SIRENE register (StockEtablissement, as CSV or Parquet): adds the columns that a list of places needs.

`@name`, `@address`, `@kind`, `@scope` (why a row is no candidate), `@lon` and `@lat` are computed; the
mapping `sirene.toml` gives their meaning. Columns: INSEE, "Description du fichier StockEtablissement".
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ingest.readers.common.projection import as_cells, lon_lat, transformer
from ingest.readers.common.raw_list import LAT_COLUMN, LON_COLUMN, Cells, Chunk, Reading
from ingest.readers.datasets.osm_tags import KIND_COLUMN
from ingest.readers.datasets.sirene_activities import kind_of

NAME_COLUMN, ADDRESS_COLUMN, SCOPE_COLUMN = "@name", "@address", "@scope"
ADDED = (NAME_COLUMN, ADDRESS_COLUMN, KIND_COLUMN, SCOPE_COLUMN, LON_COLUMN, LAT_COLUMN)
CLOSED, NO_CANDIDATE, NOT_DIFFUSED = "fermé", "activité ou effectif hors table", "non diffusible"

_SIGNATURE = frozenset(
    (
        "siret", "activitePrincipaleEtablissement", "trancheEffectifsEtablissement",
        "etatAdministratifEtablissement", "codePostalEtablissement",
    )
)  # fmt: skip
_NAMES = (
    "enseigne1Etablissement", "denominationUsuelleEtablissement", "denominationUniteLegale",
    "denominationUsuelle1UniteLegale", "enseigne2Etablissement", "enseigne3Etablissement",
)  # fmt: skip
_STREET = (
    "numeroVoieEtablissement", "indiceRepetitionEtablissement", "typeVoieEtablissement", "libelleVoieEtablissement",
)  # fmt: skip
_X = "coordonneeLambertAbscisseEtablissement"
_Y = "coordonneeLambertOrdonneeEtablissement"
_UNDISCLOSED = "[ND]"

_PROJECTIONS = {"971": "EPSG:5490", "972": "EPSG:5490", "973": "EPSG:2972", "974": "EPSG:2975", "976": "EPSG:4471"}
_LAMBERT_93 = "EPSG:2154"
"""The register gives Lambert 93 in metropolitan France and the legal projection of each overseas département."""


def recognises(columns: tuple[str, ...]) -> bool:
    """Whether a list has the columns of the register."""
    return set(columns) >= _SIGNATURE


def with_derived_columns(reading: Reading, name: str) -> Reading:
    """The same rows with the columns of `ADDED`."""

    def chunks() -> Iterator[Chunk]:
        for lines, rows in reading.chunks():
            for row in rows:
                row.update(_derive(row))
            _locate(rows, name)
            yield lines, rows

    return replace(reading, columns=tuple(dict.fromkeys((*reading.columns, *ADDED))), chunks=chunks)


def _derive(row: Cells) -> Cells:
    names = (_disclosed(row, column) for column in _NAMES)
    name = next((text for text in names if text), "")
    kind = kind_of(row["activitePrincipaleEtablissement"], row["trancheEffectifsEtablissement"], name)
    scope = ""
    if row["etatAdministratifEtablissement"] == "F":
        scope = CLOSED
    elif row.get("statutDiffusionEtablissement", "O") in ("N", "P"):
        scope = NOT_DIFFUSED
    elif kind is None:
        scope = NO_CANDIDATE
    return {
        NAME_COLUMN: name,
        ADDRESS_COLUMN: " ".join(part for column in _STREET if (part := _disclosed(row, column))),
        KIND_COLUMN: str(kind or ""),
        SCOPE_COLUMN: scope,
        LON_COLUMN: "",
        LAT_COLUMN: "",
    }


def _disclosed(row: Cells, column: str) -> str:
    text = row.get(column, "")
    return "" if text == _UNDISCLOSED else text


def _locate(rows: list[Cells], name: str) -> None:
    """Fills `@lon` and `@lat`, one projection at a time."""
    by_projection: dict[str, list[Cells]] = {}
    for row in rows:
        if row.get(_X) and row.get(_Y):
            code = (row.get("codeCommuneEtablissement") or row["codePostalEtablissement"])[:3]
            by_projection.setdefault(_PROJECTIONS.get(code, _LAMBERT_93), []).append(row)
    for projection, located in by_projection.items():
        x, y = (np.array([_number(row[axis]) for row in located]) for axis in (_X, _Y))
        lon, lat = lon_lat(x, y, transformer(projection, name))
        for row, east, north in zip(located, as_cells(lon), as_cells(lat), strict=True):
            row[LON_COLUMN], row[LAT_COLUMN] = (east, north) if east and north else ("", "")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
