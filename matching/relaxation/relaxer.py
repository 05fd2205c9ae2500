"""Never a dead end: the smallest changes of a query that give more places, computed, each with what it gives.

Alone, each condition is changed as little as gives one place more, and as little as gives enough of them; when no
single change helps, conditions are changed together, as little as the kernel finds (`matching.kernel.relaxation`). What
is proposed is then searched, so that every number is what its search answers. `docs/ranking.md` gives the costs.
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
from matching.relaxation.changes import Change, OtherTime, Time, Windows
from matching.search.engine import Layer, count_all, weights_of
from matching.search.hits import Ranked
from matching.search.prepared_index import Asked, Searchable, mask_of
from matching.search.result_builder import told
from matching.search.travel_time import find_by_minutes
from matching.search.window_check import check_window
from matching.snapshot.layout import UNKNOWN_CENTS

Ints = npt.NDArray[np.int64]
MOST_BESIDE_RESULTS, MOST_ALONE = 3, 5
"""Proposals, beside some results and beside none."""
NEEDS_ALONE = 2
"""Of the needs that help when dropped alone, so many: those that give most."""
TOGETHER = 3
"""Places to look for by several changes at once, hence sets of changes."""
SHOWN = 3
"""Results told of each proposal."""
NO_CEILING = kernel.NEVER - 1
_KINDS, _SPACE_KINDS = tuple(PlaceKind), tuple(SpaceKind)
_ALL_COSTS: Mapping[int, int] = {
    kernel.NEED: change.NEED,
    kernel.SEAT: change.SEAT,
    kernel.CENT: change.CENT,
    kernel.ANY_PRICE: change.ANY_PRICE,
    kernel.ANY_KIND: change.ANY_KIND,
    kernel.ANY_SPACE_KIND: change.ANY_KIND,
    kernel.CANDIDATE: change.CANDIDATES,
}


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A changed query that finds `more` places than the one asked: `total`, of which `first` are the best, and
    `to_confirm` where a need is unknown. `cost`: how far it is from what was asked, 1 being half an hour."""

    changes: tuple[Change, ...]
    query: Query
    cost: float
    total: int
    more: int
    to_confirm: int
    first: tuple[Result, ...]


Changes = tuple[Change, ...]


class _Place(NamedTuple):
    """What the kernel found, in its order: the row of a place that takes least, at one of the times."""

    cost: int
    distance_dm: int
    place_id: int
    layer: int
    row: int
    time: int
    cents: int


def relax(
    layers: Sequence[Layer],
    query: Query,
    now: datetime,
    zone: ZoneInfo,
    enough: int | None = None,
    router: Router | None = None,
) -> tuple[Relaxation, ...]:
    """The smallest changes that help, smallest first; none when `enough` places fit already (`query.limit` unless
    given), or when the searcher may see nothing within MAX_RADIUS_M. Days and hours are those of `zone`.

    With a mode and a `router`, changes are sought by the straight line, and those told that help by the network.

    Raises InvalidInput like `search`.
    """
    for window in change.windows_of(query):
        check_window(window, layers[0].searchable.snapshot.meta, now)
    relaxer = _Relaxer(layers, query, now, zone, min(enough or query.limit, MAX_LIMIT))
    if relaxer.total >= relaxer.enough:
        return ()
    proposals = sorted(relaxer.alone(), key=relaxer.cost) or relaxer.together()
    most = MOST_BESIDE_RESULTS if relaxer.total else MOST_ALONE
    by_network = router is not None and query.mode is not None
    has = find_by_minutes(layers, query, now, router=router).total if by_network else relaxer.total
    answered = (relaxer.answered(one, now, router, has) for one in proposals[:most])
    return tuple(one for one in answered if one.more > 0)


def warm(layers: Sequence[Layer]) -> None:
    """Answers a question nobody asked, so that whoever asks first does not wait for the compiler."""
    first = layers[0].searchable.snapshot.meta.first_slot
    nowhere = Query(Point(0.0, 0.0), (Window(first, first + 1),), radius_m=0.0)
    relax(layers, nowhere, slot_start(first), ZoneInfo("UTC"))


class _Relaxer:
    """One query over layers, and the places that fit as it stands."""

    def __init__(self, layers: Sequence[Layer], query: Query, now: datetime, zone: ZoneInfo, enough: int) -> None:
        self.layers, self.query, self.enough = layers, query, enough
        # Where one window of several will do, each is a time to be free at, and costs nothing.
        several = change.windows_of(query)
        self.windows = several[:1] if query.most_windows else several
        instead = several[1:] if query.most_windows else ()
        self.instead = [OtherTime(Time.LATER, 0, (window,)) for window in instead]
        meta = layers[0].searchable.snapshot.meta
        self.times = change.other_times(several, zone, max(slot_floor(now), meta.first_slot), meta.stop_slot)
        if len(several) > 1:  # no door could say several other dates in a few words
            self.times = [time for time in self.times if time.how is Time.ANY]
        self.weights = weights_of(query, layers[0].searchable.snapshot)
        self.total = count_all(layers, query)

    def alone(self) -> list[Changes]:
        """Changes of one condition that help."""
        every = (
            *self._further(),
            *self._at_other_times(),
            *self._without_needs(),
            *self._for_fewer(),
            *self._dearer(),
            *self._lifted(),
        )
        return [(one,) for one in dict.fromkeys(every)]

    def cost(self, changes: Changes) -> int:
        return sum(one.cost(self.query) for one in changes)

    def together(self) -> list[Changes]:
        """The smallest changes of several conditions that help."""
        costs = {kernel.DECIMETRE: change.DECIMETRE[self.query.mode], **_ALL_COSTS}
        limit = min(MAX_LIMIT, self.total + TOGETHER)
        found = self._least(costs, limit, self.times)[self.total :]
        return sorted(dict.fromkeys(self._changes(one) for one in found), key=self.cost)

    def answered(self, changes: Changes, now: datetime, router: Router | None, has: int) -> Relaxation:
        """Changes with what their search finds, when there are `has` places without them."""
        changed = self._changed(changes)
        shown = replace(changed, limit=min(SHOWN, changed.limit))
        found = told(find_by_minutes(self.layers, shown, now, router=router))
        return Relaxation(
            changes=changes,
            query=changed,
            cost=self.cost(changes) / change.HALF_HOUR,
            total=found.total,
            more=found.total - has,
            to_confirm=found.to_confirm,
            first=found.results,
        )

    def _changed(self, changes: Sequence[Change]) -> Query:
        query = self.query
        for one in changes:
            query = one.of(query)
        return query

    def _count(self, *changes: Change) -> int:
        return count_all(self.layers, self._changed(changes))

    # One condition

    def _further(self) -> Iterator[Change]:
        for one in self._next({kernel.DECIMETRE: change.DECIMETRE[self.query.mode]}):
            yield change.Further.to(one.distance_dm)

    def _for_fewer(self) -> Iterator[Change]:
        if self.query.seats > 1:
            for one in self._next({kernel.SEAT: change.SEAT}):
                yield change.FewerSeats(self.query.seats - one.cost // change.SEAT)

    def _dearer(self) -> Iterator[Change]:
        if self.query.max_price_cents is not None:
            for one in self._next({kernel.CENT: change.CENT, kernel.ANY_PRICE: NO_CEILING}):
                yield change.Dearer(None if one.cents == UNKNOWN_CENTS else one.cents)

    def _next(self, costs: Mapping[int, int]) -> list[_Place]:
        """Of the places that one change lets in, each with all before it: the next, and the one that makes enough."""
        beyond = self._least(costs, self.enough)[self.total :]
        missing = self.enough - self.total
        return [*beyond[:1], *beyond[missing - 1 : missing]]

    def _at_other_times(self) -> Iterator[Change]:
        if not self.times:
            return
        counted = zip(self.times, self._counts(), strict=True)
        by_cost = sorted(counted, key=lambda one: (one[0].how, one[0].cost(), -one[1]))
        for _, several in groupby(by_cost, key=lambda one: one[0].how):
            alike = list(several)
            for least in (self.total + 1, self.enough):
                yield from [time for time, total in alike if total >= least][:1]

    def _without_needs(self) -> Iterator[Change]:
        alone = [change.Without(frozenset({need})) for need in sorted(self.query.needs)]
        gains = sorted(((self._count(one), one) for one in alone), key=lambda gain: -gain[0])
        helpful = [one for total, one in gains if total > self.total][:NEEDS_ALONE]
        yield from helpful or self._smallest_set()

    def _smallest_set(self) -> list[change.Without]:
        """Of the smallest sets of needs that help when dropped, one that gives most."""
        beyond = self._least({kernel.NEED: change.NEED}, self.enough)[self.total :] if self.query.needs else []
        sets = {change.Without(self._unmet(one)) for one in beyond if one.cost == beyond[0].cost}
        in_order = sorted(sets, key=lambda one: sorted(one.needs))
        return [max(in_order, key=self._count)] if in_order else []

    def _lifted(self) -> Iterator[Change]:
        """Conditions that hold or do not."""
        lifts: list[Change] = [change.InsteadBy(mode) for mode in change.FASTER.get(self.query.mode, ())]
        if self.query.kinds:
            lifts.append(change.AnyKind())
        if self.query.space_kinds:
            lifts.append(change.AnySpaceKind())
        if not self.query.candidates:
            lifts.append(change.AlsoCandidates())
        yield from (one for one in lifts if self._count(one) > self.total)

    # Several conditions

    def _changes(self, place: _Place) -> Changes:
        """What a place takes."""
        query, needs = self.query, self._unmet(place)
        snapshot = self.layers[place.layer].searchable.snapshot
        c, offered = snapshot.columns, place.row < snapshot.meta.offered_rows
        found: list[Change] = []
        if place.time > len(self.instead):
            found.append(self.times[place.time - 1 - len(self.instead)])
        if needs:
            found.append(change.Without(needs))
        if query.kinds and _KINDS[c.kind[place.row]] not in query.kinds:
            found.append(change.AnyKind())
        if not offered and not query.candidates:
            found.append(change.AlsoCandidates())
        if offered and query.space_kinds and _SPACE_KINDS[c.space_kind[place.row]] not in query.space_kinds:
            found.append(change.AnySpaceKind())
        if offered and query.max_price_cents is not None:
            dearer = change.Dearer(None if place.cents == UNKNOWN_CENTS else place.cents)
            if dearer.cost(query) == change.ANY_PRICE:
                dearer = change.Dearer(None)
            found += [dearer] if dearer.cost(query) > 0 else []
        if place.distance_dm / 10 > query.radius_m:
            found.append(change.Further.to(place.distance_dm))
        left = place.cost - self.cost(tuple(found))
        if left:  # what is not yet paid are seats
            found.append(change.FewerSeats(query.seats - left // change.SEAT))
        return tuple(found)

    def _unmet(self, place: _Place) -> frozenset[Amenity]:
        yes = int(self.layers[place.layer].searchable.snapshot.columns.yes[place.row])
        return frozenset(need for need in self.query.needs if not yes & mask_of({need}))

    # The kernel

    def _least(self, costs: Mapping[int, int], limit: int, times: Sequence[OtherTime] = ()) -> list[_Place]:
        """The places that take least where just these changes are paid, at the time asked or at some other."""
        times = [*self.instead, *times]
        steps = np.array([0, *(time.cost() for time in times)], np.int64)
        paid = np.full(kernel.COSTS, kernel.NEVER, np.int64)
        paid[list(costs)] = list(costs.values())
        paid[kernel.SEATS], paid[kernel.WINDOWS] = self.query.seats, len(self.windows)
        query = self.query
        if kernel.SEAT in costs:
            query = replace(query, seats=1)
        found: list[_Place] = []
        for number, layer in enumerate(self.layers):
            asked, whole = self._asked(layer.searchable, query, times)
            working = thread_workspace.reserve(layer.searchable.parts)
            size = kernel.least_changes(
                layer.searchable.tree_addresses.address,
                asked.numbers,
                whole,
                asked.tables,
                working.addresses.address,
                limit,
                paid.ctypes.data,
                steps.ctypes.data,
                len(steps),
            )
            found += _places(Ranked(size, working.results.copy(), working.arrays.values), number, len(steps))
        return sorted(found)[:limit]

    def _counts(self) -> list[int]:
        """How many places fit at each of the other times."""
        counts = np.zeros((2, len(self.times) + 1), np.int64)
        totals = np.zeros(len(self.times) + 1, np.int64)
        for layer in self.layers:
            asked, whole = self._asked(layer.searchable, self.query, self.times)
            working = thread_workspace.reserve(layer.searchable.parts)
            kernel.count_at_times(
                layer.searchable.tree_addresses.address,
                asked.numbers,
                whole,
                asked.tables,
                working.addresses.address,
                len(self.windows),
                counts[0].ctypes.data,
                counts[1].ctypes.data,
                counts.shape[1],
            )
            totals += counts[0]
        return [int(total) for total in totals[1:]]

    def _asked(self, searchable: Searchable, query: Query, times: Sequence[OtherTime]) -> tuple[Asked, bytes]:
        """The query, and its whole numbers with the windows of each time, first of the time asked."""
        asked = searchable.asked(change.at(query, ()), self.weights)
        first = searchable.snapshot.meta.first_slot
        numbers = [
            number
            for windows in (self.windows, *(time.windows for time in times))
            for number in _numbers(windows, len(self.windows), first)
        ]
        return asked, asked.whole[: 8 * INTEGERS] + np.array(numbers, np.int64).tobytes()


def _numbers(windows: Windows, length: int, first: int) -> list[int]:
    """Windows as the kernel takes them; for any time, as many empty ones."""
    if not windows:
        return [0] * (3 * length)
    return [number for one in windows for number in (one.start - first, one.stop - first, one.any_slots or 0)]


def _places(ranked: Ranked, layer: int, times: int) -> list[_Place]:
    return [
        _Place(-score, distance, place, layer, row // times, row % times, cents)
        for (score, distance, place, _), row, cents in zip(
            ranked.keys.tolist(), ranked.told("rows").tolist(), ranked.told("cents").tolist(), strict=True
        )
    ]
