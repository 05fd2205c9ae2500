"""Reads the declared mappings and finds the one that a list answers to."""

import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import Any

from geo.reference.toponyms import fold
from geo.types import Amenity, PlaceKind, Precision
from ingest.mapping.model import FIELDS, Columns, HoursRule, KindRule, Mapping, PrecisionRule, ScopeRule, Slot

_KNOWN = frozenset(
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
    """The mapping all of whose telling columns are there; the most telling one when several are."""
    given = set(columns)
    fitting = [mapping for mapping in mappings if mapping.recognise and mapping.recognise <= given]
    return max(fitting, key=lambda mapping: len(mapping.recognise), default=None)


def parse(text: str, name: str) -> Mapping:
    """A mapping from its TOML. Raises ValueError that names what is wrong."""
    return from_values(tomllib.loads(text), name)


def from_values(said: dict[str, Any], name: str) -> Mapping:
    """A mapping from the values of its TOML. Raises ValueError that names what is wrong."""
    unknown = set(said) - _KNOWN | set(said.get("fields", {})) - FIELDS
    if unknown:
        raise ValueError(f"{name}: unknown keys {sorted(unknown)}")
    return Mapping(
        source=said["source"],
        fields={field: _columns(value) for field, value in said["fields"].items()},
        title=said["title"],
        licence=said["licence"],
        trust=said.get("trust", 60),
        checked_on=said.get("checked_on"),
        recognise=frozenset(said["recognise"]),
        source_by=_source_by(said.get("source_by")),
        source_key=_columns(said.get("source_key", [])),
        kind=_kind(said.get("kind", {})),
        name_prefix=said.get("name_prefix", ""),
        out_of_scope=tuple(_scope(rule) for rule in said.get("out_of_scope", [])),
        amenities=_asked(said.get("amenities", {})),
        space_amenities=_asked(said.get("space_amenities", {})),
        hours=_hours(said.get("hours")),
        precision=_precision(said.get("precision")),
        personal=frozenset(said.get("personal", [])),
    )


def _asked(said: dict[str, Any]) -> dict[Amenity, Columns]:
    return {Amenity(amenity): _columns(value) for amenity, value in said.items()}


def _columns(value: str | list[str | list[str]]) -> Columns:
    """`"a"`, `["a", "b"]` (alternatives) or `[["a", "b"], "c"]` (a joined pair, else c)."""
    alternatives = [value] if isinstance(value, str) else value
    return tuple((item,) if isinstance(item, str) else tuple(item) for item in alternatives)


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)


def _kind(said: dict[str, Any]) -> KindRule:
    return KindRule(
        constant=PlaceKind(said["is"]) if "is" in said else None,
        values={fold(value): PlaceKind(kind) for value, kind in said.get("values", {}).items()},
        default=PlaceKind(said.get("default", PlaceKind.OTHER)),
    )


def _scope(said: dict[str, Any]) -> ScopeRule:
    return ScopeRule(
        column=said["column"],
        values=_folded(said.get("values", [])),
        keep=_folded(said.get("keep", [])),
        starts=tuple(sorted(_folded(said.get("starts", [])))),
        contains=tuple(said.get("contains", [])),
        filled=said.get("filled", False),
    )


def _source_by(said: dict[str, Any] | None) -> tuple[str, dict[str, str]] | None:
    return (said["column"], {fold(value): name for value, name in said["values"].items()}) if said else None


def _hours(said: dict[str, Any] | None) -> HoursRule | None:
    if not said:
        return None
    slots = tuple(Slot(int(day), str(half), str(edge)) for day, half, edge in said.get("slots", []))
    return HoursRule(said["style"], tuple(said["columns"]), slots)


def _precision(said: dict[str, Any] | None) -> PrecisionRule | None:
    if not said:
        return None
    thresholds = tuple((float(minimum), str(Precision(name))) for minimum, name in said["thresholds"])
    told = (str(said.get(name, "")) for name in ("label", "score", "expected"))
    return PrecisionRule(said["column"], thresholds, *told)
