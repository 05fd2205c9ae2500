"""Lists at a URL are imported when due, by one worker at a time, and what changed is shown."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, insert, select

from geo.errors import Conflict, InvalidInput, NotFound
from geo.reference.communes import Areas
from geo.store.engine import writing
from geo.store.schema import place
from ingest.history import list_imports, undo
from ingest.journal.tables import feed, import_run
from service.container import Services
from service.fetching.fetcher import Fetcher
from service.fetching.url_guard import FetchFailed
from service.imports import feeds
from service.imports.feed_diff import SHOWN
from service.index.live_search import rebuild
from service.operations.worker import Worker
from service.settings import Settings
from tests.service.fetching.web_server import WebServer, web_server

START = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/Paris"))
HEADER = "id;nom;adresse;code postal;commune\n"
LAB = "1;Le Lab;3 rue Crébillon;44000;Nantes\n"
CALE = "2;La Cale;1 quai de la Fosse;44000;Nantes\n"
CALE_MOVED = "2;La Cale;7 quai de la Fosse;44000;Nantes\n"
MAIRIE = "3;Mairie;1 place de la Mairie;44110;Châteaubriant\n"


def as_list(*rows: str) -> bytes:
    return (HEADER + "".join(rows)).encode()


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: int) -> None:
        self.now += timedelta(**much)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def running(store_url: str, tmp_path: Path, areas: Areas, clock: Clock) -> Iterator[Services]:
    settings = Settings(
        store=store_url,
        index=tmp_path / "index",
        staging=tmp_path / "staging",
        mappings=tmp_path / "mappings",
    )
    services = Services(settings, clock)
    services.__dict__["areas"] = areas  # read once for all tests
    yield services
    services.close()


def local_fetcher() -> Fetcher:
    return Fetcher(1, 5.0, allowed=lambda one: one == "127.0.0.1", resolve=lambda _host, _port: ["127.0.0.1"])


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def worker(running: Services, lines: list[str]) -> Worker:
    return Worker(running, local_fetcher(), lambda _french, english: lines.append(english))


@pytest.fixture
def add(running: Services, web: WebServer) -> Callable[..., dict[str, Any]]:
    def one(source: str = "lieux", path: str = "/liste.csv", every: str = "24h", **more: Any) -> dict[str, Any]:
        return feeds.add(running.engine, web.url(path), source, every, running.now(), **more)

    return one


def names(change: dict[str, Any], sort: str) -> list[str]:
    return [one["name"] for one in change["names"][sort]]


def test_a_new_feed_is_imported_at_once_and_then_at_its_time(
    add: Any, web: WebServer, worker: Worker, running: Services, clock: Clock, lines: list[str]
) -> None:
    web.serve("/liste.csv", as_list(LAB, CALE), ETag='"v1"')
    add()
    (outcome,) = worker.once()
    found = feeds.read(running.engine, "lieux")
    (run,) = list_imports(running.engine)
    assert (outcome.status, found["last_status"], found["state"]) == ("imported", "imported", "waiting")
    assert (run["import_id"], run["source"], run["file_name"]) == (found["last_import_id"], "lieux", "liste.csv")
    assert found["last_at"] == "2026-11-23T09:00:00+00:00"
    assert found["next_at"] == "2026-11-24T09:00:00+00:00"
    assert len(lines) == 1
    assert lines[0] == "2026-11-23T10:00:00+0100 lieux: 2 rows, 2 new, 0 updated, 0 rejected, 0 vanished"
    clock.forward(hours=23)
    assert worker.once() == []
    clock.forward(hours=1)
    assert [one.status for one in worker.once()] == ["unchanged"]


def test_what_changed_is_shown_with_names(
    add: Any, web: WebServer, worker: Worker, running: Services, clock: Clock
) -> None:
    web.serve("/liste.csv", as_list(LAB, CALE), ETag='"v1"')
    add()
    worker.once()
    web.serve("/liste.csv", as_list(CALE_MOVED, MAIRIE), ETag='"v2"')
    clock.forward(hours=24)
    worker.once()
    change = feeds.read(running.engine, "lieux")["last_change"]
    assert {key: change[key] for key in ("rows", "accepted", "merged", "updated", "unchanged", "rejected")} == {
        **{"rows": 2, "accepted": 1, "merged": 0, "updated": 1},
        **{"unchanged": 0, "rejected": 0},
    }
    assert (change["vanished"], change["at"]) == (1, "2026-11-24T10:00:00+01:00")
    assert names(change, "accepted") == ["Mairie"]
    assert names(change, "updated") == ["La Cale"]
    assert names(change, "vanished") == ["Le Lab"]
    with running.engine.connect() as connection:
        kept = connection.execute(select(place.c.name).order_by(place.c.name)).scalars().all()
    assert "Le Lab" in kept, "a place that vanished from its list stays"


def test_a_list_that_only_lost_rows_says_so(
    add: Any, web: WebServer, worker: Worker, running: Services, clock: Clock
) -> None:
    web.serve("/liste.csv", as_list(LAB, CALE))
    add()
    worker.once()
    web.serve("/liste.csv", as_list(LAB))
    clock.forward(hours=24)
    (outcome,) = worker.once()
    assert outcome.change is not None
    assert (outcome.change["unchanged"], names(outcome.change, "vanished")) == (1, ["La Cale"])


def test_the_names_are_bounded_the_counts_are_not(add: Any, web: WebServer, worker: Worker, running: Services) -> None:
    many = [f"{i};Lieu {i};{i} rue de Strasbourg;44000;Nantes\n" for i in range(1, SHOWN + 51)]
    web.serve("/liste.csv", as_list(*many))
    add()
    worker.once()
    change = feeds.read(running.engine, "lieux")["last_change"]
    assert change["accepted"] + change["merged"] == SHOWN + 50
    assert len(change["names"]["accepted"]) == SHOWN
    (listed,) = feeds.read_all(running.engine)
    assert "names" not in listed["last_change"]


def test_an_unchanged_list_is_neither_sent_nor_imported_again(
    add: Any, web: WebServer, worker: Worker, running: Services, clock: Clock
) -> None:
    web.serve("/liste.csv", as_list(LAB), ETag='"v1"', Last_Modified="Mon, 23 Nov 2026 08:00:00 GMT")
    add()
    worker.once()
    before = feeds.read(running.engine, "lieux")
    clock.forward(hours=24)
    worker.once()
    after = feeds.read(running.engine, "lieux")
    assert web.seen[1][1]["If-None-Match"] == '"v1"'
    assert web.seen[1][1]["If-Modified-Since"] == "Mon, 23 Nov 2026 08:00:00 GMT"
    assert (after["etag"], after["last_modified"]) == (before["etag"], before["last_modified"])
    assert (after["last_status"], after["last_change"]) == ("unchanged", before["last_change"])
    assert len(list_imports(running.engine)) == 1


def test_the_same_bytes_without_an_etag_are_not_imported_again_even_after_an_undo(
    add: Any, web: WebServer, worker: Worker, running: Services, clock: Clock
) -> None:
    web.serve("/liste.csv", as_list(LAB))
    add()
    worker.once()
    undo(running.engine, feeds.read(running.engine, "lieux")["last_import_id"], running.now())
    clock.forward(hours=24)
    assert [one.status for one in worker.once()] == ["unchanged"]
    assert worker.run_one("lieux").status == "imported", "who asks for it gets it"
    assert len(list_imports(running.engine)) == 2


def test_failures_are_told_and_tried_again_later_each_time(
    add: Any, web: WebServer, worker: Worker, running: Services, clock: Clock, lines: list[str]
) -> None:
    web.serve("/liste.csv", b"", status=500)
    add()
    waits = []
    for _ in range(4):
        (outcome,) = worker.once()
        found = feeds.read(running.engine, "lieux")
        due = datetime.fromisoformat(found["next_at"])
        waits.append((due - clock.now).total_seconds() / 60)
        assert isinstance(outcome.error, FetchFailed)
        assert "500" in found["last_error"]["fr"]
        clock.now = due
    assert waits == [15, 30, 60, 120]
    assert found["failures"] == 4
    assert len(lines) == 4
    assert "tried again 2026-11-23T09:15Z" in lines[0]
    web.serve("/liste.csv", as_list(LAB))
    worker.once()
    found = feeds.read(running.engine, "lieux")
    assert (found["failures"], found["last_error"], found["last_status"]) == (0, None, "imported")


@pytest.mark.parametrize(
    ("failures", "every", "hours"), [(1, 24, 0.25), (2, 24, 0.5), (8, 24, 24), (9, 1, 24), (500, 168, 168)]
)
def test_the_wait_doubles_up_to_a_day_or_the_frequency(failures: int, every: int, hours: float) -> None:
    assert feeds.retry_after(failures, every) == timedelta(hours=hours)


def test_a_failing_feed_keeps_none_of_the_others_waiting(
    add: Any, web: WebServer, worker: Worker, running: Services
) -> None:
    web.serve("/gone.csv", b"", status=404)
    web.serve("/odd.csv", b"\x00\x01\x02\x03" * 100)
    web.serve("/inside", b"", status=302, Location="http://10.0.0.1/liste.csv")
    web.serve("/liste.csv", as_list(LAB))
    for source, path in (("gone", "/gone.csv"), ("odd", "/odd.csv"), ("inside", "/inside"), ("good", "/liste.csv")):
        add(source, path)
    elsewhere = Fetcher(
        1,
        5.0,
        allowed=lambda one: one == "127.0.0.1",
        resolve=lambda host, _port: ["127.0.0.1" if host == "lists.example" else host],
    )
    outcomes = Worker(running, elsewhere, lambda _french, _english: None).once()
    codes = {one.source: one.error.code if one.error else one.status for one in outcomes}
    assert codes == {
        "gone": "fetch_failed",
        "odd": "unreadable_file",
        "inside": "address_refused",
        "good": "imported",
    }


def test_nothing_fetched_is_left_behind(add: Any, web: WebServer, worker: Worker, running: Services) -> None:
    web.serve("/liste.csv", as_list(LAB))
    add()
    worker.once()
    assert [one for one in running.settings.staging.rglob("*") if one.is_file()] == []


def test_a_feed_is_claimed_by_one_worker_only(add: Any, running: Services) -> None:
    for number in range(5):
        add(f"liste {number}")

    def claim(_worker: int) -> list[str]:
        mine = []
        while row := feeds.claim_due(running.engine, running.now()):
            mine.append(row.source)
        return mine

    with ThreadPoolExecutor(4) as workers:
        claimed = [source for mine in workers.map(claim, range(4)) for source in mine]
    assert sorted(claimed) == [f"liste {number}" for number in range(5)]


def test_the_claim_of_a_dead_worker_expires_and_that_of_a_living_one_does_not(
    add: Any, running: Services, clock: Clock
) -> None:
    add()
    dead = feeds.claim_due(running.engine, clock.now)
    assert dead is not None
    with pytest.raises(Conflict):
        feeds.claim_now(running.engine, "lieux", clock.now)
    clock.forward(minutes=4)
    assert feeds.renew(running.engine, dead, clock.now)
    clock.forward(minutes=4)
    assert feeds.claim_due(running.engine, clock.now) is None
    clock.forward(minutes=1)
    other = feeds.claim_due(running.engine, clock.now)
    assert other is not None
    assert not feeds.renew(running.engine, dead, clock.now)
    feeds.finish(running.engine, dead, feeds.Done("unchanged", etag='"late"'), clock.now)
    found = feeds.read(running.engine, "lieux")
    assert (found["state"], found["etag"], found["last_status"]) == ("running", None, None)


def test_a_worker_asked_to_stop_in_the_middle_lets_go_of_the_list(
    add: Any, web: WebServer, running: Services, clock: Clock
) -> None:
    stop = threading.Event()

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(as_list(LAB))
        stop.set()
        request.wfile.write(b"x" * 100_000)

    web.answers["/liste.csv"] = endless
    add()
    worker = Worker(running, local_fetcher(), lambda _french, _english: None, stop)
    worker.run()  # ends
    found = feeds.read(running.engine, "lieux")
    assert (found["state"], found["last_status"], found["failures"]) == ("waiting", None, 0)
    assert list_imports(running.engine) == []
    assert feeds.claim_due(running.engine, clock.now) is not None, "it stays due"


class StopAt(threading.Event):
    """Set from the nth look at it."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.left = looks

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_a_worker_stopped_at_any_moment_leaves_nothing_half_done(
    add: Any, web: WebServer, running: Services, clock: Clock
) -> None:
    web.serve("/liste.csv", as_list(LAB, CALE))
    add()
    for looks in range(1, 40):
        worker = Worker(running, local_fetcher(), lambda _french, _english: None, StopAt(looks))
        if worker.once():
            break
        with running.engine.connect() as connection:
            assert connection.execute(select(func.count()).select_from(import_run)).scalar() == 0
            assert connection.execute(select(func.count()).select_from(place)).scalar() == 0
        assert feeds.read(running.engine, "lieux")["state"] == "waiting"
    assert looks > 4, "the download, the reading and the writing were all interrupted"
    assert feeds.read(running.engine, "lieux")["last_change"]["accepted"] == 2


def test_a_fault_of_ours_counts_as_a_failure_and_is_not_hidden(
    add: Any, web: WebServer, worker: Worker, running: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_named: Any) -> None:
        raise ZeroDivisionError

    web.serve("/liste.csv", as_list(LAB))
    add()
    monkeypatch.setattr("service.operations.worker.import_list", broken)
    with pytest.raises(ZeroDivisionError):
        worker.once()
    found = feeds.read(running.engine, "lieux")
    assert (found["failures"], found["last_status"], found["state"]) == (1, "failed", "waiting")


def test_the_worker_takes_away_what_a_killed_import_left(worker: Worker, running: Services) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    left = {"id": 900, "source": "tuée", "file_name": "x.csv", "file_sha256": "0" * 64, "licence": "", "counts": {}}
    with writing(running.engine) as connection:
        connection.execute(
            insert(import_run).values(**left, started_at=long_ago, written_at=long_ago, state="writing", offered=False)
        )
    worker.once()
    with running.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(import_run)).scalar() == 0


def test_the_worker_rebuilds_an_index_that_is_far_behind(
    add: Any,
    web: WebServer,
    worker: Worker,
    running: Services,
    clock: Clock,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    web.serve("/liste.csv", as_list(LAB, CALE))
    rebuild(running.engine, running.settings.index, running.now())
    before = (running.settings.index / "CURRENT").read_text()
    monkeypatch.setattr("service.index.live_search.REBUILD_PLACES", 1)
    add()
    worker.once()
    assert (running.settings.index / "CURRENT").read_text() != before
    assert lines[-1] == "The index was rebuilt."


def test_a_source_has_one_address_only(add: Any, running: Services) -> None:
    add()
    with pytest.raises(Conflict):
        add()
    feeds.remove(running.engine, "lieux")
    assert add()["source"] == "lieux"
    with pytest.raises(NotFound):
        feeds.remove(running.engine, "autre")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"every": "0h"}, InvalidInput),
        ({"every": "daily"}, InvalidInput),
        ({"kind": "castle"}, InvalidInput),
        ({"as_space": "moat"}, InvalidInput),
        ({"source": " "}, InvalidInput),
        ({"community": "nobody"}, NotFound),
    ],
)
def test_a_feed_that_cannot_work_is_refused_when_it_is_added(
    wrong: dict[str, str], error: type[Exception], add: Any, store: Engine
) -> None:
    with pytest.raises(error):
        add(**wrong)
    with store.connect() as connection:
        assert connection.execute(select(func.count()).select_from(feed)).scalar() == 0


@pytest.mark.parametrize(("text", "expected"), [("24h", 24), ("7d", 168), (" 2 J ", 48), ("1h", 1)])
def test_a_frequency_is_written_in_hours_or_days(text: str, expected: int) -> None:
    assert feeds.hours(text) == expected
