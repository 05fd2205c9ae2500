"""Meeting places ranked exactly by travel time over a network, routing only to places that may still be among the best.

As in a search (`matching.search.travel_time`), nobody is quicker than in a straight line at the top speed of their
mode. The kernel lists places in the order of their cost at that speed, a lower bound of their cost. Batch after batch,
each larger than the one before, all people are routed to them, until the bound of the next place exceeds the cost of
the last result. Within a batch, people are routed one after the other: the minutes of each tighten the bound, and
places that can no longer be among the best are dropped before the next person.
"""

import heapq
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice, takewhile
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.travel.router import OffTheNetwork, Router, RoutingUnavailable, top_m_per_minute
from matching.kernel.meeting import MORE_THAN_ANY_COST, PRIMARY_UNIT
from matching.meeting.query import Goal, MeetingQuery
from matching.meeting.ranking import (
    MeetingHits,
    MeetingResults,
    MeetingTravel,
    Paces,
    build_meeting,
    max_tenths,
    meet,
    rank_meetings,
)
from matching.query.query import MAX_LIMIT, Cursor, Mode, slot_floor
from matching.query.results import TravelMethod
from matching.search.engine import Layer, check_windows
from matching.search.travel_time import network_minutes

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
TOP_SPEEDS: Paces = {mode: top_m_per_minute(mode) for mode in Mode}
FIRST_BATCH, LARGEST_BATCH = 32, 1_000
MAX_ROUTES = 20_000
"""Most routes of one query, all people to all places, so that answers stay quick."""
_log = logging.getLogger(__name__)


def meet_by_travel_time(
    layers: Sequence[Layer],
    query: MeetingQuery,
    now: datetime,
    version: str | None = None,
    router: Router | None = None,
) -> MeetingResults:
    """Like `matching.meeting.ranking.meet`, by the minutes of the `router`.

    The straight line answers instead without a router, if it is unavailable, and if none of the most promising places
    is near its network; `MeetingResults.travel` says which.
    """
    fallback = None
    if router is not None:
        try:
            return _RoutedMeeting(layers, query, now, router).run(version)
        except (RoutingUnavailable, OffTheNetwork) as error:
            fallback = error
            if isinstance(error, RoutingUnavailable):
                _log.warning("answered by the straight line: %s", error)
    answer = meet(layers, query, now, version)
    return replace(answer, travel=replace(answer.travel, fallback=fallback))


class _Candidate(NamedTuple):
    """A place with its merit at top speed, an upper bound."""

    merit: int
    room: int
    """Size of the room."""
    place_id: int
    page: MeetingHits
    at: int
    """Position in `page`."""


class _RoutedPlace(NamedTuple):
    """A place with its exact cost; sorts best first."""

    negative_merit: int
    room: int
    place_id: int
    layer: int
    page: MeetingHits
    at: int
    methods: tuple[TravelMethod, ...]


class _RoutedMeeting:
    """One meeting query over a network."""

    def __init__(self, layers: Sequence[Layer], query: MeetingQuery, now: datetime, router: Router) -> None:
        self._layers, self._query, self._router, self._now = layers, query, router, slot_floor(now)
        self._base = layers[0].index.snapshot
        check_windows(query.room.windows, self._base.meta, now)
        self._limit, self._max_tenths = query.room.limit, max_tenths(query.people)
        self._places_left = MAX_ROUTES // len(query.people)
        self._routed = 0
        self._is_on_network, self._is_exact = False, True

    def run(self, version: str | None) -> MeetingResults:
        best = self._best()
        return MeetingResults(
            query=self._query,
            results=tuple(
                build_meeting(self._layers[place.layer].index, place.page, place.at, self._query, place.methods)
                for place in best
            ),
            as_of=self._base.meta.as_of,
            index_version=version or self._base.meta.version,
            travel=MeetingTravel(TravelMethod.NETWORK, None, self._routed, self._is_exact),
        )

    def _best(self) -> list[_RoutedPlace]:
        best: list[_RoutedPlace] = []
        for layer in range(len(self._layers)):
            candidates, size = self._candidates(layer), max(FIRST_BATCH, self._limit)
            while batch := self._promising(islice(candidates, size), best):
                affordable = batch[: self._places_left]
                best = heapq.nsmallest(self._limit, [*best, *self._route(layer, affordable, best)])
                self._places_left -= len(affordable)
                if len(affordable) < len(batch):
                    self._is_exact = False
                    break
                size = min(2 * size, LARGEST_BATCH)
        return best

    def _candidates(self, layer: int) -> Iterator[_Candidate]:
        """The places of a layer that fit and that everybody may reach in time, in the order of their cost at top
        speed. Lazy: pages are requested from the kernel as they are consumed."""
        cursor, size = None, max(FIRST_BATCH, self._limit)
        while True:
            query = replace(self._query, room=replace(self._query.room, limit=size))
            page = rank_meetings(self._layers[layer], query, TOP_SPEEDS, self._now, cursor)
            keys = page.hits.keys.tolist()
            for at, (merit, room, place_id, _) in enumerate(keys):
                yield _Candidate(merit, room, place_id, page, at)
            if len(keys) < size:
                return
            cursor, size = Cursor(*keys[-1][:3]), MAX_LIMIT

    def _promising(self, candidates: Iterable[_Candidate], best: Sequence[_RoutedPlace]) -> list[_Candidate]:
        """The candidates that may still be among the best."""
        least = self._least_merit(best)
        return list(takewhile(lambda candidate: candidate.merit >= least, candidates))

    def _least_merit(self, best: Sequence[_RoutedPlace]) -> float:
        """The merit of the last result; minus infinity while there is room for more."""
        return -best[-1].negative_merit if len(best) == self._limit else -np.inf

    def _route(self, layer: int, batch: Sequence[_Candidate], best: Sequence[_RoutedPlace]) -> list[_RoutedPlace]:
        """Routes everybody to a batch; gives the places that all reach in time and that may be among the best.

        Writes the minutes of the network to their pages. Raises OffTheNetwork if no place so far is near the network.
        """
        shape = len(batch), len(self._query.people)
        tenths = np.array([candidate.page.tenths[candidate.at] for candidate in batch], np.float64).reshape(shape)
        by_network = np.zeros(shape, np.bool_)
        merits_at_top_speed = np.array([candidate.merit for candidate in batch], np.int64)
        windows_part = -(-merits_at_top_speed // MORE_THAN_ANY_COST) * MORE_THAN_ANY_COST
        merits, promising = np.zeros(len(batch)), np.ones(len(batch), np.bool_)
        for person in np.argsort(-tenths.sum(axis=0), kind="stable").tolist():
            # Until some place is on the network nothing is dropped: the next person may be the one near it.
            at = np.flatnonzero(promising) if self._is_on_network else np.arange(len(batch))
            self._route_person(layer, person, [batch[i] for i in at.tolist()], at, tenths, by_network)
            merits = windows_part - self._cost(tenths)
            promising &= (tenths[:, person] <= self._max_tenths[person]) & (merits >= self._least_merit(best))
        self._routed += len(batch)
        if not self._is_on_network:
            raise OffTheNetwork
        places = []
        for i in np.flatnonzero(promising).tolist():
            page, position = batch[i].page, batch[i].at
            page.tenths[position] = tenths[i]
            methods = tuple(
                TravelMethod.NETWORK if routed else TravelMethod.STRAIGHT_LINE for routed in by_network[i].tolist()
            )
            key = -int(merits[i]), batch[i].room, batch[i].place_id
            places.append(_RoutedPlace(*key, layer, page, position, methods))
        return places

    def _route_person(
        self, layer: int, number: int, places: Sequence[_Candidate], at: Ints, tenths: Floats, by_network: Bools
    ) -> None:
        """Routes one person to some places; writes to their positions `at` in `tenths` and `by_network`."""
        person = self._query.people[number]
        rows = np.array([place.page.hits.column("rows")[place.at] for place in places], np.int64)
        metres = np.array([place.page.decimetres[place.at, number] for place in places]) / 10
        snapshot = self._layers[layer].index.snapshot
        minutes, by_network[at, number] = network_minutes(
            self._router, person.point, person.mode, snapshot, rows, metres
        )
        tenths[at, number] = np.rint(minutes * 10)
        self._is_on_network |= bool(by_network[at, number].any())

    def _cost(self, tenths: Floats) -> Floats:
        """Cost as in `matching.kernel.meeting`, from minutes of shape (places, people)."""
        worst, total = tenths.max(axis=1), tenths.sum(axis=1)
        cost: Floats = total * PRIMARY_UNIT + worst if self._query.goal is Goal.SUM else worst * PRIMARY_UNIT + total
        return cost
