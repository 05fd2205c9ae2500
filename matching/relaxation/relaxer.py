"""Relaxation: the smallest changes of a query that find more places, each with its results.

Each condition is relaxed alone, by the least that gives one more place and by the least that gives enough. If no
single change helps, the kernel finds the cheapest combinations (`matching.kernel.relaxation`). Every proposal is then
searched, so its numbers are those that its search answers. `docs/ranking.md` gives the costs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from geo.travel.router import Router
from geo.types import Amenity, PlaceKind, Point, SpaceKind
from matching.arrays.query_arrays import INTEGERS
from matching.arrays.workspace import thread_workspace
from matching.kernel import relaxation as kernel
from matching.query.query import MAX_LIMIT, Query, Window, slot_floor, slot_start
from matching.query.results import Result
from matching.relaxation import changes as change
from matching.relaxation.changes import Change, OtherTime, TimeChange, Windows
from matching.search.engine import Layer, check_windows, count_all, usable_weights
from matching.search.hits import LayerHits
from matching.search.prepared_index import EncodedQuery, PreparedIndex, amenity_mask
from matching.search.travel_time import find_by_travel_time
from matching.snapshot.layout import UNKNOWN_CENTS

Ints = npt.NDArray[np.int64]
MAX_WITH_RESULTS, MAX_WITHOUT_RESULTS = 3, 5
"""Most proposals if the query itself has results, and if it has none."""
MAX_SINGLE_NEEDS = 2
"""Most proposals to drop a single need: those that give most places."""
COMBINED_PLACES = 3
"""Additional places for which combinations of changes are sought; each gives one combination."""
PREVIEW = 3
"""Results given with each proposal."""
NO_CEILING = kernel.NEVER - 1
_KINDS, _SPACE_KINDS = tuple(PlaceKind), tuple(SpaceKind)
_ALL_COSTS: Mapping[int, int] = {
    kernel.NEED: change.NEED,
    kernel.SEAT: change.SEAT,
    kernel.EXTRA_SEAT: change.EXTRA_SEAT,
    kernel.CENT: change.CENT,
    kernel.ANY_PRICE: change.ANY_PRICE,
    kernel.ANY_KIND: change.ANY_KIND,
    kernel.ANY_SPACE_KIND: change.ANY_KIND,
    kernel.CANDIDATE: change.CANDIDATES,
}


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A proposal: a changed query and what it finds."""

    changes: tuple[Change, ...]
    query: Query
    cost: float
    """How much the changes ask of the searcher; half an hour earlier or later is 1."""
    total: int
    """Places that fit the changed query."""
    more: int
    """How many more these are than for the original query."""
    to_confirm: int
    """Places where a need is unknown and everything else fits."""
    first: tuple[Result, ...]
    """The best results, at most PREVIEW."""


Changes = tuple[Change, ...]


class _Place(NamedTuple):
    """A hit of the kernel: the row of a place that the cheapest changes let in. Sorts cheapest first."""

    cost: int
    distance_dm: int
    place_id: int
    layer: int
    row: int
    time: int
    """0 for the requested windows, else the number of the other time, from 1."""
    cents: int


def relax(
    layers: Sequence[Layer],
    query: Query,
    now: datetime,
    zone: ZoneInfo,
    enough: int | None = None,
    router: Router | None = None,
) -> tuple[Relaxation, ...]:
    """Proposals, cheapest first.

    Empty if `enough` places fit already (`query.limit` unless given), if the query is for places to confirm, or if the
    searcher may see no place within MAX_RADIUS_M. `now`: timezone-aware. `zone`: time zone of the searcher, for days
    and hours. With a mode and a `router`, proposals are computed by the straight line and checked over the network.
    Raises InvalidInput as `matching.search.engine.find` does.
    """
    check_windows(query.windows, layers[0].index.snapshot.meta, now)
    if query.to_confirm:
        return ()
    relaxer = _Relaxer(layers, query, now, zone, min(enough or query.limit, MAX_LIMIT))
    if relaxer.total >= relaxer.enough:
        return ()
    proposals = sorted(relaxer.single_changes(), key=relaxer.cost) or relaxer.combined_changes()
    limit = MAX_WITH_RESULTS if relaxer.total else MAX_WITHOUT_RESULTS
    by_network = router is not None and query.mode is not None
    total = find_by_travel_time(layers, query, now, router=router).total if by_network else relaxer.total
    relaxations = (relaxer.search(changes, now, router, total) for changes in proposals[:limit])
    return tuple(relaxation for relaxation in relaxations if relaxation.more > 0)


def warm(layers: Sequence[Layer]) -> None:
    """Relaxes one query that has no results, so that the first searcher does not wait for the compiler."""
    first = layers[0].index.snapshot.meta.first_slot
    nowhere = Query(Point(0.0, 0.0), (Window(first, first + 1),), radius_m=0.0)
    relax(layers, nowhere, slot_start(first), ZoneInfo("UTC"))


class _Relaxer:
    """One query over layers, with the number of places that fit it."""

    def __init__(self, layers: Sequence[Layer], query: Query, now: datetime, zone: ZoneInfo, enough: int) -> None:
        self.layers, self.query, self.enough = layers, query, enough
        # If one window of several is enough, the kernel tries the first, and the others as other times of cost 0.
        self.windows = query.windows[:1] if query.most_windows else query.windows
        further = query.windows[1:] if query.most_windows else ()
        self.further_windows = [OtherTime(TimeChange.LATER, 0, (window,)) for window in further]
        meta = layers[0].index.snapshot.meta
        self.times = change.other_times(query.windows, zone, max(slot_floor(now), meta.first_slot), meta.stop_slot)
        if len(query.windows) > 1:  # several other dates are too long for one short sentence
            self.times = [time for time in self.times if time.kind is TimeChange.ANY]
        self.weights = usable_weights(query, layers[0].index.snapshot)
        self.total = count_all(layers, query)

    def single_changes(self) -> list[Changes]:
        """Changes of one condition that help, each in a tuple of its own."""
        every = (
            *self._radii(),
            *self._other_times(),
            *self._dropped_needs(),
            *self._fewer_seats(),
            *self._larger_rooms(),
            *self._higher_prices(),
            *self._lifted_conditions(),
        )
        return [(single,) for single in dict.fromkeys(every)]

    def cost(self, changes: Changes) -> int:
        """Sum of the costs of changes, in the integer unit of `matching.relaxation.changes`."""
        return sum(single.cost(self.query) for single in changes)

    def combined_changes(self) -> list[Changes]:
        """The cheapest combinations of changes that help."""
        costs = {kernel.DECIMETRE: change.DECIMETRE[self.query.mode], **_ALL_COSTS}
        limit = min(MAX_LIMIT, self.total + COMBINED_PLACES)
        places = self._cheapest(costs, limit, self.times)[self.total :]
        return sorted(dict.fromkeys(self._changes_for(place) for place in places), key=self.cost)

    def search(self, changes: Changes, now: datetime, router: Router | None, total: int) -> Relaxation:
        """A proposal with its results; `total`: places that fit without the changes."""
        changed = self._changed(changes)
        preview = replace(changed, limit=min(PREVIEW, changed.limit))
        answer = find_by_travel_time(self.layers, preview, now, router=router).to_results()
        return Relaxation(
            changes=changes,
            query=changed,
            cost=self.cost(changes) / change.HALF_HOUR,
            total=answer.total,
            more=answer.total - total,
            to_confirm=answer.to_confirm,
            first=answer.results,
        )

    def _changed(self, changes: Sequence[Change]) -> Query:
        query = self.query
        for single in changes:
            query = single.apply(query)
        return query

    def _count(self, *changes: Change) -> int:
        return count_all(self.layers, self._changed(changes))

    # One condition

    def _radii(self) -> Iterator[Change]:
        for place in self._next({kernel.DECIMETRE: change.DECIMETRE[self.query.mode]}):
            yield change.LargerRadius.covering(place.distance_dm)

    def _fewer_seats(self) -> Iterator[Change]:
        if self.query.seats > 1:
            for place in self._next({kernel.SEAT: change.SEAT}):
                yield change.FewerSeats(self.query.seats - place.cost // change.SEAT)

    def _larger_rooms(self) -> Iterator[Change]:
        if self.query.max_seats is not None:
            for place in self._next({kernel.EXTRA_SEAT: change.EXTRA_SEAT}):
                yield change.LargerRoom(self.query.max_seats + place.cost // change.EXTRA_SEAT)

    def _higher_prices(self) -> Iterator[Change]:
        if self.query.max_price_cents is not None:
            for place in self._next({kernel.CENT: change.CENT, kernel.ANY_PRICE: NO_CEILING}):
                yield change.HigherPrice(None if place.cents == UNKNOWN_CENTS else place.cents)

    def _next(self, costs: Mapping[int, int]) -> list[_Place]:
        """Of the places that one kind of change lets in, cheapest first: the first, and the one that makes enough."""
        beyond = self._cheapest(costs, self.enough)[self.total :]
        missing = self.enough - self.total
        return [*beyond[:1], *beyond[missing - 1 : missing]]

    def _other_times(self) -> Iterator[Change]:
        if not self.times:
            return
        totals = zip(self.times, self._totals_at_times(), strict=True)
        by_cost = sorted(totals, key=lambda pair: (pair[0].kind, pair[0].cost(), -pair[1]))
        for _, group in groupby(by_cost, key=lambda pair: pair[0].kind):
            of_one_kind = list(group)
            for least in (self.total + 1, self.enough):
                yield from [time for time, total in of_one_kind if total >= least][:1]

    def _dropped_needs(self) -> Iterator[Change]:
        single = [change.DropNeeds(frozenset({need})) for need in sorted(self.query.needs)]
        by_total = sorted(((self._count(drop), drop) for drop in single), key=lambda pair: -pair[0])
        helpful = [drop for total, drop in by_total if total > self.total][:MAX_SINGLE_NEEDS]
        yield from helpful or self._smallest_set_of_needs()

    def _smallest_set_of_needs(self) -> list[change.DropNeeds]:
        """One set: of the smallest sets of needs that help when dropped, the one that gives most places."""
        beyond = self._cheapest({kernel.NEED: change.NEED}, self.enough)[self.total :] if self.query.needs else []
        sets = {change.DropNeeds(self._unmet(place)) for place in beyond if place.cost == beyond[0].cost}
        in_order = sorted(sets, key=lambda drop: sorted(drop.needs))
        return [max(in_order, key=self._count)] if in_order else []

    def _lifted_conditions(self) -> Iterator[Change]:
        """Changes without a measure: a faster mode, any kind, candidates."""
        lifts: list[Change] = [change.OtherMode(mode) for mode in change.FASTER_MODES.get(self.query.mode, ())]
        if self.query.kinds:
            lifts.append(change.AnyKind())
        if self.query.space_kinds:
            lifts.append(change.AnySpaceKind())
        if not self.query.candidates:
            lifts.append(change.IncludeCandidates())
        yield from (lift for lift in lifts if self._count(lift) > self.total)

    # Several conditions

    def _changes_for(self, place: _Place) -> Changes:
        """The changes that let a place in, which the kernel found the cheapest."""
        query, needs = self.query, self._unmet(place)
        snapshot = self.layers[place.layer].index.snapshot
        c, offered = snapshot.columns, place.row < snapshot.meta.offered_rows
        changes: list[Change] = []
        if place.time > len(self.further_windows):
            changes.append(self.times[place.time - 1 - len(self.further_windows)])
        if needs:
            changes.append(change.DropNeeds(needs))
        if query.kinds and _KINDS[c.kind[place.row]] not in query.kinds:
            changes.append(change.AnyKind())
        if not offered and not query.candidates:
            changes.append(change.IncludeCandidates())
        if offered and query.space_kinds and _SPACE_KINDS[c.space_kind[place.row]] not in query.space_kinds:
            changes.append(change.AnySpaceKind())
        seats = int(c.seats[place.row])
        if offered and query.max_seats is not None and seats > query.max_seats:
            changes.append(change.LargerRoom(seats))
        if offered and query.max_price_cents is not None:
            higher = change.HigherPrice(None if place.cents == UNKNOWN_CENTS else place.cents)
            if higher.cost(query) == change.ANY_PRICE:
                higher = change.HigherPrice(None)
            changes += [higher] if higher.cost(query) > 0 else []
        if place.distance_dm / 10 > query.radius_m:
            changes.append(change.LargerRadius.covering(place.distance_dm))
        rest = place.cost - self.cost(tuple(changes))
        if rest:  # the rest of the cost can only be seats
            changes.append(change.FewerSeats(query.seats - rest // change.SEAT))
        return tuple(changes)

    def _unmet(self, place: _Place) -> frozenset[Amenity]:
        yes = int(self.layers[place.layer].index.snapshot.columns.yes[place.row])
        return frozenset(need for need in self.query.needs if not yes & amenity_mask({need}))

    # The kernel

    def _cheapest(self, costs: Mapping[int, int], limit: int, times: Sequence[OtherTime] = ()) -> list[_Place]:
        """The `limit` places that the cheapest changes let in, those of cost 0 included.

        `costs`: cost of each kind of change that is allowed, by its number in the kernel. `times`: other times allowed.
        """
        times = [*self.further_windows, *times]
        time_costs = np.array([0, *(time.cost() for time in times)], np.int64)
        all_costs = np.full(kernel.COSTS, kernel.NEVER, np.int64)
        all_costs[list(costs)] = list(costs.values())
        all_costs[kernel.SEATS], all_costs[kernel.WINDOWS] = self.query.seats, len(self.windows)
        query = self.query
        if kernel.SEAT in costs:
            query = replace(query, seats=1)
        places: list[_Place] = []
        for number, layer in enumerate(self.layers):
            encoded, integers = self._encode(layer.index, query, times)
            working = thread_workspace.reserve(layer.index.parts)
            size = kernel.least_changes(
                layer.index.tree_address,
                encoded.floats,
                integers,
                encoded.tables,
                working.addresses.address,
                limit,
                all_costs.ctypes.data,
                time_costs.ctypes.data,
                len(time_costs),
            )
            hits = LayerHits(size, working.results.copy(), working.arrays.values)
            places += _read_places(hits, number, len(time_costs))
        return sorted(places)[:limit]

    def _totals_at_times(self) -> list[int]:
        """How many places fit at each of `self.times`."""
        counts = np.zeros((2, len(self.times) + 1), np.int64)
        totals = np.zeros(len(self.times) + 1, np.int64)
        for layer in self.layers:
            encoded, integers = self._encode(layer.index, self.query, self.times)
            working = thread_workspace.reserve(layer.index.parts)
            kernel.count_at_times(
                layer.index.tree_address,
                encoded.floats,
                integers,
                encoded.tables,
                working.addresses.address,
                len(self.windows),
                counts[0].ctypes.data,
                counts[1].ctypes.data,
                counts.shape[1],
            )
            totals += counts[0]
        return [int(total) for total in totals[1:]]

    def _encode(self, index: PreparedIndex, query: Query, times: Sequence[OtherTime]) -> tuple[EncodedQuery, bytes]:
        """The encoded query, and its integers followed by the windows of each time, first the requested ones."""
        encoded = index.encode(replace(query, windows=()), self.weights)
        first = index.snapshot.meta.first_slot
        numbers = [
            number
            for windows in (self.windows, *(time.windows for time in times))
            for number in _encode_windows(windows, len(self.windows), first)
        ]
        return encoded, encoded.integers[: 8 * INTEGERS] + np.array(numbers, np.int64).tobytes()


def _encode_windows(windows: Windows, length: int, first: int) -> list[int]:
    """Windows as the kernel reads them, relative to the slot `first`; `length` empty ones for any time."""
    if not windows:
        return [0] * (3 * length)
    return [
        number for window in windows for number in (window.start - first, window.stop - first, window.any_slots or 0)
    ]


def _read_places(hits: LayerHits, layer: int, times: int) -> list[_Place]:
    """The hits of the kernel, whose row column holds row number * `times` + number of the time."""
    return [
        _Place(-score, distance, place, layer, row // times, row % times, cents)
        for (score, distance, place, _), row, cents in zip(
            hits.keys.tolist(), hits.column("rows").tolist(), hits.column("cents").tolist(), strict=True
        )
    ]
