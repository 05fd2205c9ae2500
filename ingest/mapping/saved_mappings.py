"""Mappings saved per source in TOML files that people can read and correct, with their older versions.

`SOURCE.toml` is in use; `SOURCE.v1.toml`, `SOURCE.v2.toml`... are its older versions. The format is that of the
declared mappings, with a version, a date, a summary of changes, and the columns of the list at that date.
"""

import json
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from geo.files import write_text
from ingest.mapping import column_profile
from ingest.mapping.declared import from_values
from ingest.mapping.model import Columns, Mapping
from ingest.mapping.suggest import slug
from ingest.mapping.value_evidence import TRAITS, support
from ingest.readers.common.raw_list import RawTable


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A saved mapping. `columns` are those of the list at that date, `shapes` the kind of value of each."""

    mapping: Mapping
    version: int
    saved_on: date
    change: str
    columns: tuple[str, ...]
    shapes: Dict[str, str] = field(default_factory=dict)


def save(mapping: Mapping, table: RawTable, folder: Path, today: date, change: str = "") -> SavedMapping:
    """Saves the mapping of a source; the one before stays as an older version. An unchanged mapping is not written.

    `table` is the list or a sample of it, `change` a summary by a person, else one is made from the differences.
    """
    before = load(mapping.source, folder)
    meaning = mapping.meaning()
    shapes = {
        profile.column: _shape(profile, meaning.get(profile.column, "")) for profile in column_profile.profiles(table)
    }
    if before and before.mapping.digest() == mapping.digest() and before.columns == table.columns:
        return before
    summary = change or (
        "Première version." if before is None else " ".join(_differences(before.mapping, mapping)) or "Colonnes."
    )
    saved = SavedMapping(mapping, before.version + 1 if before else 1, today, summary, table.columns, shapes)
    folder.mkdir(parents=True, exist_ok=True)
    current = path_of(mapping.source, folder)
    if before:
        current.replace(folder / f"{current.stem}.v{before.version}.toml")
    write_text(current, to_toml(saved))
    return saved


def load(source: str, folder: Path) -> SavedMapping | None:
    """The mapping in use for a source, None without one. Raises ValueError for a file that is not one."""
    path = path_of(source, folder)
    return from_toml(path.read_text("utf-8"), path.name) if path.is_file() else None


def _shape(profile: column_profile.Profile, field: str) -> str:
    """The kind of value of a column: that of its field when most cells are of it, else the most distinctive one."""
    kind, share = support(field, profile) if field in TRAITS else ("", 0.0)
    return kind if share >= 0.6 else profile.shape


def path_of(source: str, folder: Path) -> Path:
    """The file of a source. No source name leads out of the folder."""
    return folder / f"{slug(source)}.toml"


def from_toml(text: str, name: str) -> SavedMapping:
    """A saved mapping from its file. Raises ValueError that names what is wrong."""
    document: dict[str, Any] = tomllib.loads(text)
    try:
        head = document.pop("saved")
        mapping = _mapping(document, name)
        return SavedMapping(
            mapping,
            int(head["version"]),
            head["on"],
            str(head["change"]),
            tuple(head["columns"]),
            dict(document.get("shapes", {})),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name}: missing or wrong {error}") from error


def _mapping(document: dict[str, Any], name: str) -> Mapping:
    """The mapping of a saved file, with its confidences and reasons."""
    own = {"confidence", "shapes", "reasons", "suggested"}
    mapping = from_values({key: value for key, value in document.items() if key not in own}, name)
    return replace(
        mapping,
        suggested=bool(document.get("suggested", False)),
        confidence={column: float(value) for column, value in document.get("confidence", {}).items()},
        reasons={column: (str(value[0]), str(value[1])) for column, value in document.get("reasons", {}).items()},
    )


def to_toml(saved: SavedMapping) -> str:
    """The file of a saved mapping."""
    mapping = saved.mapping
    head: dict[str, Any] = {
        "source": mapping.source, "title": mapping.title, "licence": mapping.licence, "trust": mapping.trust,
        "checked_on": mapping.checked_on,
        "suggested": mapping.suggested or None, "recognise": sorted(mapping.recognise),
        "source_key": _columns(mapping.source_key),
        "name_prefix": mapping.name_prefix or None, "personal": sorted(mapping.personal),
        "saved": {
            "version": saved.version, "on": saved.saved_on, "change": saved.change, "columns": list(saved.columns),
        },
        "fields": {name: _columns(columns) for name, columns in sorted(mapping.fields.items())},
        "space_amenities": {str(name): _columns(columns) for name, columns in sorted(mapping.space_amenities.items())},
        "amenities": {str(name): _columns(columns) for name, columns in sorted(mapping.amenities.items())},
        "kind": {
            "is": str(mapping.kind.constant) if mapping.kind.constant else None, "default": str(mapping.kind.default),
            "values": {value: str(kind) for value, kind in mapping.kind.values.items()},
        },
    }  # fmt: skip
    if mapping.hours:
        head["hours"] = {"style": mapping.hours.style, "columns": list(mapping.hours.columns)}
        if mapping.hours.slots:
            head["hours"]["slots"] = [[slot.day, slot.half, slot.edge] for slot in mapping.hours.slots]
    if mapping.precision:
        thresholds = [list(threshold) for threshold in mapping.precision.thresholds]
        rule = mapping.precision
        words = {name: getattr(rule, name) for name in ("column", "label", "score", "expected")}
        head["precision"] = {**words, "thresholds": thresholds}
    if mapping.source_by:
        head["source_by"] = {"column": mapping.source_by[0], "values": dict(mapping.source_by[1])}
    head["out_of_scope"] = [
        {
            "column": rule.column, "values": sorted(rule.values), "keep": sorted(rule.keep),
            "starts": list(rule.starts),
            "contains": list(rule.contains), "filled": rule.filled,
        }
        for rule in mapping.out_of_scope
    ]  # fmt: skip
    head |= {
        "confidence": dict(mapping.confidence),
        "reasons": {c: list(reason) for c, reason in mapping.reasons.items()},
    }
    return _tables(head | {"shapes": {column: shape for column, shape in saved.shapes.items() if shape}})


def _columns(columns: Columns) -> str | list[str | list[str]]:
    if len(columns) == 1 and len(columns[0]) == 1:
        return columns[0][0]
    return [alternative[0] if len(alternative) == 1 else list(alternative) for alternative in columns]


def _tables(values: dict[str, Any], path: tuple[str, ...] = ()) -> str:
    """Values as TOML: plain ones first, then tables. None is left out, and so is a table without anything in it."""
    plain = [
        f"{_text(key)} = {_value(value)}" for key, value in values.items() if value is not None and not _is_table(value)
    ]
    parts = [f"[{'.'.join(map(_text, path))}]", *plain] if path and (plain or not values) else plain
    text = "\n".join(parts) + "\n" if parts else ""
    for key, value in values.items():
        inner = (*path, key)
        if isinstance(value, dict) and value:
            text += "\n" + _tables(value, inner).lstrip("\n")
        elif _is_table(value) and isinstance(value, list):
            for item in value:
                lines = [f"{_text(name)} = {_value(cell)}" for name, cell in item.items()]
                text += "\n".join(["", f"[[{'.'.join(map(_text, inner))}]]", *lines]) + "\n"
    return text


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    )


def _text(value: str) -> str:
    """A key, or a string: those of JSON are those of TOML, but for DEL, which TOML wants escaped."""
    return (
        value
        if value.isascii() and value.isidentifier()
        else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    )


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case date():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(_value(item) for item in value)}]"
    return str(value)


def _differences(before: Mapping, after: Mapping) -> Iterable[str]:
    """In French, for the file: which columns now mean something else."""
    old, new = before.meaning(), after.meaning()
    for column in dict.fromkeys([*old, *new]):
        if old.get(column) != new.get(column):
            yield f"« {column} » : {old.get(column, 'rien')} → {new.get(column, 'rien')}."
