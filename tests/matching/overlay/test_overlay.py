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
from matching.overlay.overlay import Changed, build_overlay
from matching.query.query import Query
from matching.query.results import SearchResults
from matching.search.engine import Whole, near, search
from matching.search.prepared_index import Searchable
from matching.snapshot.builder import build_index, build_snapshot
from matching.snapshot.snapshot import Snapshot
from tests.matching.world import AS_OF, FIRST_SLOT, NOW, REGIONS, World, query_from


def changed_world(world: World, count: int) -> tuple[World, set[int]]:
    """The world after moves, closures, new offers, new places and bookings; and the ids of what changed."""
    later, drawn = deepcopy(world), random.Random(5)
    changed = set()
    for place in drawn.sample(later.places, count):
        changed.add(place["place_id"])
        what = drawn.choice(["moved", "closed", "removed", "offered", "candidate", "hours", "booked", "hidden"])
        spaces = [space for space in later.spaces if space["place_id"] == place["place_id"]]
        if what == "moved":
            place["lon"], place["lat"] = drawn.choice([(2.35, 48.86), (-179.999, -13.3), (3.5, 44.5)])
        elif what == "removed":
            later.places.remove(place)
            later.spaces = [space for space in later.spaces if space not in spaces]
        elif what == "hours":
            place["opening_hours"] = "24/7"
        elif what == "booked":
            ids = {space["space_id"] for space in spaces}
            later.busy = [row for row in later.busy if row["space_id"] not in ids]
        elif what == "hidden":
            for space in spaces:
                space["communities"] = ["gamma"]
        else:
            place["status"] = what
    for region in REGIONS * 3:
        changed.add(later._place(region)["place_id"])
    return later, changed


def comparable(found: SearchResults) -> tuple[object, ...]:
    return found.results, found.total, found.to_confirm


@pytest.fixture(scope="module")
def later(world: World) -> tuple[World, set[int]]:
    return changed_world(world, 250)


def test_overlay_answers_what_a_rebuild_answers(
    world: World, snapshot: Snapshot, later: tuple[World, set[int]]
) -> None:
    after, changed = later
    overlay = build_overlay(Searchable(snapshot), after.input(changed), changed)
    rebuilt = build_index(after.input(), as_of=AS_OF)
    drawn, touched = random.Random(8), 0
    for _ in range(400):
        query = query_from(drawn)
        got = search([overlay.masked, overlay.changed], query, NOW)
        assert comparable(got) == comparable(search([Whole(rebuilt)], query, NOW))
        touched += any(one.place_id in changed for one in got.results)
    assert touched > 150


def rebooked_world(world: World, count: int) -> tuple[World, set[int]]:
    """The world after bookings and cancellations, some of all seats; and the ids of the places of these."""
    later, drawn = deepcopy(world), random.Random(6)
    rooms = drawn.sample(later.spaces, count)
    cancelled = {room["space_id"] for room in rooms[::3]}
    later.busy = [row for row in later.busy if row["space_id"] not in cancelled]
    taken = {(row["space_id"], row["slot"]) for row in later.busy}
    for room in rooms:
        start = FIRST_SLOT + 48 * drawn.choice([0, 1, 2, 7, 15, 40, 61]) + drawn.randrange(12, 40)
        seats = drawn.choice([1, room["seats"]])
        slots = {(room["space_id"], slot) for slot in range(start, start + 6)} - taken
        later.busy += [{"space_id": space_id, "slot": slot, "seats_taken": seats} for space_id, slot in slots]
    return later, {room["place_id"] for room in rooms}


def test_freed_and_taken_slots_are_replaced_in_place(world: World, snapshot: Snapshot) -> None:
    after, changed = rebooked_world(world, 1200)
    overlay = build_overlay(Searchable(snapshot), after.input(changed), changed)
    assert overlay.places == 0 and len(overlay.layers()) == 1
    rebuilt, before = Whole(build_index(after.input(), as_of=AS_OF)), Whole(snapshot)
    drawn, differ = random.Random(9), 0
    for _ in range(600):
        query = query_from(drawn)
        expected = comparable(search([rebuilt], query, NOW))
        assert comparable(search(overlay.layers(), query, NOW)) == expected
        differ += comparable(search([before], query, NOW)) != expected
    assert differ > 60


def test_what_was_changed_back_leaves_nothing_behind(small_world: World, small_snapshot: Snapshot) -> None:
    everything = {place["place_id"] for place in small_world.places}
    overlay = build_overlay(Searchable(small_snapshot), small_world.input(), everything)
    tree, before = overlay.masked.searchable.tree, build_tree(small_snapshot)
    assert overlay.places == 0
    assert [name for name in tree._fields if not np.array_equal(getattr(tree, name), getattr(before, name))] == []


def test_slots_and_places_change_together(world: World, snapshot: Snapshot) -> None:
    rebooked, busy_places = rebooked_world(world, 150)
    after, changed = changed_world(rebooked, 150)
    changed |= busy_places
    overlay = build_overlay(Searchable(snapshot), after.input(changed), changed)
    assert len(overlay.masked.searchable.tree.new_words) > 0 and overlay.places > 0
    rebuilt, drawn = Whole(build_index(after.input(), as_of=AS_OF)), random.Random(10)
    for _ in range(300):
        query = query_from(drawn)
        assert comparable(search(overlay.layers(), query, NOW)) == comparable(search([rebuilt], query, NOW))


def test_a_place_is_worth_the_same_alone_and_among_others(world: World, snapshot: Snapshot) -> None:
    whole = Searchable(snapshot)
    for place in world.places[:300:5]:
        alone = build_overlay(whole, world.input({place["place_id"]}), {place["place_id"]})
        assert alone.places == 0, place


@pytest.mark.parametrize("column", ["name", "phone", "checked_on"])
def test_a_fact_that_only_shows_is_a_change_too(small_world: World, small_snapshot: Snapshot, column: str) -> None:
    after = deepcopy(small_world)
    place = next(one for one in after.places if one["status"] == "offered")
    place[column] = date(2020, 2, 2) if column == "checked_on" else "autre"
    rows = [space for space in after.spaces if space["place_id"] == place["place_id"]]
    whole, one = Searchable(small_snapshot), {place["place_id"]}
    assert build_overlay(whole, small_world.input(one), one).places == 0
    assert build_overlay(whole, after.input(one), one).places == len(rows)


def test_rows_of_places_are_found_without_reading_all(snapshot: Snapshot) -> None:
    ids, drawn = snapshot.columns.place_id, random.Random(4)
    asked = [*drawn.sample(sorted(set(ids.tolist())), 50), 1, 10**12]
    found = Searchable(snapshot).rows_of(asked)
    assert found.tolist() == np.flatnonzero(np.isin(ids, asked)).tolist()


def test_removed_places_need_no_rows(small_world: World, small_snapshot: Snapshot) -> None:
    everything = {place["place_id"] for place in small_world.places}
    overlay = build_overlay(Searchable(small_snapshot), small_world.input(set()), everything)
    query = Query(Point(2.35, 48.86), radius_m=100_000, candidates=True)
    assert overlay.places == 0
    assert search([overlay.masked, overlay.changed], query, NOW).total == 0


def test_whoever_is_near_a_change_is_told_over_the_antimeridian_and_at_the_pole_too(small_snapshot: Snapshot) -> None:
    changed, drawn = Changed(small_snapshot, np.zeros(0, np.int64)), random.Random(6)
    places = small_snapshot.columns.lon, small_snapshot.columns.lat
    alone = 0
    for _ in range(300):
        edge = drawn.choice([Point(180.0, -13.3), Point(-180.0, -13.3), Point(12.0, 90.0)])
        point, radius_m = drawn.choice([edge, query_from(drawn).point]), drawn.choice([0.0, 500.0, 30_000.0])
        is_near = bool((haversine_array_m(point.lon, point.lat, *places) <= radius_m).any())
        assert changed.reaches(point, radius_m) or not is_near
        alone += not changed.reaches(point, radius_m)
    assert 0 < alone < 300
    changed.close()


def test_a_search_far_from_what_changed_asks_the_snapshot_alone(small_world: World, small_snapshot: Snapshot) -> None:
    after, changed = changed_world(small_world, 20)
    overlay = build_overlay(Searchable(small_snapshot), after.input(changed), changed)
    moved = overlay.changed.searchable.snapshot.columns
    there, mid_ocean = Point(float(moved.lon[0]), float(moved.lat[0])), Point(-30.0, -40.0)
    assert near(overlay.layers(), there, 1_000.0) == (overlay.masked.searchable, overlay.changed.searchable)
    assert near(overlay.layers(), mid_ocean, 30_000.0) == (overlay.masked.searchable,)


def test_live_index_takes_changes_in_and_drops_them_with_a_new_snapshot(tmp_path: Path, small_world: World) -> None:
    build_snapshot(small_world.input(), tmp_path, as_of=AS_OF)
    after, changed = changed_world(small_world, 20)
    with LiveIndex.open(tmp_path) as index:
        assert index.revision == 5
        before = index.version
        index.set_overlay(after.input(changed), changed)
        assert index.version == f"{before}+1"
        drawn = random.Random(3)
        queries = [query_from(drawn) for _ in range(40)]
        with_overlay = [comparable(index.search(query, NOW)) for query in queries]
        assert index.newer() is None
        build_snapshot(after.input(), tmp_path, as_of=AS_OF, revision=6)
        newer = index.newer()
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
