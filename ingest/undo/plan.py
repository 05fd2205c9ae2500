"""What taking an import back would do, and why it may not.

When nobody built on an import, its undo puts back the very rows it found. When later imports did, and do not
conflict, the
listings that stay are thought over again: a place keeps what they say of it, and loses what only this import said.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from sqlalchemy import Connection, Table, exists, select

from geo.errors import Conflict
from geo.store.schema import busy, listing, place, place_alias, space, space_community
from geo.types import PlaceStatus
from ingest.journal import row_images
from ingest.journal.tables import decision, import_change, import_range, import_run
from ingest.publication.plan import Row
from ingest.publication.survivorship import Said, carried_over, compose, is_untouched, new_place
from ingest.resolution import linkage, stored_listings, verdicts
from ingest.resolution.clustering import Groups, group
from ingest.resolution.stored_listings import STORED, chunks
from ingest.rows import facts as facts_of
from ingest.rows.facts import Facts

Values = dict[str, Any]


@dataclass(slots=True)
class UndoPlan:
    """Rows to put back (`Row.before` None: it comes back; `values` None: it goes), and what stays of the import's own
    rows."""

    ranges: dict[str, range]
    rows: dict[Table, dict[int, Row]] = field(
        default_factory=lambda: {place: {}, listing: {}, space: {}, place_alias: {}}
    )
    linked: list[Values] = field(default_factory=list)
    unlinked: list[Values] = field(default_factory=list)
    kept_places: set[int] = field(default_factory=set)
    booked: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    restored: int = 0
    decision: verdicts.Change | None = None


def plan_undo(connection: Connection, import_id: int) -> UndoPlan:
    """The plan of an undo. Raises Conflict when later imports or people changed the same rows."""
    return _Undo(connection, import_id).run()


class _Undo:
    def __init__(self, connection: Connection, import_id: int) -> None:
        self.connection, self.import_id = connection, import_id
        spans = connection.execute(select(import_range).where(import_range.c.import_id == import_id))
        self.plan = UndoPlan({row.table_name: range(row.first_id, row.last_id + 1) for row in spans})
        self.changes: dict[str, dict[int, Any]] = defaultdict(dict)
        self.links: list[Any] = []
        for change in connection.execute(select(import_change).where(import_change.c.import_id == import_id)):
            if change.table_name == space_community.name:
                self.links.append(change)
            else:
                self.changes[change.table_name][change.row_id] = change
        told = self.changes.pop(decision.name, None)
        if told:
            self.plan.decision = verdicts.taken_back(connection, verdicts.from_journal(told[0].before))
        self.mine = {table.name: self._ids(table) for table in (place, listing, space)}
        self.current: dict[int, Values] = {}
        self.members: dict[int, list[Values]] = defaultdict(list)

    def _ids(self, table: Table) -> range | set[int]:
        """Ids the import inserted: a range, or one by one for imports of before there were ranges."""
        old = {row_id for row_id, change in self.changes[table.name].items() if change.before is None}
        return old or self.plan.ranges.get(table.name, range(0))

    def run(self) -> UndoPlan:
        self._read()
        self._refuse_rewritten()
        later = self._built_upon() or self._thought_over_since()
        self._spaces()
        if later:
            self._think_over_again()
        else:
            self._put_back()
        self._check_inserted()
        self._leave_nobody()
        self._links()
        self.plan.touched |= {int(i) for i in self.changes[place.name]}
        return self.plan

    def _read(self) -> None:
        """Places the import made or touched, with all their listings."""
        touched = {*self.changes[place.name], *self.mine[place.name]}
        moved = [
            row_images.from_text(listing, c.before)["place_id"] for c in self.changes[listing.name].values() if c.before
        ]
        for chunk in chunks(sorted({*self.mine[listing.name], *self.changes[listing.name]})):
            rows = select(listing.c.place_id).where(listing.c.id.in_(chunk)).distinct()
            touched.update(self.connection.execute(rows).scalars())
        touched.update(moved)
        touched.update(self._decided_about())
        self.current = self._rows(place, place.c.id, sorted(touched))
        for row in self._rows(listing, listing.c.place_id, sorted(touched)).values():
            self.members[row["place_id"]].append(row)

    def _decided_about(self) -> list[int]:
        """Places of the listings that the decision being taken back is about."""
        change = self.plan.decision
        ids = stored_listings.named(self.connection, (change.key_a, change.key_b)) if change else {}
        rows = select(listing.c.place_id).where(listing.c.id.in_(list(ids.values())))
        return list(self.connection.execute(rows).scalars())

    def _rows(self, table: Table, column: Any, ids: Sequence[int]) -> dict[int, Values]:
        found: dict[int, Values] = {}
        for chunk in chunks(ids):
            for row in self.connection.execute(select(table).where(column.in_(chunk))).mappings():
                found[row["id"]] = {str(name): value for name, value in row.items()}
        return found

    # Conflicts

    def _refuse_rewritten(self) -> None:
        """A later import of the same list says these rows otherwise: its word cannot stand without them."""
        mine = {*self.mine[listing.name]} | self.changes[listing.name].keys()
        writers = {
            row["import_id"]
            for rows in self.members.values()
            for row in rows
            if row["id"] in mine and row["import_id"] > self.import_id
        }
        if writers:
            raise later_imports(self.connection, sorted(writers))

    def _built_upon(self) -> bool:
        """Whether later imports in force changed the same places, or hung listings on places this one made or touched.

        A listing may join a place without changing what it says: only the listing tells.
        """
        hung = any(
            row["id"] not in self.mine[listing.name]
            and (
                row["import_id"] > self.import_id
                or (
                    place_id in self.mine[place.name]
                    and row["import_id"] != self.import_id
                    and row["id"] not in self.changes[listing.name]
                )
            )
            for place_id in self.current
            for row in self.members[place_id]
        )
        return hung or any(
            self._rewritten(table, i) for table in (place, space, listing) for i in self.changes[table.name]
        )

    def _thought_over_since(self) -> bool:
        """Whether the undo of an earlier import grouped these listings anew: no person's work, so no conflict."""
        for table in (listing, place_alias, place):
            key = next(iter(table.primary_key.columns))
            now = {row[key.name]: row for row in self._keyed(table, key, self.changes[table.name])}
            for row_id, change in self.changes[table.name].items():
                row = now.get(row_id)
                same = (row and row_images.digest(row_images.to_text(table, row))) == change.after
                if not same and (table is not place or row is None or self._untouched(row)):
                    return True
        return any(self._speaks_unseen(place_id) for place_id in self.current)

    def _speaks_unseen(self, place_id: int) -> bool:
        """Whether an undo brought listings of this import into a place that it never wrote itself."""
        if place_id in self.mine[place.name] or place_id in self.changes[place.name]:
            return False
        everybody = [_said(row) for row in self.members[place_id]]
        others = [_said(row) for row in self.members[place_id] if row["id"] not in self.mine[listing.name]]
        return 0 < len(others) < len(everybody) and compose(others) != compose(everybody)

    def _rewritten(self, table: Table, row_id: int) -> bool:
        statement = select(import_change.c.import_id).join(import_run, import_run.c.id == import_change.c.import_id)
        later = statement.where(
            import_change.c.table_name == table.name,
            import_change.c.row_id == row_id,
            import_change.c.import_id > self.import_id,
            import_run.c.state == "published",
        )
        return self.connection.execute(later.limit(1)).scalar() is not None

    def _check_inserted(self) -> None:
        """Places that would go must be as the import left them."""
        edited = [
            values["name"]
            for place_id, values in self.current.items()
            if place_id in self.mine[place.name]
            and place_id not in self.plan.kept_places
            and place_id not in self.plan.rows[place]
            and not self._untouched(values)
        ]
        gone = [i for i in self.mine[place.name] if i not in self.plan.kept_places]
        for chunk in chunks(gone):
            others = select(place.c.name).join(space, space.c.place_id == place.c.id).where(place.c.id.in_(chunk))
            found = self.connection.execute(others.add_columns(space.c.id)).all()
            edited += [
                row.name for row in found if row.id not in self.mine[space.name] and row.id not in self.plan.rows[space]
            ]
        if edited:
            raise _edited(edited)

    def _leave_nobody(self) -> None:
        """A place that an undone import had made and that only this one still spoke of goes with it."""
        removed = set(self.mine[listing.name])
        for place_id, values in self.current.items():
            members = {row["id"] for row in self.members[place_id]}
            if place_id in self.mine[place.name] or not members or not members <= removed:
                continue
            back = self.plan.rows[place].get(place_id)
            waits = back is not None and back.values is not None and back.values["status"] == PlaceStatus.CLOSED
            if (
                waits
                or place_id in self.plan.kept_places
                or not self._untouched(values)
                or self._has_other_spaces(place_id)
            ):
                continue
            self.plan.rows[place][place_id] = Row(None, values)

    def _has_other_spaces(self, place_id: int) -> bool:
        found = self.connection.execute(select(space.c.id).where(space.c.place_id == place_id)).scalars()
        return any(i not in self.mine[space.name] for i in found)

    def _untouched(self, values: Values) -> bool:
        said = [_said(row) for row in self.members[values["id"]]]
        return is_untouched(values | {"status": str(PlaceStatus.CANDIDATE)}, said)

    # Nobody built on it: the rows of before

    def _put_back(self) -> None:
        differing: list[str] = []
        for table in (place, listing, place_alias):
            key = next(iter(table.primary_key.columns))
            now = {row[key.name]: row for row in self._keyed(table, key, self.changes[table.name])}
            for row_id, change in self.changes[table.name].items():
                if change.before is None and table is not place_alias:
                    continue
                current = now.get(row_id)
                if (current and row_images.digest(row_images.to_text(table, current))) != change.after:
                    differing.append(self._name(table, row_id, current))
                    continue
                before = row_images.from_text(table, change.before) if change.before else None
                self.plan.rows[table][row_id] = Row(before, current)
                self.plan.restored += table is place
        if differing:
            raise _edited(differing)

    def _keyed(self, table: Table, key: Any, ids: Iterable[int]) -> Iterable[Values]:
        for chunk in chunks(sorted(ids)):
            for row in self.connection.execute(select(table).where(key.in_(chunk))).mappings():
                yield {str(name): value for name, value in row.items()}

    def _name(self, table: Table, row_id: int, current: Values | None) -> str:
        place_id = row_id if table is place else (current or {}).get("place_id", row_id)
        return str(self.current.get(place_id, {}).get("name", f"#{place_id}"))

    # Later imports built on it: what they say stays

    def _think_over_again(self) -> None:
        removed = frozenset(self.mine[listing.name])
        back: dict[int, Values] = {}
        for row_id, change in self.changes[listing.name].items():
            if change.before:
                back[row_id] = row_images.from_text(listing, change.before)
        current = {row["id"]: row for rows in self.members.values() for row in rows}
        back = {i: values for i, values in back.items() if i in current and current[i]["import_id"] == self.import_id}
        staying = frozenset(i for i in current if i not in removed and i not in back)
        groups = group(
            self.connection,
            _stored_frame(back.values()),
            {i: current[i]["place_id"] for i in back},
            removed=removed,
            around=staying,
            verdicts=verdicts.after(self.connection, self.plan.decision) if self.plan.decision else None,
        )
        for i, values in back.items():
            now = values | {"place_id": groups.place_of[i]}
            self.plan.rows[listing][i] = Row(now, current[i])
        self._compose(groups, current, {i: facts_of.decode(values["facts"]) for i, values in back.items()})

    def _revived(self, groups: Groups, rows: dict[int, Values]) -> None:
        """Listings that this import had brought into another place get the very place back that they had."""
        removed = {i: c for i, c in self.changes[place.name].items() if c.after is None and c.before}
        had: dict[int, list[int]] = defaultdict(list)
        for i, change in self.changes[listing.name].items():
            if change.before and i in rows:
                had[row_images.from_text(listing, change.before)["place_id"]].append(i)
        for old_id in sorted(removed.keys() & had.keys()):
            fresh = {groups.place_of[i] for i in had[old_id] if groups.place_of.get(i, 0) < 0}
            if not fresh:
                continue
            chosen = max(fresh)
            groups.place_of = {i: old_id if p == chosen else p for i, p in groups.place_of.items()}
            then = [_said(rows[i]) for i in had[old_id]]
            now = [_said(rows[i]) for i, p in sorted(groups.place_of.items()) if p == old_id and i in rows]
            before = row_images.from_text(place, removed[old_id].before)
            self.plan.rows[place][old_id] = Row(carried_over(before, then, now, forget=True), None)
            self.plan.restored += 1
            self._aliases_of(old_id)

    def _aliases_of(self, place_id: int) -> None:
        """The aliases that the import wrote because this place went."""
        mine = {
            i: change
            for i, change in self.changes[place_alias.name].items()
            if i == place_id
            or (change.before and row_images.from_text(place_alias, change.before)["place_id"] == place_id)
        }
        for row in self._keyed(place_alias, place_alias.c.alias_id, mine):
            change = mine[row["alias_id"]]
            self.plan.rows[place_alias][row["alias_id"]] = Row(
                row_images.from_text(place_alias, change.before) if change.before else None, row
            )

    def _homeless(self) -> None:
        """Spaces whose place of before does not come back stay where they are."""
        removed = {i for i, change in self.changes[place.name].items() if change.after is None}
        removed -= {i for i, row in self.plan.rows[place].items() if row.values is not None}
        for i, row in list(self.plan.rows[space].items()):
            if row.values is not None and row.values["place_id"] in removed:
                del self.plan.rows[space][i]

    def _compose(self, groups: Groups, current: dict[int, Values], back: dict[int, Facts]) -> None:
        strangers = self._rows(listing, listing.c.id, sorted(groups.place_of.keys() - current.keys()))
        rows = current | strangers
        self._revived(groups, rows)
        self._homeless()
        members: dict[int, list[int]] = defaultdict(list)
        for i, place_id in groups.place_of.items():
            members[place_id].append(i)
        for i, place_id in groups.place_of.items():
            if i in strangers and rows[i]["place_id"] != place_id:
                self.plan.rows[listing][i] = Row(rows[i] | {"place_id": place_id}, rows[i])
        for place_id, ids in members.items():
            said = [_said(rows[i] if i not in back else rows[i] | {"facts": back[i]}) for i in sorted(ids)]
            if place_id < 0:
                # A place that was one only through this import: its listings need a place of their own again.
                self.plan.rows[place][place_id] = Row(new_place(place_id, said), None)
                continue
            known = self.current.get(place_id)
            if known is None:
                continue
            before = [_said(row) for row in self.members[place_id]]
            values = carried_over(known, before, said, forget=True)
            if values["status"] == PlaceStatus.OFFERED and not self._still_offered(place_id):
                values["status"] = str(PlaceStatus.CANDIDATE)
            self.plan.kept_places.add(place_id)
            if values != known:
                self.plan.rows[place][place_id] = Row(values, known)
                self.plan.restored += 1
        for i, place_id in groups.place_of.items():
            if i in current and i not in back and current[i]["place_id"] != place_id:
                self.plan.rows[listing][i] = Row(current[i] | {"place_id": place_id}, current[i])

    def _still_offered(self, place_id: int) -> bool:
        open_spaces = select(space.c.id).where(space.c.place_id == place_id, space.c.closed.is_(False))
        found = set(self.connection.execute(open_spaces).scalars())
        return any(i not in self.mine[space.name] for i in found)

    # Spaces

    def _spaces(self) -> None:
        own = sorted(self.mine[space.name])
        for chunk in chunks(own):
            taken = select(space.c.id).where(space.c.id.in_(chunk), exists().where(busy.c.space_id == space.c.id))
            self.plan.booked.update(self.connection.execute(taken).scalars())
        now = self._rows(space, space.c.id, sorted({*own, *self.changes[space.name]}))
        for i in own:
            if i in now:
                closed = now[i] | {"closed": True} if i in self.plan.booked else None
                self.plan.rows[space][i] = Row(closed, now[i])
                if closed is not None:
                    self.plan.kept_places.add(now[i]["place_id"])
        for row_id, change in self.changes[space.name].items():
            if change.before is None or row_id in own:
                continue
            current = now.get(row_id)
            if (current and row_images.digest(row_images.to_text(space, current))) != change.after:
                if self._rewritten(space, row_id):
                    continue  # a later import has the word
                raise _edited([self._name(space, row_id, current)])
            self.plan.rows[space][row_id] = Row(row_images.from_text(space, change.before), current)

    def _links(self) -> None:
        for change in self.links:
            link = {"space_id": change.row_id, "community": change.detail}
            if change.after is None:
                self.plan.linked.append(link)
            elif change.row_id not in self.plan.booked:
                self.plan.unlinked.append(link)


def later_imports(connection: Connection, ids: Sequence[int]) -> Conflict:
    """The refusal that names the imports to take back first."""
    rows = connection.execute(select(import_run.c.id, import_run.c.source).where(import_run.c.id.in_(ids))).all()
    named = ", ".join(f"{row.id} ({row.source})" for row in sorted(rows))
    return Conflict(
        fr=f"Des imports plus récents s'appuient sur ces lieux : {named} ; annulez-les d'abord.",
        en=f"Later imports build on these places: {named}; undo them first.",
    )


def _edited(names: Sequence[str]) -> Conflict:
    named = ", ".join(names[:5]) + ("…" if len(names) > 5 else "")
    return Conflict(
        fr=f"{len(names)} lieux ont changé depuis cet import : {named} ; retirez d'abord ces modifications.",
        en=f"{len(names)} places have changed since this import: {named}; take those changes back first.",
    )


def _said(row: Values) -> Said:
    facts = row["facts"] if isinstance(row["facts"], Facts) else facts_of.decode(row["facts"])
    return Said(row["id"], row["source"], row["trust"], facts)


def _stored_frame(rows: Iterable[Values]) -> pl.DataFrame:
    """Listings as the store has them, derived."""
    listed = list(rows)
    own = {name: [row["id" if name == "listing" else name] for row in listed] for name in list(STORED)[:5]}
    told = facts_of.frame([facts_of.decode(row["facts"]) for row in listed])
    return linkage.derive(pl.DataFrame(own, schema={name: STORED[name] for name in own}).hstack(told))
