"""Recomposition: the undo of an import that others build on composes places and spaces from the remaining listings."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import polars as pl

from geo.store.schema import listing, place, place_alias, space
from ingest.journal import row_images
from ingest.publication.plan import Row
from ingest.publication.source_records import SourceRecord, record_of
from ingest.publication.space_planner import PlaceChange, SpacePlanner
from ingest.publication.survivorship import carry_over, new_place
from ingest.resolution import linkage, verdicts
from ingest.resolution.clustering import Groups, group
from ingest.resolution.stored_listings import STORED
from ingest.rows import facts as facts_of
from ingest.undo.effects import ImportEffects, Values
from ingest.undo.plan import UndoPlan


def recompose(effects: ImportEffects, plan: UndoPlan) -> None:
    """Plans listings, places and spaces as the lists that stay make them."""
    _Recomposition(effects, plan).run()


class _Recomposition:
    def __init__(self, effects: ImportEffects, plan: UndoPlan) -> None:
        self.effects, self.plan = effects, plan
        self.listings = {row["id"]: row for rows in effects.members.values() for row in rows}
        self.restored = {
            row_id: effects.image(listing, row_id)
            for row_id in effects.replaced(listing)
            if row_id in self.listings and self.listings[row_id]["import_id"] == effects.import_id
        }
        self.members: dict[int, list[SourceRecord]] = defaultdict(list)
        self.changes: list[PlaceChange] = []

    def run(self) -> None:
        groups = self._group()
        self._move(groups)
        self._revive_places(groups)
        for listing_id, place_id in sorted(groups.place_of.items()):
            row = self.listings[listing_id]
            self.members[place_id].append(record_of(self.restored.get(listing_id, row)))
        self._compose_places()
        self._compose_spaces()

    def _group(self) -> Groups:
        """Where the listings that stay belong."""
        effects = self.effects
        removed = frozenset(effects.inserted[listing])
        groups = group(
            effects.connection,
            _derived(self.restored.values()),
            {row_id: self.listings[row_id]["place_id"] for row_id in self.restored},
            removed=removed,
            around=frozenset(self.listings.keys() - removed - self.restored.keys()),
            verdicts=verdicts.verdicts_after(effects.connection, effects.decision) if effects.decision else None,
        )
        strangers = sorted(groups.place_of.keys() - self.listings.keys())
        effects.add_places({row["place_id"] for row in effects.rows(listing, listing.c.id, strangers)})
        self.listings = {row["id"]: row for rows in effects.members.values() for row in rows}
        return groups

    def _move(self, groups: Groups) -> None:
        for listing_id, place_id in groups.place_of.items():
            row = self.listings[listing_id]
            after = self.restored.get(listing_id, row) | {"place_id": place_id}
            if after != row:
                self.plan.rows[listing][listing_id] = Row(after, row)

    # Places

    def _compose_places(self) -> None:
        effects, plan = self.effects, self.plan
        for place_id, records in self.members.items():
            if place_id < 0:
                # A place that was one only through this import: its listings need a place of their own again.
                plan.rows[place][place_id] = Row(new_place(place_id, records), None)
            existing = effects.places.get(place_id)
            before = effects.records(place_id) if existing is not None else []
            self.changes.append(PlaceChange(place_id, before, records, forget=True))
            if existing is None:
                continue
            plan.kept_places.add(place_id)
            plan.rows[place][place_id] = Row(carry_over(existing, before, records, forget=True), existing)
        for place_id in effects.places.keys() - self.members.keys():
            self.changes.append(PlaceChange(place_id, effects.records(place_id), (), forget=True))

    def _revive_places(self, groups: Groups) -> None:
        """Listings that the import had brought into another place get the very place back that they had."""
        effects = self.effects
        merged = {i for i in effects.replaced(place) if effects.changes[place.name][i].after is None}
        had: dict[int, list[int]] = defaultdict(list)
        for listing_id in effects.replaced(listing):
            if listing_id in self.listings:
                had[effects.image(listing, listing_id)["place_id"]].append(listing_id)
        for old_id in sorted(merged & had.keys()):
            fresh = {groups.place_of[i] for i in had[old_id] if groups.place_of.get(i, 0) < 0}
            if not fresh:
                continue
            chosen = max(fresh)
            groups.place_of = {i: old_id if p == chosen else p for i, p in groups.place_of.items()}
            before = [record_of(self.listings[i]) for i in had[old_id]]
            after = [record_of(self.listings[i]) for i, p in sorted(groups.place_of.items()) if p == old_id]
            values = carry_over(effects.image(place, old_id), before, after, forget=True)
            self.plan.rows[place][old_id] = Row(values, None)
            for listing_id, place_id in groups.place_of.items():
                if place_id == old_id:
                    row = self.listings[listing_id]
                    self.plan.rows[listing][listing_id] = Row(
                        self.restored.get(listing_id, row) | {"place_id": old_id}, row
                    )
            self._put_back_aliases(old_id)

    def _put_back_aliases(self, place_id: int) -> None:
        """The aliases that the import wrote because this place went."""
        effects = self.effects
        entries = effects.changes[place_alias.name]
        followed = {i for i in effects.replaced(place_alias) if effects.image(place_alias, i)["place_id"] == place_id}
        current = effects.current(place_alias)
        for alias_id in (followed | {place_id}) & current.keys():
            before = entries[alias_id].before
            image = row_images.from_text(place_alias, before) if before else None
            self.plan.rows[place_alias][alias_id] = Row(image, current[alias_id])

    # Spaces

    def _compose_spaces(self) -> None:
        effects, plan = self.effects, self.plan
        images = {i: effects.image(space, i) for i in effects.replaced(space)}
        current = effects.current(space)
        removed = {(row["place_id"], row["key"]): row for i, row in images.items() if i not in current}
        planner = SpacePlanner(effects.connection, effects.inserted[space], removed)
        planner.settle(sorted(self.changes, key=lambda change: abs(change.place_id)), {})
        self._put_back_unnamed(planner, images, current)
        plan.rows[space] = {i: row for i, row in planner.rows.items() if row.values != row.before}
        plan.linked, plan.unlinked, plan.booked = planner.links, planner.unlinked, planner.closed_for_booking
        for change in self.changes:
            row = plan.rows[place].get(change.place_id)
            if row is not None and row.values is not None:
                row.values["status"] = planner.status(row.values, change)
        unchanged = [i for i, row in plan.rows[place].items() if row.values == row.before]
        for place_id in unchanged:
            del plan.rows[place][place_id]
        plan.restored = sum(place_id > 0 for place_id in plan.rows[place])

    def _put_back_unnamed(self, planner: SpacePlanner, images: dict[int, Values], current: dict[int, Values]) -> None:
        """Spaces that no list names, such as those added by hand, return to the place that they had."""
        after = self.members.keys() | self.effects.places.keys()
        links: dict[int, set[str]] = defaultdict(set)
        for change in self.effects.links:
            if change.after is None:
                links[change.row_id].add(change.detail)
        for space_id, image in images.items():
            row = current.get(space_id)
            settled = planner.rows.get(space_id) or planner.is_composed(image["place_id"], image["key"])
            if settled or image["place_id"] not in after or not self.effects.is_as_left(space, space_id, row):
                continue
            planner.put_back(image, row, links[space_id])


def _derived(rows: Iterable[Values]) -> pl.DataFrame:
    """Listings as they are compared with others."""
    listed = list(rows)
    own: dict[str, list[Any]] = {
        name: [row["id" if name == "listing" else name] for row in listed] for name in list(STORED)[:5]
    }
    facts = facts_of.frame([facts_of.decode(row["facts"]) for row in listed])
    return linkage.derive(pl.DataFrame(own, schema={name: STORED[name] for name in own}).hstack(facts))
