"""What an import will do, decided before anything is written."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.errors import OperationError
from ingest.resolution.verdicts import Decision
from ingest.rows.diagnostics import Missing

Ints = npt.NDArray[np.int64]
NOWHERE = 0
"""In `Plan.place_of`: the row has no place. Ids start at 1, provisional ones go down from -1."""


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
    """A stored row being planned: its values now (None: removed), and as they were (None: new)."""

    values: dict[str, Any] | None
    before: dict[str, Any] | None = None

    @property
    def is_new(self) -> bool:
        return self.before is None and self.values is not None

    @property
    def is_removed(self) -> bool:
        return self.values is None and self.before is not None

    @property
    def is_changed(self) -> bool:
        return self.before is not None and self.values is not None and self.values != self.before

    def now(self) -> dict[str, Any]:
        """Its values, of a row that stays."""
        if self.values is None:
            raise ValueError("the row is removed")
        return self.values


@dataclass(frozen=True, slots=True)
class MissingToOffer:
    """A place with rooms that stays a candidate, and what keeps it one."""

    rows: tuple[int, ...]
    name: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose list it is and how far its word counts."""

    source: str
    community: str | None
    licence: str
    trust: int
    offered: bool


@dataclass(slots=True)
class Plan:
    """Rows to write. New ones have provisional ids until they are minted: -1 - n, a listing's n being its row's
    position.

    `rows`: the staged list (`ingest.staging.staging.SCHEMA`); `outcomes`, `place_of` one per row of it. Of a national
    list
    nearly every row makes a listing and a place of its own: those are only named here, by their position in `rows`
    (`new_listings`; `lone`: of these, the ones that are all their place has), and written straight from the frame.
    `derived`: what was compared of the new and changed listings. What takes thought is in the dictionaries, by id.
    `aliases`: (id, the place it stood for, the one it stands for). `decision`: what a person decided, when the plan is
    its consequence.
    """

    rows: pl.DataFrame
    origin: Origin
    outcomes: list[Outcome]
    place_of: Ints
    derived: pl.DataFrame = field(default_factory=pl.DataFrame)
    keys_of: list[str] = field(default_factory=list)
    new_listings: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    lone: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    places: dict[int, Row] = field(default_factory=dict)
    listings: dict[int, Row] = field(default_factory=dict)
    spaces: dict[int, Row] = field(default_factory=dict)
    links: list[tuple[int, str]] = field(default_factory=list)
    unlinked: list[tuple[int, str]] = field(default_factory=list)
    aliases: list[tuple[int, int | None, int]] = field(default_factory=list)
    block_keys: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    block_listings: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    pairs: list[tuple[int, int, float]] = field(default_factory=list)
    reviewed_again: list[int] = field(default_factory=list)
    missing: list[MissingToOffer] = field(default_factory=list)
    mark: tuple[int, int] = (0, 0)
    decision: Decision | None = None

    def unchanged(self) -> set[int]:
        """Positions of the rows that say nothing new."""
        return {i for i, outcome in enumerate(self.outcomes) if outcome is Outcome.UNCHANGED}

    def counts(self) -> dict[str, int]:
        """Rows per outcome. Raises Unbalanced when they do not sum to the rows read."""
        counts = dict.fromkeys(map(str, Outcome), 0)
        for outcome in self.outcomes:
            counts[outcome] += 1
        if len(self.outcomes) != self.rows.height or len(self.place_of) != self.rows.height:
            raise Unbalanced(counted=len(self.outcomes), rows=self.rows.height)
        return counts

    def has_changes(self) -> bool:
        """Whether publishing would change a named table."""
        planned = (self.places, self.listings, self.spaces)
        touched = any(row.is_new or row.is_changed or row.is_removed for rows in planned for row in rows.values())
        return bool(len(self.new_listings)) or bool(self.links) or bool(self.unlinked) or touched
