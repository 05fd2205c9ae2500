"""The door of this room: a file in, places in the store, a report out."""

from collections.abc import Callable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from geo.areas import Areas
from geo.errors import Conflict, InvalidInput, NotFound
from geo.geocoder.geocoder import Geocoder
from geo.store.engine import reading
from geo.store.schema import community as community_table
from geo.types import PlaceKind, SpaceKind
from ingest.decide import decide
from ingest.exchange.read import as_one_table, is_package
from ingest.known import publication_mark
from ingest.locate import Finder, coordinate_system
from ingest.mapping.drift import Drift, drift, renamed
from ingest.mapping.load import load_all, recognise
from ingest.mapping.model import Mapping
from ingest.mapping.saved import load, save
from ingest.mapping.suggest import corrected, slug, suggest
from ingest.memory import Memory, remembered
from ingest.neighbours import WHOLE_STORE, count, everything
from ingest.plan import Origin, Plan
from ingest.prepare import EXCHANGE, Choices, HowToRead, personal_columns
from ingest.publish import OvertakenError, clear_away, publish
from ingest.readers.base import RawList, RawTable
from ingest.readers.open import open_list
from ingest.report import ImportReport, read_columns, report_rows, samples
from ingest.staging import Staged, stage

Progress = Callable[[int, int], None]
IDLE_S = 600
"""An import that showed no sign of life for so long was killed."""
ATTEMPTS = 4
MAX_SOURCE = 64


@dataclass(frozen=True, slots=True)
class Order:
    """One list to import, and what the person who brings it says of it."""

    path: Path | bytes
    name: str = ""
    source: str | None = None
    community: str | None = None
    kind: str | None = None
    column_map: Dict[str, str] | None = None
    offered: bool = False
    as_space: str | None = None


@dataclass(slots=True)
class Workshop:
    """What the imports of one command share: where lists are staged and mappings kept (None: nowhere), what the store
    holds."""

    work: Path | None = None
    mappings: Path | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """A list opened and its columns understood. `drift`: how these differ from those it had when it was saved."""

    raw: RawList
    how: HowToRead
    drift: Drift

    @property
    def mapping(self) -> Mapping:
        return self.how.mapping


def understand_list(order: Order, geocoder: Geocoder, mappings: Path | None, today: date) -> Understood:
    """Opens a list and says what its columns mean. Raises UnreadableFile and InvalidInput (kind, as_space,
    column_map)."""
    path, name = order.path, order.name
    if isinstance(path, Path) and is_package(path, name):
        path, name = as_one_table(path, name)
    raw = open_list(path, name)
    sample = raw.sample()
    mapping, drifted = _understand_again(sample, order, geocoder.areas, mappings)
    if mapping.checked_on is None and mapping.source != EXCHANGE:
        mapping = replace(mapping, checked_on=today)  # a list brought today says what is true today
    kind, as_space = _word(PlaceKind, "kind", order.kind), _word(SpaceKind, "as_space", order.as_space)
    system = coordinate_system(sample.rows, mapping, Finder(geocoder.areas, geocoder))
    return Understood(raw, HowToRead(mapping, Choices(kind, order.offered, as_space, order.community), system), drifted)


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


def understand(
    table: RawTable, column_map: Dict[str, str] | None = None, is_commune: Callable[[str], bool] | None = None
) -> Mapping:
    """The declared mapping a list answers to, else a suggested one; corrected by `column_map`."""
    declared = recognise(table.columns, load_all())
    mapping = declared.for_rows(table.rows) if declared else suggest(table, is_commune)
    return corrected(mapping, table, dict(column_map)) if column_map else mapping


def _understand_again(table: RawTable, order: Order, areas: Areas, mappings: Path | None) -> tuple[Mapping, Drift]:
    """The mapping of a list, by the one saved for it when there is one; and how its columns differ from what they
    were then."""
    mapping = understand(table, is_commune=lambda name: bool(areas.find_all(name)))
    drifted = Drift()
    kept = load(_source(order.source, mapping, order.community), mappings) if mapping.suggested and mappings else None
    if kept is not None:
        drifted = drift(kept, table.columns, table)
        mapping = _as_saved(kept.mapping, mapping, table, drifted)
    return corrected(mapping, table, dict(order.column_map)) if order.column_map else mapping, drifted


def _as_saved(saved: Mapping, suggested: Mapping, table: RawTable, drifted: Drift) -> Mapping:
    """The saved mapping, its columns under the names they go by now; what it has lost altogether is suggested anew."""
    gone = [one.column for one in drifted.differences if one.column not in table.columns and one.field]
    if any(column not in drifted.renames for column in gone):
        return suggested
    return corrected(saved, table, renamed(saved, drifted.renames)) if drifted.renames else saved


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


def _word[W: StrEnum](vocabulary: type[W], field: str, said: str | None) -> W | None:
    if said is None:
        return None
    if said not in vocabulary:
        listed = ", ".join(vocabulary)
        what_fr, what_en = ("lieu", "place") if field == "kind" else ("espace", "space")
        raise InvalidInput(
            field=field,
            value=said,
            fr=f"« {said} » n'est pas un type de {what_fr} ; choisissez parmi : {listed}.",
            en=f"“{said}” is not a kind of {what_en}; choose one of: {listed}.",
        )
    return vocabulary(said)


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
