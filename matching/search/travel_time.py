"""The search by minutes of a network: exact, and only what is promising is routed.

Nobody is quicker than the straight line at the top speed of the mode, so the score that a place would have at that
speed bounds the one it has. The kernel gives places in the order of that bound, page after page; their ways are looked
up, and as soon as the bound of what comes next is below the last result, nothing better can come.

The minutes of a place are those of the network, legs to it included (`geo.travel.valhalla_router`); where the network
does not
come near, those of the straight line. They are never less than the bound, nor, where only the commune is known, than
the expected distance takes; and they are ranked as shown: tenths, rounded up. All spaces of a place are as many minutes
away: which of them is its best does not depend on the way, and is the kernel's choice.
"""

import heapq
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from geo.travel.router import OffTheNetwork, Router, RoutingUnavailable, top_m_per_minute
from geo.travel.straight_line import PACES
from geo.types import Point
from matching.kernel.reason_key import update_reason_keys
from matching.kernel.scoring import MORE_THAN_ANY_SCORE
from matching.query.query import MAX_LIMIT, Cursor, Mode, Query, slot_floor
from matching.query.results import Travel, Way
from matching.query.weights import TERM_NAMES
from matching.search.engine import Layer, count, find, rank, weights_of
from matching.search.hits import Found, Journey, Ranked, nothing
from matching.search.reach import at_top_speed, half_minutes
from matching.search.window_check import check_window
from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Key = tuple[int, int, int]
"""The one order there is: merit (`matching.kernel.row_filters`), negative; distance in decimetres; place."""
FIRST_PAGE = 32
COUNTED = 500
"""Places at most whose ways are looked up only to count them, nearest first."""
REMARKABLE_MINUTES = 1.0
_log = logging.getLogger(__name__)


def find_by_minutes(
    layers: Sequence[Layer],
    query: Query,
    now: datetime,
    version: str | None = None,
    after: Cursor | None = None,
    router: Router | None = None,
) -> Found:
    """As `matching.search.engine.find`; when a mode is asked for, by the minutes of the `router`, or, without one or
    when it
    does not answer, by those of the straight line."""
    fallback = None
    if router is not None and query.mode is not None:
        try:
            return _Routed(layers, query, query.mode, now, router).answer(version, after)
        except RoutingUnavailable as error:
            fallback = error
            _log.warning("answered by the straight line: %s", error)
    found = find(layers, query, now, version, after)
    if query.mode is None:
        return found
    minutes = _as_shown(found.keys[:, 1] / 10 / PACES[query.mode].straight_m_per_minute).tolist()
    journeys = tuple(Journey(one, Way.STRAIGHT_LINE) for one in minutes)
    return replace(found, journeys=journeys, travel=Travel(Way.STRAIGHT_LINE, fallback))


def _as_shown(minutes: Floats) -> Floats:
    """Tenths, rounded up, so that a lower bound stays one."""
    shown: Floats = np.ceil(minutes * 10 - 1e-9) / 10 + 0.0  # rounding up what is under nothing gives minus zero
    return shown


class _Exact(NamedTuple):
    """A place at its exact score."""

    key: Key
    layer: int
    ranked: Ranked
    at: int
    value: float
    minutes: float
    by_network: bool


class _Routed:
    """One search over a network."""

    def __init__(self, layers: Sequence[Layer], query: Query, mode: Mode, now: datetime, router: Router) -> None:
        self._layers, self._query, self._mode, self._now, self._router = layers, query, mode, now, router
        self._base = layers[0].searchable.snapshot
        for window in query.windows:
            check_window(window, self._base.meta, now)
        self._weights = weights_of(query, self._base)
        self._reach = at_top_speed(query, mode)
        self._half = half_minutes(mode)
        self._routed: set[tuple[int, int]] = set()
        self._on_the_map = False

    def answer(self, version: str | None, after: Cursor | None) -> Found:
        best = self._best(after)
        within = [count(layer, self._query, self._weights, self._reach) for layer in self._layers]
        reachable = sum(total for total, _ in within)
        routed = len(self._routed)
        counts, all_counted = within, True
        if self._query.minutes is not None:
            counts, all_counted = self._counts()
        pages = list({id(one.ranked): one for one in best}.values())
        numbers = {id(one.ranked): number for number, one in enumerate(pages)}
        return Found(
            query=self._query,
            weights=self._weights,
            searchables=tuple(self._layers[one.layer].searchable for one in pages) or (self._layers[0].searchable,),
            ranked=tuple(self._as_routed(one.ranked, best) for one in pages) or (nothing(),),
            order=tuple((numbers[id(one.ranked)], one.at) for one in best),
            is_as_ranked=False,
            total=sum(total for total, _ in counts),
            to_confirm=sum(unsure for _, unsure in counts),
            as_of=self._base.meta.as_of,
            index_version=version or self._base.meta.version,
            next=_cursor(best[-1].key) if len(best) == self._query.limit else None,
            journeys=tuple(self._journey(one) for one in best),
            travel=self._travel(routed, reachable, all_counted),
        )

    def _as_routed(self, page: Ranked, best: Sequence[_Exact]) -> Ranked:
        """The page with the merits and proximities that its places among the best have by their minutes."""
        for one in best:
            if one.ranked is page:
                page.keys[one.at, 0] = -one.key[0]
                page.values[one.at, TERM_NAMES.index("proximity")] = one.value
        weights = np.array([self._weights.get(name, 0.0) for name in TERM_NAMES])
        update_reason_keys(page.size, *page.at, weights.tobytes())
        return page

    def _journey(self, one: _Exact) -> Journey:
        by = Way.NETWORK if one.by_network else Way.STRAIGHT_LINE
        return Journey(one.minutes if np.isfinite(one.minutes) else None, by)

    def _travel(self, routed: int, reachable: int, all_counted: bool) -> Travel:
        if routed and not self._on_the_map:
            return Travel(Way.STRAIGHT_LINE, OffTheNetwork(), routed, reachable, all_counted)
        return Travel(Way.NETWORK, None, routed, reachable, all_counted)

    def _best(self, after: Cursor | None) -> list[_Exact]:
        """The best `query.limit` places after `after`."""
        told = None if after is None else _key(*after)
        best: list[_Exact] = []
        for number, layer in enumerate(self._layers):
            cursor, size = None, max(FIRST_PAGE, self._query.limit)
            while True:
                page = rank(
                    layer,
                    replace(self._query, limit=size),
                    self._weights,
                    cursor,
                    now=slot_floor(self._now),
                    reach=self._reach,
                )
                hopeful = self._hopeful(page, best)
                new = [found for found in self._exact(number, page, hopeful) if told is None or found.key > told]
                best = heapq.nsmallest(self._query.limit, [*best, *new])
                if page.size < size or hopeful < page.size:
                    break
                cursor, size = Cursor(*page.keys[-1, :3].tolist()), min(2 * size, MAX_LIMIT)
        return best

    def _hopeful(self, page: Ranked, best: Sequence[_Exact]) -> int:
        """How many of a page, from its first, may still be among the best. Two sums may round apart by a millionth."""
        if len(best) < self._query.limit:
            return page.size
        return int(np.count_nonzero(page.keys[:, 0] + 1 >= -best[-1].key[0]))

    def _exact(self, number: int, page: Ranked, size: int) -> list[_Exact]:
        """The first `size` places of a page at their exact scores, those within the minutes."""
        keys, rows = page.keys[:size], page.told("rows")[:size]
        minutes, by_network = self._minutes(self._layers[number].searchable.snapshot, rows, keys[:, 1] / 10)
        self._routed.update((number, place_id) for place_id in keys[:, 2].tolist())
        near = np.exp2(-minutes / self._half)
        values = page.values[:size].copy()
        values[:, TERM_NAMES.index("proximity")] = near
        scores = np.zeros(size)
        for term, name in enumerate(TERM_NAMES):  # one after the other, as the kernel adds them
            scores += self._weights.get(name, 0.0) * values[:, term]
        windows = keys[:, 0] // MORE_THAN_ANY_SCORE  # no way changes in how many a place is free
        merits = windows * MORE_THAN_ANY_SCORE + np.rint(scores * 1e6).astype(np.int64)
        limit = np.inf if self._query.minutes is None else self._query.minutes
        return [
            _Exact(
                _key(int(merits[at]), int(keys[at, 1]), int(keys[at, 2])),
                number,
                page,
                at,
                float(near[at]),
                float(minutes[at]),
                bool(by_network[at]),
            )
            for at in range(size)
            if minutes[at] <= limit
        ]

    def _minutes(self, snapshot: Snapshot, rows: Ints, distances_m: Floats) -> tuple[Floats, Bools]:
        """`network_minutes` of this search."""
        minutes, by_network = network_minutes(self._router, self._query.point, self._mode, snapshot, rows, distances_m)
        self._on_the_map |= bool(by_network.any())
        return minutes, by_network

    def _counts(self) -> tuple[list[tuple[int, int]], bool]:
        """(places that fit, places to confirm) of each layer within the minutes; and whether that is all of them.

        Whoever might fit is routed, nearest first, COUNTED at most; the kernel counts among those in time.
        """
        counts, room, all_counted = [], COUNTED, True
        for layer in self._layers:
            rows, distances_m, whole = self._nearest(layer, room)
            room -= len(rows)
            all_counted &= whole
            snapshot = layer.searchable.snapshot
            minutes, _ = self._minutes(snapshot, rows, distances_m)
            in_time = _with_siblings(snapshot, rows[minutes <= (self._query.minutes or 0.0)])
            counts.append(count(layer, self._query, self._weights, self._reach, in_time))
        return counts, all_counted

    def _nearest(self, layer: Layer, room: int) -> tuple[Ints, Floats, bool]:
        """A row of each of the nearest `room` places that fit if all needs were met, their distances as shown, and
        whether there are no more."""
        asked = replace(self._query, needs=frozenset(), limit=MAX_LIMIT)
        rows: list[int] = []
        metres: list[float] = []
        cursor = None
        while True:
            page = rank(layer, asked, {"proximity": 1.0}, cursor, reach=self._reach)
            taken = min(page.size, room - len(rows))
            rows += page.told("rows")[:taken].tolist()
            metres += (page.keys[:taken, 1] / 10).tolist()
            if taken < page.size or page.size < MAX_LIMIT:
                return np.array(rows, np.int64), np.array(metres, np.float64), taken == page.size
            cursor = Cursor(*page.keys[-1, :3].tolist())


def network_minutes(
    router: Router, origin: Point, mode: Mode, snapshot: Snapshot, rows: Ints, distances_m: Floats
) -> tuple[Floats, Bools]:
    """Minutes as shown, to the places of rows at these distances as shown, inf where no way leads; and whether by the
    network. Raises RoutingUnavailable."""
    columns = snapshot.columns
    points = np.column_stack((columns.lon[rows], columns.lat[rows]))
    routed = router.minutes(origin, points, mode) if len(rows) else np.zeros(0)
    by_network = ~np.isnan(routed)
    pace = PACES[mode].straight_m_per_minute
    minutes = np.where(by_network, routed, distances_m / pace)
    bound = np.maximum(distances_m / top_m_per_minute(mode), columns.expected_dm[rows] / 10 / pace)
    quick = int(np.count_nonzero((minutes + REMARKABLE_MINUTES < bound) & (columns.expected_dm[rows] == 0)))
    if quick:
        _log.info("%d ways by %s quicker than its top speed, a ferry perhaps: slowed down to it", quick, mode)
    return _as_shown(np.maximum(minutes, bound)), by_network


def _key(merit: int, decimetres: int, place_id: int) -> Key:
    return -merit, decimetres, place_id


def _cursor(key: Key) -> Cursor:
    return Cursor(-key[0], key[1], key[2])


def _with_siblings(snapshot: Snapshot, rows: Ints) -> Ints:
    """All rows of the places of these rows, ascending: those of a place follow each other."""
    places = snapshot.columns.place_id
    found: set[int] = set()
    for row in rows.tolist():
        first = last = row
        while first > 0 and places[first - 1] == places[row]:
            first -= 1
        while last + 1 < len(places) and places[last + 1] == places[row]:
            last += 1
        found.update(range(first, last + 1))
    return np.array(sorted(found), np.int64)
