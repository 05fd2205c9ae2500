"""Imports a list: a file in, places and spaces in the store, a report out."""

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, select

from geo.errors import Conflict, NotFound
from geo.geocoder.geocoder import Geocoder
from geo.reference.communes import Areas
from geo.store.engine import reading
from geo.store.schema import community as community_table
from geo.store.schema import listing
from ingest.mapping.saved_mappings import save
from ingest.publication.plan import Origin, Plan
from ingest.publication.planner import plan_import
from ingest.publication.publisher import OvertakenError, clear_away, publish
from ingest.publication.report import ImportReport, read_columns, report_rows, samples
from ingest.publication.row_matching import publication_mark
from ingest.publication.write_batches import WriteBatches
from ingest.resolution import stored_listings
from ingest.resolution.stored_listings import WHOLE_STORE
from ingest.rows.list_parser import ImportRequest, ParsedList, parse_list, source_name
from ingest.rows.row_parser import personal_columns
from ingest.staging.staging import Staged, stage

Progress = Callable[[int, int], None]
IDLE_S = 600
"""An import without a sign of life for so many seconds was killed."""
ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class ListingCache:
    """Every published listing, as the store was when `publication_mark` gave `mark`."""

    listings: pl.DataFrame
    mark: tuple[int, int]


@dataclass(slots=True)
class ImportContext:
    """What the imports of one command share: folders of staged lists and saved mappings (None: not kept), and a cache
    of the listings in the store."""

    staging: Path | None = None
    mappings: Path | None = None
    cache: ListingCache | None = None


def import_file(
    engine: Engine,
    areas: Areas | Geocoder,
    path: Path | bytes,
    *,
    name: str = "",
    source: str | None = None,
    community: str | None = None,
    kind: str | None = None,
    column_map: Dict[str, str] | None = None,
    offered: bool = False,
    as_space: str | None = None,
    dry_run: bool = False,
    now: datetime,
    progress: Progress | None = None,
    context: ImportContext | None = None,
) -> ImportReport:
    """Imports the list that these fields of `ImportRequest` describe. See `import_list`."""
    request = ImportRequest(path, name, source, community, kind, column_map, offered, as_space)
    return import_list(engine, areas, request, dry_run=dry_run, now=now, progress=progress, context=context)


def import_list(
    engine: Engine,
    areas: Areas | Geocoder,
    request: ImportRequest,
    *,
    dry_run: bool = False,
    now: datetime,
    progress: Progress | None = None,
    context: ImportContext | None = None,
) -> ImportReport:
    """Reads a list and publishes it; with `dry_run`, only reports what it would do. `now` is an aware time.

    A list without a declared mapping is read by its headers; `column_map` corrects that. Without `source`, the list is
    named after its mapping or its file, and its community.

    Raises UnreadableFile, InvalidInput (kind, source or column_map), NotFound (community), Conflict (a source of
    another community; the same rows written by others meanwhile), StoreUnavailable, StorageFull.
    """
    context = context or ImportContext()
    check_community(engine, request.community)
    geocoder = areas if isinstance(areas, Geocoder) else _shipped(areas)
    parsed = parse_list(request, geocoder, context.mappings, now.date())
    mapping = parsed.mapping
    source = source_name(request.source, mapping, request.community)
    origin = Origin(source, request.community, mapping.licence, mapping.trust, request.offered)
    staged = stage(parsed.raw, parsed.options, geocoder, context.staging, progress)
    report = _publish(engine, parsed, staged, origin, context, now, dry_run=dry_run, progress=progress)
    if not dry_run:
        staged.discard()
        if context.mappings is not None and mapping.suggested:
            save(replace(mapping, source=source), parsed.raw.sample(), context.mappings, now.date())
    return report


@lru_cache(maxsize=4)
def _shipped(areas: Areas) -> Geocoder:
    """The geocoder of the shipped streets, loaded once."""
    return Geocoder(areas)


def _publish(
    engine: Engine,
    parsed: ParsedList,
    staged: Staged,
    origin: Origin,
    context: ImportContext,
    now: datetime,
    *,
    dry_run: bool,
    progress: Progress | None,
) -> ImportReport:
    if not dry_run:
        clear_away(engine, origin.source, IDLE_S)
    for _ in range(ATTEMPTS):
        with reading(engine) as connection:
            _fill_cache(connection, staged, context)
            plan = plan_import(connection, staged.rows, origin, context.cache.listings if context.cache else None)
        report = _report(parsed, plan, dry_run=dry_run)
        if dry_run or not plan.has_changes():
            return report
        run = {
            "source": origin.source,
            "community": origin.community,
            "file_name": parsed.raw.name,
            "file_sha256": parsed.raw.sha256,
            "licence": parsed.mapping.licence,
            "started_at": now,
            "published_at": now,
            "undone_at": None,
            "offered": origin.offered,
            "counts": {"rows": report.rows, **report.counts},
        }
        try:
            batches = publish(engine, plan, run, progress)
        except OvertakenError:
            continue
        if context.cache is not None:
            context.cache = _update_cache(engine, context.cache, batches)
        report.import_id = batches.import_id
        report.table = report_rows(plan)
        return report
    raise _busy()


def _fill_cache(connection: Connection, staged: Staged, context: ImportContext) -> None:
    """Reads all stored listings once when a list is large beside the store: cheaper than looking up every key."""
    mark = publication_mark(connection)
    if context.cache is not None and context.cache.mark == mark:
        return
    large = staged.rows.height > WHOLE_STORE * stored_listings.count_listings(connection)
    context.cache = ListingCache(stored_listings.read_all(connection), mark) if large else None


def _update_cache(engine: Engine, cache: ListingCache, batches: WriteBatches) -> ListingCache:
    """The cache after an import of ours was published: new listings added, changed ones read again."""
    changed = [row.before["id"] for row in batches.planned(listing) if row.before]
    listings = cache.listings
    if changed:
        with reading(engine) as connection:
            reread = stored_listings.read_listings(connection, sorted(changed))
        listings = pl.concat([listings.filter(~pl.col("listing").is_in(changed)), reread])
    published, undone = cache.mark
    return ListingCache(pl.concat([listings, batches.new_listings()]), (published + 1, undone))


def _report(parsed: ParsedList, plan: Plan, *, dry_run: bool) -> ImportReport:
    mapping, raw = parsed.mapping, parsed.raw
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
        drift=parsed.drift.differences,
        coordinates=None if parsed.options.system.plain else parsed.options.system.sentence(),
        faults=tuple(raw.faults),
        left_out=raw.lines_left_out,
        source_keys=plan.keys_of,
    )


def check_community(engine: Engine, community: str | None) -> None:
    """Raises NotFound when there is no such community."""
    if community is None:
        return
    with reading(engine) as connection:
        slugs = connection.execute(select(community_table.c.slug).order_by(community_table.c.slug)).scalars().all()
    if community not in slugs:
        listed = ", ".join(slugs)
        raise NotFound(
            fr=f"Aucune communauté « {community} » ; choisissez parmi : {listed or 'aucune pour le moment'}.",
            en=f"There is no community “{community}”; choose one of: {listed or 'none yet'}.",
        )


def _busy() -> Conflict:
    return Conflict(
        fr="D'autres imports écrivent les mêmes lieux ; rien n'a été modifié : recommencez dans une minute.",
        en="Other imports are writing the same places; nothing was changed: try again in a minute.",
    )
