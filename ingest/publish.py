"""Writes a plan: staged in temporary tables, published in one short transaction, or not at all.

Staging takes no lock on the store: temporary tables belong to the connection and vanish with it, so an import that
is killed leaves nothing behind and can be run again. Publishing then only moves rows inside the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, Table, bindparam, insert, select, update

from geo.store.counters import mint, record_changes
from geo.store.dialect import begin_writing
from geo.store.engine import translated, writing
from geo.store.schema import listing, place, space, space_community
from ingest import images
from ingest.plan import Plan, Row
from ingest.state import CHUNK, publication_mark
from ingest.tables import import_change, import_row, import_run

STAGED: tuple[Table, ...] = (place, listing, space, space_community, import_row, import_change)
"""In the order in which foreign keys allow publishing."""


class OvertakenError(Exception):
    """Somebody else wrote the same rows between planning and publishing: plan again. Never shown."""


def publish(engine: Engine, plan: Plan, run: Mapping[str, Any]) -> int:
    """Writes a plan and its journal; returns the import's id. Raises OvertakenError when it is out of date."""
    with writing(engine) as connection:
        import_id = _number(connection, plan)
    rows = _rows(plan, import_id)
    changed = {name: [row for row in planned if row.is_changed] for name, planned in _planned(plan)}
    with translated(engine), engine.connect() as connection:
        staged = [_stage(connection, table, rows[table.name]) for table in STAGED]
        connection.commit()
        begin_writing(connection)
        try:
            if publication_mark(connection) != plan.mark:
                raise OvertakenError
            for table in (place, listing, space):
                _check_unchanged(connection, table, changed[table.name])
            connection.execute(insert(import_run), dict(run) | {"id": import_id})
            for target, source in zip(STAGED, staged, strict=True):
                names = [column.name for column in source.columns]
                connection.execute(insert(target).from_select(names, select(source)))
            for table in (place, listing, space):
                _update(connection, table, [row.values for row in changed[table.name]])
            record_changes(connection, _changed_places(plan))
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        finally:
            for table in staged:
                table.drop(connection, checkfirst=False)
            connection.commit()
    return import_id


def has_changes(plan: Plan) -> bool:
    """Whether publishing would change a named table."""
    return bool(plan.links) or any(row.is_new or row.is_changed for _, rows in _planned(plan) for row in rows)


def _planned(plan: Plan) -> tuple[tuple[str, Iterable[Row]], ...]:
    return (
        ("place", plan.places.values()),
        ("listing", plan.listings.values()),
        ("space", plan.spaces.values()),
    )


def _number(connection: Connection, plan: Plan) -> int:
    """Mints ids for what is new and puts them in place of the provisional ones."""
    (import_id,) = mint(connection, "import_run")
    given: dict[str, dict[int, int]] = {}
    for name, rows in (("place", plan.places), ("listing", plan.listings), ("space", plan.spaces)):
        new = sorted((key for key in rows if key < 0), reverse=True)
        given[name] = dict(zip(new, mint(connection, name, len(new)), strict=True)) if new else {}
        for key, fresh in given[name].items():
            row = rows.pop(key)
            row.values["id"] = fresh
            rows[fresh] = row
    for row in (*plan.listings.values(), *plan.spaces.values()):
        row.values["place_id"] = given["place"].get(row.values["place_id"], row.values["place_id"])
    for row in plan.listings.values():
        row.values["import_id"] = import_id
    plan.links = [(given["space"].get(key, key), community) for key, community in plan.links]
    plan.place_of = [None if key is None else given["place"].get(key, key) for key in plan.place_of]
    return import_id


def _rows(plan: Plan, import_id: int) -> dict[str, list[dict[str, Any]]]:
    """Rows to stage by table: what is new, and the journal of all of it."""
    rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in STAGED}
    changes = rows["import_change"]
    for table, planned in ((place, plan.places), (listing, plan.listings), (space, plan.spaces)):
        for row_id, row in planned.items():
            if row.is_new:
                rows[table.name].append(row.values)
            elif not row.is_changed:
                continue
            before = images.to_text(table, row.before) if row.before else None
            changes.append(_change(import_id, table, row_id, "", before, row.values))
    for space_id, community in plan.links:
        link = {"space_id": space_id, "community": community}
        rows["space_community"].append(link)
        changes.append(_change(import_id, space_community, space_id, community, None, link))
    for record, outcome, place_id in zip(plan.records, plan.outcomes, plan.place_of, strict=True):
        rejection = record.rejection
        rows["import_row"].append(
            {
                "import_id": import_id,
                "row": record.row,
                "outcome": str(outcome),
                "place_id": place_id,
                "reason": str(rejection.reason) if rejection else None,
                "field": rejection.field if rejection else None,
                "value": rejection.value if rejection else None,
            }
        )
    return rows


def _change(
    import_id: int, table: Table, row_id: int, detail: str, before: str | None, after: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "table_name": table.name,
        "row_id": row_id,
        "detail": detail,
        "before": before,
        "after": images.digest(images.to_text(table, after)),
    }


def _stage(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = [Column(column.name, column.type) for column in table.columns]
    staged = Table(f"staged_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    staged.create(connection, checkfirst=False)
    for start in range(0, len(rows), CHUNK):
        connection.execute(insert(staged), list(rows[start : start + CHUNK]))
    return staged


def _check_unchanged(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Bookings, offers and edits may have come since planning: what they wrote must not be lost."""
    expected = {row.values["id"]: row.before for row in rows}
    ids = sorted(expected)
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found = connection.execute(select(table).where(table.c.id.in_(chunk))).mappings().all()
        if len(found) != len(chunk) or any(dict(row) != expected[row["id"]] for row in found):
            raise OvertakenError


def _update(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes whole rows by id."""
    if not rows:
        return
    names = [column.name for column in table.columns if column.name != "id"]
    statement = (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names})
    )
    values = [{"row_id": row["id"]} | {f"new_{name}": row[name] for name in names} for row in rows]
    connection.execute(statement, values)


def _changed_places(plan: Plan) -> set[int]:
    changed = {place_id for place_id, row in plan.places.items() if row.is_new or row.is_changed}
    changed |= {row.values["place_id"] for row in plan.spaces.values() if row.is_new or row.is_changed}
    linked = {space_id for space_id, _ in plan.links}
    return changed | {row.values["place_id"] for key, row in plan.spaces.items() if key in linked}
