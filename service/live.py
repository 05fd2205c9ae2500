"""Keeps the search index in step with the store: snapshot, overlay of what changed since, swap to a new one."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from geo.errors import PlaceLibreError
from geo.store.counters import changed_since, communities_revision, count_changed_since, revision
from geo.store.engine import reading
from geo.travel.model import Router
from matching.found import Cursor, Found
from matching.index import LiveIndex
from matching.meeting import MeetingQuery, MeetingResults
from matching.query import Query, slot_floor
from matching.relaxing import Relaxation
from service.live_affinities import LiveAffinities

if TYPE_CHECKING:
    from geo.store.reading import StoreFrames
    from matching.snapshot.input import IndexInput

logger = logging.getLogger(__name__)


def index_input(frames: "StoreFrames") -> "IndexInput":
    """What the index is built from, as the store gives it."""
    from matching.snapshot.input import IndexInput

    return IndexInput(
        places=frames.places,
        spaces=frames.spaces,
        busy=frames.busy,
        communities=frames.communities,
        memberships=frames.memberships,
    )


OVERLAY_PLACES = 20_000
"""More changed places than this are not overlaid: a new snapshot is built while the old one goes on serving."""


def first_slot_of(now: datetime) -> int:
    """First slot of the current UTC day: the ledger before it no longer matters."""
    return slot_floor(now) // 48 * 48


def is_behind(engine: Engine, folder: Path) -> bool:
    """Whether more changed since the snapshot in `folder` than an overlay should carry."""
    index = LiveIndex.open(folder)
    try:
        with reading(engine) as connection:
            return count_changed_since(connection, index.revision) > OVERLAY_PLACES
    finally:
        index.close()


def rebuild(engine: Engine, folder: Path, now: datetime) -> Path:
    """Builds and publishes a snapshot of the whole store; the old one serves until the swap."""
    from geo.store.reading import read_frames
    from matching.snapshot.builder import build_snapshot

    frames = read_frames(engine, first_slot=first_slot_of(now))
    return build_snapshot(index_input(frames), folder, as_of=now, revision=frames.revision)


class LiveSearch:
    """Answers searches on the current snapshot plus the changes committed since it was built.

    Looks for changes at most every `refresh_s` seconds, and at once after `touch()`.
    """

    def __init__(self, engine: Engine, folder: Path, refresh_s: float, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._refresh_s = refresh_s
        self._now = now
        self._lock = threading.Lock()
        self._next_look = 0.0
        self._folder = folder
        self._index = LiveIndex.open(folder)
        self._affinities = LiveAffinities(engine, self._index)
        self._seen = -1
        self._rebuilding: threading.Thread | None = None
        self._watching: threading.Thread | None = None
        self._closing = threading.Event()

    def find(
        self, query: Query, after: Cursor | None = None, pinned: str | None = None, router: Router | None = None
    ) -> Found:
        """Exact results of the index as of at most `refresh_s` seconds ago; `after`: a cursor of version `pinned`. With
        a mode, by the minutes of the `router`."""
        self._refresh_when_due()
        return self._index.find(query, self._now(), after, pinned, router)

    def meet(self, query: MeetingQuery) -> MeetingResults:
        """The same for several people who meet."""
        self._refresh_when_due()
        return self._index.meet(query, self._now())

    def _refresh_when_due(self) -> None:
        if self.is_due:
            self.refresh()

    @property
    def is_due(self) -> bool:
        """Whether the next search looks for changes before it answers."""
        return time.monotonic() >= self._next_look

    def watch(self) -> None:
        """Looks for changes beside the searches from now on, so that none of them waits for it."""
        self._watching = threading.Thread(target=self._keep_watch, name="placelibre-watch", daemon=True)
        self._watching.start()

    def _keep_watch(self) -> None:
        while not self._closing.wait(self._refresh_s / 2):
            try:
                self.refresh()
            except PlaceLibreError as error:  # the store may be away for a while; whoever searches then is told
                logger.warning("looking for changes failed: %s", error.message("en"))

    def relax(self, query: Query, zone: ZoneInfo, enough: int, router: Router | None = None) -> tuple[Relaxation, ...]:
        """The smallest changes that give more places than a query just searched for."""
        return self._index.relax(query, self._now(), zone, enough, router)

    def warm(self) -> None:
        """Makes ready for the first visitor."""
        self._index.warm(self._now())

    def touch(self) -> None:
        """This process changed the store: the next search looks at once."""
        self._next_look = 0.0

    def settle(self) -> None:
        """Takes in all that changed, also what is else learned beside the searches."""
        self.refresh()
        self._affinities.settle()

    def refresh(self) -> None:
        """Takes in a newer snapshot, and the places and communities changed since it was built."""
        with self._lock:
            if self._index.reopen_if_newer():
                self._seen = -1
                self._affinities.restart()
            with reading(self._engine) as connection:
                latest = revision(connection)
                communities_at = communities_revision(connection)
                behind = count_changed_since(connection, self._index.revision) if latest != self._seen else 0
                changed = changed_since(connection, self._index.revision) if 0 < behind <= OVERLAY_PLACES else []
            self._affinities.follow(communities_at)
            if behind > OVERLAY_PLACES:
                self._rebuild_beside()
            elif latest != self._seen:
                self._take_in(changed)
                self._seen = latest
            self._next_look = time.monotonic() + self._refresh_s

    def _take_in(self, changed: list[int]) -> None:
        """Makes the index answer as if rebuilt: `changed` are all the places that did since its snapshot."""
        if not changed:
            self._index.drop_overlay()
            return
        from geo.store.reading import read_frames  # with polars, which a search of what is built does not need

        frames = read_frames(self._engine, place_ids=changed, first_slot=first_slot_of(self._now()))
        self._index.set_overlay(index_input(frames), changed)

    def _rebuild_beside(self) -> None:
        """Builds a new snapshot in the background, one at a time; the next look after it takes it in."""
        if self._rebuilding is None or not self._rebuilding.is_alive():
            work = threading.Thread(target=rebuild, args=(self._engine, self._folder, self._now()), daemon=True)
            work.start()
            self._rebuilding = work

    def close(self) -> None:
        self._closing.set()
        if self._watching is not None:
            self._watching.join()
        if self._rebuilding is not None:
            self._rebuilding.join()
        self._affinities.settle()
        self._index.close()
