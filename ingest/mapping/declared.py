"""Reads the declared mappings, and recognises the one of a list by its columns."""

import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import Any

from geo.reference.toponyms import fold
from geo.types import Amenity, PlaceKind, Precision
from ingest.mapping.model import FIELDS, Columns, HoursRule, KindRule, Mapping, PrecisionRule, ScopeRule, Slot

_KEYS = frozenset(
    (
        "source", "title", "licence", "checked_on", "recognise", "source_key", "kind", "name_prefix",
        "out_of_scope", "amenities", "space_amenities", "hours", "precision", "personal", "fields", "source_by",
        "trust",
    )
)  # fmt: skip


def load_all() -> list[Mapping]:
    """Every declared mapping, in name order. Raises ValueError for a file that is not one."""
    files = sorted(resources.files("ingest.mappings").iterdir(), key=lambda item: item.name)
    return [parse(item.read_text("utf-8"), item.name) for item in files if item.name.endswith(".toml")]


def recognise(columns: Iterable[str], mappings: Iterable[Mapping]) -> Mapping | None:
    """The mapping whose `recognise` columns are all present; the one with most of them when several fit."""
    present = set(columns)
    fitting = [mapping for mapping in mappings if mapping.recognise and mapping.recognise <= present]
    return max(fitting, key=lambda mapping: len(mapping.recognise), default=None)


def parse(text: str, name: str) -> Mapping:
    """A mapping from its TOML. Raises ValueError that names what is wrong."""
    return from_values(tomllib.loads(text), name)


def from_values(values: dict[str, Any], name: str) -> Mapping:
    """A mapping from the values of its TOML. Raises ValueError that names what is wrong."""
    unknown = set(values) - _KEYS | set(values.get("fields", {})) - FIELDS
    if unknown:
        raise ValueError(f"{name}: unknown keys {sorted(unknown)}")
    return Mapping(
        source=values["source"],
        fields={field: _columns(value) for field, value in values["fields"].items()},
        title=values["title"],
        licence=values["licence"],
        trust=values.get("trust", 60),
        checked_on=values.get("checked_on"),
        recognise=frozenset(values["recognise"]),
        source_by=_source_by(values.get("source_by")),
        source_key=_columns(values.get("source_key", [])),
        kind=_kind(values.get("kind", {})),
        name_prefix=values.get("name_prefix", ""),
        out_of_scope=tuple(_scope(rule) for rule in values.get("out_of_scope", [])),
        amenities=_amenities(values.get("amenities", {})),
        space_amenities=_amenities(values.get("space_amenities", {})),
        hours=_hours(values.get("hours")),
        precision=_precision(values.get("precision")),
        personal=frozenset(values.get("personal", [])),
    )


def _amenities(columns_by_amenity: dict[str, Any]) -> dict[Amenity, Columns]:
    return {Amenity(amenity): _columns(value) for amenity, value in columns_by_amenity.items()}


def _columns(value: str | list[str | list[str]]) -> Columns:
    """`"a"`, `["a", "b"]` (alternatives) or `[["a", "b"], "c"]` (a joined pair, else c)."""
    alternatives = [value] if isinstance(value, str) else value
    return tuple((item,) if isinstance(item, str) else tuple(item) for item in alternatives)


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _kind(table: dict[str, Any]) -> KindRule:
    return KindRule(
        constant=PlaceKind(table["is"]) if "is" in table else None,
        values={fold(value): PlaceKind(kind) for value, kind in table.get("values", {}).items()},
        default=PlaceKind(table.get("default", PlaceKind.OTHER)),
    )


def _scope(table: dict[str, Any]) -> ScopeRule:
    return ScopeRule(
        column=table["column"],
        values=_folded(table.get("values", [])),
        keep=_folded(table.get("keep", [])),
        starts=tuple(sorted(_folded(table.get("starts", [])))),
        contains=tuple(table.get("contains", [])),
        filled=table.get("filled", False),
    )


def _source_by(table: dict[str, Any] | None) -> tuple[str, dict[str, str]] | None:
    return (table["column"], {fold(value): name for value, name in table["values"].items()}) if table else None


def _hours(table: dict[str, Any] | None) -> HoursRule | None:
    if not table:
        return None
    slots = tuple(Slot(int(day), str(half), str(edge)) for day, half, edge in table.get("slots", []))
    return HoursRule(table["style"], tuple(table["columns"]), slots)


def _precision(table: dict[str, Any] | None) -> PrecisionRule | None:
    if not table:
        return None
    thresholds = tuple((float(minimum), str(Precision(name))) for minimum, name in table["thresholds"])
    columns = (str(table.get(name, "")) for name in ("label", "score", "expected"))
    return PrecisionRule(table["column"], thresholds, *columns)
