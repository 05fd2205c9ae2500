"""The search log: what visitors who agreed to it were shown and chose, so that the weights can be learned.

Written beside the searches by one thread from a bounded queue: a search never waits for it and never fails with it.
What could not be written is counted. No account, address or cookie is kept with it, and of the position only the
hexagon (`matching.learning.location_privacy`): nothing leads back to a person, so withdrawing consent ends the
logging and leaves
nothing to look up; everything goes after PLACELIBRE_SEARCH_LOG_DAYS.
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
WAITING = 1_000
"""Notes that may wait to be written; more are dropped."""
AT_ONCE = 100
"""Notes written in one transaction."""
LONGEST_GOODBYE_S = 5.0
MOST_IMPRESSIONS = 200_000
"""The latest ones; more would teach nothing new and fill the memory."""
FETCHED_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of results. The position is in the query until the thread has written: it stays in memory."""

    id: str
    hour: datetime
    query: Query
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Clicked:
    impression: str
    rank: int


@dataclass(frozen=True, slots=True)
class Booked:
    impression: str
    space_id: int


Note = Shown | Clicked | Booked


class SearchLog:
    """Thread-safe; the writing thread starts with the first note."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], waiting: int = WAITING) -> None:
        self._engine, self._now = engine, now
        self._notes: queue.Queue[Note | None] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._lost = 0
        """Notes that could not be written, and of which no impression told yet."""

    def shown(self, found: SearchResults, count: int) -> str:
        """Notes that the first `count` results were shown; the random id under which choices may follow."""
        hour = self._now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        note = Shown(secrets.token_hex(16), hour, found.query, found.results[:count])
        self._put(note)
        return note.id

    def clicked(self, impression_id: str, rank: int) -> None:
        """Notes that a result was opened; unknown ids and ranks change nothing."""
        self._put(Clicked(impression_id, rank))

    def booked(self, impression_id: str, space_id: int) -> None:
        """Notes that a space of a place that was shown was booked."""
        self._put(Booked(impression_id, space_id))

    def close(self) -> None:
        """Writes what waits, then ends the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            self._notes.put(None, timeout=LONGEST_GOODBYE_S)
        except queue.Full:
            LOG.warning("the search log was not written to its end: the store does not answer")
            return
        thread.join(LONGEST_GOODBYE_S)

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
            while len(notes) < AT_ONCE and not self._notes.empty():
                if (more := self._notes.get()) is None:
                    self._write(notes)
                    return
                notes.append(more)
            self._write(notes)

    def _write(self, notes: list[Note]) -> None:
        lost = self._lost
        try:
            with writing(self._engine) as connection:
                told = False
                for note in notes:
                    if isinstance(note, Shown):
                        _write_shown(connection, note, 0 if told else lost)
                        told = True
                    else:
                        connection.execute(_choice(note))
        except (PlaceLibreError, SQLAlchemyError) as error:
            LOG.warning("%d notes of the search log could not be written: %s", len(notes), type(error).__name__)
            self._lose(len(notes))
            return
        if told:
            self._lose(-lost)

    def _lose(self, count: int) -> None:
        with self._lock:
            self._lost += count


def _write_shown(connection: Connection, note: Shown, lost_before: int) -> None:
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


def _rows(note: Shown, cell: int) -> list[dict[str, Any]]:
    """Rows of `impression_result`: term values to 1e-6, that of proximity for the hexagon instead of the position."""
    import numpy as np

    from matching.learning.location_privacy import expected_proximity
    from matching.terms.proximity import HALF_M

    results = note.results
    lons, lats = (np.array([result.facts[axis] for result in results], np.float64) for axis in ("lon", "lat"))
    floor_m = np.array([one.distance_m if one.facts["precision"] == "commune" else 0.0 for one in results], np.float64)
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


def _choice(note: Clicked | Booked) -> Any:
    shown = impression_result.c
    chosen = update(impression_result).where(shown.impression_id == note.impression)
    if isinstance(note, Clicked):
        return chosen.where(shown.rank == note.rank).values(clicked=True)
    its_place = select(space.c.place_id).where(space.c.id == note.space_id).scalar_subquery()
    return chosen.where(shown.place_id == its_place).values(booked=True)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the log holds."""

    impressions: int
    clicks: int
    bookings: int
    lost: int
    """Notes that could not be written, as far as a later one told."""


def kept(engine: Engine) -> Kept:
    with reading(engine) as connection:
        count, lost = connection.execute(
            select(func.count(), func.coalesce(func.sum(impression.c.lost_before), 0)).select_from(impression)
        ).one()
        clicks, bookings = connection.execute(
            select(*(func.coalesce(func.sum(case((of, 1), else_=0)), 0) for of in _CHOICES))
        ).one()
    return Kept(int(count), int(clicks), int(bookings), int(lost))


_CHOICES = (impression_result.c.clicked, impression_result.c.booked)


def forget(engine: Engine, now: datetime, days: int) -> int:
    """Deletes what is older than so many days; returns how many impressions went."""
    before = now.astimezone(UTC) - timedelta(days=days)
    with writing(engine) as connection:
        return connection.execute(delete(impression).where(impression.c.hour < before)).rowcount


def log_frame(engine: Engine) -> pl.DataFrame:
    """The latest impressions that can be learned from, with the columns of
    `matching.learning.interaction_log.COLUMNS`."""
    from matching.learning.interaction_log import DEPTH
    from matching.learning.location_privacy import UNUSABLE_MODE

    latest = (
        select(impression.c.id)
        .where(or_(impression.c.mode.is_(None), impression.c.mode != UNUSABLE_MODE))
        .order_by(impression.c.hour.desc(), impression.c.id)
        .limit(MOST_IMPRESSIONS)
        .subquery()
    )
    shown = impression_result.c
    rows = (
        select(
            shown.impression_id,
            shown.rank,
            or_(shown.clicked, shown.booked).label("chosen"),
            *(shown[name] for name in TERM_NAMES),
        )
        .join(latest, latest.c.id == shown.impression_id)
        .where(shown.rank <= DEPTH)
    )
    schema: dict[str, Any] = {"impression": pl.String, "rank": pl.Int64, "chosen": pl.Boolean}
    schema |= dict.fromkeys(TERM_NAMES, pl.Float64)
    parts = [pl.DataFrame(schema=schema)]
    with reading(engine) as connection:
        found = connection.execution_options(yield_per=FETCHED_ROWS).execute(rows)
        parts += [
            pl.DataFrame([tuple(row) for row in part], schema=schema, orient="row") for part in found.partitions()
        ]
    return pl.concat(parts)
