"""The published Table Schemas and the Data Package that binds them, as JSON documents."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.exchange.columns import SEPARATOR, Column, load_declaration, one_table_columns

PLACES_FILE, SPACES_FILE, PACKAGE_FILE = "lieux.csv", "espaces.csv", "datapackage.json"
ETALAB = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte 2.0",
    "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence",
}
_LICENCES: Mapping[str, Mapping[str, str]] = {
    "licence ouverte 2.0": ETALAB,
    "odbl 1.0": {
        "name": "ODbL-1.0",
        "title": "Open Database License 1.0 (partage à l'identique, share-alike)",
        "path": "https://opendatacommons.org/licenses/odbl/1-0/",
    },
    "cc by 4.0": {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    },
}
_STANDARD = {
    "title": "Lieux de médiation numérique, version 1.0.2 (La MedNum, ANCT)",
    "path": "https://schema.data.gouv.fr/LaMednum/standard-mediation-num/",
}
_DIALECT = {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True}


@dataclass(frozen=True, slots=True)
class Source:
    """A list that an export holds rows of: its name, its licence (several with "|" between), how many of its rows."""

    name: str
    licence: str
    rows: int

    @property
    def licences(self) -> list[str]:
        return self.licence.split(SEPARATOR)


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of an export, as described in the data package."""

    path: str
    rows: int
    size_bytes: int
    sha256: str


def places_schema() -> dict[str, Any]:
    """The Table Schema of `lieux`: one row per place."""
    return _table_schema(
        "tiers-lieux",
        ("Tiers-lieux", "Places to work at"),
        (
            "Lieux où l'on peut travailler : coworkings, mairies, médiathèques, hôtels, cafés… Le socle (colonnes "
            "marquées standard) est celui des lieux de médiation numérique 1.0.2.",
            "Places where one can work: coworkings, town halls, libraries, hotels, cafés… The core (columns marked "
            "standard) is that of lieux de médiation numérique 1.0.2.",
        ),
        load_declaration().lieux,
        ("exemple-valide.csv", "exemple-invalide.csv"),
    ) | {"primaryKey": "id"}


def spaces_schema() -> dict[str, Any]:
    """The Table Schema of `espaces`: one row per bookable unit. Only a Data Package ties it to its places."""
    return _table_schema(
        "tiers-lieux-espaces",
        ("Espaces des tiers-lieux", "Spaces of places to work at"),
        (
            "Salles, plateaux et postes qui se réservent dans un tiers-lieu : places, tarifs, horaires.",
            "Rooms, floors and desks that are booked in a place: seats, prices, hours.",
        ),
        load_declaration().espaces,
        ("exemple-espaces-valide.csv",),
    ) | {"primaryKey": "id_espace"}


def one_table_schema() -> dict[str, Any]:
    """The Table Schema of the one-table form: a place is repeated for each of its spaces."""
    columns = tuple(_repeated(column) for column in one_table_columns())
    return _table_schema(
        "tiers-lieux-une-table",
        ("Tiers-lieux et espaces en une table", "Places and spaces in one table"),
        (
            "Une ligne par espace, où les colonnes du lieu se répètent ; un lieu sans espace a une ligne, aux colonnes "
            "d'espace vides.",
            "One row per space, repeating the columns of its place; a place without spaces has one row, its space "
            "columns empty.",
        ),
        columns,
        ("exemple-une-table-valide.csv",),
    )


def data_package(files: Mapping[str, ExportFile], sources: Sequence[Source], *, created: str) -> dict[str, Any]:
    """The descriptor of an export: its resources, the lists it holds and the licences it mixes.

    A table checked alone has nothing to refer to, so it is here that `id_lieu` must be an `id` of `lieux`.
    """
    key = {"fields": "id_lieu", "reference": {"resource": "lieux", "fields": "id"}}
    schemas = {"lieux": places_schema(), "espaces": spaces_schema() | {"foreignKeys": [key]}}
    titles = {"lieux": "Lieux", "espaces": "Espaces"}
    return {
        "profile": "data-package",
        "name": "placelibre-tiers-lieux",
        "title": "Tiers-lieux (PlaceLibre)",
        "description": _mixture(sources),
        "version": load_declaration().version,
        "created": created,
        "licenses": licences(licence for source in sources for licence in source.licences),
        "sources": [{"title": source.name, "licence": source.licence, "rows": source.rows} for source in sources],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": name,
                "type": "table",
                "title": titles[name],
                "path": file.path,
                "scheme": "file",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "dialect": _DIALECT,
                "rows": file.rows,
                "bytes": file.size_bytes,
                "hash": f"sha256:{file.sha256}",
                "schema": schemas[name],
            }
            for name, file in files.items()
        ],
    }


def licences(texts: Iterable[str]) -> list[dict[str, str]]:
    """Licences as a Data Package lists them, each once; one without a known address keeps its own words."""
    distinct = sorted(set(texts))
    return [dict(_LICENCES.get(text.casefold(), {"name": "notspecified", "title": text})) for text in distinct]


def _mixture(sources: Sequence[Source]) -> str:
    listed = ", ".join(sorted({licence for source in sources for licence in source.licences})) or "aucune / none"
    return (
        f"Licences des listes mêlées ici : {listed}. Une licence de partage à l'identique (ODbL) oblige qui réutilise "
        f"l'ensemble. / Licences of the lists mixed here: {listed}. A share-alike licence (ODbL) binds whoever reuses "
        "the whole."
    )


def _table_schema(
    name: str,
    titles: tuple[str, str],
    descriptions: tuple[str, str],
    columns: tuple[Column, ...],
    examples: Sequence[str],
) -> dict[str, Any]:
    return {
        "$schema": "https://frictionlessdata.io/schemas/table-schema.json",
        "name": name,
        "title": titles[0],
        "title_en": titles[1],
        "description": descriptions[0],
        "description_en": descriptions[1],
        "keywords": ["tiers-lieux", "coworking", "télétravail", "espaces de travail", "réservation"],
        "countryCode": "FR",
        "languages": ["fr", "en"],
        "version": load_declaration().version,
        "created": load_declaration().created,
        "lastModified": load_declaration().created,
        "licenses": [ETALAB],
        "contributors": [{"title": "PlaceLibre", "role": "author"}],
        "sources": [_STANDARD],
        "resources": [
            {"name": example.removesuffix(".csv"), "title": example.removesuffix(".csv"), "path": example}
            for example in examples
        ],
        "missingValues": [""],
        "fields": [_field(column) for column in columns],
    }


def _field(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "title": column.title,
        "title_en": column.title_en,
        "description": column.description,
        "description_en": column.description_en,
        "example": column.example,
        "type": column.type,
        "format": column.format,
        "standard": column.standard,
        "constraints": {"required": False, **column.constraints},
    }


def _repeated(column: Column) -> Column:
    """A column of the one-table form: ids repeat, and a place may have no space."""
    constraints = {name: value for name, value in column.constraints.items() if name != "unique"}
    if column not in load_declaration().lieux:
        constraints.pop("required", None)
    return replace(column, constraints=constraints)
