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
"""In the journal: the change removed the decision."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person decided of two listings, by `source|source_key`."""

    key_a: str
    key_b: str
    same: bool


def read_verdicts(connection: Connection) -> list[Verdict]:
    """Every decision of a person."""
    return [Verdict(row.key_a, row.key_b, row.same) for row in connection.execute(select(decision))]


class Change(msgspec.Struct, frozen=True, rename={"before": "was", "after": "now", "decided_before": "was_decided_at"}):
    """A change of the decision about a pair (None: no decision), the smaller key first."""

    key_a: str
    key_b: str
    before: bool | None
    after: bool | None
    decided_before: datetime | None = None

    @property
    def names(self) -> str:
        return f"{self.key_a} ↔ {self.key_b}"


@dataclass(frozen=True, slots=True)
class Decision:
    """A change and its time, as an import run makes it."""

    change: Change
    at: datetime


def change_of(connection: Connection, key_a: str, key_b: str, after: bool | None) -> Change:
    """The change from the stored decision about a pair to `after`."""
    first, second = sorted((key_a, key_b))
    row = connection.execute(
        select(decision.c.same, decision.c.decided_at).where(decision.c.key_a == first, decision.c.key_b == second)
    ).one_or_none()
    return Change(first, second, row.same if row else None, after, row.decided_at if row else None)


def verdicts_after(connection: Connection, change: Change) -> list[Verdict]:
    """Every decision as it will be after a change."""
    pair = (change.key_a, change.key_b)
    others = [verdict for verdict in read_verdicts(connection) if (verdict.key_a, verdict.key_b) != pair]
    return others if change.after is None else [*others, Verdict(*pair, change.after)]


def write(connection: Connection, change: Change, decided_at: datetime) -> None:
    """Stores a change."""
    if change.after is None:
        pair = (decision.c.key_a == change.key_a) & (decision.c.key_b == change.key_b)
        connection.execute(delete(decision).where(pair))
        return
    row = {"key_a": change.key_a, "key_b": change.key_b, "same": change.after, "decided_at": decided_at}
    upsert(connection, decision, [row], key=["key_a", "key_b"])


def journal_row(import_id: int, change: Change) -> dict[str, Any]:
    """The journal entry of a change. All of it is in `before`, because its key is not an id."""
    return {
        "import_id": import_id,
        "table_name": decision.name,
        "row_id": 0,
        "detail": "",
        "before": msgspec.json.encode(change).decode(),
        "after": None if change.after is None else NOTHING,
    }


def from_journal(text: str) -> Change:
    """The change of a journal entry."""
    return msgspec.json.decode(text, type=Change)


def reverse(connection: Connection, change: Change) -> Change:
    """The change that takes another one back. Raises Conflict when the pair was decided again since."""
    current = change_of(connection, change.key_a, change.key_b, change.before)
    if current.before != change.after:
        raise Conflict(
            fr=f"Une décision plus récente porte sur {change.names} ; retirez-la d'abord avec "
            "« placelibre review forget ».",
            en=f"There is a later decision about {change.names}; take it back first with “placelibre review forget”.",
        )
    return Change(change.key_a, change.key_b, change.after, change.before, change.decided_before)
