"""Plans an import: an outcome for every row of the list, and every row of the store to write."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import polars as pl
from sqlalchemy import Connection, exists, select

from geo.store.schema import listing, place, place_alias
from geo.types import PlaceStatus
from ingest.publication.plan import NOWHERE, MissingToOffer, Origin, Outcome, Plan, Row
from ingest.publication.row_matching import StoredListing, match_rows, publication_mark, read_listings_of_source
from ingest.publication.source_records import SourceRecord, read_records
from ingest.publication.space_planner import PlaceChange, SpacePlanner
from ingest.publication.space_survivorship import compose_spaces
from ingest.publication.survivorship import carry_over, new_place
from ingest.resolution import linkage
from ingest.resolution.clustering import Groups, group
from ingest.resolution.stored_listings import chunks
from ingest.resolution.verdicts import Verdict
from ingest.rows import facts as facts_of
from ingest.rows.diagnostics import Missing
from ingest.staging import staging

_PROVISIONAL = 1 << 50
"""Larger than any id: listings that are new, and the import that is being planned, come after those of the store."""


def plan_import(connection: Connection, rows: pl.DataFrame, origin: Origin, cache: pl.DataFrame | None = None) -> Plan:
    """The plan for a staged list (`ingest.staging.staging.SCHEMA`). Raises Conflict when the source is another
    community's."""
    return _ImportPlanner(connection, rows, origin, cache).run()


def plan_regrouping(
    connection: Connection, origin: Origin, around: frozenset[int], verdicts: Sequence[Verdict]
) -> Plan:
    """The plan that groups the listings of `around` again under these decisions of people, without any new row."""
    return _ImportPlanner(connection, pl.DataFrame(schema=staging.SCHEMA), origin, None, around, verdicts).run()


class _ImportPlanner:
    def __init__(
        self,
        connection: Connection,
        rows: pl.DataFrame,
        origin: Origin,
        cache: pl.DataFrame | None,
        around: frozenset[int] = frozenset(),
        verdicts: Sequence[Verdict] | None = None,
    ) -> None:
        self.connection, self.rows, self.origin = connection, rows, origin
        self.mark = publication_mark(connection)
        self.cache, self.around, self.verdicts = cache, around, verdicts
        self.plan = Plan(rows, origin, [], np.zeros(rows.height, np.int64), mark=self.mark)
        self.groups = Groups()
        self.matches: list[tuple[StoredListing | None, str]] = []
        self.changes: list[PlaceChange] = []

    def run(self) -> Plan:
        accepted = self.rows["reason"].is_null().to_list()
        keys = [key if ok else None for key, ok in zip(self.rows["source_key"].to_list(), accepted, strict=True)]
        fingerprints = self.rows["fingerprint"].to_list()
        stored = {}
        if self.rows.height:
            stored = read_listings_of_source(self.connection, self.origin.source, self.origin.community)
        self.matches = match_rows(keys, fingerprints, stored)
        self.plan.keys_of = [key for _, key in self.matches]
        same = [bool(item and item.fingerprint == fingerprints[i]) for i, (item, _) in enumerate(self.matches)]
        todo = [i for i, ok in enumerate(accepted) if ok and not same[i]]
        self._group(todo)
        self._outcomes(accepted, same)
        self._listings(todo)
        self._places(todo)
        self._spaces(todo)
        self._find_lone_places(todo)
        return self.plan

    def _listing_id(self, i: int) -> int:
        item = self.matches[i][0]
        return item.id if item else -1 - i

    def _group(self, todo: list[int]) -> None:
        ids = [self._listing_id(i) for i in todo]
        new = self.plan.derived = (
            self.rows[todo]
            .with_columns(
                pl.Series("listing", ids, pl.Int64),
                pl.Series("source_key", [self.matches[i][1] for i in todo], pl.String),
                pl.lit(None, pl.Int64).alias("place_id"),
                pl.lit(self.origin.source).alias("source"),
                pl.lit(self.origin.trust, pl.Int64).alias("trust"),
            )
            .select(*linkage.COLUMNS)
        )
        changed = {item.id: item.place_id for i in todo if (item := self.matches[i][0])}
        self.groups = group(self.connection, new, changed, self.cache, around=self.around, verdicts=self.verdicts)
        self._adopt(todo)
        keys, at = linkage.keys(new)
        self.plan.block_keys, self.plan.block_listings = keys, np.array(ids, np.int64)[at]
        self.plan.pairs = self.groups.pairs
        self.plan.compared_again = sorted(changed)

    def _adopt(self, todo: list[int]) -> None:
        """New places take over the place of the same key that only stayed, without listings, for a booking's sake."""
        deserted = select(place.c.match_key, place.c.id).where(
            place.c.status == str(PlaceStatus.CLOSED), ~exists().where(listing.c.place_id == place.c.id)
        )
        waiting = {row.match_key: row.id for row in self.connection.execute(deserted.order_by(place.c.id.desc()))}
        adopted: dict[int, int] = {}
        for i in todo if waiting else ():
            listing_id = self._listing_id(i)
            place_id = self.groups.place_of.get(listing_id, listing_id)
            old_id = waiting.get(self.rows["match_key"][i])
            if place_id < 0 and old_id is not None and old_id not in adopted.values():
                adopted[place_id] = old_id
                self.groups.place_of[listing_id] = old_id
        self.groups.place_of = {i: adopted.get(p, p) for i, p in self.groups.place_of.items()}

    def _outcomes(self, accepted: list[bool], same: list[bool]) -> None:
        named: set[int] = set()
        for i, ok in enumerate(accepted):
            item = self.matches[i][0]
            if not ok:
                self.plan.outcomes.append(Outcome.REJECTED)
                continue
            if item and same[i]:
                self.plan.outcomes.append(Outcome.UNCHANGED)
                place_id = self.groups.place_of.get(item.id, item.place_id)
            else:
                listing_id = self._listing_id(i)
                place_id = self.groups.place_of.get(listing_id, listing_id)
                joins = place_id > 0 or place_id in named
                self.plan.outcomes.append(Outcome.UPDATED if item else Outcome.MERGED if joins else Outcome.ACCEPTED)
            named.add(place_id)
            self.plan.place_of[i] = place_id

    # Listings

    def _listings(self, todo: list[int]) -> None:
        self.plan.new_listings = np.array([i for i in todo if not self.matches[i][0]], np.int64)
        changed = [i for i in todo if self.matches[i][0]]
        moved = [
            listing_id
            for listing_id, place_id in self.groups.place_of.items()
            if listing_id > 0 and self.groups.previous.get(listing_id) != place_id
        ]
        before = self._stored(listing, sorted({self._listing_id(i) for i in changed} | set(moved)))
        for listing_id in moved:
            values = dict(before[listing_id])
            values["place_id"] = self.groups.place_of[listing_id]
            self.plan.listings[listing_id] = Row(values, before[listing_id])
        columns = self.rows.select("fingerprint", "raw", "facts", "own_key", "licences")
        for i in changed:
            fingerprint, raw, facts, own_key, licences = columns.row(i)
            listing_id = self._listing_id(i)
            values = dict(before[listing_id])
            values |= {
                "fingerprint": fingerprint,
                "raw": msgspec.json.decode(raw),
                "facts": msgspec.json.decode(facts),
                "place_id": int(self.plan.place_of[i]),
                "has_own_key": own_key,
                "licence": licences or self.origin.licence,
                "trust": self.origin.trust,
                "import_id": 0,  # that of this import, once it is minted
            }
            self.plan.listings[listing_id] = Row(values, before[listing_id])

    def _stored(self, table: Any, ids: list[int]) -> dict[int, dict[str, Any]]:
        rows: dict[int, dict[str, Any]] = {}
        for chunk in chunks(ids):
            for row in self.connection.execute(select(table).where(table.c.id.in_(chunk))).mappings():
                rows[row["id"]] = {str(name): value for name, value in row.items()}
        return rows

    # Places

    def _places(self, todo: list[int]) -> None:
        members, had = _by_place(self.groups.place_of), _by_place(self.groups.previous)
        touched = self._touched(members, had)
        # Provisional ids of listings are rows of this file; the others are read.
        stored = {i for p in touched for i in (*members.get(p, ()), *had.get(p, ())) if i > 0}
        before = read_records(self.connection, stored)
        after = dict(before)
        settled = set(touched)
        parted = {taker for p, taker in self.groups.merged.items() if not set(had[p]) <= set(members[taker])}
        for i in todo:
            listing_id = self._listing_id(i)
            if listing_id in stored or self.groups.place_of.get(listing_id) in settled:
                after[listing_id] = self._record(i)
        existing = self._stored(place, sorted(p for p in {*touched, *self.groups.merged} if p > 0))
        for place_id in touched:
            old, new = _records(had[place_id], before), _records(members[place_id], after)
            if place_id < 0:
                self.plan.places[place_id] = Row(new_place(place_id, new))
                self.changes.append(PlaceChange(place_id, old, new))
                continue
            # A listing that leaves for another place takes along what it said of this one; a place that only stayed
            # for a booking starts afresh.
            forget = not old or not set(had[place_id]) <= set(members[place_id])
            values = carry_over(existing[place_id], old, new, forget=forget)
            self.plan.places[place_id] = Row(values, existing[place_id])
            self.changes.append(PlaceChange(place_id, old, new, forget or place_id in parted))
        for place_id, taker in self.groups.merged.items():
            self.changes.append(PlaceChange(place_id, _records(had[place_id], before), ()))
            self.plan.places[place_id] = Row(None, existing[place_id])
            self.plan.aliases.append((place_id, None, taker))
            self._offer_on(existing[place_id], taker)
        followed = select(place_alias).where(place_alias.c.place_id.in_(list(self.groups.merged)))
        for alias in self.connection.execute(followed) if self.groups.merged else ():
            self.plan.aliases.append((alias.alias_id, alias.place_id, self.groups.merged[alias.place_id]))

    def _record(self, i: int) -> SourceRecord:
        """A row of this list beside the listings that the store has."""
        listing_id = self._listing_id(i)
        order = listing_id if listing_id > 0 else _PROVISIONAL - listing_id
        facts = facts_of.decode(self.rows["facts"][i])
        return SourceRecord(order, self.origin.source, self.origin.trust, facts, self.origin.community, _PROVISIONAL)

    def _offer_on(self, merged: dict[str, Any], taker: int) -> None:
        """A place that takes over an offered one is offered, too, with its hours: a merge takes nothing off the map."""
        if merged["status"] != PlaceStatus.OFFERED:
            return
        values = self._place_row(taker).now()
        values["status"] = merged["status"]
        if not values["opening_hours"]:
            values |= {name: merged[name] for name in ("opening_hours", "hours_assumed")}

    def _touched(self, members: dict[int, list[int]], had: dict[int, list[int]]) -> list[int]:
        """Places whose listings, or what these say, are not as before."""
        changed = set(self.plan.compared_again)
        return [
            place_id
            for place_id, now in members.items()
            if set(now) != set(had.get(place_id, ())) or not changed.isdisjoint(now)
        ]

    def _place_row(self, place_id: int) -> Row:
        row = self.plan.places.get(place_id)
        if row is None and place_id > 0:
            before = self._stored(place, [place_id])[place_id]
            row = self.plan.places[place_id] = Row(dict(before), before)
        elif row is None:
            row = self.plan.places[place_id] = Row(new_place(place_id, [self._record(-1 - place_id)]))
        return row

    # Spaces

    def _spaces(self, todo: list[int]) -> None:
        changes = self._changes_of_spaces(todo)
        planner = SpacePlanner(self.connection)
        planner.settle(changes, self.groups.merged)
        self.plan.spaces, self.plan.links, self.plan.unlinked = planner.rows, planner.links, planner.unlinked
        staying = {change.place_id: change for change in changes if change.place_id not in self.groups.merged}
        for place_id, change in staying.items():
            values = self._place_row(place_id).now()
            values["status"] = planner.status(values, change)
        self._missing_to_offer(todo, staying, planner)

    def _changes_of_spaces(self, todo: list[int]) -> list[PlaceChange]:
        """The places whose spaces or offers may change, in the order in which the list names them."""
        spaces, offered = self.rows["spaces"].to_list(), self.rows["offered"].to_list()
        concerned = {*self.groups.merged, *self.groups.merged.values()}
        changes = [change for change in self.changes if change.place_id in concerned or change.concerns_spaces]
        planned = {change.place_id for change in self.changes}
        first_row: dict[int, int] = {}
        for i in todo:
            place_id = int(self.plan.place_of[i])
            first_row.setdefault(place_id, i)
            if place_id not in planned and (offered[i] or spaces[i] is not None):
                changes.append(PlaceChange(place_id, (), [self._record(i)]))  # the only row of a new place
        return sorted(changes, key=lambda change: first_row.get(change.place_id, self.rows.height))

    def _missing_to_offer(self, todo: list[int], changes: dict[int, PlaceChange], planner: SpacePlanner) -> None:
        """Reports the places that this list offers, or whose spaces it names, and that stay candidates all the same."""
        spaces = self.rows["spaces"].to_list()
        offered = set(self.plan.place_of[self.rows["offered"].to_numpy()].tolist()) - {NOWHERE}
        rows: dict[int, list[int]] = defaultdict(list)
        for i in todo:
            rows[int(self.plan.place_of[i])].append(i)
        speaking = {place_id for place_id, at in rows.items() if any(spaces[i] is not None for i in at)} | offered
        for place_id in sorted(rows.keys() & speaking, key=lambda i: (i > 0, abs(i))):
            values = self._place_row(place_id).now()
            if values["status"] == PlaceStatus.OFFERED:
                continue
            missing: list[Missing] = []
            if place_id not in offered:
                missing.append(Missing.AGREEMENT_OF_ROW if self.origin.offered else Missing.AGREEMENT)
            own = [record for record in changes[place_id].after if record.source == self.origin.source]
            named = planner.open_spaces(place_id) | {key: space.values for key, space in compose_spaces(own).items()}
            if not named:
                missing.append(Missing.SEATS)
            if not values["opening_hours"] and not any(space["opening_hours"] for space in named.values()):
                missing.append(Missing.HOURS)
            self.plan.missing.append(
                MissingToOffer(tuple(i + 1 for i in rows[place_id]), values["name"], tuple(missing))
            )

    def _find_lone_places(self, todo: list[int]) -> None:
        place_of = self.plan.place_of
        self.plan.lone = np.array(
            [i for i in self.plan.new_listings.tolist() if place_of[i] == -1 - i and -1 - i not in self.plan.places],
            np.int64,
        )


def _by_place(place_of: dict[int, int]) -> dict[int, list[int]]:
    """Listings of every place."""
    listings: dict[int, list[int]] = defaultdict(list)
    for listing_id, place_id in place_of.items():
        listings[place_id].append(listing_id)
    return listings


def _records(listing_ids: Iterable[int], records: dict[int, SourceRecord]) -> list[SourceRecord]:
    return [records[i] for i in sorted(listing_ids) if i in records]
