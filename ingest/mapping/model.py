"""The mapping of a list: the meaning of its columns.

It only names columns, words and constants; the normaliser of each field parses the values.
"""

import hashlib
import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date

from geo.reference.toponyms import fold
from geo.types import Amenity, PlaceKind
from ingest.normalise.blank import cell_text
from ingest.readers.common.raw_list import Cells

Columns = tuple[tuple[str, ...], ...]
"""Alternatives, best first; each joins its columns with a blank and counts when its last one is filled."""

PLACE_FIELDS = (
    *("name", "address", "postcode", "commune", "insee", "departement", "lon", "lat", "kind", "capacity"),
    *("phone", "website", "checked_on", "hours", "amenities", "complement", "email", "siret", "parent"),
)
PRICE_FIELDS = ("price_half_day", "price_day", "price_hour")
MEMBER_PRICE_FIELDS = ("member_price_half_day", "member_price_day", "member_price_hour")
SPACE_FIELDS = (
    "space_name",
    "space_kind",
    "seats",
    "space_hours",
    "space_amenities",
    *PRICE_FIELDS,
    *MEMBER_PRICE_FIELDS,
)
OWNED_FIELDS = ("sources", "licences", "agreement", "communities", "space_communities")
"""Provenance in the rows of an export: sources, licences, communities, and the agreement of the host."""
FIELDS = frozenset({*PLACE_FIELDS, *SPACE_FIELDS, *OWNED_FIELDS})
"""What a column may mean, besides `source_key`, an amenity, or nothing."""

HALVES = ("morning", "afternoon", "evening")

Reason = tuple[str, str]
"""Why a column has its meaning, in words: French, English."""

NO_LICENCE = "non précisée"

DIGEST_VERSION = 3
"""Raise it when normalisers change so much that known rows should be read again."""


_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class KindRule:
    """Which kind of place a row is: a constant, or a column translated by `values` or by the vocabulary."""

    constant: PlaceKind | None = None
    values: Dict[str, PlaceKind] = field(default_factory=dict)
    default: PlaceKind = PlaceKind.OTHER


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """Rows out of scope, no place to work in: by the value of a column, by its start, or by whole words in it.

    A word of `contains` with an accent matches only with it: "fermé" is not in "La Ferme", but "inactif" is in
    "INACTIF". With `filled`, any value excludes.
    """

    column: str
    values: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    filled: bool = False

    def excludes(self, cell: str) -> bool:
        """Whether a cell puts its row out of scope. Compared folded, but for accents of `contains`."""
        folded = fold(cell)
        if self.keep:
            return folded not in self.keep
        if folded in self.values or folded.startswith(self.starts) or (self.filled and cell_text(cell)):
            return True
        if not self.contains:
            return False
        accented = " ".join(_WORD.findall(cell.casefold()))
        return any(f" {words} " in f" {folded} | {accented} " for words in self.contains)


@dataclass(frozen=True, slots=True)
class Slot:
    """The content of a column of hours: a day (0 is Monday), a half-day and, in pairs, an edge (`opens`, `closes`)."""

    day: int
    half: str = ""
    edge: str = ""

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts the columns of a day as the day goes."""
        return self.day, HALVES.index(self.half) if self.half in HALVES else 0, int(self.edge == "closes")


@dataclass(frozen=True, slots=True)
class HoursRule:
    """Where opening hours are and how they are written.

    `text`, `osm` or `mairie_json`: one column. `days`: a column per day, Monday first. `halves`: a column per half-day,
    or several per day. `pairs`: columns of opening and of closing. For the last two, `slots` has
    the day, half and edge of each column.
    """

    style: str
    columns: tuple[str, ...]
    slots: tuple[Slot, ...] = ()

    def by_half(self, row: Cells) -> dict[tuple[int, str], str]:
        """The cells of a row of `halves` by day (0 is Monday) and half (`morning`, `afternoon`, `evening`)."""
        return {
            (slot.day, slot.half): text
            for column, slot in zip(self.columns, self.slots, strict=False)
            if (text := cell_text(row.get(column, "")))
        }

    def by_day(self, row: Cells) -> dict[int, str]:
        """One text per day (0 is Monday) of a row of `days` or `pairs`: "08:30 - 12:00 / 14:00 - 17:00".

        An opening without its closing, as in a day without a break, is closed by the closing of the next half.
        """
        if self.style == "days":
            return {day: cell_text(row.get(column, "")) for day, column in enumerate(self.columns) if column}
        edges: dict[int, list[str]] = {}
        for column, slot in sorted(zip(self.columns, self.slots, strict=False), key=lambda item: item[1].order):
            text = cell_text(row.get(column, ""))
            spans = edges.setdefault(slot.day, [])
            if text and slot.edge == "opens":
                if not spans or " - " in spans[-1]:
                    spans.append(text)
            elif text and spans and " - " not in spans[-1]:
                spans[-1] = f"{spans[-1]} - {text}"
            elif text and spans:
                # Closing again without having opened: the first closing was only the end of the morning.
                spans[-1] = f"{spans[-1].split(' - ')[0]} - {text}"
        return {day: " / ".join(spans) for day, spans in edges.items()}


@dataclass(frozen=True, slots=True)
class PrecisionRule:
    """The precision of coordinates by a geocoder's score: the first threshold at or below it decides.

    A geocoded `label` without a house number is a street at best; one that is only a town is its commune. Where
    `column` holds values of `Precision`, the column `score` holds their confidence (0 to 1), and `expected` the
    expected distance from a commune's centre in metres.
    """

    column: str
    thresholds: tuple[tuple[float, str], ...]
    label: str = ""
    score: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """The meaning of one list. `confidence` per column is 1.0 when declared, less when suggested; `reasons` say why."""

    source: str
    fields: Dict[str, Columns]
    title: str = ""
    licence: str = NO_LICENCE
    trust: int = 50
    checked_on: date | None = None
    recognise: frozenset[str] = frozenset()
    source_by: tuple[str, Dict[str, str]] | None = None
    source_key: Columns = ()
    kind: KindRule = KindRule()
    name_prefix: str = ""
    out_of_scope: tuple[ScopeRule, ...] = ()
    amenities: Dict[Amenity, Columns] = field(default_factory=dict)
    space_amenities: Dict[Amenity, Columns] = field(default_factory=dict)
    hours: HoursRule | None = None
    precision: PrecisionRule | None = None
    personal: frozenset[str] = frozenset()
    suggested: bool = False
    confidence: Dict[str, float] = field(default_factory=dict)
    reasons: Dict[str, Reason] = field(default_factory=dict)

    def for_rows(self, rows: Sequence[Cells]) -> "Mapping":
        """This mapping under the name of the one list that the rows are: several may share their columns."""
        if self.source_by is None or not rows:
            return self
        column, names = self.source_by
        return replace(self, source=names.get(fold(rows[0].get(column, "")), self.source))

    def digest(self) -> str:
        """Changes when the mapping would read a row differently; part of every row's fingerprint."""
        silent = {
            "source",  # the first import goes by the name of its file, later ones by the name it was saved under
            "title",
            "licence",
            "trust",
            "checked_on",
            "recognise",
            "source_by",
            "confidence",
            "suggested",
            "reasons",
        }
        parts = [f"{item.name}={_stable(getattr(self, item.name))}" for item in fields(self) if item.name not in silent]
        return hashlib.sha256("\n".join([str(DIGEST_VERSION), *parts]).encode()).hexdigest()[:16]

    def has_spaces(self) -> bool:
        """Whether the list speaks of rooms, seats or tariffs."""
        return any(name in self.fields for name in SPACE_FIELDS)

    def meaning(self) -> dict[str, str]:
        """Field by column, also for amenities, keys, hours and rules."""
        fields_by_column: dict[str, str] = {}
        for name, columns in self.fields.items():
            fields_by_column.update(dict.fromkeys((c for alternative in columns for c in alternative), name))
        for amenity, columns in (*self.amenities.items(), *self.space_amenities.items()):
            fields_by_column.update(dict.fromkeys((c for alternative in columns for c in alternative), str(amenity)))
        for alternative in self.source_key:
            fields_by_column.update({column: fields_by_column.get(column, "source_key") for column in alternative})
        if self.hours:
            fields_by_column.update(dict.fromkeys(filter(None, self.hours.columns), "hours"))
        for rule in self.out_of_scope:
            fields_by_column.setdefault(rule.column, "scope")
        if self.precision:
            fields_by_column.update(
                {column: "precision" for column in (self.precision.column, self.precision.label) if column}
            )
        return fields_by_column


def pick(row: Cells, columns: Columns) -> str:
    """The first alternative whose last column is filled; "" without one."""
    for alternative in columns:
        last = cell_text(row.get(alternative[-1], ""))
        if last:
            if len(alternative) == 1:
                return last
            return " ".join([part for column in alternative[:-1] if (part := cell_text(row.get(column, "")))] + [last])
    return ""


def _stable(value: object) -> str:
    if isinstance(value, frozenset):
        return repr(sorted(map(repr, value)))
    if isinstance(value, Dict):
        return repr(sorted((str(key), _stable(item)) for key, item in value.items()))
    if isinstance(value, ScopeRule | KindRule):
        return repr([_stable(getattr(value, item.name)) for item in fields(value)])
    if isinstance(value, tuple):
        return repr([_stable(item) for item in value])
    return repr(value)
