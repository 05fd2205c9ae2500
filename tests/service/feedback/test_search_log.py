"""The search log: written beside the searches, on both databases; what is kept, what is not, and for how long."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import h3.api.basic_int as h3
import pytest
from sqlalchemy import Engine, select, text

from geo.errors import StoreUnavailable
from geo.store.engine import open_store, reading, writing
from geo.types import Amenity, Point
from matching.learning.interaction_log import InteractionLog
from matching.query.query import Mode, Query
from matching.query.results import Result, SearchResults, TermScore
from service.container import Services
from service.feedback import search_log
from service.feedback.search_log import SearchLog, count_log, purge_log, read_log
from service.feedback.tables import impression, impression_result
from tests.service.bookings.test_booking import add_space

NOW = datetime(2026, 11, 23, 9, 47, 12, tzinfo=UTC)
HERE = Point(-1.55341, 47.21732)


def result(place_id: int, space_id: int, **more: Any) -> Result:
    facts = {"lon": -1.55 - place_id / 1000, "lat": 47.21, "precision": "exact"}
    terms = (TermScore("proximity", 0.8712345, 0.7), TermScore("price", 0.5, 0.3))
    return Result(place_id, space_id, 0, 0.7, 812.3, terms, facts, None, None, None, None, **more)


def found(results: int = 3, **asked: Any) -> SearchResults:
    query = Query(HERE, wishes=frozenset({Amenity.QUIET}), community="secret", **asked)
    return SearchResults(query, tuple(result(at, 10 * at) for at in range(1, results + 1)), results, 0, NOW, "v")


@pytest.fixture
def log(store: Engine) -> SearchLog:
    return SearchLog(store, lambda: NOW)


def rows(store: Engine, table: Any) -> list[dict[str, Any]]:
    with reading(store) as connection:
        keys = list(table.primary_key.columns)
        return [dict(row) for row in connection.execute(select(table).order_by(*keys)).mappings()]


def test_what_is_kept_is_coarse(store: Engine, log: SearchLog) -> None:
    log.log_impression(found(mode=Mode.BIKE, seats=2), 2)
    log.close()
    (kept_row,) = rows(store, impression)
    assert kept_row["hour"].replace(tzinfo=UTC) == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert kept_row["h3_r7"] == h3.latlng_to_cell(HERE.lat, HERE.lon, 7)
    assert (kept_row["mode"], kept_row["seats"], kept_row["windowed"]) == ("bike", 2, False)
    first, _ = rows(store, impression_result)
    assert (first["rank"], first["place_id"], first["space_id"]) == (1, 1, 10)
    assert (first["price"], first["affinity"]) == (0.5, None)
    assert 0.5 < first["proximity"] < 0.87


def test_neither_position_nor_community_nor_exact_distance_is_in_any_column(store: Engine, log: SearchLog) -> None:
    log.log_impression(found(), 3)
    log.close()
    written = str([*rows(store, impression), *rows(store, impression_result)])
    for secret in ("1.5534", "47.2173", "secret", "812.3", "0.8712"):
        assert secret not in written


def test_two_points_of_one_hexagon_leave_the_same(store: Engine, log: SearchLog) -> None:
    log.log_impression(found(), 3)
    elsewhere = found()
    object.__setattr__(elsewhere.query, "point", Point(-1.5530, 47.2170))
    log.log_impression(elsewhere, 3)
    log.close()
    by_impression: dict[str, list[float]] = {}
    for row in rows(store, impression_result):
        by_impression.setdefault(row["impression_id"], []).append(row["proximity"])
    one, other = by_impression.values()
    assert one == other


def test_choices_follow_by_the_random_id(store: Engine, log: SearchLog) -> None:
    space_id = add_space(store)
    with reading(store) as connection:
        place_id = connection.execute(text("SELECT place_id FROM space")).scalar_one()
    shown = SearchResults(found().query, (result(place_id + 7, 99), result(place_id, 98)), 2, 0, NOW, "v")
    one, other = log.log_impression(shown, 2), log.log_impression(shown, 2)
    assert one != other
    log.log_click(one, 1)
    log.log_click(one, 1)
    log.log_click(one, 50)
    log.log_click("0" * 32, 1)
    log.log_booking(other, space_id)  # another space of the place that was shown
    log.close()
    chosen = {
        (row["impression_id"], row["rank"]): (row["clicked"], row["booked"]) for row in rows(store, impression_result)
    }
    assert chosen == {
        (one, 1): (True, False),
        (one, 2): (False, False),
        (other, 1): (False, False),
        (other, 2): (False, True),
    }
    assert (count_log(store).impressions, count_log(store).clicks, count_log(store).bookings) == (2, 1, 1)


def test_old_impressions_are_really_deleted(store: Engine) -> None:
    for days in (200, 181, 179, 0):
        old = SearchLog(store, lambda days=days: NOW - timedelta(days=days))
        old.log_impression(found(), 3)
        old.close()
    assert purge_log(store, NOW, 180) == 2
    assert len(rows(store, impression)) == 2
    assert len(rows(store, impression_result)) == 6
    assert purge_log(store, NOW, 180) == 0


def test_the_log_is_read_as_learning_takes_it(store: Engine, log: SearchLog) -> None:
    one = log.log_impression(found(25), 25)
    log.log_impression(found(mode=Mode.WALK), 3)
    log.log_click(one, 2)
    log.close()
    read = InteractionLog.from_frame(read_log(store))
    assert (read.impressions, len(read.rank), read.with_a_choice) == (1, 20, 1)
    assert read.chosen.tolist() == [False, True] + 18 * [False]
    assert read.values[:, 2].tolist() == 20 * [0.5]
    assert read.values[:, 3].tolist() == 20 * [0.0]


def test_an_empty_log_reads_as_one(store: Engine) -> None:
    assert InteractionLog.from_frame(read_log(store)).impressions == 0


def test_a_store_that_fails_costs_a_note_and_no_search(
    store: Engine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, real = threading.Event(), search_log.writing

    def failing(engine: Engine) -> Any:
        if not written.is_set():
            written.set()
            raise StoreUnavailable(fr="non", en="no")
        return real(engine)

    monkeypatch.setattr(search_log, "writing", failing)
    log = SearchLog(store, lambda: NOW)
    with caplog.at_level(logging.WARNING, "placelibre.search_log"):
        log.log_impression(found(), 3)
        assert written.wait(10)
        log.log_impression(found(), 3)
        log.close()
    assert "could not be written" in caplog.text
    assert "1.55" not in caplog.text
    assert (count_log(store).impressions, count_log(store).lost) == (1, 1)


def test_more_than_may_wait_is_dropped_and_told(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, real = threading.Event(), threading.Event(), search_log.writing

    def slow(engine: Engine) -> Any:
        begun.set()
        assert go_on.wait(20)
        return real(engine)

    monkeypatch.setattr(search_log, "writing", slow)
    log = SearchLog(store, lambda: NOW, queue_size=2)
    log.log_impression(found(), 1)
    assert begun.wait(10)
    for _ in range(5):  # two wait, three are too many; none of them waits here
        log.log_impression(found(), 1)
    go_on.set()
    log.close()
    assert (count_log(store).impressions, count_log(store).lost) == (3, 3)


def test_a_store_that_was_not_migrated_is_no_reason_to_fail(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    engine = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    log = SearchLog(engine, lambda: NOW)
    log.log_impression(found(), 1)
    log.close()
    assert "StoreUnavailable" in caplog.text
    with writing(engine) as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    engine.dispose()


def test_what_waits_is_written_before_the_services_close(small_services: Services) -> None:
    with small_services.engine.connect():  # opened before, as a running service has it
        small_services.search_log.log_impression(found(), 1)
    small_services.close()
    assert count_log(small_services.engine).impressions == 1


def test_services_that_close_wait_for_the_connection_that_the_log_holds(
    small_services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, real = threading.Event(), threading.Event(), search_log._write_impression

    def slow(*arguments: Any) -> None:
        begun.set()
        assert go_on.wait(20)
        real(*arguments)

    monkeypatch.setattr(search_log, "_write_impression", slow)
    engine = small_services.engine
    small_services.search_log.log_impression(found(), 1)
    assert begun.wait(10)
    threading.Timer(0.2, go_on.set).start()
    small_services.close()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert count_log(small_services.engine).impressions == 1
