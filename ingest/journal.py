"""The journal of imports: list them, show one, take one back."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, select

from geo.errors import Language, NotFound
from geo.store.engine import reading
from ingest.plan import Outcome
from ingest.report import explained
from ingest.tables import import_row, import_run
from ingest.undo import UndoReport, undo

__all__ = ["UndoReport", "list_imports", "show_import", "undo"]


def list_imports(engine: Engine, community: str | None = None) -> list[dict[str, Any]]:
    """Every import (or those of one community), newest first, each with its five counts."""
    statement = select(import_run).order_by(import_run.c.id.desc())
    if community is not None:
        statement = statement.where(import_run.c.community == community)
    with reading(engine) as connection:
        return [_run(row) for row in connection.execute(statement)]


def show_import(engine: Engine, import_id: int, language: Language) -> dict[str, Any]:
    """One import with its rejected rows, in the shape of `placelibre import --json`. Raises NotFound."""
    with reading(engine) as connection:
        run = connection.execute(select(import_run).where(import_run.c.id == import_id)).one_or_none()
        if run is None:
            raise NotFound(
                fr=f"Aucun import {import_id} ; « placelibre imports list » les montre tous.",
                en=f"There is no import {import_id}; “placelibre imports list” shows them all.",
            )
        rejected = connection.execute(
            select(import_row)
            .where(import_row.c.import_id == import_id, import_row.c.outcome == str(Outcome.REJECTED))
            .order_by(import_row.c.row)
        ).all()
    rejections = [
        {
            "row": row.row,
            "field": row.field,
            "value": row.value,
            "reason": row.reason,
            **explained(row.reason, row.value or "", language),
        }
        for row in rejected
    ]
    return _run(run) | {"rejections": rejections}


def _run(row: Row[Any]) -> dict[str, Any]:
    return {
        "import_id": int(row.id),
        "source": row.source,
        "community": row.community,
        "file_name": row.file_name,
        "licence": row.licence,
        "state": row.state,
        "offered": row.offered,
        "started_at": _iso(row.started_at),
        "finished_at": _iso(row.published_at),
        "undone_at": _iso(row.undone_at),
        **row.counts,
    }


def _iso(moment: datetime | None) -> str | None:
    """UTC in ISO 8601; SQLite gives times back without their zone."""
    if moment is None:
        return None
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="seconds")
