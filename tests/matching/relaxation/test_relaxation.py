"""Proposals are the smallest changes that help, with the right numbers: the reference search tries every change, and
every cost is written a second time."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from geo.travel.straight_line import PACES
from geo.types import Amenity, PlaceKind, Point
from matching.overlay.layers import build_overlay
from matching.query.query import MAX_LIMIT, MAX_RADIUS_M, Mode, Query, Window, slot_start
from matching.relaxation.changes import (
    AnyKind,
    AnySpaceKind,
    DropNeeds,
    FewerSeats,
    HigherPrice,
    IncludeCandidates,
    LargerRadius,
    LargerRoom,
    OtherMode,
    OtherTime,
    TimeChange,
    other_times,
)
from matching.relaxation.relaxer import MAX_WITHOUT_RESULTS, Relaxation, _Relaxer, relax
from matching.search.engine import SnapshotLayer, search
from matching.search.prepared_index import PreparedIndex
from matching.search.travel_time import find_by_travel_time
from matching.snapshot.builder import build_index
from matching.snapshot.snapshot import Snapshot
from tests.matching.overlay.test_overlay import changed_world, comparable
from tests.matching.reference import Reference, Row, metres
from tests.matching.world import AS_OF, FIRST_SLOT, MEMBERSHIP_ROWS, NOW, SLOTS, World, query_from

PARIS = ZoneInfo("Europe/Paris")
NOW_SLOT = int(NOW.timestamp()) // 1800
PER_KM = {None: 1.0, "walk": 4.0, "bike": 1.5, "car": 0.5}


@pytest.fixture(scope="module")
def reference(small_world: World) -> Reference:
    return Reference(
        small_world.places, small_world.spaces, small_world.busy, small_world.communities, MEMBERSHIP_ROWS, AS_OF
    )


def short_queries(
    reference: Reference, count: int, seed: int, several: bool = False, **changes: Any
) -> list[tuple[Query, int]]:
    """Queries with fewer places than asked, and how many they have; `several`: for some windows perhaps."""
    rng, short = random.Random(seed), []
    while len(short) < count:
        query = query_from(rng)
        query = replace(query if several else for_one_window(query), **changes)
        total = reference.search(query, NOW)[1]
        if total < query.limit:
            short.append((query, total))
    return short


def for_one_window(query: Query) -> Query:
    return replace(query, windows=query.windows[:1], most_windows=False)


def single_changes(snapshot: Snapshot, query: Query, kind: type) -> list[Any]:
    """The changes of one kind that are weighed."""
    relaxer = _Relaxer([SnapshotLayer(snapshot)], query, NOW, PARIS, query.limit)
    return [single for (single,) in relaxer.single_changes() if isinstance(single, kind)]


def smallest(reference: Reference, query: Query, total: int, changed: list[tuple[Any, Query]]) -> list[Any]:
    """Of changes, the smallest first: the first that gives one more, and the first that gives enough."""
    counted = [(change, reference.search(query_, NOW)[1]) for change, query_ in changed]
    first = [change for change, count in counted if count > total][:1]
    first += [change for change, count in counted if count >= query.limit][:1]
    return list(dict.fromkeys(first))


def test_every_number_is_what_its_search_answers(small_snapshot: Snapshot, reference: Reference) -> None:
    proposed = 0
    for query, total in short_queries(reference, 160, seed=1, several=True):
        relaxations = relax([SnapshotLayer(small_snapshot)], query, NOW, PARIS)
        assert [relaxation.cost for relaxation in relaxations] == sorted(relaxation.cost for relaxation in relaxations)
        assert len(relaxations) <= (3 if total else MAX_WITHOUT_RESULTS)
        for relaxation in relaxations:
            answer = find_by_travel_time([SnapshotLayer(small_snapshot)], relaxation.query, NOW).to_results()
            _, counted, unsure = reference.search(relaxation.query, NOW)
            assert (relaxation.total, relaxation.to_confirm, relaxation.more) == (counted, unsure, counted - total)
            assert relaxation.more > 0
            assert relaxation.first == answer.results[: min(3, query.limit)]
            assert (relaxation.query.visible, relaxation.query.community) == (query.visible, query.community)
            proposed += 1
    assert proposed > 200


def test_enough_places_need_no_proposal(small_snapshot: Snapshot, reference: Reference) -> None:
    query = Query(Point(2.35, 48.86), limit=5)
    assert reference.search(query, NOW)[1] >= 5
    assert relax([SnapshotLayer(small_snapshot)], query, NOW, PARIS) == ()
    assert relax([SnapshotLayer(small_snapshot)], query, NOW, PARIS, enough=MAX_LIMIT) != ()


def test_the_shortest_way_further(small_snapshot: Snapshot, reference: Reference) -> None:
    helped = 0
    for query, total in short_queries(reference, 120, seed=2):
        steps = [100.0 * n for n in range(1, 101)] + [500.0 * n for n in range(21, 201)]
        radii = [radius for radius in steps if radius > query.radius_m]
        everywhere, _, _ = reference.search(replace(query, radius_m=MAX_RADIUS_M), NOW)
        useful = {next((r for r in radii if r >= row["distance_m"]), None) for row in everywhere}
        tried = [(LargerRadius(r), replace(query, radius_m=r)) for r in radii if r in useful]
        expected = smallest(reference, query, total, tried)
        assert single_changes(small_snapshot, query, LargerRadius) == expected
        helped += len(expected)
    assert helped > 40


def test_the_fewest_seats_given_up(small_snapshot: Snapshot, reference: Reference) -> None:
    helped = 0
    for seats in (2, 5, 9, 45):
        asked = {"seats": seats, "max_seats": None, "limit": 20, "radius_m": 30_000.0}
        for query, total in short_queries(reference, 25, seed=seats, **asked):
            tried = [(FewerSeats(n), replace(query, seats=n)) for n in range(seats - 1, 0, -1)]
            expected = smallest(reference, query, total, tried)
            assert single_changes(small_snapshot, query, FewerSeats) == expected
            helped += len(expected)
    assert helped > 30


def test_the_next_larger_rooms(small_snapshot: Snapshot, reference: Reference) -> None:
    helped = 0
    sizes = sorted({row["seats"] for rows in reference.spaces.values() for row in rows})
    for most in (1, 4, 12):
        for query, total in short_queries(reference, 40, seed=most, seats=1, max_seats=most, limit=20, radius_m=3e4):
            tried = [(LargerRoom(n), replace(query, max_seats=n)) for n in sizes if n > most]
            expected = smallest(reference, query, total, tried)
            assert single_changes(small_snapshot, query, LargerRoom) == expected
            helped += len(expected)
    assert helped > 30


def test_the_smallest_ceiling(small_snapshot: Snapshot, reference: Reference) -> None:
    helped, unknown = 0, 0
    prices = sorted({0, 200, 300, 600, 900, 1200, 1500, 4000})
    for ceiling in (0, 250, 1500, 4000):
        for query, total in short_queries(
            reference, 60, seed=ceiling + 3, max_price_cents=ceiling, limit=20, radius_m=30_000.0
        ):
            tried = [(HigherPrice(cents), replace(query, max_price_cents=cents)) for cents in prices if cents > ceiling]
            tried.append((HigherPrice(None), replace(query, max_price_cents=None)))
            expected = smallest(reference, query, total, tried)
            assert single_changes(small_snapshot, query, HigherPrice) == expected
            helped, unknown = helped + len(expected), unknown + (HigherPrice(None) in expected)
    assert helped > 40 and unknown > 5


def test_the_fewest_needs_given_up(small_snapshot: Snapshot, reference: Reference) -> None:
    rng, sizes = random.Random(9), []
    for query, _ in short_queries(reference, 120, seed=9):
        narrowed = replace(query, needs=frozenset(rng.sample(list(Amenity), rng.choice([1, 2, 3, 4]))))
        total = reference.search(narrowed, NOW)[1]
        if total >= query.limit:
            continue
        drops = single_changes(small_snapshot, narrowed, DropNeeds)
        gains: dict[frozenset[Amenity], int] = {}
        for size in range(1, len(narrowed.needs) + 1):
            for some in combinations(sorted(narrowed.needs), size):
                dropped = replace(narrowed, needs=narrowed.needs - set(some), wishes=narrowed.wishes | set(some))
                gains[frozenset(some)] = reference.search(dropped, NOW)[1] - total
            if max(gains.values()) > 0:
                break
        useful = {some: gain for some, gain in gains.items() if gain > 0}
        least = min((len(some) for some in useful), default=0)
        most = sorted((gain for gain in useful.values()), reverse=True)[: 2 if least == 1 else 1]
        assert [useful[drop.needs] for drop in drops] == most
        sizes += [len(drop.needs) for drop in drops]
    assert {1, 2} <= set(sizes)


def other_times_tried(query: Query, zone: ZoneInfo) -> dict[TimeChange, list[tuple[float, Query]]]:
    """Every other time with its cost, found by walking over all there are."""
    (window,) = query.windows
    start, stop = (slot_start(slot).astimezone(zone) for slot in (window.start, window.stop))
    last = slot_start(window.stop - 1).astimezone(zone)
    tried: dict[TimeChange, list[tuple[float, Query]]] = {kind: [] for kind in TimeChange}
    for kind, sign in ((TimeChange.EARLIER, -1), (TimeChange.LATER, 1)):
        for slots in range(1, 49):
            by = timedelta(minutes=30 * sign * slots)
            moved_start = slot_start(window.start + sign * slots).astimezone(zone)
            moved_last = slot_start(window.stop - 1 + sign * slots).astimezone(zone)
            if (moved_start.date(), moved_last.date()) == (start.date(), last.date()):
                at = int((slot_start(window.start) + by).timestamp()) // 1800
                tried[kind].append((slots, at_slots(query, at, at + window.stop - window.start)))
    for days in range(1, 63):
        begin, end = (int((moment + timedelta(days=days)).timestamp()) // 1800 for moment in (start, stop))
        if end - begin == window.stop - window.start:
            tried[TimeChange.OTHER_DAY].append((4 + days, at_slots(query, begin, end)))
    if window.any_slots is None:
        for begin in range(window.start, window.stop):
            for end in range(begin + 1, window.stop + 1):
                less = window.stop - window.start - (end - begin)
                if less:
                    tried[TimeChange.SHORTER].append((1.5 * less, at_slots(query, begin, end)))
    else:
        for less in range(1, window.any_slots):
            briefer = replace(window, any_slots=window.any_slots - less)
            tried[TimeChange.SHORTER].append((1.5 * less, replace(query, windows=(briefer,))))
    tried[TimeChange.ANY].append((30.0, replace(query, windows=())))
    return {
        kind: [
            (cost, changed)
            for cost, changed in every
            if all(window.start >= NOW_SLOT and window.stop <= FIRST_SLOT + SLOTS for window in changed.windows)
        ]
        for kind, every in tried.items()
    }


def at_slots(query: Query, start: int, stop: int) -> Query:
    return replace(query, windows=(Window(start, stop, query.windows[0].any_slots),))


def test_the_smallest_change_of_time(small_snapshot: Snapshot, reference: Reference) -> None:
    helped: list[TimeChange] = []
    for query, total in short_queries(reference, 60, seed=4, needs=frozenset(), radius_m=30_000.0):
        times = single_changes(small_snapshot, query, OtherTime)
        if not query.windows:
            assert times == []
            continue
        for kind, every in other_times_tried(query, PARIS).items():
            totals = [(cost, reference.search(time, NOW)[1]) for cost, time in every]
            expected = []
            for least in (total + 1, query.limit):
                enough = [(cost, -count) for cost, count in totals if count >= least]
                # Of changes as small, the one that gives most.
                expected += [min(enough)] if enough else []
            of_ours = [time for time in times if time.kind is kind]
            ours = [(time.cost() / 1e6, -reference.search(time.apply(query), NOW)[1]) for time in of_ours]
            assert ours == list(dict.fromkeys(expected)), (kind, query)
            helped += [kind] * len(ours)
    assert set(helped) == set(TimeChange)


@pytest.mark.parametrize("day", [18, 19, 20])
def test_hours_stay_the_same_on_the_clock_when_it_changes(day: int) -> None:
    """Summer time ends on 25 October 2026: nine o'clock is then half-hours later in UTC."""
    nine = FIRST_SLOT + 48 * day + 14
    later = other_times((Window(nine, nine + 6),), PARIS, FIRST_SLOT, FIRST_SLOT + SLOTS)
    days = [time for time in later if time.kind is TimeChange.OTHER_DAY]
    clocks = {slot_start(time.windows[0].start).astimezone(PARIS).time() for time in days}
    assert clocks == {slot_start(nine).astimezone(PARIS).time()}
    assert len(days) == 63 - day - 1


def test_what_holds_or_does_not(small_snapshot: Snapshot, reference: Reference) -> None:
    helped = []
    lifts: list[tuple[Any, Callable[[Query], bool], dict[str, Any]]] = [
        (AnyKind(), lambda query: bool(query.kinds), {"kinds": frozenset()}),
        (AnySpaceKind(), lambda query: bool(query.space_kinds), {"space_kinds": frozenset()}),
        (IncludeCandidates(), lambda query: not query.candidates, {"candidates": True}),
    ]
    for query, total in short_queries(reference, 150, seed=6):
        for lift, usable, changes in lifts:
            helps = usable(query) and reference.search(replace(query, **changes), NOW)[1] > total
            assert single_changes(small_snapshot, query, type(lift)) == ([lift] if helps else [])
            helped += [type(lift)] * helps
        expected = []
        for mode in {Mode.WALK: ["bike", "car"], Mode.BIKE: ["car"]}.get(query.mode, []):  # type: ignore[call-overload]
            ratio = PACES[mode].straight_m_per_minute / PACES[query.mode or "walk"].straight_m_per_minute
            reach = min(100_000.0, query.radius_m * ratio)
            faster = replace(query, mode=Mode(mode), radius_m=round(reach, 6))
            if reference.search(faster, NOW)[1] > total:
                expected.append(OtherMode(Mode(mode)))
        assert single_changes(small_snapshot, query, OtherMode) == expected
        helped += [OtherMode] * len(expected)
    assert set(helped) == {AnyKind, AnySpaceKind, IncludeCandidates, OtherMode}


def least_costs(reference: Reference, query: Query) -> list[float]:
    """What each place takes, whatever is changed: of all its rows, times and seats the least."""
    times: list[tuple[float, Window | None]] = [(0.0, query.windows[0] if query.windows else None)]
    if query.windows:
        times += [
            (cost, changed.windows[0] if changed.windows else None)
            for every in other_times_tried(query, PARIS).values()
            for cost, changed in every
        ]
    costs = []
    for place in reference.places:
        away = metres(query.point.lon, query.point.lat, place["lon"], place["lat"])
        away = max(round(away, 1), round(place["expected_m"], 1))
        if away > MAX_RADIUS_M:
            continue
        here = [
            cost for row in reference.rows_of(place) for cost in row_costs(reference, query, place, row, away, times)
        ]
        if here:
            costs.append(min(here))
    return sorted(costs)


def row_costs(
    reference: Reference, query: Query, place: Row, row: Row, away: float, times: list[tuple[float, Window | None]]
) -> list[float]:
    if row["communities"] and not set(row["communities"]) & query.visible:
        return []
    cost = 3.0 * sum(row["answers"].get(need.value) != "yes" for need in query.needs)
    if query.kinds and place["kind"] not in query.kinds:
        cost += 4
    if away > query.radius_m:
        step = 100 if away <= 10_000 else 500
        clean = step * -(-round(away * 10) // (10 * step))
        cost += (clean - int(query.radius_m * 10) / 10) / 1000 * PER_KM[query.mode]
    if place["status"] == "candidate":
        return [cost if query.candidates else cost + 12]
    if query.space_kinds and row["kind"] not in query.space_kinds:
        cost += 4
    if query.max_seats is not None:
        cost += 0.1 * max(0, row["seats"] - query.max_seats)
    if query.max_price_cents is not None:
        price = reference.price(row, query)
        over = 1e9 if price is None else max(0, price - query.max_price_cents)
        cost += min(10.0, over / 100 * 0.5)
    costs = []
    for dearer, window in times:
        for seats in range(query.seats, 0, -1):
            fewer = replace(query, windows=(window,) if window else (), seats=seats)
            if row["seats"] >= seats and (window is None or reference.first_start(row, fewer, window) is not None):
                costs.append(cost + dearer + 2.0 * (query.seats - seats))
                break
    return costs


def narrow(rng: random.Random) -> Query:
    """A query with hardly any results."""
    query, seats = query_from(rng), rng.choice([1, 2, 9])
    return replace(
        query,
        needs=frozenset(rng.sample(list(Amenity), 4)),
        kinds=frozenset(rng.sample(list(PlaceKind), 2)),
        seats=seats,
        max_seats=rng.choice([None, None, seats, seats + 3]),
        max_price_cents=rng.choice([None, 0, 600]),
        radius_m=rng.choice([1000.0, 5000.0, 1230.7692307692307]),
        candidates=False,
    )


def test_several_changes_together_are_the_least_there_is(small_snapshot: Snapshot, reference: Reference) -> None:
    rng, sizes = random.Random(12), []
    for _ in range(60):
        query = for_one_window(narrow(rng))
        relaxer = _Relaxer([SnapshotLayer(small_snapshot)], query, NOW, PARIS, query.limit)
        combined = relaxer.combined_changes()
        costs = least_costs(reference, query)
        total = costs.count(0.0)
        assert relaxer.total == total
        ours = [relaxer.cost(changes) / 1e6 for changes in combined]
        beyond = costs[total : total + 3]
        assert sorted(set(ours)) == pytest.approx(sorted(set(beyond)), abs=1e-5)
        sizes += [len(changes) for changes in combined]
        relaxations = relax([SnapshotLayer(small_snapshot)], query, NOW, PARIS)
        assert bool(relaxations) == (len(costs) > total)
    assert max(sizes) >= 4


def test_no_dead_end_while_anything_is_near(small_snapshot: Snapshot, reference: Reference) -> None:
    rng, ends = random.Random(30), 0
    for number in range(100):
        query = replace(narrow(rng), seats=10_000, max_seats=None, limit=20)
        if number % 10 == 0:
            query = replace(query, point=Point(-30.0, 40.0))
        relaxations = relax([SnapshotLayer(small_snapshot)], query, NOW, PARIS)
        anything = replace(
            query, needs=frozenset(), kinds=frozenset(), space_kinds=frozenset(), seats=1, max_price_cents=None,
            windows=(), candidates=True, radius_m=MAX_RADIUS_M,
        )  # fmt: skip
        assert bool(relaxations) == (reference.search(anything, NOW)[1] > 0)
        ends += not relaxations
    assert 10 <= ends < 50


def comparable_relaxations(relaxations: tuple[Relaxation, ...]) -> list[tuple[object, ...]]:
    return [
        (
            relaxation.changes,
            relaxation.query,
            relaxation.cost,
            relaxation.total,
            relaxation.to_confirm,
            relaxation.first,
        )
        for relaxation in relaxations
    ]


def test_overlay_proposes_what_a_rebuild_proposes(small_world: World, small_snapshot: Snapshot) -> None:
    after, changed = changed_world(small_world, 40)
    overlay = build_overlay(PreparedIndex(small_snapshot), after.input(changed), changed)
    rebuilt = SnapshotLayer(build_index(after.input(), as_of=AS_OF))
    layers, rng, proposed = [overlay.masked, overlay.changed], random.Random(21), 0
    for number in range(120):
        query = narrow(rng) if number % 3 == 0 else query_from(rng)
        assert comparable(search(layers, query, NOW)) == comparable(search([rebuilt], query, NOW))
        ours = comparable_relaxations(relax(layers, query, NOW, PARIS))
        assert ours == comparable_relaxations(relax([rebuilt], query, NOW, PARIS))
        proposed += len(ours)
    assert proposed > 100
