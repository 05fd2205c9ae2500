"""Snapshot + overlay answer what a rebuild would; swaps happen under running searches."""

import random
import threading
from copy import deepcopy
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from geo.spatial.distance import haversine_array_m
from geo.types import Point
from matching.kernel.tree_builder import build_tree
from matching.live_index import LiveIndex
from matching.overlay.layers import ChangedLayer, build_overlay
from matching.query.query import Query
from matching.query.results import SearchResults
from matching.search.engine import SnapshotLayer, indexes_near, search
from matching.search.prepared_index import PreparedIndex
from matching.snapshot.builder import build_index, build_snapshot
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import AS_OF, FIRST_SLOT, NOW, REGIONS, World, query_from


def changed_world(world: World, count: int) -> tuple[World, set[int]]:
    """The world after moves, closures, new offers, new places and bookings; and the ids of what changed."""
    later, rng = deepcopy(world), random.Random(5)
    changed = set()
    for place in rng.sample(later.places, count):
        changed.add(place["place_id"])
        kind = rng.choice(["moved", "closed", "removed", "offered", "candidate", "hours", "booked", "hidden"])
        spaces = [space for space in later.spaces if space["place_id"] == place["place_id"]]
        if kind == "moved":
            place["lon"], place["lat"] = rng.choice([(2.35, 48.86), (-179.999, -13.3), (3.5, 44.5)])
        elif kind == "removed":
            later.places.remove(place)
            later.spaces = [space for space in later.spaces if space not in spaces]
        elif kind == "hours":
            place["opening_hours"] = "24/7"
        elif kind == "booked":
            ids = {space["space_id"] for space in spaces}
            later.busy = [row for row in later.busy if row["space_id"] not in ids]
        elif kind == "hidden":
            for space in spaces:
                space["communities"] = ["gamma"]
        else:
            place["status"] = kind
    for region in REGIONS * 3:
        changed.add(later._place(region)["place_id"])
    return later, changed


def comparable(answer: SearchResults) -> tuple[object, ...]:
    return answer.results, answer.total, answer.to_confirm


@pytest.fixture(scope="module")
def later(world: World) -> tuple[World, set[int]]:
    return changed_world(world, 250)


def test_overlay_answers_what_a_rebuild_answers(
    world: World, snapshot: Snapshot, later: tuple[World, set[int]]
) -> None:
    after, changed = later
    overlay = build_overlay(PreparedIndex(snapshot), after.input(changed), changed)
    rebuilt = build_index(after.input(), as_of=AS_OF)
    rng, touched = random.Random(8), 0
    for _ in range(400):
        query = query_from(rng)
        answer = search([overlay.masked, overlay.changed], query, NOW)
        assert comparable(answer) == comparable(search([SnapshotLayer(rebuilt)], query, NOW))
        touched += any(result.place_id in changed for result in answer.results)
    assert touched > 150


def rebooked_world(world: World, count: int) -> tuple[World, set[int]]:
    """The world after bookings and cancellations, some of all seats; and the ids of the places of these."""
    later, rng = deepcopy(world), random.Random(6)
    rooms = rng.sample(later.spaces, count)
    cancelled = {room["space_id"] for room in rooms[::3]}
    later.busy = [row for row in later.busy if row["space_id"] not in cancelled]
    busy_slots = {(row["space_id"], row["slot"]) for row in later.busy}
    for room in rooms:
        start = FIRST_SLOT + 48 * rng.choice([0, 1, 2, 7, 15, 40, 61]) + rng.randrange(12, 40)
        seats = rng.choice([1, room["seats"]])
        slots = {(room["space_id"], slot) for slot in range(start, start + 6)} - busy_slots
        later.busy += [{"space_id": space_id, "slot": slot, "seats_taken": seats} for space_id, slot in slots]
    return later, {room["place_id"] for room in rooms}


def test_freed_and_taken_slots_are_replaced_in_place(world: World, snapshot: Snapshot) -> None:
    after, changed = rebooked_world(world, 1200)
    overlay = build_overlay(PreparedIndex(snapshot), after.input(changed), changed)
    assert overlay.rows == 0 and len(overlay.layers()) == 1
    rebuilt, before = SnapshotLayer(build_index(after.input(), as_of=AS_OF)), SnapshotLayer(snapshot)
    rng, differ = random.Random(9), 0
    for _ in range(600):
        query = query_from(rng)
        expected = comparable(search([rebuilt], query, NOW))
        assert comparable(search(overlay.layers(), query, NOW)) == expected
        differ += comparable(search([before], query, NOW)) != expected
    assert differ > 60


def test_what_was_changed_back_leaves_nothing_behind(small_world: World, small_snapshot: Snapshot) -> None:
    everything = {place["place_id"] for place in small_world.places}
    overlay = build_overlay(PreparedIndex(small_snapshot), small_world.input(), everything)
    tree, before = overlay.masked.index.tree, build_tree(small_snapshot)
    assert overlay.rows == 0
    assert [name for name in tree._fields if not np.array_equal(getattr(tree, name), getattr(before, name))] == []


def test_slots_and_places_change_together(world: World, snapshot: Snapshot) -> None:
    rebooked, busy_places = rebooked_world(world, 150)
    after, changed = changed_world(rebooked, 150)
    changed |= busy_places
    overlay = build_overlay(PreparedIndex(snapshot), after.input(changed), changed)
    assert len(overlay.masked.index.tree.new_words) > 0 and overlay.rows > 0
    rebuilt, rng = SnapshotLayer(build_index(after.input(), as_of=AS_OF)), random.Random(10)
    for _ in range(300):
        query = query_from(rng)
        assert comparable(search(overlay.layers(), query, NOW)) == comparable(search([rebuilt], query, NOW))


def test_a_place_is_worth_the_same_alone_and_among_others(world: World, snapshot: Snapshot) -> None:
    index = PreparedIndex(snapshot)
    for place in world.places[:300:5]:
        alone = build_overlay(index, world.input({place["place_id"]}), {place["place_id"]})
        assert alone.rows == 0, place


@pytest.mark.parametrize("column", ["name", "phone", "checked_on"])
def test_a_fact_that_only_shows_is_a_change_too(small_world: World, small_snapshot: Snapshot, column: str) -> None:
    after = deepcopy(small_world)
    place = next(row for row in after.places if row["status"] == "offered")
    place[column] = date(2020, 2, 2) if column == "checked_on" else "autre"
    rows = [space for space in after.spaces if space["place_id"] == place["place_id"]]
    index, changed = PreparedIndex(small_snapshot), {place["place_id"]}
    assert build_overlay(index, small_world.input(changed), changed).rows == 0
    assert build_overlay(index, after.input(changed), changed).rows == len(rows)


def test_rows_of_places_are_found_without_reading_all(snapshot: Snapshot) -> None:
    ids, rng = snapshot.columns.place_id, random.Random(4)
    place_ids = [*rng.sample(sorted(set(ids.tolist())), 50), 1, 10**12]
    rows = PreparedIndex(snapshot).rows_of_places(place_ids)
    assert rows.tolist() == np.flatnonzero(np.isin(ids, place_ids)).tolist()


def test_removed_places_need_no_rows(small_world: World, small_snapshot: Snapshot) -> None:
    everything = {place["place_id"] for place in small_world.places}
    overlay = build_overlay(PreparedIndex(small_snapshot), small_world.input(set()), everything)
    query = Query(Point(2.35, 48.86), radius_m=100_000, candidates=True)
    assert overlay.rows == 0
    assert search([overlay.masked, overlay.changed], query, NOW).total == 0


def test_a_changed_row_near_the_point_is_found_at_the_antimeridian_and_the_poles(small_snapshot: Snapshot) -> None:
    changed, rng = ChangedLayer(small_snapshot, np.zeros(0, np.int64)), random.Random(6)
    places = small_snapshot.columns.lon, small_snapshot.columns.lat
    alone = 0
    for _ in range(300):
        edge = rng.choice([Point(180.0, -13.3), Point(-180.0, -13.3), Point(12.0, 90.0)])
        point, radius_m = rng.choice([edge, query_from(rng).point]), rng.choice([0.0, 500.0, 30_000.0])
        is_near = bool((haversine_array_m(point.lon, point.lat, *places) <= radius_m).any())
        assert changed.intersects(point, radius_m) or not is_near
        alone += not changed.intersects(point, radius_m)
    assert 0 < alone < 300
    changed.close()


def test_a_search_far_from_what_changed_asks_the_snapshot_alone(small_world: World, small_snapshot: Snapshot) -> None:
    after, changed = changed_world(small_world, 20)
    overlay = build_overlay(PreparedIndex(small_snapshot), after.input(changed), changed)
    moved = overlay.changed.index.snapshot.columns
    there, mid_ocean = Point(float(moved.lon[0]), float(moved.lat[0])), Point(-30.0, -40.0)
    assert indexes_near(overlay.layers(), there, 1_000.0) == (overlay.masked.index, overlay.changed.index)
    assert indexes_near(overlay.layers(), mid_ocean, 30_000.0) == (overlay.masked.index,)


def test_live_index_takes_changes_in_and_drops_them_with_a_new_snapshot(tmp_path: Path, small_world: World) -> None:
    build_snapshot(small_world.input(), tmp_path, as_of=AS_OF)
    after, changed = changed_world(small_world, 20)
    with LiveIndex.open(tmp_path) as index:
        assert index.revision == 5
        before = index.version
        index.set_overlay(after.input(changed), changed)
        assert index.version == f"{before}+1"
        rng = random.Random(3)
        queries = [query_from(rng) for _ in range(40)]
        with_overlay = [comparable(index.search(query, NOW)) for query in queries]
        assert index.open_newer() is None
        build_snapshot(after.input(), tmp_path, as_of=AS_OF, revision=6)
        newer = index.open_newer()
        assert newer is not None and index.revision == 5
        index.set_overlay(after.input(set()), [], newer)
        assert index.revision == 6
        assert [comparable(index.search(query, NOW)) for query in queries] == with_overlay
        index.set_overlay(after.input(set()), [])
        assert "+" not in index.version


def test_searches_go_on_while_indexes_are_swapped(tmp_path: Path, small_world: World) -> None:
    build_snapshot(small_world.input(), tmp_path, as_of=AS_OF)
    after, changed = changed_world(small_world, 20)
    index, query = LiveIndex.open(tmp_path), Query(Point(2.35, 48.86), candidates=True, limit=100)
    old = comparable(index.search(query, NOW))
    index.set_overlay(after.input(changed), changed)
    allowed = [old, comparable(index.search(query, NOW))]
    stop, wrong = threading.Event(), []

    def search_on() -> None:
        while not stop.is_set():
            if comparable(index.search(query, NOW)) not in allowed:
                wrong.append(1)

    threads = [threading.Thread(target=search_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        index.set_overlay(after.input(set()), [])
        index.set_overlay(after.input(changed), changed)
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    index.close()
