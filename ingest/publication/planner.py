"""Decides what an import does: an outcome for every row, and every row of the store to write."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import polars as pl
from sqlalchemy import Connection, exists, select

from geo.store.schema import listing, place, place_alias
from geo.types import PlaceStatus
from ingest.publication.known_rows import KnownListing, known_rows, listings_of_source, publication_mark
from ingest.publication.plan import NOWHERE, Origin, Outcome, Plan, Row
from ingest.publication.space_planner import Rooms
from ingest.publication.survivorship import Said, carried_over, new_place
from ingest.resolution import linkage, stored_listings
from ingest.resolution.clustering import Groups, group
from ingest.resolution.stored_listings import chunks
from ingest.resolution.verdicts import Verdict
from ingest.rows import facts as facts_of
from ingest.rows.facts import Facts
from ingest.rows.record import SpaceDraft
from ingest.staging import staging

_DRAFTS = msgspec.json.Decoder(list[SpaceDraft])


def decide(connection: Connection, rows: pl.DataFrame, origin: Origin, memory: pl.DataFrame | None = None) -> Plan:
    """The plan for a staged list (`ingest.staging.staging.SCHEMA`). Raises Conflict when the source is another
    community's."""
    return _Decision(connection, rows, origin, memory).run()


def regroup(connection: Connection, origin: Origin, around: frozenset[int], verdicts: Sequence[Verdict]) -> Plan:
    """The plan that thinks some listings over again under these decisions of people, without any new row."""
    return _Decision(connection, pl.DataFrame(schema=staging.SCHEMA), origin, None, around, verdicts).run()


class _Decision:
    def __init__(
        self,
        connection: Connection,
        rows: pl.DataFrame,
        origin: Origin,
        memory: pl.DataFrame | None,
        around: frozenset[int] = frozenset(),
        verdicts: Sequence[Verdict] | None = None,
    ) -> None:
        self.connection, self.rows, self.origin = connection, rows, origin
        self.mark = publication_mark(connection)
        self.memory, self.around, self.verdicts = memory, around, verdicts
        self.plan = Plan(rows, origin, [], np.zeros(rows.height, np.int64), mark=self.mark)
        self.groups = Groups()
        self.known: list[tuple[KnownListing | None, str]] = []

    def run(self) -> Plan:
        taken = self.rows["reason"].is_null().to_list()
        keys = [key if ok else None for key, ok in zip(self.rows["source_key"].to_list(), taken, strict=True)]
        fingerprints = self.rows["fingerprint"].to_list()
        stored = {}
        if self.rows.height:
            stored = listings_of_source(self.connection, self.origin.source, self.origin.community)
        self.known = known_rows(keys, fingerprints, stored)
        self.plan.keys_of = [key for _, key in self.known]
        same = [bool(known and known.fingerprint == fingerprints[i]) for i, (known, _) in enumerate(self.known)]
        todo = [i for i, ok in enumerate(taken) if ok and not same[i]]
        self._group(todo)
        self._outcomes(taken, same)
        self._listings(todo)
        self._places(todo)
        self._rooms(todo)
        self._write_straight(todo)
        return self.plan

    def _listing_id(self, i: int) -> int:
        known = self.known[i][0]
        return known.id if known else -1 - i

    def _group(self, todo: list[int]) -> None:
        ids = [self._listing_id(i) for i in todo]
        new = self.plan.derived = (
            self.rows[todo]
            .with_columns(
                pl.Series("listing", ids, pl.Int64),
                pl.Series("source_key", [self.known[i][1] for i in todo], pl.String),
                pl.lit(None, pl.Int64).alias("place_id"),
                pl.lit(self.origin.source).alias("source"),
                pl.lit(self.origin.trust, pl.Int64).alias("trust"),
            )
            .select(*linkage.COLUMNS)
        )
        changed = {known.id: known.place_id for i in todo if (known := self.known[i][0])}
        self.groups = group(self.connection, new, changed, self.memory, around=self.around, verdicts=self.verdicts)
        self._adopt(todo)
        keys, at = linkage.keys(new)
        self.plan.block_keys, self.plan.block_listings = keys, np.array(ids, np.int64)[at]
        self.plan.pairs = self.groups.pairs
        self.plan.reviewed_again = sorted(changed)

    def _adopt(self, todo: list[int]) -> None:
        """Rows of a place that only stayed for a booking's sake, its listings gone, take it up again."""
        bare = select(place.c.match_key, place.c.id).where(
            place.c.status == str(PlaceStatus.CLOSED), ~exists().where(listing.c.place_id == place.c.id)
        )
        waiting = {row.match_key: row.id for row in self.connection.execute(bare.order_by(place.c.id.desc()))}
        adopted: dict[int, int] = {}
        for i in todo if waiting else ():
            listing_id = self._listing_id(i)
            place_id = self.groups.place_of.get(listing_id, listing_id)
            found = waiting.get(self.rows["match_key"][i])
            if place_id < 0 and found is not None and found not in adopted.values():
                adopted[place_id] = found
                self.groups.place_of[listing_id] = found
        self.groups.place_of = {i: adopted.get(p, p) for i, p in self.groups.place_of.items()}

    def _outcomes(self, taken: list[bool], same: list[bool]) -> None:
        seen: set[int] = set()
        for i, ok in enumerate(taken):
            known = self.known[i][0]
            if not ok:
                self.plan.outcomes.append(Outcome.REJECTED)
                continue
            if known and same[i]:
                self.plan.outcomes.append(Outcome.UNCHANGED)
                place_id = self.groups.place_of.get(known.id, known.place_id)
            else:
                listing_id = self._listing_id(i)
                place_id = self.groups.place_of.get(listing_id, listing_id)
                joins = place_id > 0 or place_id in seen
                self.plan.outcomes.append(Outcome.UPDATED if known else Outcome.MERGED if joins else Outcome.ACCEPTED)
            seen.add(place_id)
            self.plan.place_of[i] = place_id

    # Listings

    def _listings(self, todo: list[int]) -> None:
        self.plan.new_listings = np.array([i for i in todo if not self.known[i][0]], np.int64)
        changed = [i for i in todo if self.known[i][0]]
        moved = [
            listing_id
            for listing_id, place_id in self.groups.place_of.items()
            if listing_id > 0 and self.groups.was.get(listing_id) != place_id
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
                "import_id": 0,  # the import's own, known when it is minted
            }
            self.plan.listings[listing_id] = Row(values, before[listing_id])

    def _stored(self, table: Any, ids: list[int]) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {}
        for chunk in chunks(ids):
            for row in self.connection.execute(select(table).where(table.c.id.in_(chunk))).mappings():
                found[row["id"]] = {str(name): value for name, value in row.items()}
        return found

    # Places

    def _places(self, todo: list[int]) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        for listing_id, place_id in self.groups.place_of.items():
            members[place_id].append(listing_id)
        had: dict[int, list[int]] = defaultdict(list)
        for listing_id, place_id in self.groups.was.items():
            had[place_id].append(listing_id)
        touched = self._touched(members, had)
        # Provisional ids of listings are rows of this file; the others are read.
        stored = {i for p in touched for i in (*members.get(p, ()), *had.get(p, ())) if i > 0}
        before = stored_listings.facts_by_id(self.connection, stored)
        settled = set(touched)
        told = {row[0]: (row[1], row[2]) for row in self.groups.stored.select("listing", "source", "trust").iter_rows()}
        now = dict(before)
        for i in todo:
            listing_id = self._listing_id(i)
            told.setdefault(listing_id, (self.origin.source, self.origin.trust))
            if listing_id in stored or self.groups.place_of.get(listing_id) in settled:
                now[listing_id] = facts_of.decode(self.rows["facts"][i])
        existing = self._stored(place, sorted(p for p in {*touched, *self.groups.gone} if p > 0))
        for place_id in touched:
            said = _said(members[place_id], now, told)
            if place_id < 0:
                self.plan.places[place_id] = Row(new_place(place_id, said))
                continue
            known = existing[place_id]
            # What a listing said of this place goes with it when it leaves for another one.
            left = not set(had[place_id]) <= set(members[place_id])
            then = _said(had[place_id], before, told)
            self.plan.places[place_id] = Row(carried_over(known, then, said, forget=left), known)
        for place_id, taker in self.groups.gone.items():
            self.plan.places[place_id] = Row(None, existing[place_id])
            self.plan.aliases.append((place_id, None, taker))
            self._offer_on(existing[place_id], taker)
        followed = select(place_alias).where(place_alias.c.place_id.in_(list(self.groups.gone)))
        for alias in self.connection.execute(followed) if self.groups.gone else ():
            self.plan.aliases.append((alias.alias_id, alias.place_id, self.groups.gone[alias.place_id]))

    def _offer_on(self, gone: dict[str, Any], taker: int) -> None:
        """Merging must not take an offered place off the map: whoever takes it over is offered, with its hours."""
        if gone["status"] != PlaceStatus.OFFERED:
            return
        values = self._place_row(taker).now()
        values["status"] = gone["status"]
        if not values["opening_hours"]:
            values |= {name: gone[name] for name in ("opening_hours", "hours_assumed")}

    def _touched(self, members: dict[int, list[int]], had: dict[int, list[int]]) -> list[int]:
        """Places whose listings, or what these say, are not as before."""
        changed = set(self.plan.reviewed_again)
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
            facts = facts_of.decode(self.rows["facts"][-1 - place_id])
            said = [Said(-place_id, self.origin.source, self.origin.trust, facts)]
            row = self.plan.places[place_id] = Row(new_place(place_id, said))
        return row

    # Rooms

    def _rooms(self, todo: list[int]) -> None:
        rooms = Rooms(self.connection, self.plan, self._place_row, self.origin.community, self._offered())
        spaces = self.rows["spaces"]
        for i in todo:
            if spaces[i] is not None:
                rooms.add(i + 1, int(self.plan.place_of[i]), _DRAFTS.decode(spaces[i]))
        rooms.settle(self.groups.gone)

    def _offered(self) -> set[int]:
        """Places whose hosts agreed: those of the whole list, or of the rows that say so when it asks row by row."""
        if not self.origin.offered:
            return set()
        agreed = self.rows["agreed"].fill_null(value=True).to_numpy()
        return set(self.plan.place_of[agreed].tolist()) - {NOWHERE}

    def _write_straight(self, todo: list[int]) -> None:
        place_of = self.plan.place_of
        self.plan.lone = np.array(
            [i for i in self.plan.new_listings.tolist() if place_of[i] == -1 - i and -1 - i not in self.plan.places],
            np.int64,
        )


def _said(ids: list[int], facts: dict[int, Facts], told: dict[int, tuple[str, int]]) -> list[Said]:
    return [Said(i if i > 0 else (1 << 50) - i, *told[i], facts[i]) for i in sorted(ids) if i in facts]
