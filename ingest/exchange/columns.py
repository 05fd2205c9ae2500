"""The columns of the published schema, as `columns.toml` declares them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from geo.types import Amenity, PlaceKind, Precision, SpaceKind

SEPARATOR = "|"
"""Between several values of one cell."""
YES, NO, UNKNOWN = "oui", "non", "inconnu"
VOCABULARIES: Mapping[str, tuple[str, ...]] = {
    "kinds": tuple(PlaceKind),
    "space_kinds": tuple(SpaceKind),
    "precisions": tuple(Precision),
    "answers": (YES, NO, UNKNOWN),
}
AMENITY_PREFIX, SPACE_AMENITY_PREFIX = "equip_", "equip_espace_"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a Table Schema field with its texts in French and English."""

    name: str
    title: str
    title_en: str
    description: str
    description_en: str
    example: str
    type: str = "string"
    format: str = "default"
    constraints: Mapping[str, Any] = field(default_factory=dict)
    standard: bool = False

    @property
    def is_required(self) -> bool:
        return bool(self.constraints.get("required"))


@dataclass(frozen=True, slots=True)
class Declaration:
    """What `columns.toml` holds: the columns of the two tables, and the words of the vocabularies (French, English)."""

    version: str
    created: str
    lieux: tuple[Column, ...]
    espaces: tuple[Column, ...]
    words: Mapping[str, Mapping[str, tuple[str, str]]]


@cache
def load_declaration() -> Declaration:
    """The declaration, read once. Raises KeyError when a vocabulary lacks a word of `geo.types`."""
    document = tomllib.loads(resources.files("ingest.exchange").joinpath("columns.toml").read_text("utf-8"))
    vocabularies: tuple[tuple[str, type[StrEnum]], ...] = (
        ("amenities", Amenity),
        ("kinds", PlaceKind),
        ("space_kinds", SpaceKind),
    )
    words = {name: {str(word): tuple(document[name][word]) for word in vocabulary} for name, vocabulary in vocabularies}
    return Declaration(
        version=document["version"],
        created=document["created"].isoformat(),
        lieux=_columns(document["lieux"], words["amenities"]),
        espaces=_columns(document["espaces"], words["amenities"]),
        words=words,
    )


def one_table_columns() -> tuple[Column, ...]:
    """The columns of the one-table form: those of a place, then those of one of its spaces."""
    declaration = load_declaration()
    return declaration.lieux + tuple(column for column in declaration.espaces if column.name != "id_lieu")


def names(columns: tuple[Column, ...]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _columns(entries: list[dict[str, Any]], amenities: Mapping[str, tuple[str, str]]) -> tuple[Column, ...]:
    columns: list[Column] = []
    for entry in entries:
        prefix, vocabulary = entry.pop("amenities", ""), entry.pop("vocabulary", "")
        if prefix:
            for amenity, (label, label_en) in amenities.items():
                texts = {key: text.format(label=label, label_en=label_en) for key, text in entry.items()}
                columns.append(_column(texts | {"name": prefix + amenity}, "answers"))
        else:
            columns.append(_column(entry, vocabulary))
    return tuple(columns)


def _column(entry: Mapping[str, Any], vocabulary: str) -> Column:
    enum = {"enum": list(VOCABULARIES[vocabulary])} if vocabulary else {}
    return Column(**{**entry, "constraints": {**entry.get("constraints", {}), **enum}})
