"""The running index is the store: whoever writes, wherever, and while a new snapshot takes the place of the old."""

import logging
import random
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from geo.errors import Conflict, NotFound, StoreUnavailable
from geo.store.engine import reading_at_once, writing
from geo.store.queries import read_frames
from geo.store.revisions import mint, record_changes
from geo.store.schema import place, space
from geo.types import Point
from matching.query.query import Query, Window, slot_floor
from matching.query.results import SearchResults
from matching.search.engine import SnapshotLayer, search
from matching.snapshot.builder import build_index, build_snapshot
from matching.snapshot.files import current_version
from service.bookings.booking import book, cancel
from service.index.background_build import BackgroundBuild, build_lock
from service.index.live_search import LiveSearch, first_slot_of, index_input, is_outdated, rebuild

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NANTES, RENNES = (-1.55, 47.22), (-1.68, 48.11)
PATIENCE_S = 60.0


def add_place(store: Engine, drawn: random.Random, near: tuple[float, float] = NANTES) -> int:
    """A place on offer with one to three rooms, open every day; returns its id."""
    lon, lat = near[0] + drawn.gauss(0, 0.03), near[1] + drawn.gauss(0, 0.03)
    with writing(store) as connection:
        (place_id,) = mint(connection, "place")
        row = {"id": place_id, "name": f"Mairie {place_id}", "match_key": f"mairie {place_id}", "kind": "mairie"}
        row |= {"status": "offered", "insee": "44109", "lon": lon, "lat": lat, "position": Point(lon, lat), "h3_r9": 0}
        row |= {"precision": "exact", "time_zone": "Europe/Paris", "opening_hours": "Mo-Su 08:00-20:00"}
        connection.execute(insert(place).values(row | {"amenities": {"wifi": drawn.choice(["yes", "no"])}}))
        for space_id in mint(connection, "space", drawn.randint(1, 3)):
            room = {"id": space_id, "place_id": place_id, "key": f"room {space_id}", "kind": "meeting_room"}
            room |= {"name": "Salle", "seats": drawn.choice([1, 2, 6]), "amenities": {}}
            connection.execute(insert(space).values(room | {"price_half_day_cents": drawn.choice([None, 500, 1500])}))
        record_changes(connection, [place_id])
    return place_id


class Writer:
    """Does to the store what users and hosts do, at random. What the database refuses is refused."""

    def __init__(self, store: Engine, seed: int, places: int) -> None:
        self.store, self.drawn, self.places = store, random.Random(seed), places
        self.bookings: list[int] = []
        self.done = 0

    def once(self) -> None:
        work = [self.book, self.book, self.book, self.cancel, self.reprice, self.move, self.add, self.remove]
        with suppress(Conflict, NotFound):
            self.drawn.choice(work)()
            self.done += 1

    def book(self) -> None:
        start = NOW.replace(hour=8) + timedelta(days=self.drawn.randint(1, 4), hours=self.drawn.randrange(9))
        made = book(
            self.store,
            space_id=self.drawn.randint(1, 2 * self.places),
            start=start,
            stop=start + timedelta(hours=self.drawn.randint(1, 3)),
            seats=1,
            community=None,
            now=NOW,
        )
        self.bookings.append(made.id)

    def cancel(self) -> None:
        if self.bookings:
            cancel(self.store, self.bookings.pop(), community=None, now=NOW)

    def add(self) -> None:
        add_place(self.store, self.drawn)

    def reprice(self) -> None:
        self._change(space, {"price_half_day_cents": self.drawn.choice([None, 0, 900])})

    def move(self) -> None:
        lon, lat = NANTES[0] + self.drawn.gauss(0, 0.03), NANTES[1]
        self._change(place, {"lon": lon, "lat": lat, "position": Point(lon, lat)})

    def remove(self) -> None:
        self._change(place, {"status": self.drawn.choice(["closed", "candidate", "offered"])})

    def _change(self, table: Any, values: dict[str, Any]) -> None:
        place_id = self.drawn.randint(1, self.places)
        with writing(self.store) as connection:
            of_place = space.c.place_id if table is space else place.c.id
            connection.execute(update(table).where(of_place == place_id).values(values))
            record_changes(connection, [place_id])


@contextmanager
def beside(*works: Callable[[], None]) -> Iterator[None]:
    """Each work again and again in a thread of its own meanwhile; what one raises is raised here."""
    stop, failures = threading.Event(), []

    def again(work: Callable[[], None]) -> None:
        try:
            while not stop.is_set():
                work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=again, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures, failures


def question(drawn: random.Random) -> Query:
    """A search around Nantes, on one of the days that are booked."""
    start = int(NOW.timestamp()) // 1800 // 48 * 48 + 48 * drawn.randint(1, 4) + drawn.randrange(14, 36)
    return Query(
        Point(NANTES[0] + drawn.gauss(0, 0.03), NANTES[1] + drawn.gauss(0, 0.03)),
        windows=(Window(start, start + drawn.choice([1, 2, 6])),),
        seats=drawn.choice([1, 1, 2]),
        max_price_cents=drawn.choice([None, None, 1000]),
        candidates=drawn.random() < 0.3,
        radius_m=drawn.choice([1_000.0, 10_000.0]),
    )


def comparable(found: SearchResults) -> tuple[object, ...]:
    return found.results, found.total, found.to_confirm


def as_rebuilt(store: Engine, as_of: datetime = NOW) -> tuple[int, SnapshotLayer]:
    """The revision of the store, and all of it as an index of its own."""
    frames = read_frames(store, first_slot=first_slot_of(as_of))
    return frames.revision, SnapshotLayer(build_index(index_input(frames), as_of=as_of))


def at_rest(store: Engine, live: LiveSearch) -> SnapshotLayer:
    """The rebuilt store, once the index is up to it: whoever was still writing has committed."""
    begun = time.monotonic()
    while True:
        revision, rebuilt = as_rebuilt(store)
        live.touch()
        live.find(Query(Point(*NANTES)))
        if live.revision == revision:
            return rebuilt
        assert time.monotonic() - begun < PATIENCE_S


def until(condition: Callable[[], bool]) -> float:
    """Seconds until it holds."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < PATIENCE_S
        time.sleep(0.005)
    return time.monotonic() - begun


@pytest.fixture
def folder(store: Engine, tmp_path: Path) -> Path:
    """The index of a store with 150 places around Nantes."""
    drawn = random.Random(1)
    for _ in range(150):
        add_place(store, drawn)
    rebuild(store, tmp_path / "index", NOW)
    return tmp_path / "index"


@pytest.fixture
def live(store: Engine, folder: Path) -> Iterator[LiveSearch]:
    one = LiveSearch(store, folder, 0.5, lambda: NOW)
    yield one
    one.close()


def test_every_answer_is_that_of_a_rebuild_while_writers_run(store: Engine, live: LiveSearch) -> None:
    """Changes are taken in piece by piece while four write; whenever they pause, a rebuild has no other answer."""
    writers, go = [Writer(store, seed, 150) for seed in range(4)], threading.Event()
    drawn = random.Random(2)

    def write(writer: Writer) -> Callable[[], None]:
        def work() -> None:
            if go.wait(0.1):
                writer.once()

        return work

    with beside(*[write(writer) for writer in writers]):
        for _ in range(15):
            written = sum(writer.done for writer in writers)
            go.set()
            while sum(writer.done for writer in writers) < written + 6:
                live.touch()
                live.find(question(drawn))
            go.clear()
            rebuilt = at_rest(store, live)
            for _ in range(20):
                query = question(drawn)
                assert comparable(live.find(query).to_results()) == comparable(search([rebuilt], query, NOW))


def test_the_next_search_of_the_process_that_wrote_sees_it(store: Engine, live: LiveSearch) -> None:
    live.watch()
    place_id = add_place(store, random.Random(5), RENNES)
    everything = Query(Point(*RENNES), radius_m=30_000)
    live.touch()
    assert [one.place_id for one in live.find(everything).to_results().results] == [place_id]
    with writing(store) as connection:
        connection.execute(update(place).where(place.c.id == place_id).values(status="closed"))
        record_changes(connection, [place_id])
    live.touch()
    assert live.find(everything).total == 0


def test_what_another_process_wrote_is_seen(
    store: Engine, live: LiveSearch, record_property: Callable[[str, object], None]
) -> None:
    """That it takes less than a second is measured, and written into the report."""
    live.warm()
    live.watch()
    writes = f"""
        import random, time
        from geo.store.engine import open_store
        from tests.service.index.test_live_search import RENNES, add_place
        store = open_store({store.url.render_as_string(hide_password=False)!r})
        for number in range(3):
            add_place(store, random.Random(number), RENNES)
            print(time.time(), flush=True)
            input()
    """
    query = Query(Point(*RENNES), radius_m=30_000)
    command = [sys.executable, "-c", textwrap.dedent(writes)]
    delays = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None and other.stdout is not None
        for number in range(1, 4):
            committed = float(other.stdout.readline())
            until(lambda expected=number: live.find(query).total == expected)  # type: ignore[misc]
            delays.append(round(time.time() - committed, 3))
            other.stdin.write("\n")
            other.stdin.flush()
    record_property("seen_after_s", delays)


def test_searches_go_on_exactly_while_a_new_snapshot_takes_over(store: Engine, folder: Path) -> None:
    """The day turns, so the old snapshot knows a day less than it could; it has an overlay, too."""
    clock = [NOW]
    live = LiveSearch(store, folder, 0.02, lambda: clock[0])
    drawn = random.Random(3)
    for _ in range(10):
        add_place(store, drawn)
    live.refresh()
    live.watch()
    old, tomorrow = current_version(folder), NOW + timedelta(days=1)
    asked = [question(drawn) for _ in range(20)]
    asked = [query for query in asked if query.windows[0].start >= slot_floor(tomorrow)]
    expected = {as_of: as_rebuilt(store, as_of)[1] for as_of in (NOW, tomorrow)}
    seen: set[datetime] = set()
    clock[0] = tomorrow

    def ask() -> None:
        for query in asked:
            found = live.find(query).to_results()
            seen.add(found.as_of)
            assert comparable(found) == comparable(search([expected[found.as_of]], query, tomorrow))

    with beside(ask, ask):
        until(lambda: len(seen) == 2)
    assert len(asked) > 5
    assert current_version(folder) != old
    assert not is_outdated(store, folder, tomorrow)
    live.close()


def test_a_change_stays_seen_when_a_snapshot_from_before_it_takes_over(
    store: Engine, folder: Path, live: LiveSearch
) -> None:
    """A snapshot is older than its swap: what was written while it was built must not vanish for a moment."""
    query = Query(Point(*RENNES), radius_m=30_000)
    before = read_frames(store)
    add_place(store, random.Random(4), RENNES)
    live.touch()
    assert live.find(query).total == 1

    def ask() -> None:
        assert live.find(query).total == 1

    with beside(ask):
        for minutes in range(1, 4):
            as_of = NOW + timedelta(minutes=minutes)
            build_snapshot(index_input(before), folder, as_of=as_of)
            live.refresh()
            assert live.find(query).as_of == as_of


def test_too_many_changes_are_answered_by_a_new_snapshot(
    store: Engine, live: LiveSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.index.live_search.REBUILD_PLACES", 3)
    monkeypatch.setattr("service.index.live_search.OVERLAY_PLACES", 5)
    before = live.find(Query(Point(*NANTES))).to_results().index_version
    drawn = random.Random(6)
    for _ in range(8):
        add_place(store, drawn, RENNES)
    query = Query(Point(*RENNES), radius_m=30_000)
    live.watch()
    until(lambda: live.find(query).total == 8)
    assert live.find(query).to_results().index_version.split("+")[0] != before


def test_a_rebuild_that_fails_says_why_and_is_not_tried_at_once(
    store: Engine, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = current_version(folder)
    rebuilding = BackgroundBuild(cannot_build, store, folder)
    with caplog.at_level(logging.ERROR):
        rebuilding.start(NOW, version)
        rebuilding.wait()
    assert "The store is on holiday." in caplog.text
    caplog.clear()
    rebuilding.start(NOW, version)
    rebuilding.wait()
    assert not caplog.records
    assert current_version(folder) == version


def cannot_build(_store: Engine, _folder: Path, _now: datetime) -> Path:
    raise StoreUnavailable(fr="La base est en vacances.", en="The store is on holiday.")


def test_one_process_builds_at_a_time(store: Engine, folder: Path) -> None:
    version = current_version(folder)
    rebuilding = BackgroundBuild(rebuild, store, folder)
    with build_lock(folder) as first, build_lock(folder) as second:
        assert first and not second
        rebuilding.start(NOW + timedelta(hours=1), version)
        rebuilding.wait()
    assert current_version(folder) == version
    rebuilding.start(NOW + timedelta(hours=1), "a version that somebody replaced already")
    rebuilding.wait()
    assert current_version(folder) == version
    rebuilding.start(NOW + timedelta(hours=1), version)
    rebuilding.wait()
    assert current_version(folder) != version


def test_the_store_is_read_at_one_moment(store: Engine, folder: Path) -> None:
    """A reader that has begun sees nothing of what is committed later."""
    with reading_at_once(store) as connection:
        before = connection.execute(select(func.count()).select_from(place)).scalar_one()
        add_place(store, random.Random(7))
        assert connection.execute(select(func.count()).select_from(place)).scalar_one() == before
