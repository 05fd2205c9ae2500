"""Mappings kept per source in TOML files that people can read and correct; older versions stay beside.

`SOURCE.toml` is in use; `SOURCE.v1.toml`, `SOURCE.v2.toml`... are what it was before. The form is that of the declared
mappings, with a version, a date, what changed, and the columns of the list as they were then.
"""

import json
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from ingest.mapping import column_profile
from ingest.mapping.declared import from_values
from ingest.mapping.model import Columns, Mapping
from ingest.mapping.suggest import slug
from ingest.mapping.value_evidence import TRAITS, support
from ingest.readers.common.raw_list import RawTable


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping as it was kept. `columns`: those of the list then; `shapes`: what the cells of each looked like."""

    mapping: Mapping
    version: int
    saved_on: date
    change: str
    columns: tuple[str, ...]
    shapes: Dict[str, str] = field(default_factory=dict)


def save(mapping: Mapping, table: RawTable, folder: Path, today: date, change: str = "") -> SavedMapping:
    """Keeps the mapping of a source; what it was before stays as an older version. What did not change is not written.

    `table`: the list or a sample of it. `change`: what a person says of it, else it is told from the difference.
    """
    before = load(mapping.source, folder)
    meaning = mapping.meaning()
    shapes = {one.column: _shape(one, meaning.get(one.column, "")) for one in column_profile.profiles(table)}
    if before and before.mapping.digest() == mapping.digest() and before.columns == table.columns:
        return before
    said = change or (
        "Première version." if before is None else " ".join(_differences(before.mapping, mapping)) or "Colonnes."
    )
    kept = SavedMapping(mapping, before.version + 1 if before else 1, today, said, table.columns, shapes)
    folder.mkdir(parents=True, exist_ok=True)
    current = path_of(mapping.source, folder)
    if before:
        current.replace(folder / f"{current.stem}.v{before.version}.toml")
    _write(current, to_toml(kept))
    return kept


def load(source: str, folder: Path) -> SavedMapping | None:
    """The mapping in use for a source, None without one. Raises ValueError for a file that is not one."""
    path = path_of(source, folder)
    return from_toml(path.read_text("utf-8"), path.name) if path.is_file() else None


def _shape(one: column_profile.Profile, means: str) -> str:
    """The kind of value of a column: that of its field when most cells are of it, else the most telling one."""
    kind, share = support(means, one) if means in TRAITS else ("", 0.0)
    return kind if share >= 0.6 else one.shape


def path_of(source: str, folder: Path) -> Path:
    """Where the mapping of a source is kept: nothing of the name can lead out of the folder."""
    return folder / f"{slug(source)}.toml"


def from_toml(text: str, name: str) -> SavedMapping:
    """A saved mapping from its file. Raises ValueError that names what is wrong."""
    said: dict[str, Any] = tomllib.loads(text)
    try:
        head = said.pop("saved")
        kept = _mapping(said, name)
        return SavedMapping(
            kept,
            int(head["version"]),
            head["on"],
            str(head["change"]),
            tuple(head["columns"]),
            dict(said.get("shapes", {})),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{name}: missing or wrong {error}") from error


def _mapping(said: dict[str, Any], name: str) -> Mapping:
    """The mapping of a saved file, with its confidences and reasons."""
    own = {"confidence", "shapes", "reasons", "suggested"}
    mapping = from_values({key: value for key, value in said.items() if key not in own}, name)
    return replace(
        mapping,
        suggested=bool(said.get("suggested", False)),
        confidence={column: float(value) for column, value in said.get("confidence", {}).items()},
        reasons={column: (str(value[0]), str(value[1])) for column, value in said.get("reasons", {}).items()},
    )


def to_toml(kept: SavedMapping) -> str:
    """The file of a saved mapping."""
    one = kept.mapping
    head: dict[str, Any] = {
        "source": one.source, "title": one.title, "licence": one.licence, "trust": one.trust,
        "checked_on": one.checked_on,
        "suggested": one.suggested or None, "recognise": sorted(one.recognise), "source_key": _columns(one.source_key),
        "name_prefix": one.name_prefix or None, "personal": sorted(one.personal),
        "saved": {
            "version": kept.version, "on": kept.saved_on, "change": kept.change, "columns": list(kept.columns),
        },
        "fields": {name: _columns(columns) for name, columns in sorted(one.fields.items())},
        "space_amenities": {str(name): _columns(columns) for name, columns in sorted(one.space_amenities.items())},
        "amenities": {str(name): _columns(columns) for name, columns in sorted(one.amenities.items())},
        "kind": {
            "is": str(one.kind.constant) if one.kind.constant else None, "default": str(one.kind.default),
            "values": {value: str(kind) for value, kind in one.kind.values.items()},
        },
    }  # fmt: skip
    if one.hours:
        head["hours"] = {"style": one.hours.style, "columns": list(one.hours.columns)}
        if one.hours.slots:
            head["hours"]["slots"] = [[slot.day, slot.half, slot.edge] for slot in one.hours.slots]
    if one.precision:
        thresholds = [list(threshold) for threshold in one.precision.thresholds]
        rule = one.precision
        words = {name: getattr(rule, name) for name in ("column", "label", "score", "expected")}
        head["precision"] = {**words, "thresholds": thresholds}
    if one.source_by:
        head["source_by"] = {"column": one.source_by[0], "values": dict(one.source_by[1])}
    head["out_of_scope"] = [
        {
            "column": rule.column, "values": sorted(rule.values), "keep": sorted(rule.keep),
            "starts": list(rule.starts),
            "contains": list(rule.contains), "filled": rule.filled,
        }
        for rule in one.out_of_scope
    ]  # fmt: skip
    head |= {"confidence": dict(one.confidence), "reasons": {c: list(said) for c, said in one.reasons.items()}}
    return _tables(head | {"shapes": {column: shape for column, shape in kept.shapes.items() if shape}})


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
                lines = [f"{_text(name)} = {_value(said)}" for name, said in item.items()]
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


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a process that dies leaves the older file."""
    beside = path.with_suffix(".toml.part")
    beside.write_text(text, "utf-8")
    beside.replace(path)


def _differences(before: Mapping, after: Mapping) -> Iterable[str]:
    """In French, for the file: which columns now mean something else."""
    old, new = before.meaning(), after.meaning()
    for column in dict.fromkeys([*old, *new]):
        if old.get(column) != new.get(column):
            yield f"« {column} » : {old.get(column, 'rien')} → {new.get(column, 'rien')}."
