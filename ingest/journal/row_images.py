"""Row images: rows of the store as canonical text, which the journal keeps so that an undo is exact."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection, Date, Table, select, true

from geo.store.publication import published, published_listing
from geo.store.schema import listing, place, place_alias, space, space_community
from geo.types import Point

NAMED_TABLES: tuple[Table, ...] = (place, place_alias, space, space_community, listing)
"""The tables that an import may change, parents first. `dump` covers these."""

_DERIVED = frozenset({"position"})
_ENCODER = msgspec.json.Encoder(order="sorted")


def to_text(table: Table, row: Mapping[str, Any]) -> str:
    """Canonical JSON of a row: all columns but derived ones, the same on both databases."""
    values = {column.name: row[column.name] for column in table.columns if column.name not in _DERIVED}
    return _ENCODER.encode(values).decode()


def from_text(table: Table, text: str) -> dict[str, Any]:
    """The row that `to_text` wrote, ready to be stored."""
    values: dict[str, Any] = msgspec.json.decode(text)
    for column in table.columns:
        if isinstance(column.type, Date) and values.get(column.name):
            values[column.name] = date.fromisoformat(values[column.name])
    if "position" in table.columns:
        values["position"] = Point(values["lon"], values["lat"])
    return values


def digest(text: str) -> str:
    """Short fingerprint of a canonical row."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def change_row(
    import_id: int, table: Table, row_id: int, detail: str, before: str | None, after: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A journal entry for a row that an import changed, removed, or inserted outside its ranges."""
    return {
        "import_id": import_id,
        "table_name": table.name,
        "row_id": row_id,
        "detail": detail,
        "before": before,
        "after": None if after is None else digest(to_text(table, after)),
    }


def dump(connection: Connection) -> dict[str, list[str]]:
    """Canonical text of the named tables, rows in key order: equal before an import and after its undo."""
    visible = {place: published(), listing: published_listing()}
    return {
        table.name: [
            to_text(table, {str(name): value for name, value in row.items()})
            for row in connection.execute(
                select(table).where(visible.get(table, true())).order_by(*table.primary_key.columns)
            ).mappings()
        ]
        for table in NAMED_TABLES
    }
