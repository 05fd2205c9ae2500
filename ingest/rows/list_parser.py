"""Opens a list and finds its mapping and the options by which its rows are parsed."""

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from geo.errors import InvalidInput
from geo.geocoder.geocoder import Geocoder
from geo.reference.communes import Areas
from geo.types import PlaceKind, SpaceKind
from ingest.exchange.read import as_one_table, is_package
from ingest.mapping.declared import load_all, recognise
from ingest.mapping.drift import Drift, corrections_of
from ingest.mapping.drift import drift as find_drift
from ingest.mapping.model import Mapping
from ingest.mapping.saved_mappings import load
from ingest.mapping.suggest import apply_corrections, slug, suggest
from ingest.readers.common.raw_list import RawList, RawTable
from ingest.readers.open import open_list
from ingest.rows.locate import Finder, coordinate_system
from ingest.rows.row_parser import EXCHANGE, Choices, ParseOptions

MAX_SOURCE = 64


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """One list to import.

    `path`: a file, or bytes with a file `name`; `source`: the name of the list (None: that of its mapping or file);
    `community`: slug of the one whose list it is (None: public); `kind`: of every place; `column_map`: {column: field},
    instead of what the headers suggest; `offered`: the hosts agreed; `as_space`: every row is a unit of that kind.
    """

    path: Path | bytes
    name: str = ""
    source: str | None = None
    community: str | None = None
    kind: str | None = None
    column_map: Dict[str, str] | None = None
    offered: bool = False
    as_space: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedList:
    """A list that is open, with its parse options. `drift`: how its columns differ from those of its saved mapping."""

    raw: RawList
    options: ParseOptions
    drift: Drift

    @property
    def mapping(self) -> Mapping:
        return self.options.mapping


def parse_list(request: ImportRequest, geocoder: Geocoder, mappings: Path | None, today: date) -> ParsedList:
    """Opens a list and finds its mapping. Raises UnreadableFile and InvalidInput (kind, as_space, column_map)."""
    path, name = request.path, request.name
    if isinstance(path, Path) and is_package(path, name):
        path, name = as_one_table(path, name)
    raw = open_list(path, name)
    sample = raw.sample()
    mapping, drift = _current_mapping(sample, request, geocoder.areas, mappings)
    if mapping.checked_on is None and mapping.source != EXCHANGE:
        mapping = replace(mapping, checked_on=today)  # a list brought today says what is true today
    kind, as_space = _word(PlaceKind, "kind", request.kind), _word(SpaceKind, "as_space", request.as_space)
    system = coordinate_system(sample.rows, mapping, Finder(geocoder.areas, geocoder))
    return ParsedList(
        raw, ParseOptions(mapping, Choices(kind, request.offered, as_space, request.community), system), drift
    )


def find_mapping(
    table: RawTable, column_map: Dict[str, str] | None = None, is_commune: Callable[[str], bool] | None = None
) -> Mapping:
    """The declared mapping that fits a list, else a suggested one; corrected by `column_map`."""
    declared = recognise(table.columns, load_all())
    mapping = declared.for_rows(table.rows) if declared else suggest(table, is_commune)
    return apply_corrections(mapping, table, dict(column_map)) if column_map else mapping


def _current_mapping(
    table: RawTable, request: ImportRequest, areas: Areas, mappings: Path | None
) -> tuple[Mapping, Drift]:
    """The mapping of a list, the saved one when there is one; and how its columns changed since that was saved."""
    mapping = find_mapping(table, is_commune=lambda name: bool(areas.find_all(name)))
    source, changes = source_name(request.source, mapping, request.community), Drift()
    saved = load(source, mappings) if mapping.suggested and mappings else None
    if saved is not None:
        changes = find_drift(saved, table.columns, table)
        mapping = _as_saved(saved.mapping, mapping, table, changes)
    return apply_corrections(mapping, table, dict(request.column_map)) if request.column_map else mapping, changes


def _as_saved(saved: Mapping, suggested: Mapping, table: RawTable, changes: Drift) -> Mapping:
    """The saved mapping with the new names of its columns; the suggested one when a column of it is lost."""
    missing = [item.column for item in changes.differences if item.column not in table.columns and item.field]
    if any(column not in changes.renames for column in missing):
        return suggested
    return apply_corrections(saved, table, corrections_of(saved, changes.renames)) if changes.renames else saved


def _word[W: StrEnum](vocabulary: type[W], field: str, value: str | None) -> W | None:
    if value is None:
        return None
    if value not in vocabulary:
        listed = ", ".join(vocabulary)
        noun_fr, noun_en = ("lieu", "place") if field == "kind" else ("espace", "space")
        raise InvalidInput(
            field=field,
            value=value,
            fr=f"« {value} » n'est pas un type de {noun_fr} ; choisissez parmi : {listed}.",
            en=f"“{value}” is not a kind of {noun_en}; choose one of: {listed}.",
        )
    return vocabulary(value)


def source_name(stated: str | None, mapping: Mapping, community: str | None) -> str:
    """The list's name. A community's lists carry its name, so that two communities' "lieux.csv" stay apart."""
    if stated is None:
        return f"{community}:{mapping.source}"[:MAX_SOURCE] if community else mapping.source
    clean = stated.strip()
    if not clean or len(clean) > MAX_SOURCE or not clean.isprintable():
        suggestion = slug(stated)
        raise InvalidInput(
            field="source",
            value=stated,
            fr=f"Le nom d'une liste a de 1 à {MAX_SOURCE} caractères ; essayez « {suggestion} ».",
            en=f"The name of a list has 1 to {MAX_SOURCE} characters; try “{suggestion}”.",
        )
    return clean
