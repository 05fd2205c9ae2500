"""Restoration: the undo of an import that nothing builds on brings the earlier rows back."""

from collections.abc import Sequence

from sqlalchemy import Table, exists, select

from geo.store.schema import busy, listing, place, place_alias, space
from geo.types import PlaceStatus
from ingest.journal import row_images
from ingest.publication.plan import Row
from ingest.resolution.stored_listings import chunks
from ingest.undo.effects import ImportEffects, Values
from ingest.undo.plan import UndoPlan, edited_since, later_imports


def refuse_rewritten(effects: ImportEffects) -> None:
    """A later import of the same list says these rows otherwise: its rows cannot stand without them."""
    own = {*effects.inserted[listing]} | effects.changes[listing.name].keys()
    writers = {
        row["import_id"]
        for rows in effects.members.values()
        for row in rows
        if row["id"] in own and row["import_id"] > effects.import_id
    }
    if writers:
        raise later_imports(effects.connection, sorted(writers))


def put_back(effects: ImportEffects, plan: UndoPlan) -> None:
    """Plans the rows as they were before an import that nothing builds on. Raises Conflict when they were edited."""
    edited: list[str] = []
    for table in (place, listing, place_alias, space):
        current = effects.current(table)
        for row_id, change in effects.changes[table.name].items():
            if change.before is None and table is not place_alias:
                continue
            row = current.get(row_id)
            if not effects.is_as_left(table, row_id, row):
                edited.append(_place_name(effects, table, row_id, row))
                continue
            plan.rows[table][row_id] = Row(row_images.from_text(table, change.before) if change.before else None, row)
            plan.restored += table is place
    if edited:
        raise edited_since(edited)
    _take_away_spaces(effects, plan)
    for change in effects.links:
        if change.after is None:
            plan.linked.append((change.row_id, change.detail))
        elif change.row_id not in plan.booked:
            plan.unlinked.append((change.row_id, change.detail))


def _take_away_spaces(effects: ImportEffects, plan: UndoPlan) -> None:
    """The spaces that the import inserted go; those that somebody booked are closed."""
    own = sorted(effects.inserted[space])
    for chunk in chunks(own):
        with_booking = select(space.c.id).where(space.c.id.in_(chunk), exists().where(busy.c.space_id == space.c.id))
        plan.booked.update(effects.connection.execute(with_booking).scalars())
    for row in effects.rows(space, space.c.id, own):
        plan.rows[space][row["id"]] = Row(row | {"closed": True} if row["id"] in plan.booked else None, row)


def _place_name(effects: ImportEffects, table: Table, row_id: int, row: Values | None) -> str:
    place_id = row_id if table is place else (row or {}).get("place_id", row_id)
    return str(effects.places.get(place_id, {}).get("name", f"#{place_id}"))


def settle_deserted_places(effects: ImportEffects, plan: UndoPlan) -> None:
    """Decides what becomes of places that no listing names any more: they go, or stay closed for a booking's sake.

    Raises Conflict when somebody edited one that the import made, or added spaces to it.
    """
    inhabited = _inhabited(effects, plan)
    deserted = sorted(place_id for place_id in effects.places if place_id not in inhabited)
    spaces = _spaces_after(effects, plan, deserted)
    edited: list[str] = []
    for place_id in deserted:
        values, own = effects.places[place_id], place_id in effects.inserted[place]
        planned = plan.rows[place].get(place_id)
        if planned is not None and (planned.values is None or planned.values["status"] == PlaceStatus.CLOSED):
            continue  # merged away, or waiting for its listings as before
        here = spaces.get(place_id, [])
        if here and all(row["closed"] for row in here):
            plan.rows[place][place_id] = Row(values | {"status": str(PlaceStatus.CLOSED)}, values)
            plan.kept_places.add(place_id)
        elif own and (here or not effects.is_untouched(values)):
            edited.append(values["name"])
        elif not own and not here and effects.members[place_id] and effects.is_untouched(values):
            plan.rows[place][place_id] = Row(None, values)  # made by an import that was undone before
    if edited:
        raise edited_since(edited)


def _inhabited(effects: ImportEffects, plan: UndoPlan) -> set[int]:
    """Places that have a listing after the undo."""
    places = {row.values["place_id"] for row in plan.rows[listing].values() if row.values is not None}
    planned, removed = plan.rows[listing], effects.inserted[listing]
    for place_id, rows in effects.members.items():
        if any(row["id"] not in planned and row["id"] not in removed for row in rows):
            places.add(place_id)
    return places


def _spaces_after(effects: ImportEffects, plan: UndoPlan, place_ids: Sequence[int]) -> dict[int, list[Values]]:
    """The spaces that these places have after the undo."""
    planned = plan.rows[space]
    after = [row for row in effects.rows(space, space.c.place_id, place_ids) if row["id"] not in planned]
    after += [row.values for row in planned.values() if row.values is not None]
    spaces: dict[int, list[Values]] = {}
    for row in after:
        spaces.setdefault(row["place_id"], []).append(row)
    return spaces
