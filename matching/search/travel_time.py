"""The exact search ranked by travel time over a network, routing only to places that may still be among the best.

Nobody is quicker than in a straight line at the top speed of the mode, so the score of a place at that speed is an
upper bound of its score. The kernel lists places in the order of that bound, page after page; each page is routed, and
the search ends when the bound of the next place is below the last result.

The minutes of a place are those of the network, access legs included (`geo.travel.valhalla_router`), or those of the
straight line where the network does not come near. They are never less than at top speed, nor, for a place known only
by its commune, than the expected distance takes; they are ranked as shown, in tenths rounded up. All spaces of a place
are equally far, so which of them is best does not depend on the way: the kernel chooses it.
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
from matching.query.results import Travel, TravelMethod
from matching.query.weights import TERM_NAMES
from matching.search.engine import Layer, check_windows, count, find, rank, usable_weights
from matching.search.hits import Hits, Journey, LayerHits, allocate_hits
from matching.search.search_range import proximity_half_minutes, range_at_top_speed
from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Key = tuple[int, int, int]
"""Sort key of a place: negative merit (`matching.kernel.row_filters`), distance in decimetres, place id."""
MIN_PAGE = 32
MAX_COUNTED = 500
"""Places routed only to count those within the minutes, nearest first."""
LOGGED_EXCESS_MINUTES = 1.0
"""A route that beats top speed by more than this is logged."""
_log = logging.getLogger(__name__)


def find_by_travel_time(
    layers: Sequence[Layer],
    query: Query,
    now: datetime,
    version: str | None = None,
    after: Cursor | None = None,
    router: Router | None = None,
) -> Hits:
    """Like `matching.search.engine.find`, and with a `query.mode` ranked by the minutes of the `router`.

    Without a router, or if it is unavailable, minutes are those of the straight line; `Hits.travel` says which.
    """
    fallback = None
    if router is not None and query.mode is not None:
        try:
            return _RoutedSearch(layers, query, query.mode, now, router).run(version, after)
        except RoutingUnavailable as error:
            fallback = error
            _log.warning("answered by the straight line: %s", error)
    hits = find(layers, query, now, version, after)
    if query.mode is None:
        return hits
    minutes = _round_up(hits.keys[:, 1] / 10 / PACES[query.mode].straight_m_per_minute).tolist()
    journeys = tuple(Journey(value, TravelMethod.STRAIGHT_LINE) for value in minutes)
    return replace(hits, journeys=journeys, travel=Travel(TravelMethod.STRAIGHT_LINE, fallback))


def _round_up(minutes: Floats) -> Floats:
    """To tenths, up, so that a lower bound remains one."""
    rounded: Floats = np.ceil(minutes * 10 - 1e-9) / 10 + 0.0  # + 0.0 turns minus zero into zero
    return rounded


class _RoutedPlace(NamedTuple):
    """A place with its exact score; sorts by `key`."""

    key: Key
    layer: int
    hits: LayerHits
    at: int
    """Position in `hits`."""
    proximity: float
    minutes: float
    by_network: bool


class _RoutedSearch:
    """One search over a network."""

    def __init__(self, layers: Sequence[Layer], query: Query, mode: Mode, now: datetime, router: Router) -> None:
        self._layers, self._query, self._mode, self._now, self._router = layers, query, mode, now, router
        self._base = layers[0].index.snapshot
        check_windows(query.windows, self._base.meta, now)
        self._weights = usable_weights(query, self._base)
        self._range = range_at_top_speed(query, mode)
        self._half_minutes = proximity_half_minutes(mode)
        self._routed: set[tuple[int, int]] = set()
        """(layer, place id) of the places routed to rank them."""
        self._is_on_network = False

    def run(self, version: str | None, after: Cursor | None) -> Hits:
        best = self._best(after)
        in_range = [count(layer, self._query, self._weights, self._range) for layer in self._layers]
        within_reach = sum(total for total, _ in in_range)
        routed = len(self._routed)
        counts, all_counted = in_range, True
        if self._query.minutes is not None:
            counts, all_counted = self._count_within_minutes()
        pages = list({id(place.hits): place for place in best}.values())
        page_numbers = {id(place.hits): number for number, place in enumerate(pages)}
        return Hits(
            query=self._query,
            weights=self._weights,
            indexes=tuple(self._layers[place.layer].index for place in pages) or (self._layers[0].index,),
            layer_hits=tuple(self._rescored(place.hits, best) for place in pages) or (allocate_hits(),),
            order=tuple((page_numbers[id(place.hits)], place.at) for place in best),
            is_layer_order=False,
            total=sum(total for total, _ in counts),
            to_confirm=sum(to_confirm for _, to_confirm in counts),
            as_of=self._base.meta.as_of,
            index_version=version or self._base.meta.version,
            next_cursor=_cursor(best[-1].key) if len(best) == self._query.limit else None,
            journeys=tuple(_journey(place) for place in best),
            travel=self._travel(routed, within_reach, all_counted),
        )

    def _rescored(self, page: LayerHits, best: Sequence[_RoutedPlace]) -> LayerHits:
        """The page, with exact merits and proximities written to those of its places that are among the best."""
        for place in best:
            if place.hits is page:
                page.keys[place.at, 0] = -place.key[0]
                page.values[place.at, TERM_NAMES.index("proximity")] = place.proximity
        weights = np.array([self._weights.get(name, 0.0) for name in TERM_NAMES])
        update_reason_keys(page.size, *page.addresses, weights.tobytes())
        return page

    def _travel(self, routed: int, within_reach: int, all_counted: bool) -> Travel:
        if routed and not self._is_on_network:
            return Travel(TravelMethod.STRAIGHT_LINE, OffTheNetwork(), routed, within_reach, all_counted)
        return Travel(TravelMethod.NETWORK, None, routed, within_reach, all_counted)

    def _best(self, after: Cursor | None) -> list[_RoutedPlace]:
        """The best `query.limit` places after the cursor `after`."""
        after_key = None if after is None else _key(*after)
        best: list[_RoutedPlace] = []
        for number, layer in enumerate(self._layers):
            cursor, size = None, max(MIN_PAGE, self._query.limit)
            while True:
                page = rank(
                    layer,
                    replace(self._query, limit=size),
                    self._weights,
                    cursor,
                    now=slot_floor(self._now),
                    search_range=self._range,
                )
                promising = self._count_promising(page, best)
                routed = self._route(number, page, promising)
                new = [place for place in routed if after_key is None or place.key > after_key]
                best = heapq.nsmallest(self._query.limit, [*best, *new])
                if page.size < size or promising < page.size:
                    break
                cursor, size = Cursor(*page.keys[-1, :3].tolist()), min(2 * size, MAX_LIMIT)
        return best

    def _count_promising(self, page: LayerHits, best: Sequence[_RoutedPlace]) -> int:
        """How many places of a page, from its first, may still be among the best. Merits may differ by rounding: 1."""
        if len(best) < self._query.limit:
            return page.size
        return int(np.count_nonzero(page.keys[:, 0] + 1 >= -best[-1].key[0]))

    def _route(self, layer: int, page: LayerHits, size: int) -> list[_RoutedPlace]:
        """The first `size` places of a page with their exact scores, without those beyond `query.minutes`."""
        keys, rows = page.keys[:size], page.column("rows")[:size]
        minutes, by_network = self._minutes(self._layers[layer].index.snapshot, rows, keys[:, 1] / 10)
        self._routed.update((layer, place_id) for place_id in keys[:, 2].tolist())
        proximity = np.exp2(-minutes / self._half_minutes)
        values = page.values[:size].copy()
        values[:, TERM_NAMES.index("proximity")] = proximity
        scores = np.zeros(size)
        for term, name in enumerate(TERM_NAMES):  # term by term, so that sums round as in the kernel
            scores += self._weights.get(name, 0.0) * values[:, term]
        windows = keys[:, 0] // MORE_THAN_ANY_SCORE  # the number of free windows does not depend on the way
        merits = windows * MORE_THAN_ANY_SCORE + np.rint(scores * 1e6).astype(np.int64)
        limit = np.inf if self._query.minutes is None else self._query.minutes
        return [
            _RoutedPlace(
                _key(int(merits[at]), int(keys[at, 1]), int(keys[at, 2])),
                layer,
                page,
                at,
                float(proximity[at]),
                float(minutes[at]),
                bool(by_network[at]),
            )
            for at in range(size)
            if minutes[at] <= limit
        ]

    def _minutes(self, snapshot: Snapshot, rows: Ints, distances_m: Floats) -> tuple[Floats, Bools]:
        """`network_minutes` for this search."""
        minutes, by_network = network_minutes(self._router, self._query.point, self._mode, snapshot, rows, distances_m)
        self._is_on_network |= bool(by_network.any())
        return minutes, by_network

    def _count_within_minutes(self) -> tuple[list[tuple[int, int]], bool]:
        """(places that fit, places to confirm) of each layer within the minutes; and whether all were counted.

        The nearest MAX_COUNTED places are routed; the kernel then counts among the rows of those within the minutes.
        """
        counts, budget, all_counted = [], MAX_COUNTED, True
        for layer in self._layers:
            rows, distances_m, complete = self._nearest(layer, budget)
            budget -= len(rows)
            all_counted &= complete
            snapshot = layer.index.snapshot
            minutes, _ = self._minutes(snapshot, rows, distances_m)
            in_time = _rows_of_same_places(snapshot, rows[minutes <= (self._query.minutes or 0.0)])
            counts.append(count(layer, self._query, self._weights, self._range, in_time))
        return counts, all_counted

    def _nearest(self, layer: Layer, limit: int) -> tuple[Ints, Floats, bool]:
        """One row of each of the nearest `limit` places that fit but for needs; their distances in metres; whether
        there are no more."""
        query = replace(self._query, needs=frozenset(), to_confirm=False, limit=MAX_LIMIT)
        rows: list[int] = []
        metres: list[float] = []
        cursor = None
        while True:
            page = rank(layer, query, {"proximity": 1.0}, cursor, search_range=self._range)
            size = min(page.size, limit - len(rows))
            rows += page.column("rows")[:size].tolist()
            metres += (page.keys[:size, 1] / 10).tolist()
            if size < page.size or page.size < MAX_LIMIT:
                return np.array(rows, np.int64), np.array(metres, np.float64), size == page.size
            cursor = Cursor(*page.keys[-1, :3].tolist())


def network_minutes(
    router: Router, origin: Point, mode: Mode, snapshot: Snapshot, rows: Ints, distances_m: Floats
) -> tuple[Floats, Bools]:
    """Minutes from `origin` to the places of `rows`, in tenths rounded up, inf without a way; and whether each is by
    the network. `distances_m`: straight-line distances as shown. Raises RoutingUnavailable."""
    columns = snapshot.columns
    points = np.column_stack((columns.lon[rows], columns.lat[rows]))
    routed = router.minutes(origin, points, mode) if len(rows) else np.zeros(0)
    by_network = ~np.isnan(routed)
    pace = PACES[mode].straight_m_per_minute
    minutes = np.where(by_network, routed, distances_m / pace)
    bound = np.maximum(distances_m / top_m_per_minute(mode), columns.expected_dm[rows] / 10 / pace)
    too_quick = int(np.count_nonzero((minutes + LOGGED_EXCESS_MINUTES < bound) & (columns.expected_dm[rows] == 0)))
    if too_quick:
        _log.info("%d ways by %s quicker than its top speed, a ferry perhaps: slowed down to it", too_quick, mode)
    return _round_up(np.maximum(minutes, bound)), by_network


def _key(merit: int, decimetres: int, place_id: int) -> Key:
    return -merit, decimetres, place_id


def _cursor(key: Key) -> Cursor:
    return Cursor(-key[0], key[1], key[2])


def _journey(place: _RoutedPlace) -> Journey:
    method = TravelMethod.NETWORK if place.by_network else TravelMethod.STRAIGHT_LINE
    return Journey(place.minutes if np.isfinite(place.minutes) else None, method)


def _rows_of_same_places(snapshot: Snapshot, rows: Ints) -> Ints:
    """All rows of the places of these rows, ascending; the rows of a place are consecutive."""
    places = snapshot.columns.place_id
    every: set[int] = set()
    for row in rows.tolist():
        first = last = row
        while first > 0 and places[first - 1] == places[row]:
            first -= 1
        while last + 1 < len(places) and places[last + 1] == places[row]:
            last += 1
        every.update(range(first, last + 1))
    return np.array(sorted(every), np.int64)
