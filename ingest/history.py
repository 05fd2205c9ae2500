"""The history of imports: lists them, shows one, undoes one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, select

from geo.errors import Language, NotFound
from geo.store.engine import reading
from ingest.journal.tables import import_report, import_run
from ingest.publication.report import rejections, unpacked, write_rows
from ingest.undo.report import UndoReport
from ingest.undo.undo import undo

__all__ = ["UndoReport", "list_imports", "show_import", "undo", "write_report"]


def list_imports(engine: Engine, community: str | None = None) -> list[dict[str, Any]]:
    """Every import (or those of one community), newest first, each with its five counts."""
    statement = select(import_run).where(import_run.c.published_at.is_not(None)).order_by(import_run.c.id.desc())
    if community is not None:
        statement = statement.where(import_run.c.community == community)
    with reading(engine) as connection:
        return [_run(row) for row in connection.execute(statement)]


def show_import(engine: Engine, import_id: int, language: Language) -> dict[str, Any]:
    """One import with its rejected rows, in the shape of `placelibre import --json`. Raises NotFound."""
    with reading(engine) as connection:
        run = connection.execute(
            select(import_run).where(import_run.c.id == import_id, import_run.c.published_at.is_not(None))
        ).one_or_none()
        if run is None:
            raise _no_such_import(import_id)
        packed = connection.execute(select(import_report.c.rows).where(import_report.c.import_id == import_id)).scalar()
    return _run(run) | {"rejections": rejections(unpacked(packed), language) if packed else []}


def write_report(engine: Engine, import_id: int, path: Path, language: Language) -> int:
    """Writes every row's outcome of one import as CSV or JSON; returns the rows written. Raises NotFound."""
    with reading(engine) as connection:
        packed = connection.execute(select(import_report.c.rows).where(import_report.c.import_id == import_id)).scalar()
    if packed is None:
        raise _no_such_import(import_id)
    table = unpacked(packed)
    write_rows(table, path, language)
    return table.height


def _no_such_import(import_id: int) -> NotFound:
    return NotFound(
        fr=f"Aucun import {import_id} ; « placelibre imports list » les montre tous.",
        en=f"There is no import {import_id}; “placelibre imports list” shows them all.",
    )


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
