"""The plan of an import: what it will write, complete before anything is written."""

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
"""In `Plan.place_of`: a row without a place. Ids start at 1, provisional ones go down from -1."""


class Outcome(StrEnum):
    """The outcome of a row; the five counts sum to the rows of the file."""

    ACCEPTED = "accepted"
    MERGED = "merged"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class Unbalanced(OperationError):
    """A row was lost or counted twice: a bug, never a fault of the list."""

    code = "unbalanced_import"
    http_status = 500
    messages = {  # noqa: RUF012
        "fr": "L'import compte {counted} lignes sur {rows} ; rien n'a été écrit : signalez cette liste.",
        "en": "The import accounts for {counted} rows of {rows}; nothing was written: report this list.",
    }


@dataclass(slots=True)
class Row:
    """A planned row of the store: its values (None: removed), and those it had before (None: new)."""

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
        """The values of a row that is not removed."""
        if self.values is None:
            raise ValueError("the row is removed")
        return self.values


@dataclass(frozen=True, slots=True)
class MissingToOffer:
    """A place with rooms that stays a candidate: the rows of the list that name it, and what is missing to offer it."""

    rows: tuple[int, ...]
    name: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a list comes from. `trust`: 0-100, how far it counts; `offered`: it asserts that hosts agreed."""

    source: str
    community: str | None
    licence: str
    trust: int
    offered: bool


@dataclass(slots=True)
class Plan:
    """Rows to write. New ones have provisional ids until they are minted: -1 - n, where n is the position of the
    listing's row.

    `rows`: the staged list (`ingest.staging.staging.SCHEMA`); `outcomes`, `place_of`, `keys_of`: one per row of it.
    In a national list nearly every row makes a listing and a place of its own. `new_listings` holds their positions in
    `rows`, `lone` those of the listings that are the only one of their place: both are written straight from the frame.
    The other rows are in dictionaries by id. `derived`: the new and changed listings as they were compared.
    `aliases`: (id, the place it stood for, the one it stands for). `compared_again`: listings whose stored pairs no
    longer hold. `decision`: that of a person, when the plan is its consequence.
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
    compared_again: list[int] = field(default_factory=list)
    missing: list[MissingToOffer] = field(default_factory=list)
    mark: tuple[int, int] = (0, 0)
    decision: Decision | None = None

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
