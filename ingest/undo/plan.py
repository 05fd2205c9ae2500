"""What taking an import back would do, and why it may not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, select

from geo.errors import Conflict
from geo.store.schema import listing, place, place_alias, space
from ingest.journal.tables import import_run
from ingest.publication.plan import Row
from ingest.resolution import verdicts


@dataclass(slots=True)
class UndoPlan:
    """Rows to put back: `Row.before` None comes back, `Row.values` None goes; provisional ids are negative.

    `ranges`: of the rows that the import inserted, which go but for `kept_places` and what `rows` says of spaces.
    `linked`, `unlinked`: offers (space, community). `booked`: spaces closed instead of removed. `touched`: places whose
    listings, rows or spaces change; `restored`: how many rows of places are put back.
    """

    ranges: dict[str, range]
    rows: dict[Table, dict[int, Row]] = field(
        default_factory=lambda: {place: {}, listing: {}, space: {}, place_alias: {}}
    )
    linked: list[tuple[int, str]] = field(default_factory=list)
    unlinked: list[tuple[int, str]] = field(default_factory=list)
    kept_places: set[int] = field(default_factory=set)
    booked: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    restored: int = 0
    decision: verdicts.Change | None = None


def later_imports(connection: Connection, ids: Sequence[int]) -> Conflict:
    """The refusal that names the imports to take back first."""
    rows = connection.execute(select(import_run.c.id, import_run.c.source).where(import_run.c.id.in_(ids))).all()
    named = ", ".join(f"{row.id} ({row.source})" for row in sorted(rows))
    return Conflict(
        fr=f"Des imports plus récents s'appuient sur ces lieux : {named} ; annulez-les d'abord.",
        en=f"Later imports build on these places: {named}; undo them first.",
    )


def edited_since(names: Sequence[str]) -> Conflict:
    """The refusal that names the places that somebody edited since."""
    named = ", ".join(names[:5]) + ("…" if len(names) > 5 else "")
    return Conflict(
        fr=f"{len(names)} lieux ont changé depuis cet import : {named} ; retirez d'abord ces modifications.",
        en=f"{len(names)} places have changed since this import: {named}; take those changes back first.",
    )
