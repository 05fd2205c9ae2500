"""Plans the spaces of places whose listings changed: new rooms, changed ones, rooms that move or go, who offers them.

What the listings say otherwise than before (`ingest.publication.space_survivorship`) is carried over to the stored
rooms; rooms that no listing ever named are left as they are. A room that somebody booked is closed instead of removed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, select

from geo.store.schema import busy, space, space_community
from geo.types import PlaceStatus
from ingest.publication.plan import Row
from ingest.publication.source_records import SourceRecord
from ingest.publication.space_survivorship import NOTHING, ComposedSpace, compose_spaces, is_agreed
from ingest.resolution.stored_listings import chunks

Values = dict[str, Any]
Spaces = dict[str, ComposedSpace]


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """The listings of a place before and after. `forget`: some left it, and take along what only they said."""

    place_id: int
    before: Sequence[SourceRecord]
    after: Sequence[SourceRecord]
    forget: bool = False

    @property
    def concerns_spaces(self) -> bool:
        """Whether any of these listings names a space or agrees to offer one."""
        records = (*self.before, *self.after)
        return any(record.facts.spaces or record.facts.offered for record in records)


class SpacePlanner:
    """Plans spaces in `rows` (by id, provisional ones negative), `links` and `unlinked` (space, community).

    `inserted`: spaces of an import that is being undone, which go when no list names them. `removed`: rows, by place
    and key, that it removed and that get their id back.
    """

    def __init__(
        self,
        connection: Connection,
        inserted: Set[int] | range = frozenset(),
        removed: Mapping[tuple[int, str], Values] | None = None,
    ) -> None:
        self.rows: dict[int, Row] = {}
        self.closed_for_booking: set[int] = set()
        self._connection = connection
        self._inserted, self._removed = inserted, removed or {}
        self._stored: dict[int, Values] = {}
        self._keys: dict[int, dict[str, int]] = defaultdict(dict)
        self._linked_before: dict[int, set[str]] = defaultdict(set)
        self._linked: dict[int, set[str]] = defaultdict(set)
        self._composed: dict[int, Spaces] = {}
        self._leaving: dict[str, list[int]] = defaultdict(list)

    @property
    def links(self) -> list[tuple[int, str]]:
        """Offers that are new."""
        return [(i, slug) for i, slugs in self._linked.items() for slug in sorted(slugs - self._linked_before[i])]

    @property
    def unlinked(self) -> list[tuple[int, str]]:
        """Offers that end."""
        return [(i, slug) for i, slugs in self._linked_before.items() for slug in sorted(slugs - self._linked[i])]

    def settle(self, changes: Sequence[PlaceChange], merged: Mapping[int, int]) -> None:
        """Plans every space of these places. `merged`: places whose spaces go to the one that took them over."""
        self._load(sorted(change.place_id for change in changes if change.place_id > 0))
        before = {change.place_id: compose_spaces(change.before) for change in changes}
        for place_id, taker in merged.items():
            self._hand_over(place_id, taker, before.get(place_id, {}))
            before[taker] = before.pop(place_id, {}) | before.get(taker, {})
        missing: list[tuple[int, str, ComposedSpace]] = []
        for change in changes:
            if change.place_id not in merged:
                missing += self._carry_over(change, before[change.place_id])
        self._place(missing, _moves(changes))
        self._remove([space_id for ids in self._leaving.values() for space_id in ids])
        for space_id, _ in (*self.links, *self.unlinked):
            self._row(space_id)

    def put_back(self, image: Values, current: Values | None, communities: Set[str]) -> None:
        """Restores the earlier row of a space, and the offers that went with it when it was removed."""
        space_id = image["id"]
        if image["key"] in self._keys[image["place_id"]]:
            return
        if current is None:
            self._linked[space_id] |= communities
        else:
            self._keys[current["place_id"]].pop(current["key"], None)
        self.rows[space_id] = Row(image, current)
        self._keys[image["place_id"]][image["key"]] = space_id

    def status(self, place: Values, change: PlaceChange) -> str:
        """The status of a place: offered when a host agreed and an open space has seats and hours."""
        spaces = self.open_spaces(change.place_id)
        has_hours = place["opening_hours"] or any(item["opening_hours"] for item in spaces.values())
        if spaces and has_hours and is_agreed(change.after):
            return str(PlaceStatus.OFFERED)
        by_others = spaces.keys() - self._composed.get(change.place_id, {}).keys()
        if change.forget and place["status"] == PlaceStatus.OFFERED and not by_others:
            return str(PlaceStatus.CANDIDATE)
        return str(place["status"])

    def open_spaces(self, place_id: int) -> dict[str, Values]:
        """The open spaces of a place by key, as planned."""
        spaces = {key: self._values(space_id) for key, space_id in self._keys[place_id].items()}
        return {key: values for key, values in spaces.items() if not values["closed"]}

    def is_composed(self, place_id: int, key: str) -> bool:
        """Whether a listing of the place names this space now."""
        return key in self._composed.get(place_id, {})

    # Reading

    def _load(self, place_ids: Sequence[int]) -> None:
        for chunk in chunks(place_ids):
            for row in self._connection.execute(select(space).where(space.c.place_id.in_(chunk))).mappings():
                values = {str(name): value for name, value in row.items()}
                self._stored[values["id"]] = values
                self._keys[values["place_id"]][values["key"]] = values["id"]
        for chunk in chunks(sorted(self._stored)):
            pairs = select(space_community).where(space_community.c.space_id.in_(chunk))
            for space_id, community in self._connection.execute(pairs):
                self._linked_before[space_id].add(community)
                self._linked[space_id].add(community)

    def _booked(self, ids: Sequence[int]) -> set[int]:
        booked: set[int] = set()
        for chunk in chunks(ids):
            with_booking = select(space.c.id).where(
                space.c.id.in_(chunk), exists().where(busy.c.space_id == space.c.id)
            )
            booked.update(self._connection.execute(with_booking).scalars())
        return booked

    def _row(self, space_id: int) -> Row:
        row = self.rows.get(space_id)
        if row is None:
            before = self._stored[space_id]
            row = self.rows[space_id] = Row(dict(before), before)
        return row

    def _values(self, space_id: int) -> Values:
        row = self.rows.get(space_id)
        return self._stored[space_id] if row is None else row.now()

    # Writing

    def _hand_over(self, place_id: int, taker: int, named: Spaces) -> None:
        """Moves the spaces of a place that was merged away: the same room of both is one, unless somebody booked it."""
        moving = self._keys.pop(place_id, {})
        booked = self._booked(list(moving.values()))
        for key, space_id in moving.items():
            same_room = self._keys[taker].get(key)
            if same_room is not None and space_id not in booked:
                if key not in named:  # else its listings say who offers it
                    self._link(same_room, self._linked[space_id])
                self._delete(space_id)
                continue
            row = self._row(space_id).now()
            row["place_id"] = taker
            if same_room is not None:
                row["key"], row["closed"] = f"{key}~{space_id}", True
            self._keys[taker][row["key"]] = space_id

    def _carry_over(self, change: PlaceChange, before: Spaces) -> list[tuple[int, str, ComposedSpace]]:
        """Changes the stored spaces of a place; returns (place, key, space) of those that the store does not have."""
        place_id = change.place_id
        after = self._composed[place_id] = compose_spaces(change.after)
        missing = []
        for key, composed in after.items():
            space_id = self._keys[place_id].get(key)
            if space_id is None:
                missing.append((place_id, key, composed))
            elif key in before:
                self._change(space_id, before[key], composed, forget=change.forget)
            else:
                self._adopt(space_id, composed)
        for key, space_id in self._keys[place_id].items():
            if key not in after and (space_id in self._inserted or (change.forget and key in before)):
                self._leaving[key].append(space_id)
        return missing

    def _change(self, space_id: int, before: ComposedSpace, after: ComposedSpace, *, forget: bool) -> None:
        """Carries over what the listings say otherwise than before.

        With `forget`, what somebody changed by hand stays; without, a list that falls silent takes nothing away.
        """
        row = self._row(space_id).now()
        for name, value in after.values.items():
            if value == before.values[name]:
                continue
            if forget:
                row[name] = value if row[name] == before.values[name] else row[name]
            elif value not in NOTHING and not (name == "closed" and value):
                row[name] = value
        if forget or not before.is_public:
            self._linked[space_id] |= after.communities - before.communities
            self._linked[space_id] -= before.communities - after.communities

    def _adopt(self, space_id: int, composed: ComposedSpace) -> None:
        """A stored space that no listing named so far: a closed one is as good as new, an open one is added to."""
        row = self._row(space_id).now()
        if row["closed"]:
            row |= composed.values
            self._linked[space_id] = set(composed.communities)
            return
        row |= {name: value for name, value in composed.values.items() if value not in NOTHING and name != "closed"}
        self._link(space_id, composed.communities)

    def _link(self, space_id: int, communities: Set[str]) -> None:
        """Communities that offer an open space, too, do not close it to others when everybody may see it."""
        values = self._values(space_id)
        if values["demo"] or values["closed"] or self._linked[space_id]:
            self._linked[space_id] |= communities

    def _place(self, missing: Sequence[tuple[int, str, ComposedSpace]], moves: Set[tuple[int, int]]) -> None:
        """Gives the rooms that a place lacks: those that its listings had in another place, else new ones."""
        for place_id, key, composed in missing:
            leaving = self._leaving[key]
            space_id = next((i for i in leaving if (self._values(i)["place_id"], place_id) in moves), None)
            if space_id is None:
                space_id = self._insert(place_id, key, composed)
            else:
                leaving.remove(space_id)
                row = self._row(space_id).now()
                del self._keys[row["place_id"]][key]
                row |= {"place_id": place_id, **composed.values}
            self._keys[place_id][key] = space_id
            self._linked[space_id] = set(composed.communities)

    def _insert(self, place_id: int, key: str, composed: ComposedSpace) -> int:
        old = self._removed.get((place_id, key))
        space_id = int(old["id"]) if old else -1 - len(self.rows)
        fixed = {"id": space_id, "place_id": place_id, "key": key, "demo": False}
        self.rows[space_id] = Row(fixed | composed.values)
        return space_id

    def _remove(self, ids: Sequence[int]) -> None:
        self.closed_for_booking = self._booked(ids)
        for space_id in ids:
            if space_id in self.closed_for_booking:
                self._row(space_id).now()["closed"] = True
            else:
                values = self._values(space_id)
                del self._keys[values["place_id"]][values["key"]]
                self._delete(space_id)

    def _delete(self, space_id: int) -> None:
        self.rows[space_id] = Row(None, self._stored[space_id])
        self._linked[space_id] = set()


def _moves(changes: Iterable[PlaceChange]) -> set[tuple[int, int]]:
    """(from, to) of the places between which a listing moved."""
    was = {record.order: change.place_id for change in changes for record in change.before}
    return {
        (was[record.order], change.place_id)
        for change in changes
        for record in change.after
        if was.get(record.order, change.place_id) != change.place_id
    }
