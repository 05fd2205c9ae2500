"""What an import will do, decided before anything is written."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from geo.errors import OperationError
from ingest.reasons import Missing
from ingest.records import Record


class Outcome(StrEnum):
    """What became of a row; the five counts sum to the rows of the file."""

    ACCEPTED = "accepted"
    MERGED = "merged"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class Unbalanced(OperationError):
    """A row was lost or counted twice: a fault of the program, never of the list."""

    code = "unbalanced_import"
    http_status = 500
    messages = {  # noqa: RUF012
        "fr": "L'import compte {counted} lignes sur {rows} ; rien n'a été écrit : signalez cette liste.",
        "en": "The import accounts for {counted} rows of {rows}; nothing was written: report this list.",
    }


@dataclass(slots=True)
class Row:
    """A stored row being planned: its values now, and as they were (None: new)."""

    values: dict[str, Any]
    before: dict[str, Any] | None = None

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def is_changed(self) -> bool:
        return self.before is not None and self.values != self.before


@dataclass(frozen=True, slots=True)
class MissingToOffer:
    """A place with rooms that stays a candidate, and what keeps it one."""

    rows: tuple[int, ...]
    name: str
    missing: tuple[Missing, ...]


@dataclass(slots=True)
class Plan:
    """Rows to write, by table; new ones have provisional negative ids until they are minted."""

    records: list[Record]
    outcomes: list[Outcome]
    place_of: list[int | None]
    places: dict[int, Row] = field(default_factory=dict)
    listings: dict[int, Row] = field(default_factory=dict)
    spaces: dict[int, Row] = field(default_factory=dict)
    links: list[tuple[int, str]] = field(default_factory=list)
    missing: list[MissingToOffer] = field(default_factory=list)
    mark: tuple[int, int] = (0, 0)

    def counts(self) -> dict[str, int]:
        """Rows per outcome. Raises Unbalanced when they do not sum to the rows read."""
        counts = dict.fromkeys(map(str, Outcome), 0)
        for outcome in self.outcomes:
            counts[outcome] += 1
        if len(self.outcomes) != len(self.records) or len(self.place_of) != len(self.records):
            raise Unbalanced(counted=len(self.outcomes), rows=len(self.records))
        return counts
