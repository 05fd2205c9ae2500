"""Decisions of people about pairs of listings: read, written, and kept in the journal so that undo takes them back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from geo.errors import Conflict
from geo.store.dialect import upsert
from ingest.journal.tables import decision

NOTHING = "-"
"""In the journal: the pair has no decision any more."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided of two listings, by `source|source_key`."""

    key_a: str
    key_b: str
    same: bool


def read_verdicts(connection: Connection) -> list[Verdict]:
    """Every decision of a person."""
    return [Verdict(row.key_a, row.key_b, row.same) for row in connection.execute(select(decision))]


class Change(msgspec.Struct, frozen=True):
    """What becomes of the decision about a pair (None: no decision), the smaller key first."""

    key_a: str
    key_b: str
    was: bool | None
    now: bool | None
    was_decided_at: datetime | None = None

    @property
    def names(self) -> str:
        return f"{self.key_a} ↔ {self.key_b}"


@dataclass(frozen=True, slots=True)
class Decision:
    """A change with its moment, as an import run brings it about."""

    change: Change
    at: datetime


def change_of(connection: Connection, key_a: str, key_b: str, now: bool | None) -> Change:
    """The change from what is decided of the pair to `now`."""
    first, second = sorted((key_a, key_b))
    found = connection.execute(
        select(decision.c.same, decision.c.decided_at).where(decision.c.key_a == first, decision.c.key_b == second)
    ).one_or_none()
    was, decided_at = (found.same, found.decided_at) if found else (None, None)
    return Change(first, second, was, now, decided_at)


def after(connection: Connection, change: Change) -> list[Verdict]:
    """Every decision as it will be after a change."""
    others = [one for one in read_verdicts(connection) if (one.key_a, one.key_b) != (change.key_a, change.key_b)]
    return others if change.now is None else [*others, Verdict(change.key_a, change.key_b, change.now)]


def write(connection: Connection, change: Change, decided_at: datetime) -> None:
    """Brings a change about."""
    if change.now is None:
        pair = (decision.c.key_a == change.key_a) & (decision.c.key_b == change.key_b)
        connection.execute(delete(decision).where(pair))
        return
    row = {"key_a": change.key_a, "key_b": change.key_b, "same": change.now, "decided_at": decided_at}
    upsert(connection, decision, [row], key=["key_a", "key_b"])


def journal_row(import_id: int, change: Change) -> dict[str, Any]:
    """The journal entry of a change: all of it stands in `before`, because its key does not fit an id."""
    return {
        "import_id": import_id,
        "table_name": decision.name,
        "row_id": 0,
        "detail": "",
        "before": msgspec.json.encode(change).decode(),
        "after": None if change.now is None else NOTHING,
    }


def from_journal(text: str) -> Change:
    """The change of a journal entry."""
    return msgspec.json.decode(text, type=Change)


def taken_back(connection: Connection, change: Change) -> Change:
    """The change that takes one back. Raises Conflict when the pair was decided anew since."""
    current = change_of(connection, change.key_a, change.key_b, change.was)
    if current.was != change.now:
        raise Conflict(
            fr=f"Une décision plus récente porte sur {change.names} ; retirez-la d'abord avec "
            "« placelibre review forget ».",
            en=f"There is a later decision about {change.names}; take it back first with “placelibre review forget”.",
        )
    return Change(change.key_a, change.key_b, change.now, change.was, change.was_decided_at)
