"""Where several people meet by the minutes of a network: exact, and only what is promising is routed.

As in a search (`matching.search.travel_time`), nobody is quicker than the straight line at the top speed of their
mode. The kernel
gives places in the order of what they cost at that speed; batch after batch, each larger than the one before, the ways
of all people to them are looked up, and as soon as what comes next costs more even so than the last result, nothing
better can come. Within a batch, the ways of one person make the bound tighter before those of the next are looked up:
what is out by then is looked up no further.
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
    MeetingResults,
    MeetingTravel,
    Paces,
    RankedMeetings,
    meet,
    most_tenths,
    rank_meetings,
    told,
)
from matching.query.query import MAX_LIMIT, Cursor, Mode, slot_floor
from matching.query.results import Way
from matching.search.engine import Layer
from matching.search.travel_time import network_minutes
from matching.search.window_check import check_window

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
AT_TOP_SPEED: Paces = {mode: top_m_per_minute(mode) for mode in Mode}
FIRST_BATCH, LARGEST_BATCH = 32, 1_000
MOST_WAYS = 20_000
"""Looked up at most, of all people to all places: nobody waits for more."""
_log = logging.getLogger(__name__)


def meet_by_minutes(
    layers: Sequence[Layer],
    query: MeetingQuery,
    now: datetime,
    version: str | None = None,
    router: Router | None = None,
) -> MeetingResults:
    """As `matching.meeting.ranking.meet`, by the minutes of the `router`; without one, when it does not answer, or
    when none of
    the most promising ways lies on its network, by those of the straight line."""
    fallback = None
    if router is not None:
        try:
            return _Routed(layers, query, now, router).answer(version)
        except (RoutingUnavailable, OffTheNetwork) as error:
            fallback = error
            if isinstance(error, RoutingUnavailable):
                _log.warning("answered by the straight line: %s", error)
    found = meet(layers, query, now, version)
    return replace(found, travel=replace(found.travel, fallback=fallback))


class _Candidate(NamedTuple):
    """A place at what it costs at top speed."""

    merit: int
    room: int
    place_id: int
    page: RankedMeetings
    at: int


class _Exact(NamedTuple):
    """A place at what it costs: the order is that of `worth`, its merit below zero."""

    worth: int
    room: int
    place_id: int
    layer: int
    page: RankedMeetings
    at: int
    ways: tuple[Way, ...]


class _Routed:
    """One meeting over a network."""

    def __init__(self, layers: Sequence[Layer], query: MeetingQuery, now: datetime, router: Router) -> None:
        self._layers, self._query, self._router, self._now = layers, query, router, slot_floor(now)
        self._base = layers[0].searchable.snapshot
        for window in query.room.windows:
            check_window(window, self._base.meta, now)
        self._limit, self._most = query.room.limit, most_tenths(query.people)
        self._places_left = MOST_WAYS // len(query.people)
        self._routed = 0
        self._on_the_map, self._is_exact = False, True

    def answer(self, version: str | None) -> MeetingResults:
        best = self._best()
        return MeetingResults(
            query=self._query,
            results=tuple(
                told(self._layers[one.layer].searchable, one.page, one.at, self._query, one.ways) for one in best
            ),
            as_of=self._base.meta.as_of,
            index_version=version or self._base.meta.version,
            travel=MeetingTravel(Way.NETWORK, None, self._routed, self._is_exact),
        )

    def _best(self) -> list[_Exact]:
        best: list[_Exact] = []
        for layer in range(len(self._layers)):
            candidates, size = self._candidates(layer), max(FIRST_BATCH, self._limit)
            while batch := self._hopeful(islice(candidates, size), best):
                looked_up = batch[: self._places_left]
                best = heapq.nsmallest(self._limit, [*best, *self._exact(layer, looked_up, best)])
                self._places_left -= len(looked_up)
                if len(looked_up) < len(batch):
                    self._is_exact = False
                    break
                size = min(2 * size, LARGEST_BATCH)
        return best

    def _candidates(self, layer: int) -> Iterator[_Candidate]:
        """All places of a layer that fit and are not too far for certain, in the order of what they cost at top speed;
        the kernel is asked for no more of them than are taken."""
        cursor, size = None, max(FIRST_BATCH, self._limit)
        while True:
            asked = replace(self._query, room=replace(self._query.room, limit=size))
            page = rank_meetings(self._layers[layer], asked, AT_TOP_SPEED, self._now, cursor)
            keys = page.ranked.keys.tolist()
            for at, (merit, room, place_id, _) in enumerate(keys):
                yield _Candidate(merit, room, place_id, page, at)
            if len(keys) < size:
                return
            cursor, size = Cursor(*keys[-1][:3]), MAX_LIMIT

    def _hopeful(self, candidates: Iterable[_Candidate], best: Sequence[_Exact]) -> list[_Candidate]:
        """Those that may still be among the best."""
        least = self._to_beat(best)
        return list(takewhile(lambda one: one.merit >= least, candidates))

    def _to_beat(self, best: Sequence[_Exact]) -> float:
        """The merit of the last of the best; nothing while there is room for more."""
        return -best[-1].worth if len(best) == self._limit else -np.inf

    def _exact(self, layer: int, batch: Sequence[_Candidate], best: Sequence[_Exact]) -> list[_Exact]:
        """Those of a batch that everybody reaches in time and that may be among the best, at what they cost. Their
        pages then have the minutes of the network."""
        shape = len(batch), len(self._query.people)
        tenths = np.array([one.page.tenths[one.at] for one in batch], np.float64).reshape(shape)
        by_network = np.zeros(shape, np.bool_)
        ahead = -(-np.array([one.merit for one in batch], np.int64) // MORE_THAN_ANY_COST) * MORE_THAN_ANY_COST
        merits, hopeful = np.zeros(len(batch)), np.ones(len(batch), np.bool_)
        for who in np.argsort(-tenths.sum(axis=0), kind="stable").tolist():
            # As long as nothing lies on the map nobody is left out: perhaps the next one sets out on it.
            asked = np.flatnonzero(hopeful) if self._on_the_map else np.arange(len(batch))
            self._look_up(layer, who, [batch[at] for at in asked.tolist()], asked, tenths, by_network)
            merits = ahead - self._cost(tenths)
            hopeful &= (tenths[:, who] <= self._most[who]) & (merits >= self._to_beat(best))
        self._routed += len(batch)
        if not self._on_the_map:
            raise OffTheNetwork
        found = []
        for at in np.flatnonzero(hopeful).tolist():
            one = batch[at]
            one.page.tenths[one.at] = tenths[at]
            ways = tuple(Way.NETWORK if is_routed else Way.STRAIGHT_LINE for is_routed in by_network[at].tolist())
            found.append(_Exact(-int(merits[at]), one.room, one.place_id, layer, one.page, one.at, ways))
        return found

    def _look_up(
        self, layer: int, who: int, places: Sequence[_Candidate], at: Ints, tenths: Floats, by_network: Bools
    ) -> None:
        """Fills in, at these positions, the tenths of one person to these places."""
        person = self._query.people[who]
        rows = np.array([one.page.ranked.told("rows")[one.at] for one in places], np.int64)
        metres = np.array([one.page.decimetres[one.at, who] for one in places]) / 10
        snapshot = self._layers[layer].searchable.snapshot
        minutes, by_network[at, who] = network_minutes(self._router, person.point, person.mode, snapshot, rows, metres)
        tenths[at, who] = np.rint(minutes * 10)
        self._on_the_map |= bool(by_network[at, who].any())

    def _cost(self, tenths: Floats) -> Floats:
        """As the kernel has it, of people in columns."""
        worst, total = tenths.max(axis=1), tenths.sum(axis=1)
        cost: Floats = total * PRIMARY_UNIT + worst if self._query.by is Goal.SUM else worst * PRIMARY_UNIT + total
        return cost
