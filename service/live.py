"""Keeps the search index in step with the store: snapshot, overlay of what changed since, swap to a new one."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from geo.errors import PlaceLibreError
from geo.store.counters import count_changed_since, revision
from geo.store.engine import reading
from geo.store.reading import StoreFrames, read_changes, read_frames
from matching.engine import Whole
from matching.found import Cursor, Found
from matching.index import LiveIndex
from matching.query import Query, slot_floor
from matching.snapshot.builder import IndexInput, build_snapshot
from matching.snapshot.snapshot import Snapshot
from service.rebuilding import Rebuilding

logger = logging.getLogger(__name__)


def index_input(frames: StoreFrames) -> IndexInput:
    """What the index is built from, as the store gives it."""
    return IndexInput(frames.places, frames.spaces, frames.busy, frames.communities, frames.revision)


REBUILD_PLACES = 5_000
"""When more places than this changed, a new snapshot is built while the old one goes on serving with its overlay."""
OVERLAY_PLACES = 20_000
"""More changed places than this are not overlaid: they show with the new snapshot."""


def first_slot_of(now: datetime) -> int:
    """First slot of the current UTC day: the ledger before it no longer matters."""
    return slot_floor(now) // 48 * 48


def is_outdated(engine: Engine, folder: Path, now: datetime) -> bool:
    """Whether the snapshot in `folder` should be built anew."""
    with LiveIndex.open(folder) as index, reading(engine) as connection:
        return _is_outdated(index.snapshot, count_changed_since(connection, index.revision), now)


def _is_outdated(snapshot: Snapshot, changed: int, now: datetime) -> bool:
    """Whether more changed since than an overlay should carry, or it knows a day less than it could."""
    return changed > REBUILD_PLACES or snapshot.meta.first_day < now.astimezone(UTC).date()


def rebuild(engine: Engine, folder: Path, now: datetime) -> Path:
    """Builds and publishes a snapshot of the whole store; the old one serves until the swap."""
    frames = read_frames(engine, first_slot=first_slot_of(now))
    return build_snapshot(index_input(frames), folder, as_of=now, revision=frames.revision)


@dataclass(frozen=True, slots=True)
class _Changes:
    """The places changed since a snapshot, as they are at a revision of the store."""

    now_are: IndexInput
    place_ids: frozenset[int] = frozenset()

    def up_to_now(self, engine: Engine, first_slot: int) -> "_Changes":
        """With what was committed since: only that is read. Itself when it would be too much for an overlay."""
        most = OVERLAY_PLACES - len(self.place_ids)
        read = read_changes(engine, self.now_are.revision, most, first_slot=first_slot)
        if read is None:
            return self
        place_ids, frames = read
        return _Changes(self.now_are.renewed(place_ids, index_input(frames)), self.place_ids.union(place_ids))


class LiveSearch:
    """Answers searches on the current snapshot plus the changes committed since it was built.

    Looks for changes at most every `refresh_s` seconds, and at once after `touch()`.
    """

    def __init__(self, engine: Engine, folder: Path, refresh_s: float, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._refresh_s = refresh_s
        self._now = now
        self._lock = threading.Lock()
        self._swapping = threading.Lock()
        self._touching = threading.Lock()
        self._next_look = 0.0
        self._touches = self._looked = 0
        self._index = LiveIndex.open(folder)
        self._changed = _Changes(IndexInput(revision=self._index.revision))
        self._rebuilding = Rebuilding(rebuild, engine, folder)
        self._watching: list[threading.Thread] = []
        self._closing = threading.Event()

    def find(self, query: Query, after: Cursor | None = None, pinned: str | None = None) -> Found:
        """Exact results of the index as of at most `refresh_s` seconds ago; `after` a cursor of version `pinned`."""
        if self.is_due:
            if self._watching:
                self._look()
            else:
                self.refresh()
        return self._index.find(query, self._now(), after, pinned)

    @property
    def is_due(self) -> bool:
        """Whether the next search looks for changes before it answers."""
        return self._looked != self._touches or time.monotonic() >= self._next_look

    @property
    def revision(self) -> int:
        """Of the store, as the last look found it."""
        return self._changed.now_are.revision

    def watch(self) -> None:
        """Looks for changes beside the searches from now on, so that none of them waits for it. A new snapshot is made
        ready by a thread of its own, for that takes longer."""
        for name, work in (("placelibre-watch", self._look), ("placelibre-swap", self.refresh)):
            thread = threading.Thread(target=self._keep, args=(work,), name=name, daemon=True)
            self._watching.append(thread)
            thread.start()

    def _keep(self, work: Callable[[], None]) -> None:
        while not self._closing.wait(self._refresh_s / 2):
            try:
                work()
            except PlaceLibreError as error:  # the store may be away for a while; whoever searches then is told
                logger.warning("looking for changes failed: %s", error.message("en"))

    def warm(self) -> None:
        """Makes ready for the first visitor."""
        self._index.warm(self._now())

    def touch(self) -> None:
        """This process changed the store: the next search looks at once."""
        with self._touching:
            self._touches += 1

    def refresh(self) -> None:
        """Takes in a newer snapshot, made ready while searches go on, and the places changed since it was built."""
        with self._swapping:
            self._look(self._index.newer())

    def _look(self, newer: Whole | None = None) -> None:
        """Takes in what changed. With `newer` in one step: nobody sees it without what changed since it was built."""
        with self._lock:
            now, begun, touches = self._now(), time.monotonic(), self._touches
            snapshot = self._index.snapshot if newer is None else newer.snapshot
            with reading(self._engine) as connection:
                is_changed = revision(connection) != self._changed.now_are.revision
                behind = count_changed_since(connection, snapshot.meta.revision)
            # A short command does not begin what it would have to wait for, unless it cannot answer without.
            is_overdue = bool(self._watching) and _is_outdated(snapshot, behind, now)
            if is_overdue or behind > OVERLAY_PLACES:
                self._rebuilding.start(now, snapshot.meta.version)
            if newer is not None or is_changed:
                before = self._changed if newer is None else _Changes(IndexInput(revision=snapshot.meta.revision))
                changed = before.up_to_now(self._engine, first_slot_of(now))
                if newer is not None or changed is not before:
                    self._index.set_overlay(changed.now_are, changed.place_ids, newer)
                self._changed = changed
            self._looked, self._next_look = touches, begun + self._refresh_s

    def close(self) -> None:
        self._closing.set()
        for thread in self._watching:
            thread.join()
        self._rebuilding.wait()
        self._index.close()
