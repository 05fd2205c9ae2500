"""Takes an import back, exactly: the named tables are again what they were before it.

What others built on it since is never destroyed: a later import, an offer or an edit of the same rows is a Conflict
that names it. A space that somebody booked is closed, not removed, and its place stays for the booking's sake.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, bindparam, delete, exists, select, update

from geo.errors import Conflict, Language, NotFound
from geo.store.counters import record_changes, revision
from geo.store.engine import reading, writing
from geo.store.schema import busy, listing, place, place_alias, space, space_community
from geo.types import PlaceStatus
from ingest import images
from ingest.state import CHUNK
from ingest.tables import import_change, import_run

ATTEMPTS = 3
_TABLES: dict[str, Table] = {table.name: table for table in images.NAMED_TABLES}


@dataclass(frozen=True, slots=True)
class ClosedSpace:
    """A space that stays, closed, because somebody booked it."""

    space_id: int
    name: str
    place_id: int
    place: str


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What an undo took back."""

    import_id: int
    source: str
    places_removed: int
    places_restored: int
    listings_removed: int
    spaces_removed: int
    closed: tuple[ClosedSpace, ...]

    def message(self, language: Language) -> str:
        """One paragraph for people."""
        names = ", ".join(f"{item.name} ({item.place})" for item in self.closed[:10])
        if language == "fr":
            text = (
                f"L'import {self.import_id} ({self.source}) est annulé : {self.places_removed} lieux retirés, "
                f"{self.places_restored} remis comme avant."
            )
            kept = f" {len(self.closed)} espaces réservés sont fermés au lieu d'être retirés : {names}."
        else:
            text = (
                f"Import {self.import_id} ({self.source}) is undone: {self.places_removed} places removed, "
                f"{self.places_restored} restored."
            )
            kept = f" {len(self.closed)} booked spaces are closed instead of removed: {names}."
        return text + (kept if self.closed else "")

    def to_dict(self, language: Language) -> dict[str, Any]:
        """For `--json` and the API."""
        return {
            "import_id": self.import_id,
            "source": self.source,
            "state": "undone",
            "places_removed": self.places_removed,
            "places_restored": self.places_restored,
            "listings_removed": self.listings_removed,
            "spaces_removed": self.spaces_removed,
            "closed_spaces": [
                {"space_id": item.space_id, "name": item.name, "place_id": item.place_id, "place": item.place}
                for item in self.closed
            ],
            "message": self.message(language),
        }


def undo(engine: Engine, import_id: int, now: datetime) -> UndoReport:
    """Takes one import back. `now` is an aware time.

    Raises NotFound (no such import) and Conflict (undone already; rows changed since by somebody else).
    """
    seen = -1
    for _ in range(ATTEMPTS):
        # Comparing every row may take seconds for a national list: done before taking the write lock, and again only
        # if something was written meanwhile.
        with reading(engine) as connection:
            seen = revision(connection)
            _check(connection, import_id)
        with writing(engine) as connection:
            if revision(connection) == seen:
                return _take_back(connection, import_id, now)
    with writing(engine) as connection:
        _check(connection, import_id)
        return _take_back(connection, import_id, now)


def _check(connection: Connection, import_id: int) -> None:
    run = connection.execute(select(import_run).where(import_run.c.id == import_id)).one_or_none()
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
    later = _later_imports(connection, import_id)
    if later:
        named = ", ".join(f"{row_id} ({source})" for row_id, source in later)
        raise Conflict(
            fr=f"Des imports plus récents s'appuient sur ces lieux : {named} ; annulez-les d'abord.",
            en=f"Later imports build on these places: {named}; undo them first.",
        )
    changed = _changed_since(connection, import_id)
    if changed:
        named = ", ".join(changed[:5]) + ("…" if len(changed) > 5 else "")
        raise Conflict(
            fr=f"{len(changed)} lieux ont changé depuis cet import : {named} ; retirez d'abord ces modifications.",
            en=f"{len(changed)} places have changed since this import: {named}; take those changes back first.",
        )


def _inserted(table: Table, import_id: int) -> Select[tuple[int]]:
    """Ids of the rows of a table that the import inserted."""
    return select(import_change.c.row_id).where(
        import_change.c.import_id == import_id,
        import_change.c.table_name == table.name,
        import_change.c.before.is_(None),
    )


def _later_imports(connection: Connection, import_id: int) -> list[tuple[int, str]]:
    """Imports in force that wrote the same rows after this one, or hung listings on places it made."""
    mine, theirs = import_change.alias("mine"), import_change.alias("theirs")
    rewritten = (
        select(theirs.c.import_id)
        .join(
            mine,
            (mine.c.table_name == theirs.c.table_name)
            & (mine.c.row_id == theirs.c.row_id)
            & (mine.c.detail == theirs.c.detail),
        )
        .where(mine.c.import_id == import_id, theirs.c.import_id > import_id)
    )
    hung = select(listing.c.import_id).where(
        listing.c.place_id.in_(_inserted(place, import_id)), listing.c.import_id != import_id
    )
    found = connection.execute(
        select(import_run.c.id, import_run.c.source)
        .where(
            import_run.c.id.in_(rewritten.union(hung)),
            import_run.c.id != import_id,
            import_run.c.state == "published",
        )
        .order_by(import_run.c.id)
    )
    return [(int(row.id), str(row.source)) for row in found]


def _changed_since(connection: Connection, import_id: int) -> list[str]:
    """Names of the places whose rows, spaces or offers are no longer what this import left."""
    suspects: set[int] = set()
    for table in (place, listing, space):
        suspects |= _differing(connection, table, import_id)
    others = (
        select(space.c.place_id).where(
            space.c.place_id.in_(_inserted(place, import_id)), space.c.id.not_in(_inserted(space, import_id))
        ),
        select(place_alias.c.place_id).where(place_alias.c.place_id.in_(_inserted(place, import_id))),
    )
    for statement in others:
        suspects.update(int(place_id) for place_id in connection.execute(statement).scalars())
    names: list[str] = []
    for chunk in _chunks(sorted(suspects)):
        names += connection.execute(select(place.c.name).where(place.c.id.in_(chunk))).scalars().all()
    return names or [f"#{place_id}" for place_id in sorted(suspects)]


def _differing(connection: Connection, table: Table, import_id: int) -> set[int]:
    """Places of the rows that differ from what the import left (or are gone)."""
    expected: dict[int, str] = {
        int(row.row_id): row.after
        for row in connection.execute(
            select(import_change.c.row_id, import_change.c.after).where(
                import_change.c.import_id == import_id, import_change.c.table_name == table.name
            )
        )
    }
    differing: set[int] = set()
    for chunk in _chunks(sorted(expected)):
        gone = set(chunk)
        for row in connection.execute(select(table).where(table.c.id.in_(chunk))).mappings():
            values = {str(name): value for name, value in row.items()}
            gone.discard(values["id"])
            if images.digest(images.to_text(table, values)) != expected[values["id"]]:
                differing.add(int(values["id"] if table is place else values["place_id"]))
        differing |= gone if table is place else set()
    return differing


def _take_back(connection: Connection, import_id: int, now: datetime) -> UndoReport:
    run = connection.execute(select(import_run).where(import_run.c.id == import_id)).one()
    touched = _touched_places(connection, import_id)
    closed = _booked(connection, import_id)
    kept_spaces = [item.space_id for item in closed]
    kept_places = sorted({item.place_id for item in closed})
    links = (
        select(import_change.c.row_id)
        .where(
            import_change.c.import_id == import_id,
            import_change.c.table_name == space_community.name,
            import_change.c.row_id == space_community.c.space_id,
            import_change.c.detail == space_community.c.community,
        )
        .correlate(space_community)
    )
    connection.execute(delete(space_community).where(exists(links), space_community.c.space_id.not_in(kept_spaces)))
    listings = connection.execute(delete(listing).where(listing.c.id.in_(_inserted(listing, import_id)))).rowcount
    spaces = connection.execute(
        delete(space).where(space.c.id.in_(_inserted(space, import_id)), space.c.id.not_in(kept_spaces))
    ).rowcount
    connection.execute(update(space).where(space.c.id.in_(kept_spaces)).values(closed=True))
    restored = {name: _restore(connection, name, import_id) for name in ("listing", "space", "place")}
    removed = connection.execute(
        delete(place).where(place.c.id.in_(_inserted(place, import_id)), place.c.id.not_in(kept_places))
    ).rowcount
    # A place that only stays for a booking is offered by nobody.
    connection.execute(
        update(place)
        .where(place.c.id.in_(kept_places), place.c.id.in_(_inserted(place, import_id)))
        .values(status=str(PlaceStatus.CLOSED))
    )
    connection.execute(update(import_run).where(import_run.c.id == import_id).values(state="undone", undone_at=now))
    record_changes(connection, touched)
    return UndoReport(import_id, run.source, removed, restored["place"], listings, spaces, tuple(closed))


def _booked(connection: Connection, import_id: int) -> list[ClosedSpace]:
    rows = connection.execute(
        select(space.c.id, space.c.name, space.c.place_id, place.c.name.label("place"))
        .join(place, place.c.id == space.c.place_id)
        .where(space.c.id.in_(_inserted(space, import_id)), exists().where(busy.c.space_id == space.c.id))
        .order_by(space.c.id)
    )
    return [ClosedSpace(row.id, row.name, row.place_id, row.place) for row in rows]


def _restore(connection: Connection, name: str, import_id: int) -> int:
    """Writes back the rows of one table as they were; returns how many."""
    table = _TABLES[name]
    before = connection.execute(
        select(import_change.c.row_id, import_change.c.before).where(
            import_change.c.import_id == import_id,
            import_change.c.table_name == name,
            import_change.c.before.is_not(None),
        )
    ).all()
    if not before:
        return 0
    names = [column.name for column in table.columns if column.name != "id"]
    statement = (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({column: bindparam(f"old_{column}", type_=table.c[column].type) for column in names})
    )
    values: list[dict[str, Any]] = []
    for row in before:
        old = images.from_text(table, row.before)
        values.append({"row_id": row.row_id} | {f"old_{column}": old[column] for column in names})
    connection.execute(statement, values)
    return len(values)


def _touched_places(connection: Connection, import_id: int) -> set[int]:
    ids: dict[str, set[int]] = defaultdict(set)
    for row in connection.execute(
        select(import_change.c.table_name, import_change.c.row_id).where(import_change.c.import_id == import_id)
    ):
        ids[row.table_name].add(int(row.row_id))
    touched = set(ids["place"])
    for chunk in _chunks(sorted(ids["space"] | ids["space_community"])):
        touched.update(
            int(place_id)
            for place_id in connection.execute(select(space.c.place_id).where(space.c.id.in_(chunk))).scalars()
        )
    return touched


def _chunks(values: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
