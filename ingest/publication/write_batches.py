"""Write batches: a plan with minted ids, cut into the rows of each transaction."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
from sqlalchemy import Date, Table
from sqlalchemy.types import JSON

from geo.store.dialect import stored_point
from geo.store.schema import listing, place, place_alias, space, space_community
from geo.types import PlaceStatus
from ingest.journal import row_images
from ingest.journal.tables import import_change, key_run, listing_pair
from ingest.publication.plan import Plan, Row
from ingest.resolution import blocking_index, verdicts
from ingest.rows.facts import SCHEMA

Ints = npt.NDArray[np.int64]
Portion = tuple[Table, Sequence[str], Sequence[Sequence[Any]]]
_JSON = msgspec.json.Encoder(order="deterministic")


class WriteBatches:
    """Replaces the plan's provisional ids with minted ones, and gives its rows transaction by transaction."""

    def __init__(
        self, plan: Plan, import_id: int, place_ids: range, listing_ids: range, space_ids: range, engine_name: str
    ) -> None:
        self.plan, self.import_id, self.place_ids = plan, import_id, place_ids
        self._engine_name = engine_name
        self._places = _numbered([-1 - i for i in plan.lone.tolist()] + _new(plan.places), place_ids)
        self._listings = _numbered([-1 - i for i in plan.new_listings.tolist()], listing_ids)
        self._spaces = _numbered(_new(plan.spaces), space_ids)
        self._number()

    def _number(self) -> None:
        plan = self.plan
        plan.places = _renamed(plan.places, self._places)
        plan.spaces = _renamed(plan.spaces, self._spaces)
        for row in (*plan.listings.values(), *plan.spaces.values()):
            if row.values is not None:
                row.values["place_id"] = self._places.get(row.values["place_id"], row.values["place_id"])
        for row in plan.listings.values():
            if row.values is not None and row.values["import_id"] == 0:
                row.values["import_id"] = self.import_id
        plan.links = [(self._spaces.get(space_id, space_id), community) for space_id, community in plan.links]
        minted = np.vectorize(lambda place_id: self._places.get(place_id, place_id), otypes=[np.int64])
        plan.place_of = minted(plan.place_of) if len(plan.place_of) else plan.place_of

    def new_listings(self) -> pl.DataFrame:
        """The new listings, derived, with their ids."""
        fresh = self.plan.derived.filter(pl.col("listing") < 0)
        ids = fresh["listing"].to_numpy()
        return fresh.with_columns(
            pl.Series("listing", self._minted(ids), pl.Int64),
            pl.Series("place_id", self.plan.place_of[-1 - ids], pl.Int64),
        )

    def _minted(self, listing_ids: Ints) -> Ints:
        """Ids of listings, provisional ones replaced."""
        of_row = np.zeros(self.plan.rows.height, np.int64)
        of_row[self.plan.new_listings] = [self._listings[-1 - i] for i in self.plan.new_listings.tolist()]
        provisional = listing_ids < 0
        answer = listing_ids.copy()
        answer[provisional] = of_row[-1 - listing_ids[provisional]]
        return answer

    def planned(self, table: Table) -> Iterable[Row]:
        """Rows of a table that are planned one by one."""
        return {place: self.plan.places, listing: self.plan.listings, space: self.plan.spaces}[table].values()

    def changed(self, table: Table) -> Iterator[Row]:
        """Stored rows whose values change."""
        return (row for row in self.planned(table) if row.is_changed)

    def late(self, table: Table) -> list[dict[str, Any]]:
        """New rows for the publishing transaction: spaces of places that are visible already."""
        if table is not space:
            return []
        return [
            row.now() for row in self.plan.spaces.values() if row.is_new and not self._is_hidden(row.now()["place_id"])
        ]

    def late_links(self) -> list[dict[str, Any]]:
        """Offers of communities for the publishing transaction: of spaces that are visible already, or late."""
        return [_link(pair) for pair in self.plan.links if not self._is_early(pair[0])]

    def aliases(self) -> list[tuple[int, int | None, int]]:
        """(id, the place it stood for, the one it stands for now)."""
        return [(alias, old, self._places.get(new, new)) for alias, old, new in self.plan.aliases]

    def late_pairs(self) -> list[dict[str, Any]]:
        """Pairs of listings that were compared again, for the publishing transaction, which deletes their old rows."""
        return self._pairs(late=True)

    def changed_places(self) -> set[int]:
        """Visible places that change or go, or whose spaces do."""
        changed = {place_id for place_id, row in self.plan.places.items() if row.is_changed or row.is_removed}
        rows = [row for row in self.plan.spaces.values() if row.is_new or row.is_changed or row.is_removed]
        changed |= {values["place_id"] for row in rows for values in (row.values, row.before) if values}
        linked = {space_id for space_id, _ in (*self.plan.links, *self.plan.unlinked)}
        changed |= {row.now()["place_id"] for key, row in self.plan.spaces.items() if key in linked and row.values}
        return {place_id for place_id in changed if not self._is_hidden(place_id)}

    def portions(self, size: int) -> Iterator[Portion]:
        """Everything that can be written before publication, in portions of one table."""
        yield from _cut(*self._lone_places(), size)
        yield from _cut(
            place, *self._dicts(place, [row.now() for row in self.plan.places.values() if row.is_new]), size
        )
        yield from _cut(*self._new_listings(), size)
        early = [
            row.now() for row in self.plan.spaces.values() if row.is_new and self._is_hidden(row.now()["place_id"])
        ]
        yield from _cut(space, *self._dicts(space, early), size)
        links = [_link(pair) for pair in self.plan.links if self._is_early(pair[0])]
        yield from _cut(space_community, *self._dicts(space_community, links), size)
        yield from _cut(import_change, *self._dicts(import_change, list(self._journal())), size)
        yield from self._blocking(size)

    def _blocking(self, size: int) -> Iterator[Portion]:
        ids = self._minted(self.plan.block_listings)
        yield from _cut(
            key_run, blocking_index.COLUMNS, blocking_index.runs(self.import_id, self.plan.block_keys, ids), 4
        )
        yield from _cut(listing_pair, *self._dicts(listing_pair, self._pairs(late=False)), size)

    def _pairs(self, *, late: bool) -> list[dict[str, Any]]:
        recompared = set(self.plan.compared_again)
        named = ((self._listings.get(a, a), self._listings.get(b, b), p) for a, b, p in self.plan.pairs)
        return [
            {"listing_a": min(a, b), "listing_b": max(a, b), "probability": p}
            for a, b, p in named
            if late == (a in recompared or b in recompared)
        ]

    def _lone_places(self) -> Portion:
        lone = self.plan.rows[self.plan.lone]
        names = [name for name in SCHEMA if name in place.c and name != "checked_on"]
        rows = lone.select(*names, "h3_r9", pl.col("checked_on").cast(pl.String)).rows()
        lon, lat = names.index("lon"), names.index("lat")
        ids = [self._places[-1 - i] for i in self.plan.lone.tolist()]
        fixed = (str(PlaceStatus.CANDIDATE), False, False, "{}")
        point = self._engine_name
        columns = (*names, "h3_r9", "checked_on", "position", "id", "status", "hours_assumed", "demo", "origins")
        values = [
            (*row, stored_point(point, row[lon], row[lat]), place_id, *fixed)
            for row, place_id in zip(rows, ids, strict=True)
        ]
        return place, columns, values

    def _new_listings(self) -> Portion:
        new = self.plan.rows[self.plan.new_listings]
        licence = pl.coalesce("licences", pl.lit(self.plan.origin.licence))
        rows = new.select("fingerprint", "raw", "facts", "own_key", licence).rows()
        keys, place_of = self.plan.keys_of, self.plan.place_of.tolist()
        at = self.plan.new_listings.tolist()
        run = (self.plan.origin.source, self.plan.origin.community, self.plan.origin.trust)
        columns = (
            *("fingerprint", "raw", "facts", "has_own_key", "licence", "id", "source_key", "place_id"),
            *("source", "community", "trust", "import_id"),
        )
        values = [
            (*row, self._listings[-1 - i], keys[i], place_of[i], *run, self.import_id)
            for row, i in zip(rows, at, strict=True)
        ]
        return listing, columns, values

    def _dicts(self, table: Table, rows: Sequence[dict[str, Any]]) -> tuple[Sequence[str], list[Sequence[Any]]]:
        """Rows of planned values as `insert_many` takes them."""
        if not rows:
            return (), []
        names = list(rows[0])
        kinds = {name: table.c[name].type for name in names}
        return names, [[self._plain(kinds[name], row[name]) for name in names] for row in rows]

    def _plain(self, kind: Any, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(kind, JSON):
            return _JSON.encode(value).decode()
        if isinstance(kind, Date):
            return value.isoformat()
        return stored_point(self._engine_name, value.lon, value.lat) if hasattr(value, "lon") else value

    def _journal(self) -> Iterator[dict[str, Any]]:
        """Journal entries of all changes but the rows in the ranges of the import."""
        for table in (place, listing, space):
            for row in self.planned(table):
                if row.before is not None and (row.is_changed or row.is_removed):
                    before = row_images.to_text(table, row.before)
                    yield row_images.change_row(self.import_id, table, row.before["id"], "", before, row.values)
        for alias, old, new in self.aliases():
            then = None if old is None else row_images.to_text(place_alias, {"alias_id": alias, "place_id": old})
            now = {"alias_id": alias, "place_id": new}
            yield row_images.change_row(self.import_id, place_alias, alias, "", then, now)
        for pair in self.plan.links:
            yield row_images.change_row(self.import_id, space_community, pair[0], pair[1], None, _link(pair))
        if self.plan.decision is not None:
            yield verdicts.journal_row(self.import_id, self.plan.decision.change)
        for pair in self.plan.unlinked:
            text = row_images.to_text(space_community, _link(pair))
            yield row_images.change_row(self.import_id, space_community, pair[0], pair[1], text, None)

    def _is_hidden(self, place_id: int) -> bool:
        return place_id in self.place_ids

    def _is_early(self, space_id: int) -> bool:
        row = self.plan.spaces.get(space_id)
        return row is not None and row.is_new and self._is_hidden(row.now()["place_id"])


def _new(rows: dict[int, Row]) -> list[int]:
    return [key for key, row in rows.items() if row.is_new]


def _numbered(provisional: Sequence[int], minted: range) -> dict[int, int]:
    """Minted ids by provisional ones, in the order of the list: provisional ids fall from row to row."""
    return dict(zip(sorted(provisional, reverse=True), minted, strict=True))


def _renamed(rows: dict[int, Row], ids: dict[int, int]) -> dict[int, Row]:
    renamed: dict[int, Row] = {}
    for key, row in rows.items():
        fresh = ids.get(key, key)
        if fresh != key and row.values is not None:
            row.values["id"] = fresh
        renamed[fresh] = row
    return renamed


def _link(pair: tuple[int, str]) -> dict[str, Any]:
    return {"space_id": pair[0], "community": pair[1]}


def _cut(table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]], size: int) -> Iterator[Portion]:
    for start in range(0, len(rows), size):
        yield table, columns, rows[start : start + size]
