"""Opens a list and says what its columns mean: its mapping, and how its rows are to be read."""

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
from ingest.mapping.drift import Drift, corrections_of, drift
from ingest.mapping.model import Mapping
from ingest.mapping.saved_mappings import load
from ingest.mapping.suggest import apply_corrections, slug, suggest
from ingest.readers.common.raw_list import RawList, RawTable
from ingest.readers.open import open_list
from ingest.rows.locate import Finder, coordinate_system
from ingest.rows.row_parser import EXCHANGE, Choices, HowToRead

MAX_SOURCE = 64


@dataclass(frozen=True, slots=True)
class Order:
    """One list to import, and what the person who brings it says of it."""

    path: Path | bytes
    name: str = ""
    source: str | None = None
    community: str | None = None
    kind: str | None = None
    column_map: Dict[str, str] | None = None
    offered: bool = False
    as_space: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """A list opened and its columns understood. `drift`: how these differ from those it had when it was saved."""

    raw: RawList
    how: HowToRead
    drift: Drift

    @property
    def mapping(self) -> Mapping:
        return self.how.mapping


def understand_list(order: Order, geocoder: Geocoder, mappings: Path | None, today: date) -> Understood:
    """Opens a list and says what its columns mean. Raises UnreadableFile and InvalidInput (kind, as_space,
    column_map)."""
    path, name = order.path, order.name
    if isinstance(path, Path) and is_package(path, name):
        path, name = as_one_table(path, name)
    raw = open_list(path, name)
    sample = raw.sample()
    mapping, drifted = _understand_again(sample, order, geocoder.areas, mappings)
    if mapping.checked_on is None and mapping.source != EXCHANGE:
        mapping = replace(mapping, checked_on=today)  # a list brought today says what is true today
    kind, as_space = _word(PlaceKind, "kind", order.kind), _word(SpaceKind, "as_space", order.as_space)
    system = coordinate_system(sample.rows, mapping, Finder(geocoder.areas, geocoder))
    return Understood(raw, HowToRead(mapping, Choices(kind, order.offered, as_space, order.community), system), drifted)


def understand(
    table: RawTable, column_map: Dict[str, str] | None = None, is_commune: Callable[[str], bool] | None = None
) -> Mapping:
    """The declared mapping a list answers to, else a suggested one; corrected by `column_map`."""
    declared = recognise(table.columns, load_all())
    mapping = declared.for_rows(table.rows) if declared else suggest(table, is_commune)
    return apply_corrections(mapping, table, dict(column_map)) if column_map else mapping


def _understand_again(table: RawTable, order: Order, areas: Areas, mappings: Path | None) -> tuple[Mapping, Drift]:
    """The mapping of a list, by the one saved for it when there is one; and how its columns differ from what they
    were then."""
    mapping = understand(table, is_commune=lambda name: bool(areas.find_all(name)))
    drifted = Drift()
    kept = load(_source(order.source, mapping, order.community), mappings) if mapping.suggested and mappings else None
    if kept is not None:
        drifted = drift(kept, table.columns, table)
        mapping = _as_saved(kept.mapping, mapping, table, drifted)
    return apply_corrections(mapping, table, dict(order.column_map)) if order.column_map else mapping, drifted


def _as_saved(saved: Mapping, suggested: Mapping, table: RawTable, drifted: Drift) -> Mapping:
    """The saved mapping, its columns under the names they go by now; what it has lost altogether is suggested anew."""
    gone = [one.column for one in drifted.differences if one.column not in table.columns and one.field]
    if any(column not in drifted.renames for column in gone):
        return suggested
    return apply_corrections(saved, table, corrections_of(saved, drifted.renames)) if drifted.renames else saved


def _word[W: StrEnum](vocabulary: type[W], field: str, said: str | None) -> W | None:
    if said is None:
        return None
    if said not in vocabulary:
        listed = ", ".join(vocabulary)
        what_fr, what_en = ("lieu", "place") if field == "kind" else ("espace", "space")
        raise InvalidInput(
            field=field,
            value=said,
            fr=f"« {said} » n'est pas un type de {what_fr} ; choisissez parmi : {listed}.",
            en=f"“{said}” is not a kind of {what_en}; choose one of: {listed}.",
        )
    return vocabulary(said)


def _source(said: str | None, mapping: Mapping, community: str | None) -> str:
    """The list's name. A community's lists carry its name, so that two communities' "lieux.csv" stay apart."""
    if said is None:
        return f"{community}:{mapping.source}"[:MAX_SOURCE] if community else mapping.source
    clean = said.strip()
    if not clean or len(clean) > MAX_SOURCE or not clean.isprintable():
        suggestion = slug(said)
        raise InvalidInput(
            field="source",
            value=said,
            fr=f"Le nom d'une liste a de 1 à {MAX_SOURCE} caractères ; essayez « {suggestion} ».",
            en=f"The name of a list has 1 to {MAX_SOURCE} characters; try “{suggestion}”.",
        )
    return clean
