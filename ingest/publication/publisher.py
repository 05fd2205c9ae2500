"""Publishes a plan: hidden rows are written in many short transactions, then one short transaction shows them all.

Bookings never wait for an import: a writer holds SQLite's only lock for some hundredths of a second and leaves a gap
for others. An import that was killed leaves hidden rows; `clear_unfinished` removes them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, delete, func, insert, select, update

from geo.store.dialect import insert_many
from geo.store.engine import writing
from geo.store.revisions import mint, record_changes, record_range
from geo.store.schema import listing, place, place_alias, space, space_community, unpublished
from ingest.journal import row_images
from ingest.journal.tables import import_change, import_range, import_report, import_run, listing_pair
from ingest.publication.plan import Plan, Row
from ingest.publication.report import packed, report_rows
from ingest.publication.row_matching import publication_mark
from ingest.publication.write_batches import WriteBatches
from ingest.resolution import blocking_index, verdicts

ROWS_PER_TRANSACTION = 6_000
GAP_S = 0.005
"""Pause between two transactions: SQLite's waiting writers try again every few hundredths of a second."""
LARGE_CHANGE = 10_000
"""So many changed rows fit a publishing transaction of well under a second; more are changed before it, in batches."""

Progress = Callable[[int, int], None]


class OvertakenError(Exception):
    """Others wrote the same rows between planning and publishing: plan again. Never shown to a user."""


def publish(engine: Engine, plan: Plan, run: Mapping[str, Any], progress: Progress | None = None) -> WriteBatches:
    """Writes a plan and its journal; returns it with its ids. Raises OvertakenError when the plan is out of date.

    `progress` gets (rows written, in all).
    """
    with writing(engine) as connection:
        batches = WriteBatches(plan, *_reserve(connection, plan, run), engine.dialect.name)
    portions = list(batches.portions(ROWS_PER_TRANSACTION))
    rows_written, total = 0, sum(len(rows) for _, _, rows in portions)
    try:
        for table, columns, rows in portions:
            with writing(engine) as connection:
                _check_alive(connection, batches.import_id)
                insert_many(connection, table, columns, rows)
            time.sleep(GAP_S)
            rows_written += len(rows)
            if progress:
                progress(rows_written, total)
        with writing(engine) as connection:
            report = {"import_id": batches.import_id, "rows": packed(report_rows(plan))}
            connection.execute(insert(import_report), report)
        early = _change_early(engine, batches)
        with writing(engine) as connection:
            _show(connection, batches, run, early)
    except BaseException:
        clear_unfinished(engine, batches.import_id)
        raise
    return batches


def _reserve(connection: Connection, plan: Plan, run: Mapping[str, Any]) -> tuple[int, range, range, range]:
    """Mints the ids and hides their ranges until publication."""
    (import_id,) = mint(connection, "import_run")
    new_places = len(plan.lone) + sum(row.is_new for row in plan.places.values())
    ids = (
        mint(connection, "place", new_places),
        mint(connection, "listing", len(plan.new_listings)),
        mint(connection, "space", sum(row.is_new for row in plan.spaces.values())),
    )
    started = {"id": import_id, "state": "writing", "published_at": None, "written_at": func.current_timestamp()}
    connection.execute(insert(import_run).values(**{**run, **started}))
    for table, minted in zip((place, listing, space), ids, strict=True):
        if minted:
            span = {"first_id": minted[0], "last_id": minted[-1], "import_id": import_id, "table_name": table.name}
            connection.execute(insert(import_range), span)
            if table is not space:
                connection.execute(insert(unpublished), span)
    return import_id, *ids


def _check_alive(connection: Connection, import_id: int) -> None:
    """Updates the sign of life; raises OvertakenError when another import of the same list removed this one."""
    alive = (
        update(import_run)
        .where(import_run.c.id == import_id, import_run.c.state == "writing")
        .values(written_at=func.current_timestamp())
    )
    if connection.execute(alive).rowcount != 1:
        raise OvertakenError


def _change_early(engine: Engine, batches: WriteBatches) -> bool:
    """Changes rows before publishing when they are too many for one short transaction. Their journal is written
    before."""
    changed = [(table, row) for table in (place, listing, space) for row in batches.changed(table)]
    if len(changed) <= LARGE_CHANGE:
        return False
    for table in (place, listing, space):
        for rows in batched(list(batches.changed(table)), ROWS_PER_TRANSACTION):
            with writing(engine) as connection:
                _check_alive(connection, batches.import_id)
                if publication_mark(connection) != batches.plan.mark:
                    raise OvertakenError
                _check_unchanged(connection, table, rows)
                update_rows(connection, table, [row.now() for row in rows])
            time.sleep(GAP_S)
    return True


def _show(connection: Connection, batches: WriteBatches, run: Mapping[str, Any], early: bool) -> None:
    """The publishing transaction."""
    plan, import_id = batches.plan, batches.import_id
    if publication_mark(connection) != plan.mark:
        raise OvertakenError
    _check_alive(connection, import_id)
    for table in (place, listing, space):
        removed = [row for row in batches.planned(table) if row.is_removed]
        changed = [] if early else list(batches.changed(table))
        _check_unchanged(connection, table, [*changed, *removed])
    for table in (space, listing, place):
        new = batches.late(table)
        if new:
            connection.execute(insert(table), new)
        if not early:
            update_rows(connection, table, [row.now() for row in batches.changed(table)])
    _relink(connection, batches)
    _remove(connection, batches)
    if plan.decision is not None:
        verdicts.write(connection, plan.decision.change, plan.decision.at)
    connection.execute(delete(unpublished).where(unpublished.c.import_id == import_id))
    connection.execute(
        update(import_run)
        .where(import_run.c.id == import_id)
        .values(state="published", published_at=run["published_at"])
    )
    revision = record_changes(connection, batches.changed_places())
    if batches.place_ids:
        record_range(connection, batches.place_ids[0], batches.place_ids[-1], revision)


def _relink(connection: Connection, batches: WriteBatches) -> None:
    links = batches.late_links()
    if links:
        connection.execute(insert(space_community), links)
    for space_id, community in batches.plan.unlinked:
        link = (space_community.c.space_id == space_id) & (space_community.c.community == community)
        connection.execute(delete(space_community).where(link))


def _remove(connection: Connection, batches: WriteBatches) -> None:
    """Removes merged places and spaces. A merged place leaves an alias, and its older aliases follow."""
    removed = [row.before["id"] for row in batches.planned(space) if row.is_removed and row.before]
    for ids in batched(removed, ROWS_PER_TRANSACTION):
        connection.execute(delete(space).where(space.c.id.in_(ids)))
    for alias, old, new in batches.aliases():
        row = {"alias_id": alias, "place_id": new}
        if old is None:
            connection.execute(insert(place_alias), row)
        else:
            connection.execute(update(place_alias).where(place_alias.c.alias_id == alias).values(row))
    merged = [row.before["id"] for row in batches.planned(place) if row.is_removed and row.before]
    for ids in batched(merged, ROWS_PER_TRANSACTION):
        connection.execute(delete(place).where(place.c.id.in_(ids)))
    for ids in batched(batches.plan.compared_again, ROWS_PER_TRANSACTION):
        stale = listing_pair.c.listing_a.in_(ids) | listing_pair.c.listing_b.in_(ids)
        connection.execute(delete(listing_pair).where(stale))
    if late := batches.late_pairs():
        connection.execute(insert(listing_pair), late)


def _check_unchanged(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Raises OvertakenError when bookings, offers or edits changed these rows since planning."""
    expected = {row.before["id"]: row.before for row in rows if row.before}
    for ids in batched(sorted(expected), ROWS_PER_TRANSACTION):
        rows_now = connection.execute(select(table).where(table.c.id.in_(ids))).mappings().all()
        if len(rows_now) != len(ids) or any(dict(row) != expected[row["id"]] for row in rows_now):
            raise OvertakenError


def update_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes whole rows by id."""
    if not rows:
        return
    names = [column.name for column in table.columns if column.name != "id"]
    statement = (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    connection.execute(
        statement, [{"row_id": row["id"]} | {f"new_{name}": row[name] for name in names} for row in rows]
    )


def clear_unfinished(engine: Engine, import_id: int) -> None:
    """Removes, in short transactions, the rows of an import that was never published. Safe to run again."""
    with writing(engine) as connection:
        # From here on the import, if its process still runs, finds that it was removed.
        mine = (import_run.c.id == import_id) & (import_run.c.state == "writing")
        if connection.execute(update(import_run).where(mine).values(state="undone")).rowcount != 1:
            return
        _restore_early(connection, import_id)
    remove_hidden(engine, import_id)
    with writing(engine) as connection:
        blocking_index.remove(connection, import_id)
        connection.execute(delete(import_run).where(import_run.c.id == import_id))


def _restore_early(connection: Connection, import_id: int) -> None:
    """Restores rows that were changed before a publication that never came; rows that others changed since stay."""
    for table in (listing, space, place):
        changes = connection.execute(
            select(import_change).where(
                import_change.c.import_id == import_id,
                import_change.c.table_name == table.name,
                import_change.c.before.is_not(None),
                import_change.c.after.is_not(None),
            )
        ).all()
        for part in batched(changes, ROWS_PER_TRANSACTION):
            ids = [change.row_id for change in part]
            now = {row["id"]: row for row in connection.execute(select(table).where(table.c.id.in_(ids))).mappings()}
            unchanged = [
                c
                for c in part
                if c.row_id in now and row_images.digest(row_images.to_text(table, dict(now[c.row_id]))) == c.after
            ]
            update_rows(connection, table, [row_images.from_text(table, change.before) for change in unchanged])


def remove_hidden(engine: Engine, import_id: int) -> None:
    """Deletes the hidden rows of an import, in short transactions. Safe to run again after a kill."""
    with writing(engine) as connection:
        spans = connection.execute(select(unpublished).where(unpublished.c.import_id == import_id)).all()
    for table in (listing, place):  # spaces go with their places
        for span in spans:
            if span.table_name == table.name:
                _remove_span(engine, table, span.first_id, span.last_id)
    with writing(engine) as connection:
        connection.execute(delete(unpublished).where(unpublished.c.import_id == import_id))


def _remove_span(engine: Engine, table: Table, first_id: int, last_id: int) -> None:
    for ids in batched(range(first_id, last_id + 1), ROWS_PER_TRANSACTION):
        with writing(engine) as connection:
            connection.execute(delete(table).where(table.c.id.between(ids[0], ids[-1])))
            if table is listing:
                for column in (listing_pair.c.listing_a, listing_pair.c.listing_b):
                    connection.execute(delete(listing_pair).where(column.between(ids[0], ids[-1])))
        time.sleep(GAP_S)


def clear_away(engine: Engine, source: str, idle_s: int) -> None:
    """Removes what killed imports and undos left hidden: of this source, or idle for `idle_s` seconds."""
    with writing(engine) as connection:
        unfinished = _unfinished(connection, source, idle_s)
    for import_id in unfinished:
        clear_unfinished(engine, import_id)
    finish_removals(engine)


def finish_removals(engine: Engine) -> None:
    """Removes hidden rows that undos, or imports never published, were killed before removing."""
    hidden = (
        select(unpublished.c.import_id)
        .distinct()
        .join(import_run, import_run.c.id == unpublished.c.import_id)
        .where(import_run.c.state == "undone")
    )
    never = select(import_run.c.id).where(import_run.c.state == "undone", import_run.c.published_at.is_(None))
    with writing(engine) as connection:
        half_removed = list(connection.execute(hidden).scalars())
        unseen = list(connection.execute(never).scalars())
    for import_id in half_removed:
        remove_hidden(engine, import_id)
    with writing(engine) as connection:
        for import_id in unseen:
            blocking_index.remove(connection, import_id)
        connection.execute(delete(import_run).where(import_run.c.id.in_(unseen)))
    blocking_index.merge_small(engine)


def _unfinished(connection: Connection, source: str, idle_s: int) -> list[int]:
    now = connection.execute(select(func.current_timestamp())).scalar_one()
    rows = connection.execute(
        select(import_run.c.id, import_run.c.source, import_run.c.written_at).where(import_run.c.state == "writing")
    ).all()
    aware = now.replace(tzinfo=None) if isinstance(now, datetime) else datetime.fromisoformat(now)
    return [
        row.id
        for row in rows
        if row.source == source or (aware - row.written_at.replace(tzinfo=None)).total_seconds() > idle_s
    ]
