"""What an import did, from its journal, and the places it concerns as they are now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from geo.store.schema import listing, place, place_alias, space, space_community
from geo.types import PlaceStatus
from ingest.journal import row_images
from ingest.journal.tables import decision, import_change, import_range, import_run
from ingest.publication.source_records import SourceRecord, record_of
from ingest.publication.survivorship import compose, is_untouched
from ingest.resolution import stored_listings, verdicts
from ingest.resolution.stored_listings import chunks

Values = dict[str, Any]


class ImportEffects:
    """The journal of one import.

    `ranges`, `inserted`: ids of the rows it inserted, by table; `changes`: its other journal entries by table and id;
    `links`: its entries about offers; `decision`: the change of verdict to take back, if it was one. `places`,
    `members`: the rows of the places concerned, and of all their listings.
    """

    def __init__(self, connection: Connection, import_id: int) -> None:
        self.connection, self.import_id = connection, import_id
        spans = connection.execute(select(import_range).where(import_range.c.import_id == import_id))
        self.ranges = {row.table_name: range(row.first_id, row.last_id + 1) for row in spans}
        self.changes: dict[str, dict[int, Any]] = defaultdict(dict)
        self.links: list[Any] = []
        for change in connection.execute(select(import_change).where(import_change.c.import_id == import_id)):
            if change.table_name == space_community.name:
                self.links.append(change)
            else:
                self.changes[change.table_name][change.row_id] = change
        verdict = self.changes.pop(decision.name, None)
        self.decision = verdicts.reverse(connection, verdicts.from_journal(verdict[0].before)) if verdict else None
        self.inserted = {table: self._inserted(table) for table in (place, listing, space)}
        self.places: dict[int, Values] = {}
        self.members: dict[int, list[Values]] = defaultdict(list)
        self._records: dict[int, list[SourceRecord]] = {}
        self._read_places()

    def _inserted(self, table: Table) -> range | set[int]:
        """Ids of inserted rows: a range, or single ids for imports older than ranges."""
        single = {row_id for row_id, change in self.changes[table.name].items() if change.before is None}
        return single or self.ranges.get(table.name, range(0))

    def _read_places(self) -> None:
        concerned = {*self.changes[place.name], *self.inserted[place]}
        for chunk in chunks(sorted({*self.inserted[listing], *self.changes[listing.name]})):
            rows = select(listing.c.place_id).where(listing.c.id.in_(chunk)).distinct()
            concerned.update(self.connection.execute(rows).scalars())
        concerned.update(self.image(listing, row_id)["place_id"] for row_id in self.replaced(listing))
        concerned.update(self._places_decided_about())
        self.add_places(concerned)

    def add_places(self, place_ids: Iterable[int]) -> None:
        """Reads these places and their listings, too."""
        ids = sorted(set(place_ids) - self.places.keys())
        self.places |= {row["id"]: row for row in self.rows(place, place.c.id, ids)}
        for row in self.rows(listing, listing.c.place_id, ids):
            self.members[row["place_id"]].append(row)

    def _places_decided_about(self) -> list[int]:
        """Places of the listings that the decision being taken back is about."""
        change = self.decision
        ids = stored_listings.ids_by_name(self.connection, (change.key_a, change.key_b)) if change else {}
        rows = select(listing.c.place_id).where(listing.c.id.in_(list(ids.values())))
        return list(self.connection.execute(rows).scalars())

    def rows(self, table: Table, column: Any, ids: Sequence[int]) -> Iterator[Values]:
        """Stored rows whose `column` is one of these ids."""
        for chunk in chunks(ids):
            for row in self.connection.execute(select(table).where(column.in_(chunk))).mappings():
                yield {str(name): value for name, value in row.items()}

    def current(self, table: Table) -> dict[int, Values]:
        """The rows that the import changed, as they are now; those that are gone are left out."""
        key = next(iter(table.primary_key.columns))
        return {row[key.name]: row for row in self.rows(table, key, sorted(self.changes[table.name]))}

    def replaced(self, table: Table) -> list[int]:
        """Ids of the rows that it changed or removed."""
        return [row_id for row_id, change in self.changes[table.name].items() if change.before is not None]

    def image(self, table: Table, row_id: int) -> Values:
        """A row as it was before the import, which changed or removed it."""
        return row_images.from_text(table, self.changes[table.name][row_id].before)

    def is_as_left(self, table: Table, row_id: int, current: Values | None) -> bool:
        """Whether a row (None: removed) is still as the import left it."""
        left = self.changes[table.name][row_id].after
        return bool((current and row_images.digest(row_images.to_text(table, current))) == left)

    # What happened since

    def is_built_upon(self) -> bool:
        """Whether later imports in force changed the same rows, or have listings in places that this one made or
        touched. A listing may join a place without changing what it says: only the listing shows it."""
        own_places, own, changed = self.inserted[place], self.inserted[listing], self.changes[listing.name]
        for place_id in self.places:
            for row in self.members[place_id]:
                joined = place_id in own_places and row["import_id"] != self.import_id and row["id"] not in changed
                if row["id"] not in own and (row["import_id"] > self.import_id or joined):
                    return True
        later = (import_run.c.state == "published") & (import_run.c.id > self.import_id)
        return any(self._are_journaled(table, self.changes[table.name], later) for table in (place, space, listing))

    def is_outdated(self) -> bool:
        """Whether the images of rows before this import no longer fit: the undo of another import has taken away lists
        that they were composed of, or grouped listings again. This is not an edit by a person."""
        return self._has_strayed() or self._are_images_outdated() or self._is_recomposed()

    def _are_images_outdated(self) -> bool:
        """Whether an earlier import that touched the same places was undone, now or long ago."""
        earlier = select(import_run.c.id).where(import_run.c.state == "undone", import_run.c.id < self.import_id)
        undone = list(self.connection.execute(earlier).scalars())
        if not undone:
            return False
        spans = self.connection.execute(
            select(import_range.c.first_id, import_range.c.last_id).where(
                import_range.c.import_id.in_(undone), import_range.c.table_name == place.name
            )
        ).all()
        if any(first <= place_id <= last for first, last in spans for place_id in self.places):
            return True
        spaces = [row["id"] for row in self.rows(space, space.c.place_id, sorted(self.places))]
        of_undone = import_run.c.id.in_(undone)
        return self._are_journaled(place, self.places, of_undone) or self._are_journaled(space, spaces, of_undone)

    def _are_journaled(self, table: Table, ids: Iterable[int], runs: Any) -> bool:
        """Whether any of these imports changed any of these rows."""
        statement = select(import_change.c.import_id).join(import_run, import_run.c.id == import_change.c.import_id)
        for chunk in chunks(sorted(ids)):
            change = statement.where(
                import_change.c.table_name == table.name,
                import_change.c.row_id.in_(chunk),
                import_change.c.import_id != self.import_id,
                runs,
            )
            if self.connection.execute(change.limit(1)).first() is not None:
                return True
        return False

    def _is_recomposed(self) -> bool:
        """Whether rows differ from what this import left, without an edit by a person."""
        for table in (listing, place_alias, place):
            current = self.current(table)
            for row_id in self.changes[table.name]:
                row = current.get(row_id)
                if not self.is_as_left(table, row_id, row) and (
                    table is not place or row is None or self.is_untouched(row)
                ):
                    return True
        return False

    def _has_strayed(self) -> bool:
        """Whether an undo brought listings of this import into a place that it never wrote itself."""
        for place_id in self.places.keys() - {*self.inserted[place]} - self.changes[place.name].keys():
            records = self.records(place_id)
            staying = [record for record in records if record.order not in self.inserted[listing]]
            if 0 < len(staying) < len(records) and compose(staying) != compose(records):
                return True
        return False

    def records(self, place_id: int) -> list[SourceRecord]:
        """The listings of a place as they are now; decoded once."""
        if place_id not in self._records:
            self._records[place_id] = [record_of(row) for row in self.members[place_id]]
        return self._records[place_id]

    def is_untouched(self, values: Values) -> bool:
        """Whether a place is what its listings make it, its status aside."""
        return is_untouched(values | {"status": str(PlaceStatus.CANDIDATE)}, self.records(values["id"]))
