"""The door of this room: a file in, places in the store, a report out."""

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select

from geo.areas import Areas
from geo.errors import Conflict, InvalidInput, NotFound
from geo.store.engine import reading
from geo.store.schema import community as community_table
from geo.types import PlaceKind
from ingest.mapping.load import load_all, recognise
from ingest.mapping.model import Mapping
from ingest.mapping.suggest import corrected, slug, suggest
from ingest.plan import Plan
from ingest.prepare import Choices, personal_columns, prepare
from ingest.publish import OvertakenError, has_changes, publish
from ingest.readers.base import RawTable
from ingest.readers.open import read
from ingest.records import Record
from ingest.report import ImportReport, read_columns
from ingest.resolve import resolve
from ingest.state import load

Progress = Callable[[int, int], None]
ATTEMPTS = 4
MAX_SOURCE = 64


def import_file(
    engine: Engine,
    areas: Areas,
    path: Path | bytes,
    *,
    name: str = "",
    source: str | None = None,
    community: str | None = None,
    kind: str | None = None,
    column_map: Dict[str, str] | None = None,
    offered: bool = False,
    dry_run: bool = False,
    now: datetime,
    progress: Progress | None = None,
) -> ImportReport:
    """Reads a list (a path, or bytes with a file `name`) and publishes it; with `dry_run`, only says what it would do.

    `now` is an aware time. A list nobody declared is read by its headers; `column_map` ({column: field}) corrects
    that. Without `source`, the list is known by its mapping's name or its file name, under its community's.

    Raises UnreadableFile, InvalidInput (kind, source or column_map), NotFound (community), Conflict (a source of
    another community; the same rows written by others meanwhile), StoreUnavailable, StorageFull.
    """
    table = read(path, name)
    _check_community(engine, community)
    mapping = understand(table, column_map)
    if mapping.checked_on is None:
        mapping = replace(mapping, checked_on=now.date())  # a list brought today says what is true today
    choices = Choices(_kind(kind), offered)
    source = _source(source, mapping, community)
    records = prepare(table, mapping, areas, choices, progress)
    started_at = now
    for _ in range(ATTEMPTS):
        plan = _planned(engine, records, mapping, source, community, offered=offered)
        report = _report(table, mapping, plan, source, community, offered=offered, dry_run=dry_run)
        if dry_run or not has_changes(plan):
            break
        run = {
            "source": source,
            "community": community,
            "file_name": table.name,
            "file_sha256": table.sha256,
            "licence": mapping.licence,
            "started_at": started_at,
            "published_at": now,
            "undone_at": None,
            "state": "published",
            "offered": offered,
            "counts": {"rows": report.rows, **report.counts},
        }
        try:
            report.import_id = publish(engine, plan, run)
        except OvertakenError:
            continue
        report.place_of = plan.place_of
        break
    else:
        raise _busy()
    if progress:
        progress(report.rows, report.rows)
    return report


def understand(table: RawTable, column_map: Dict[str, str] | None = None) -> Mapping:
    """The declared mapping a list answers to, else a suggested one; corrected by `column_map`."""
    declared = recognise(table.columns, load_all())
    mapping = declared.for_rows(table.rows) if declared else suggest(table)
    return corrected(mapping, table, column_map) if column_map else mapping


def _planned(
    engine: Engine, records: list[Record], mapping: Mapping, source: str, community: str | None, *, offered: bool
) -> Plan:
    with reading(engine) as connection:
        state = load(connection, source, community, records)
    return resolve(records, state, mapping, source, community, offered=offered)


def _report(
    table: RawTable, mapping: Mapping, plan: Plan, source: str, community: str | None, *, offered: bool, dry_run: bool
) -> ImportReport:
    return ImportReport(
        source=source,
        community=community,
        file_name=table.name,
        title=mapping.title,
        licence=mapping.licence,
        counts=plan.counts(),
        records=plan.records,
        outcomes=plan.outcomes,
        # A plan's provisional ids mean nothing to anybody.
        place_of=[key if key is not None and key > 0 else None for key in plan.place_of],
        columns=read_columns(table, mapping, personal_columns(table, mapping)),
        missing=plan.missing,
        dry_run=dry_run,
        offered=offered,
        recognised=not mapping.suggested,
    )


def _check_community(engine: Engine, community: str | None) -> None:
    if community is None:
        return
    with reading(engine) as connection:
        known = connection.execute(select(community_table.c.slug).order_by(community_table.c.slug)).scalars().all()
    if community not in known:
        listed = ", ".join(known)
        raise NotFound(
            fr=f"Aucune communauté « {community} » ; choisissez parmi : {listed or 'aucune pour le moment'}.",
            en=f"There is no community “{community}”; choose one of: {listed or 'none yet'}.",
        )


def _kind(said: str | None) -> PlaceKind | None:
    if said is None:
        return None
    if said not in PlaceKind:
        listed = ", ".join(PlaceKind)
        raise InvalidInput(
            field="kind",
            value=said,
            fr=f"« {said} » n'est pas un type de lieu ; choisissez parmi : {listed}.",
            en=f"“{said}” is not a kind of place; choose one of: {listed}.",
        )
    return PlaceKind(said)


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


def _busy() -> Conflict:
    return Conflict(
        fr="D'autres imports écrivent les mêmes lieux ; rien n'a été modifié : recommencez dans une minute.",
        en="Other imports are writing the same places; nothing was changed: try again in a minute.",
    )
