"""Decides row by row: a new place, a known one, or none. The exact key of `keys.match_key` says which.

The partition into places does not depend on the order of rows or of imports, but for one guard: rows under
the same key whose positions are more than a kilometre apart (two hamlets' "Mairie, le Bourg" of one merged commune), or
known no better than their commune while their names say two towns, are different sites.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from geo.distance import haversine_m
from geo.toponyms import fold
from geo.types import PlaceStatus, Precision
from ingest import survive
from ingest.keys import nth_key
from ingest.locate import unlike
from ingest.mapping.model import Mapping
from ingest.normalise.name import town_of_hall
from ingest.plan import MissingToOffer, Outcome, Plan, Row
from ingest.reasons import Missing
from ingest.records import Record, SpaceDraft
from ingest.state import KnownListing, StoreState

SAME_SITE_M = 1_000.0


def resolve(
    records: list[Record], state: StoreState, mapping: Mapping, source: str, community: str | None, *, offered: bool
) -> Plan:
    """The plan of an import: an outcome per row and every row of the store to write."""
    return _Resolver(records, state, mapping, source, community, offered=offered).run()


class _Resolver:
    def __init__(
        self,
        records: list[Record],
        state: StoreState,
        mapping: Mapping,
        source: str,
        community: str | None,
        *,
        offered: bool,
    ) -> None:
        self.state, self.mapping, self.source, self.community = state, mapping, source, community
        self.offered = offered
        self.plan = Plan(records, [], [], mark=state.mark)
        self.by_key: dict[str, list[int]] = defaultdict(list, {k: sorted(ids) for k, ids in state.by_key.items()})
        self.known = _known_rows(records, state)
        self.space_ids = {key: row["id"] for key, row in state.spaces.items()}
        self.rows_of: dict[int, list[int]] = defaultdict(list)

    def run(self) -> Plan:
        for i, record in enumerate(self.plan.records):
            outcome, place_id = self._one(i, record)
            self.plan.outcomes.append(outcome)
            self.plan.place_of.append(place_id)
        self._offer()
        return self.plan

    def _one(self, i: int, record: Record) -> tuple[Outcome, int | None]:
        if record.rejection:
            return Outcome.REJECTED, None
        known, source_key = self.known[i]
        if known and known.fingerprint == record.fingerprint:
            return Outcome.UNCHANGED, known.place_id
        if known:
            place_id, outcome = known.place_id, Outcome.UPDATED
            is_first = self.state.first_listing.get(place_id) == known.id
            (survive.overwrite if is_first else survive.fill)(self._place(place_id).values, record)
        else:
            found = self._same_site(record)
            outcome = Outcome.ACCEPTED if found is None else Outcome.MERGED
            place_id = self._new_place(record) if found is None else found
            if found is not None:
                survive.fill(self._place(place_id).values, record)
        self._listing(record, known, source_key, place_id)
        for draft in record.spaces:
            self._space(place_id, draft, record.row)
        return outcome, place_id

    # Places

    def _place(self, place_id: int) -> Row:
        row = self.plan.places.get(place_id)
        if row is None:
            before = self.state.places[place_id]
            row = self.plan.places[place_id] = Row(dict(before), before)
        return row

    def _new_place(self, record: Record) -> int:
        place_id = -1 - len(self.plan.places)
        self.plan.places[place_id] = Row(survive.new_place(record, place_id))
        self.by_key[record.match_key].append(place_id)
        return place_id

    def _values(self, place_id: int) -> dict[str, Any]:
        row = self.plan.places.get(place_id)
        return row.values if row else self.state.places[place_id]

    def _same_site(self, record: Record) -> int | None:
        """The place under the record's key that may be the same site: nearest, of the same name, oldest."""
        candidates = []
        for place_id in self.by_key.get(record.match_key, ()):
            values = self._values(place_id)
            distance_m = _apart_m(record, values)
            if distance_m <= SAME_SITE_M and not _other_town(record, values):
                other_name = fold(values["name"]) != fold(record.name)
                candidates.append((distance_m, other_name, place_id < 0, abs(place_id), place_id))
        return min(candidates)[-1] if candidates else None

    # Listings

    def _listing(self, record: Record, known: KnownListing | None, source_key: str, place_id: int) -> None:
        listing_id = known.id if known else -1 - len(self.plan.listings)
        values = {
            "id": listing_id,
            "source": self.source,
            "source_key": source_key,
            "fingerprint": record.fingerprint,
            "raw": record.raw,
            "place_id": place_id,
            "community": self.community,
            "licence": self.mapping.licence,
            "import_id": 0,
            "has_own_key": record.own_key,
        }
        self.plan.listings[listing_id] = Row(values, self.state.listing_rows[known.id] if known else None)

    # Spaces

    def _space(self, place_id: int, draft: SpaceDraft, row: int) -> None:
        self.rows_of[place_id].append(row)
        if draft.seats is None:
            return
        space_id = self.space_ids.get((place_id, draft.key))
        said: dict[str, Any] = {
            "kind": str(draft.kind),
            "name": draft.name,
            "seats": draft.seats,
        }
        if self.offered:
            said["closed"] = False
        if space_id is None:
            space_id = self.space_ids[place_id, draft.key] = -1 - len(self.plan.spaces)
            values: dict[str, Any] = {
                "id": space_id,
                "place_id": place_id,
                "key": draft.key,
                "price_half_day_cents": draft.price_half_day_cents,
                "member_price_half_day_cents": draft.member_price_half_day_cents,
                "opening_hours": None,
                "amenities": {},
                "demo": False,
                # A room nobody vouched for must not become bookable in a place that others offer.
                "closed": True,
            }
            self.plan.spaces[space_id] = Row(values | said)
        else:
            stored = self.plan.spaces.get(space_id)
            if stored is None:
                before = self.state.spaces[place_id, draft.key]
                stored = self.plan.spaces[space_id] = Row(dict(before), before)
            stored.values |= said
            for name in ("price_half_day_cents", "member_price_half_day_cents"):
                if getattr(draft, name) is not None:
                    stored.values[name] = getattr(draft, name)
        self._link(space_id)

    def _link(self, space_id: int) -> None:
        link = (space_id, self.community or "")
        if self.community and link not in self.state.links:
            self.state.links.add(link)
            self.plan.links.append(link)

    def _offer(self) -> None:
        """A place becomes offered when agreement is asserted and one open unit has seats and hours."""
        open_spaces: dict[int, list[dict[str, Any]]] = defaultdict(list)
        merged = {row["id"]: row for row in self.state.spaces.values()}
        merged |= {space_id: row.values for space_id, row in self.plan.spaces.items()}
        for space_id, values in merged.items():
            if not values["closed"] or space_id in self.plan.spaces:
                open_spaces[values["place_id"]].append(values)
        touched = {place_id for place_id in self.plan.place_of if place_id in self.plan.places}
        speaking = self.rows_of.keys() if not self.offered else {**dict.fromkeys(sorted(touched)), **self.rows_of}
        rows = self._rows_by_place(speaking)
        for place_id in speaking:
            values = self._place(place_id).values
            missing = self._missing(values, open_spaces.get(place_id, ()))
            if not missing:
                values["status"] = str(PlaceStatus.OFFERED)
            elif values["status"] != PlaceStatus.OFFERED:
                self.plan.missing.append(MissingToOffer(tuple(rows[place_id]), values["name"], missing))

    def _missing(self, place: dict[str, Any], spaces: Sequence[dict[str, Any]]) -> tuple[Missing, ...]:
        missing = [] if self.offered else [Missing.AGREEMENT]
        if not spaces:
            missing.append(Missing.SEATS)
        if not place["opening_hours"] and not any(item["opening_hours"] for item in spaces):
            missing.append(Missing.HOURS)
        return tuple(missing)

    def _rows_by_place(self, wanted: Iterable[int]) -> dict[int, list[int]]:
        rows: dict[int, list[int]] = {place_id: [] for place_id in wanted}
        for record, place_id in zip(self.plan.records, self.plan.place_of, strict=True):
            if place_id in rows:
                rows[place_id].append(record.row)
        return rows


def _apart_m(record: Record, values: dict[str, Any]) -> float:
    """Metres between a record and a place; 0 when either is known no better than its commune."""
    if Precision.COMMUNE in {record.precision, values["precision"]} or record.lon is None or record.lat is None:
        return 0.0
    return haversine_m(record.lon, record.lat, values["lon"], values["lat"])


def _other_town(record: Record, values: dict[str, Any]) -> bool:
    """Whether two town halls of one commune, a position of which tells nothing, are called after different towns."""
    if Precision.COMMUNE not in {record.precision, values["precision"]}:
        return False
    one, other = town_of_hall(record.name), town_of_hall(values["name"])
    return bool(one and other) and unlike(one, other)


def _known_rows(records: Sequence[Record], state: StoreState) -> list[tuple[KnownListing | None, str]]:
    """For each record, the listing it was seen as before (None: never) and its key.

    Rows of one file under one key are copies: they pair with stored copies by content first, so that a reordered
    file changes nothing; the rest pair in order.
    """
    answer: list[tuple[KnownListing | None, str]] = [(None, "")] * len(records)
    copies: dict[str, list[int]] = defaultdict(list)
    for i, record in enumerate(records):
        if record.rejection is None:
            copies[record.source_key].append(i)
    for key, positions in copies.items():
        stored = _stored_copies(key, state)
        free = dict(enumerate(stored, start=1))
        waiting = []
        for i in positions:
            same = next((n for n, item in free.items() if item.fingerprint == records[i].fingerprint), None)
            if same is None:
                waiting.append(i)
            else:
                answer[i] = (free.pop(same), nth_key(key, same))
        numbers = iter(sorted(free))
        fresh = len(stored)
        for i in waiting:
            number = next(numbers, None)
            if number is None:
                fresh += 1
                answer[i] = (None, nth_key(key, fresh))
            else:
                answer[i] = (free[number], nth_key(key, number))
    return answer


def _stored_copies(key: str, state: StoreState) -> list[KnownListing]:
    stored: list[KnownListing] = []
    while item := state.listings.get(nth_key(key, len(stored) + 1)):
        stored.append(item)
    return stored
