"""Undoes an import: the store is again as if only the other lists had been imported.

What other lists say and offer stays. A later import of the same rows, or an edit of them, is a Conflict that names it.
A space that somebody booked is closed, not removed, when no list offers it any more, and its place stays with it.
"""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, exists, insert, select, update

from geo.errors import Conflict, NotFound
from geo.store.engine import reading, writing
from geo.store.revisions import mint, record_changes, record_range
from geo.store.revisions import revision as store_revision
from geo.store.schema import (
    bulk_change,
    busy,
    listing,
    place,
    place_alias,
    place_change,
    space,
    space_community,
    unpublished,
)
from ingest.journal.tables import import_run
from ingest.publication.plan import Row
from ingest.publication.publisher import finish_removals, remove_hidden, update_rows
from ingest.publication.row_matching import publication_mark
from ingest.resolution import verdicts
from ingest.resolution.stored_listings import chunks
from ingest.undo.effects import ImportEffects
from ingest.undo.plan import UndoPlan
from ingest.undo.recomposition import recompose
from ingest.undo.report import ClosedSpace, UndoReport
from ingest.undo.restoration import put_back, refuse_rewritten, settle_deserted_places

ATTEMPTS = 4


def undo(engine: Engine, import_id: int, now: datetime) -> UndoReport:
    """Undoes an import. `now` is an aware time.

    Raises NotFound (no such import) and Conflict (undone already; rows changed since by others).
    """
    finish(engine)
    for _ in range(ATTEMPTS):
        # Comparing every row of a national list takes a while: it is done before taking the write lock, and again only
        # if others wrote the same places meanwhile.
        with reading(engine) as connection:
            run = _run(connection, import_id)
            revision, mark = store_revision(connection), publication_mark(connection)
            plan = plan_undo(connection, import_id)
        with writing(engine) as connection:
            if publication_mark(connection) != mark or _written_since(connection, plan, revision):
                continue
            report = _take_back(connection, plan, import_id, str(run.source), now)
        remove_hidden(engine, import_id)
        return report
    raise Conflict(
        fr="D'autres écrivent ces lieux en ce moment ; rien n'a été modifié : recommencez dans une minute.",
        en="Others are writing these places right now; nothing was changed: try again in a minute.",
    )


def plan_undo(connection: Connection, import_id: int) -> UndoPlan:
    """The plan of an undo. Raises Conflict when later imports or people changed the same rows.

    When nothing builds on an import, the rows that it found come back. Otherwise the remaining listings are grouped
    again, and their places and spaces composed again: these keep what the other lists say, and lose what only this
    import said.
    """
    effects = ImportEffects(connection, import_id)
    plan = UndoPlan(effects.ranges, decision=effects.decision)
    refuse_rewritten(effects)
    if effects.is_built_upon() or effects.is_outdated():
        recompose(effects, plan)
    else:
        put_back(effects, plan)
    settle_deserted_places(effects, plan)
    plan.touched = {*effects.changes[place.name]} | {
        values["place_id"]
        for table in (listing, space)
        for row in plan.rows[table].values()
        for values in (row.before, row.values)
        if values is not None
    }
    return plan


def finish(engine: Engine) -> None:
    """Finishes undos that were killed: what they took back is hidden already."""
    finish_removals(engine)


def _run(connection: Connection, import_id: int) -> Any:
    run = connection.execute(
        select(import_run).where(import_run.c.id == import_id, import_run.c.published_at.is_not(None))
    ).one_or_none()
    if run is None:
        raise NotFound(
            fr=f"Aucun import {import_id} ; « placelibre imports list » les montre tous.",
            en=f"There is no import {import_id}; “placelibre imports list” shows them all.",
        )
    if run.state == "undone":
        raise Conflict(
            fr=f"L'import {import_id} est déjà annulé ; rien d'autre à faire.",
            en=f"Import {import_id} is undone already; there is nothing else to do.",
        )
    return run


def _written_since(connection: Connection, plan: UndoPlan, revision: int) -> bool:
    """Whether a place concerned changed, or was booked, since the plan was made."""
    own = plan.ranges.get(place.name, range(0))
    changed = select(place_change.c.place_id).where(place_change.c.revision > revision)
    concerned = plan.touched | set(plan.rows[place])
    if any(i in own or i in concerned for i in connection.execute(changed).scalars()):
        return True
    return connection.execute(select(exists().where(bulk_change.c.revision > revision))).scalar_one() is True


def _take_back(connection: Connection, plan: UndoPlan, import_id: int, source: str, now: datetime) -> UndoReport:
    """The transaction of an undo: earlier rows are restored; rows that go are hidden, and removed afterwards."""
    fresh = [row for key, row in plan.rows[place].items() if key < 0]
    _number(connection, plan, fresh)
    for table, own in ((place, plan.kept_places), (listing, set[int]())):
        _hide(connection, table, plan.ranges.get(table.name, range(0)), own, import_id)
    _insert(connection, place, plan.rows[place].values())
    _insert(connection, place_alias, plan.rows[place_alias].values())
    for row in plan.rows[place_alias].values():
        if row.values is not None and row.before is not None:
            alias = place_alias.c.alias_id == row.before["alias_id"]
            connection.execute(update(place_alias).where(alias).values(row.values))
    removed = [row.before["alias_id"] for row in plan.rows[place_alias].values() if row.before and row.values is None]
    connection.execute(delete(place_alias).where(place_alias.c.alias_id.in_(removed)))
    _update(connection, listing, plan)
    closed = _spaces(connection, plan)
    _update(connection, place, plan)
    deserted = [row.before["id"] for row in plan.rows[place].values() if row.before and row.values is None]
    for ids in chunks(deserted):
        connection.execute(delete(listing).where(listing.c.place_id.in_(ids)))
        connection.execute(delete(place).where(place.c.id.in_(ids)))
    if plan.decision is not None:
        verdicts.write(connection, plan.decision, plan.decision.decided_before or now)
    connection.execute(update(import_run).where(import_run.c.id == import_id).values(state="undone", undone_at=now))
    places = plan.ranges.get(place.name, range(0))
    changed = plan.touched | set(plan.rows[place]) | plan.kept_places
    change = record_changes(connection, {i for i in changed if i not in places or i in plan.kept_places})
    if places:
        record_range(connection, places[0], places[-1], change)
    return UndoReport(
        import_id,
        source,
        sum(1 for i in places if i not in plan.kept_places) + len(deserted),
        plan.restored,
        len(plan.ranges.get(listing.name, range(0))),
        sum(row.values is None for row in plan.rows[space].values()),
        tuple(closed),
    )


def _number(connection: Connection, plan: UndoPlan, fresh: Sequence[Row]) -> None:
    """Mints ids for places and spaces that the undo creates: listings that only this import had joined."""
    minted = dict(zip((row.now()["id"] for row in fresh), mint(connection, "place", len(fresh)), strict=True))
    for old, new in minted.items():
        row = plan.rows[place].pop(old)
        row.now()["id"] = new
        plan.rows[place][new] = row
    for row in (*plan.rows[listing].values(), *plan.rows[space].values()):
        if row.values is not None:
            row.values["place_id"] = minted.get(row.values["place_id"], row.values["place_id"])
    rooms = sorted((key for key in plan.rows[space] if key < 0), reverse=True)
    numbers = dict(zip(rooms, mint(connection, "space", len(rooms)), strict=True))
    for old, new in numbers.items():
        row = plan.rows[space][new] = plan.rows[space].pop(old)
        row.now()["id"] = new
    plan.linked = [(numbers.get(space_id, space_id), slug) for space_id, slug in plan.linked]


def _hide(connection: Connection, table: Table, ids: range, but: set[int], import_id: int) -> None:
    """Hides a range of ids, but those of `but`."""
    edges = [ids.start - 1, *sorted(i for i in but if i in ids), ids.stop]
    for before, after in itertools.pairwise(edges):
        if after - before > 1:
            span = {"table_name": table.name, "first_id": before + 1, "last_id": after - 1, "import_id": import_id}
            connection.execute(insert(unpublished), span)


def _insert(connection: Connection, table: Table, rows: Any) -> None:
    back = [row.values for row in rows if row.before is None and row.values is not None]
    if back:
        connection.execute(insert(table), back)


def _update(connection: Connection, table: Table, plan: UndoPlan) -> None:
    update_rows(connection, table, [row.values for row in plan.rows[table].values() if row.before and row.values])


def _spaces(connection: Connection, plan: UndoPlan) -> list[ClosedSpace]:
    """Restores and removes spaces; returns those that are closed for a booking's sake."""
    _insert(connection, space, plan.rows[space].values())
    for space_id, slug in plan.unlinked:
        link = (space_community.c.space_id == space_id) & (space_community.c.community == slug)
        connection.execute(delete(space_community).where(link))
    removed = [row.before["id"] for row in plan.rows[space].values() if row.before and row.values is None]
    for ids in chunks(removed):
        connection.execute(delete(space).where(space.c.id.in_(ids), ~exists().where(busy.c.space_id == space.c.id)))
    _update(connection, space, plan)
    if plan.linked:
        links = [{"space_id": space_id, "community": slug} for space_id, slug in plan.linked]
        connection.execute(insert(space_community), links)
    rows = connection.execute(
        select(space.c.id, space.c.name, space.c.place_id, place.c.name.label("place"))
        .join(place, place.c.id == space.c.place_id)
        .where(space.c.id.in_(sorted(plan.booked)))
        .order_by(space.c.id)
    )
    return [ClosedSpace(row.id, row.name, row.place_id, row.place) for row in rows]
