"""Rooms of the rows of a list into spaces of their places, and which places become offered."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence, Set
from typing import Any

from sqlalchemy import Connection, exists, select

from geo.store.schema import busy, space, space_community
from geo.types import PlaceStatus
from ingest.publication.plan import MissingToOffer, Plan, Row
from ingest.resolution.stored_listings import chunks
from ingest.rows.diagnostics import Missing
from ingest.rows.record import SpaceDraft
from ingest.rows.spaces import told_apart

_PRICES = ("price_half_day_cents", "member_price_half_day_cents")
_OWN = ("opening_hours", "amenities")

PlaceRow = Callable[[int], Row]


class Rooms:
    """Plans the spaces of one import. `place_row` gives the planned row of a place, loading it when needed; `offered`
    are the places whose hosts agreed, as whoever imports asserts."""

    def __init__(
        self, connection: Connection, plan: Plan, place_row: PlaceRow, community: str | None, offered: Set[int]
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._place_row = place_row
        self._community = community
        self._offered = offered
        self._by_key: dict[tuple[int, str], int] = {}
        self._links: set[tuple[int, str]] = set()
        self._stored: dict[int, dict[str, Any]] = {}
        self._drafts: dict[int, list[tuple[int, SpaceDraft]]] = defaultdict(list)

    def add(self, row: int, place_id: int, drafts: Iterable[SpaceDraft]) -> None:
        """Rooms that a row (1 is the first) describes in its place."""
        self._drafts[place_id] += [(row, draft) for draft in drafts]

    def settle(self, gone: dict[int, int]) -> None:
        """Plans every space and offer; `gone` places hand theirs to the place that took them over."""
        concerned = {*self._drafts, *gone, *gone.values(), *self._offered}
        self._load(sorted(place_id for place_id in concerned if place_id > 0))
        self._hand_over(gone)
        for place_id, said in self._drafts.items():
            for draft in told_apart(draft for _, draft in said):
                if draft.seats is not None:
                    self._space(place_id, draft)
        self._offer(concerned - gone.keys())

    def _load(self, place_ids: Sequence[int]) -> None:
        for chunk in chunks(place_ids):
            for row in self._connection.execute(select(space).where(space.c.place_id.in_(chunk))).mappings():
                values = {str(name): value for name, value in row.items()}
                self._stored[values["id"]] = values
                self._by_key[values["place_id"], values["key"]] = values["id"]
        for chunk in chunks(sorted(self._stored)):
            pairs = select(space_community).where(space_community.c.space_id.in_(chunk))
            self._links |= {(row.space_id, row.community) for row in self._connection.execute(pairs)}

    def _row(self, space_id: int) -> Row:
        row = self._plan.spaces.get(space_id)
        if row is None:
            before = self._stored[space_id]
            row = self._plan.spaces[space_id] = Row(dict(before), before)
        return row

    def _space(self, place_id: int, draft: SpaceDraft) -> None:
        said: dict[str, Any] = {"kind": str(draft.kind), "name": draft.name, "seats": draft.seats}
        if place_id in self._offered:
            said["closed"] = False
        space_id = self._by_key.get((place_id, draft.key))
        if space_id is None:
            space_id = self._by_key[place_id, draft.key] = -1 - len(self._plan.spaces)
            fresh: dict[str, Any] = {"id": space_id, "place_id": place_id, "key": draft.key, "demo": False}
            fresh |= {name: getattr(draft, name) for name in (*_PRICES, *_OWN)}
            # A room nobody vouched for must not become bookable in a place that others offer.
            self._plan.spaces[space_id] = Row(fresh | {"closed": True} | said)
        else:
            values = self._row(space_id).now()
            values |= said
            values |= {name: told for name in (*_PRICES, *_OWN) if (told := getattr(draft, name)) not in (None, {})}
        self._link(space_id, self._community)

    def _link(self, space_id: int, community: str | None) -> None:
        if community and (space_id, community) not in self._links and not self._is_public(space_id):
            self._links.add((space_id, community))
            self._plan.links.append((space_id, community))

    def _is_public(self, space_id: int) -> bool:
        """Whether a room is offered to everybody already: a community that offers it too must not close it to
        others."""
        stored = self._stored.get(space_id)
        if stored is None or stored["closed"] or stored["demo"]:
            return False
        return not any(linked == space_id for linked, _ in self._links)

    def _hand_over(self, gone: dict[int, int]) -> None:
        """Spaces of places that were merged away: the same room of both is one, unless somebody booked it."""
        moving = [one for one in self._stored.values() if one["place_id"] in gone]
        booked = self._booked([one["id"] for one in moving])
        for one in moving:
            taker = gone[one["place_id"]]
            twin = self._by_key.get((taker, one["key"]))
            if twin is not None and one["id"] not in booked:
                for space_id, community in sorted(self._links):
                    if space_id == one["id"]:
                        self._plan.unlinked.append((space_id, community))
                        self._link(twin, community)
                self._plan.spaces[one["id"]] = Row(None, one)
                continue
            values = self._row(one["id"]).now()
            values["place_id"] = taker
            if twin is not None:
                values["key"], values["closed"] = f"{one['key']}~{one['id']}", True
            self._by_key[taker, values["key"]] = one["id"]

    def _booked(self, ids: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for chunk in chunks(ids):
            taken = select(space.c.id).where(space.c.id.in_(chunk), exists().where(busy.c.space_id == space.c.id))
            found.update(self._connection.execute(taken).scalars())
        return found

    def _offer(self, concerned: Iterable[int]) -> None:
        """A place becomes offered when agreement is asserted and one open unit has seats and hours."""
        open_spaces: dict[int, list[dict[str, Any]]] = defaultdict(list)
        planned = {space_id: row.values for space_id, row in self._plan.spaces.items()}
        for space_id, values in ({**self._stored} | planned).items():
            if values is not None and (not values["closed"] or space_id in planned):
                open_spaces[values["place_id"]].append(values)
        rows = self._rows_by_place(concerned)
        for place_id in sorted(concerned, key=lambda one: (one > 0, abs(one))):
            speaks = place_id in self._offered or place_id in self._drafts
            if not speaks or place_id not in rows:
                continue
            values = self._place_row(place_id).now()
            missing = self._missing(place_id, values, open_spaces.get(place_id, ()))
            if not missing:
                values["status"] = str(PlaceStatus.OFFERED)
            elif values["status"] != PlaceStatus.OFFERED:
                self._plan.missing.append(MissingToOffer(tuple(rows[place_id]), values["name"], missing))

    def _missing(self, place_id: int, place: dict[str, Any], spaces: Sequence[dict[str, Any]]) -> tuple[Missing, ...]:
        missing = []
        if place_id not in self._offered:
            missing.append(Missing.AGREEMENT_OF_ROW if self._plan.origin.offered else Missing.AGREEMENT)
        if not spaces:
            missing.append(Missing.SEATS)
        if not place["opening_hours"] and not any(item["opening_hours"] for item in spaces):
            missing.append(Missing.HOURS)
        return tuple(missing)

    def _rows_by_place(self, wanted: Iterable[int]) -> dict[int, list[int]]:
        """Rows of the file that touched each place."""
        rows: dict[int, list[int]] = {place_id: [] for place_id in wanted}
        unchanged = self._plan.unchanged()
        for i, place_id in enumerate(self._plan.place_of.tolist()):
            if place_id in rows and i not in unchanged:
                rows[place_id].append(i + 1)
        return {place_id: found for place_id, found in rows.items() if found}
