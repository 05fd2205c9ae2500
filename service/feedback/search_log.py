"""The search log: the results that consenting visitors saw and chose, from which the weights are learned.

One thread writes it from a bounded queue: a search never waits for it and never fails with it. Notes that could not be
written are counted. The log holds no account, address or cookie, and of the position only the hexagon
(`matching.learning.location_privacy`). Nothing leads back to a person, so withdrawing consent ends the logging and
leaves nothing to look up. Everything is deleted after PLACELIBRE_SEARCH_LOG_DAYS.
"""

import logging
import queue
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, case, delete, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from geo.errors import PlaceLibreError
from geo.store.engine import reading, writing
from geo.store.schema import space
from matching.query.query import Query
from matching.query.results import Result, SearchResults
from matching.query.weights import TERM_NAMES
from service.feedback.tables import impression, impression_result

LOG = logging.getLogger("placelibre.search_log")
IMPRESSION_ID = re.compile(r"[0-9a-f]{32}")
QUEUE_SIZE = 1_000
"""Notes that may wait to be written; more are dropped."""
BATCH_SIZE = 100
"""Notes written in one transaction."""
CLOSE_TIMEOUT_S = 5.0
MAX_IMPRESSIONS = 200_000
"""Impressions that are learned from, the latest ones; more would teach nothing new and fill the memory."""
FETCH_SIZE = 50_000
"""Rows read at a time."""


@dataclass(frozen=True, slots=True)
class Impression:
    """A page of results. The query holds the position until the thread has written; it stays in memory."""

    id: str
    hour: datetime
    query: Query
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Click:
    """A result that was opened."""

    impression: str
    rank: int


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A space that was booked after a search."""

    impression: str
    space_id: int


Note = Impression | Click | FollowUp


class SearchLog:
    """Thread-safe; the writing thread starts with the first note."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], queue_size: int = QUEUE_SIZE) -> None:
        self._engine, self._now = engine, now
        self._notes: queue.Queue[Note | None] = queue.Queue(queue_size)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._lost = 0
        """Notes that could not be written since the last impression that was."""

    def log_impression(self, results: SearchResults, count: int) -> str:
        """Logs that the first `count` results were shown; returns the random id under which choices may follow."""
        hour = self._now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        note = Impression(secrets.token_hex(16), hour, results.query, results.results[:count])
        self._put(note)
        return note.id

    def log_click(self, impression_id: str, rank: int) -> None:
        """Logs that a result was opened; unknown ids and ranks change nothing."""
        self._put(Click(impression_id, rank))

    def log_booking(self, impression_id: str, space_id: int) -> None:
        """Logs that a space of one of the places was booked."""
        self._put(FollowUp(impression_id, space_id))

    def close(self) -> None:
        """Writes what waits, then ends the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            self._notes.put(None, timeout=CLOSE_TIMEOUT_S)
        except queue.Full:
            LOG.warning("the search log was not written to its end: the store does not answer")
            return
        thread.join(CLOSE_TIMEOUT_S)

    def _put(self, note: Note) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, daemon=True)
                self._thread.start()
            try:
                self._notes.put_nowait(note)
            except queue.Full:
                self._lost += 1

    def _write_all(self) -> None:
        while (note := self._notes.get()) is not None:
            notes = [note]
            while len(notes) < BATCH_SIZE and not self._notes.empty():
                if (more := self._notes.get()) is None:
                    self._write(notes)
                    return
                notes.append(more)
            self._write(notes)

    def _write(self, notes: list[Note]) -> None:
        lost = self._lost
        try:
            with writing(self._engine) as connection:
                loss_is_written = False
                for note in notes:
                    if isinstance(note, Impression):
                        _write_impression(connection, note, 0 if loss_is_written else lost)
                        loss_is_written = True
                    else:
                        connection.execute(_choice(note))
        except (PlaceLibreError, SQLAlchemyError) as error:
            LOG.warning("%d notes of the search log could not be written: %s", len(notes), type(error).__name__)
            self._lose(len(notes))
            return
        if loss_is_written:
            self._lose(-lost)

    def _lose(self, count: int) -> None:
        with self._lock:
            self._lost += count


def _write_impression(connection: Connection, note: Impression, lost_before: int) -> None:
    from matching.learning.location_privacy import cell_of

    query = note.query
    cell = cell_of(query.point)
    connection.execute(
        insert(impression).values(
            id=note.id,
            hour=note.hour,
            h3_r7=cell,
            mode=query.mode,
            preset=query.preset,
            seats=query.seats,
            windowed=bool(query.windows),
            candidates=query.candidates,
            lost_before=lost_before,
        )
    )
    rows = _rows(note, cell)
    if rows:
        connection.execute(insert(impression_result), rows)


def _rows(note: Impression, cell: int) -> list[dict[str, Any]]:
    """Rows of `impression_result`: term values to 1e-6, that of proximity for the hexagon instead of the position."""
    import numpy as np

    from matching.learning.location_privacy import expected_proximity
    from matching.terms.proximity import HALF_M

    results = note.results
    lons, lats = (np.array([result.facts[axis] for result in results], np.float64) for axis in ("lon", "lat"))
    floor_m = np.array([row.distance_m if row.facts["precision"] == "commune" else 0.0 for row in results], np.float64)
    near = expected_proximity(cell, lons, lats, floor_m, HALF_M[note.query.mode])
    return [
        {
            "impression_id": note.id,
            "rank": at + 1,
            "place_id": result.place_id,
            "space_id": result.space_id,
            **dict.fromkeys(TERM_NAMES),
            **{term.name: round(term.value, 6) for term in result.terms},
            "proximity": round(float(near[at]), 6),
            "clicked": False,
            "booked": False,
        }
        for at, result in enumerate(results)
    ]


def _choice(note: Click | FollowUp) -> Any:
    """The statement that marks the result of a choice."""
    columns = impression_result.c
    change = update(impression_result).where(columns.impression_id == note.impression)
    if isinstance(note, Click):
        return change.where(columns.rank == note.rank).values(clicked=True)
    place_id = select(space.c.place_id).where(space.c.id == note.space_id).scalar_subquery()
    return change.where(columns.place_id == place_id).values(booked=True)


@dataclass(frozen=True, slots=True)
class LogCounts:
    """Rows of the log, and notes that are missing from it."""

    impressions: int
    clicks: int
    bookings: int
    lost: int
    """Notes that could not be written before the latest impression."""


def count_log(engine: Engine) -> LogCounts:
    """Counts of the whole log."""
    with reading(engine) as connection:
        count, lost = connection.execute(
            select(func.count(), func.coalesce(func.sum(impression.c.lost_before), 0)).select_from(impression)
        ).one()
        clicks, bookings = connection.execute(
            select(*(func.coalesce(func.sum(case((column, 1), else_=0)), 0) for column in _CHOICES))
        ).one()
    return LogCounts(int(count), int(clicks), int(bookings), int(lost))


_CHOICES = (impression_result.c.clicked, impression_result.c.booked)


def purge_log(engine: Engine, now: datetime, days: int) -> int:
    """Deletes impressions older than so many days, with their results; returns the number of impressions."""
    oldest = now.astimezone(UTC) - timedelta(days=days)
    with writing(engine) as connection:
        return connection.execute(delete(impression).where(impression.c.hour < oldest)).rowcount


def read_log(engine: Engine) -> pl.DataFrame:
    """The latest impressions that can be learned from, with the columns of
    `matching.learning.interaction_log.COLUMNS`."""
    from matching.learning.interaction_log import DEPTH
    from matching.learning.location_privacy import UNUSABLE_MODE

    latest = (
        select(impression.c.id)
        .where(or_(impression.c.mode.is_(None), impression.c.mode != UNUSABLE_MODE))
        .order_by(impression.c.hour.desc(), impression.c.id)
        .limit(MAX_IMPRESSIONS)
        .subquery()
    )
    columns = impression_result.c
    statement = (
        select(
            columns.impression_id,
            columns.rank,
            or_(columns.clicked, columns.booked).label("chosen"),
            *(columns[name] for name in TERM_NAMES),
        )
        .join(latest, latest.c.id == columns.impression_id)
        .where(columns.rank <= DEPTH)
    )
    schema: dict[str, Any] = {"impression": pl.String, "rank": pl.Int64, "chosen": pl.Boolean}
    schema |= dict.fromkeys(TERM_NAMES, pl.Float64)
    parts = [pl.DataFrame(schema=schema)]
    with reading(engine) as connection:
        rows = connection.execution_options(yield_per=FETCH_SIZE).execute(statement)
        parts += [pl.DataFrame([tuple(row) for row in part], schema=schema, orient="row") for part in rows.partitions()]
    return pl.concat(parts)
