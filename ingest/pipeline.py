"""The door of this room: a file in, places in the store, a report out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from geo.errors import Conflict, NotFound
from geo.geocoder.geocoder import Geocoder
from geo.reference.communes import Areas
from geo.store.engine import reading
from geo.store.schema import community as community_table
from ingest.mapping.saved_mappings import save
from ingest.publication.known_rows import publication_mark
from ingest.publication.listing_cache import Memory, remembered
from ingest.publication.plan import Origin, Plan
from ingest.publication.planner import decide
from ingest.publication.publisher import OvertakenError, clear_away, publish
from ingest.publication.report import ImportReport, read_columns, report_rows, samples
from ingest.resolution.stored_listings import WHOLE_STORE, count, everything
from ingest.rows.list_parser import Order, Understood, _source, understand_list
from ingest.rows.row_parser import personal_columns
from ingest.staging.staging import Staged, stage

Progress = Callable[[int, int], None]
IDLE_S = 600
"""An import that showed no sign of life for so long was killed."""
ATTEMPTS = 4


@dataclass(slots=True)
class Workshop:
    """What the imports of one command share: where lists are staged and mappings kept (None: nowhere), what the store
    holds."""

    work: Path | None = None
    mappings: Path | None = None
    memory: Memory | None = None


def import_file(
    engine: Engine,
    areas: Areas | Geocoder,
    path: Path | bytes,
    *,
    dry_run: bool = False,
    now: datetime,
    progress: Progress | None = None,
    workshop: Workshop | None = None,
    **said: Any,
) -> ImportReport:
    """Reads a list (a path, or bytes with a file `name`) and publishes it; with `dry_run`, only says what it would do.

    `now` is an aware time; `said` are the other fields of `Order`. A list nobody declared is read by its headers;
    `column_map` ({column: field}) corrects that. Without `source`, the list is known by its mapping's name or its file
    name, under its community's.

    Raises UnreadableFile, InvalidInput (kind, source or column_map), NotFound (community), Conflict (a source of
    another community; the same rows written by others meanwhile), StoreUnavailable, StorageFull.
    """
    return import_list(
        engine, areas, Order(path, **said), dry_run=dry_run, now=now, progress=progress, workshop=workshop
    )


def import_list(
    engine: Engine,
    areas: Areas | Geocoder,
    order: Order,
    *,
    dry_run: bool = False,
    now: datetime,
    progress: Progress | None = None,
    workshop: Workshop | None = None,
) -> ImportReport:
    """`import_file` of an order."""
    workshop = workshop or Workshop()
    check_community(engine, order.community)
    geocoder = areas if isinstance(areas, Geocoder) else _shipped(areas)
    told = understand_list(order, geocoder, workshop.mappings, now.date())
    mapping = told.mapping
    source = _source(order.source, mapping, order.community)
    origin = Origin(source, order.community, mapping.licence, mapping.trust, order.offered)
    staged = stage(told.raw, told.how, geocoder, workshop.work, progress)
    report = _publish(engine, told, staged, origin, workshop, now, dry_run=dry_run, progress=progress)
    if not dry_run:
        staged.discard()
        if workshop.mappings is not None and mapping.suggested:
            save(replace(mapping, source=source), told.raw.sample(), workshop.mappings, now.date())
    return report


@lru_cache(maxsize=4)
def _shipped(areas: Areas) -> Geocoder:
    """The geocoder of the shipped streets, loaded once."""
    return Geocoder(areas)


def _publish(
    engine: Engine,
    told: Understood,
    staged: Staged,
    origin: Origin,
    workshop: Workshop,
    now: datetime,
    *,
    dry_run: bool,
    progress: Progress | None,
) -> ImportReport:
    if not dry_run:
        clear_away(engine, origin.source, IDLE_S)
    for _ in range(ATTEMPTS):
        with reading(engine) as connection:
            _remember(connection, staged, workshop)
            plan = decide(connection, staged.rows, origin, workshop.memory.listings if workshop.memory else None)
        report = _report(told, plan, dry_run=dry_run)
        if dry_run or not plan.has_changes():
            return report
        run = {
            "source": origin.source,
            "community": origin.community,
            "file_name": told.raw.name,
            "file_sha256": told.raw.sha256,
            "licence": told.mapping.licence,
            "started_at": now,
            "published_at": now,
            "undone_at": None,
            "offered": origin.offered,
            "counts": {"rows": report.rows, **report.counts},
        }
        try:
            written = publish(engine, plan, run, progress)
        except OvertakenError:
            continue
        if workshop.memory is not None:
            workshop.memory = remembered(engine, workshop.memory, written)
        report.import_id = written.import_id
        report.table = report_rows(plan)
        return report
    raise _busy()


def _remember(connection: Connection, staged: Staged, workshop: Workshop) -> None:
    """Reads the whole store once when a list is large beside it: cheaper than looking up every key."""
    mark = publication_mark(connection)
    if workshop.memory is not None and workshop.memory.mark == mark:
        return
    large = staged.rows.height > WHOLE_STORE * count(connection)
    workshop.memory = Memory(everything(connection), mark) if large else None


def _report(told: Understood, plan: Plan, *, dry_run: bool) -> ImportReport:
    mapping, raw = told.mapping, told.raw
    head = raw.sample()
    return ImportReport(
        source=plan.origin.source,
        community=plan.origin.community,
        file_name=raw.name,
        title=mapping.title,
        licence=mapping.licence,
        counts=plan.counts(),
        table=report_rows(plan),
        samples=samples(plan),
        columns=read_columns(head, mapping, personal_columns(head, mapping)),
        missing=plan.missing,
        dry_run=dry_run,
        offered=plan.origin.offered,
        recognised=not mapping.suggested,
        drift=told.drift.differences,
        coordinates=None if told.how.system.plain else told.how.system.sentence(),
        faults=tuple(raw.faults),
        left_out=raw.lines_left_out,
        source_keys=plan.keys_of,
    )


def check_community(engine: Engine, community: str | None) -> None:
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


def _busy() -> Conflict:
    return Conflict(
        fr="D'autres imports écrivent les mêmes lieux ; rien n'a été modifié : recommencez dans une minute.",
        en="Other imports are writing the same places; nothing was changed: try again in a minute.",
    )
