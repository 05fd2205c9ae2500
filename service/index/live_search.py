"""Keeps the search index in step with the store: a snapshot, an overlay of later changes, swaps to new snapshots."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from geo.errors import PlaceLibreError
from geo.store.engine import reading
from geo.store.identity import read_store_id
from geo.store.revisions import count_changed_since, revisions
from geo.travel.router import Router
from matching.live_index import LiveIndex
from matching.meeting.query import MeetingQuery
from matching.meeting.ranking import MeetingResults
from matching.query.query import Cursor, Query, slot_floor
from matching.relaxation.relaxer import Relaxation
from matching.search.engine import SnapshotLayer
from matching.search.hits import Hits
from matching.snapshot.layout import Meta
from matching.snapshot.snapshot import Snapshot
from service.index.affinity_refresh import LiveAffinities
from service.index.background_build import BackgroundBuild
from service.index.origin import check_origin

if TYPE_CHECKING:
    from geo.store.queries import StoreFrames
    from matching.snapshot.index_input import IndexInput

logger = logging.getLogger(__name__)


def index_input(frames: "StoreFrames") -> "IndexInput":
    """The input of the index builder, from frames of the store."""
    from matching.snapshot.index_input import IndexInput

    return IndexInput(
        places=frames.places,
        spaces=frames.spaces,
        busy=frames.busy,
        communities=frames.communities,
        memberships=frames.memberships,
        revision=frames.revision,
    )


REBUILD_PLACES = 5_000
"""Changed places from which on a new snapshot is built; the old one serves meanwhile, with its overlay."""
OVERLAY_PLACES = 20_000
"""Changed places that an overlay holds at most; later changes show with the new snapshot."""


def first_slot_of(now: datetime) -> int:
    """First slot of the current UTC day; the busy ledger before it does not matter."""
    return slot_floor(now) // 48 * 48


def is_outdated(engine: Engine, folder: Path, now: datetime) -> bool:
    """Whether the snapshot in `folder` should be built anew. Raises IndexOfAnotherStore."""
    with LiveIndex.open(folder) as index, reading(engine) as connection:
        check_origin(index.snapshot.meta, folder, connection)
        return _is_outdated(index.snapshot, count_changed_since(connection, index.revision), now)


def _is_outdated(snapshot: Snapshot, changed: int, now: datetime) -> bool:
    """Whether too much changed since for an overlay, a day began that the snapshot does not reach, or it does not name
    its store."""
    meta = snapshot.meta
    return changed > REBUILD_PLACES or meta.first_day < now.astimezone(UTC).date() or not meta.store_id


def rebuild(engine: Engine, folder: Path, now: datetime) -> Path:
    """Builds and publishes a snapshot of the whole store; the old one serves until the swap."""
    from geo.store.queries import read_frames
    from matching.snapshot.builder import build_snapshot

    with reading(engine) as connection:
        store_id = read_store_id(connection)
    frames = read_frames(engine, first_slot=first_slot_of(now))
    return build_snapshot(index_input(frames), folder, as_of=now, revision=frames.revision, store_id=store_id)


@dataclass(frozen=True, slots=True)
class _Changes:
    """The places changed since a snapshot: their ids, and their rows at a revision of the store."""

    revision: int
    rows: "IndexInput | None" = None
    place_ids: frozenset[int] = frozenset()

    def up_to_now(self, engine: Engine, first_slot: int) -> "_Changes":
        """With what was committed since, which alone is read. Unchanged when it would not fit an overlay."""
        from geo.store.queries import read_changes  # imports polars, which a search without changes does not need

        room = OVERLAY_PLACES - len(self.place_ids)
        changes = read_changes(engine, self.revision, room, first_slot=first_slot)
        if changes is None:
            return self
        place_ids, frames = changes
        rows = index_input(frames)
        if self.rows is not None:
            rows = self.rows.with_places_replaced(place_ids, rows)
        return _Changes(frames.revision, rows, self.place_ids.union(place_ids))


class LiveSearch:
    """Answers searches on the current snapshot plus the changes committed since it was built.

    Looks for changes at most every `refresh_s` seconds, and at once after `touch()`.
    """

    def __init__(self, engine: Engine, folder: Path, refresh_s: float, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._folder = folder
        self._refresh_s = refresh_s
        self._now = now
        self._lock = threading.Lock()
        self._swapping = threading.Lock()
        self._touching = threading.Lock()
        self._next_look = 0.0
        self._touches = self._looked = 0
        self._index = LiveIndex.open(folder)
        self._affinities = LiveAffinities(engine, self._index)
        self._changed = _Changes(self._index.revision)
        self._behind = 0
        """Upper bound of the places changed since the snapshot."""
        self._background_build = BackgroundBuild(rebuild, engine, folder)
        self._watching: list[threading.Thread] = []
        self._closing = threading.Event()

    def find(
        self, query: Query, after: Cursor | None = None, pinned: str | None = None, router: Router | None = None
    ) -> Hits:
        """Exact results of the index as of at most `refresh_s` seconds ago.

        `after` is a cursor of the version `pinned`: results that follow it. A query with a mode goes by the minutes of
        the `router`.
        """
        self._refresh_when_due()
        return self._index.find(query, self._now(), after, pinned, router)

    def meet(self, query: MeetingQuery, router: Router | None = None) -> MeetingResults:
        """Exact results for several people who meet, by the minutes of `router`."""
        self._refresh_when_due()
        return self._index.meet(query, self._now(), router)

    def _refresh_when_due(self) -> None:
        if self.is_due:
            if self._watching:
                self._look()
            else:
                self.refresh()

    @property
    def is_due(self) -> bool:
        """Whether the next search looks for changes in the store before it answers."""
        return self._looked != self._touches or time.monotonic() >= self._next_look

    @property
    def revision(self) -> int:
        """Revision of the store at the last look."""
        return self._changed.revision

    def watch(self) -> None:
        """Starts to look for changes in threads, so that no search waits for it: one for the changes, one for new
        snapshots, which take longer to open."""
        for name, work in (("placelibre-watch", self._look), ("placelibre-swap", self._swap)):
            thread = threading.Thread(target=self._keep, args=(work,), name=name, daemon=True)
            self._watching.append(thread)
            thread.start()

    def _keep(self, work: Callable[[], None]) -> None:
        reported = ""
        while not self._closing.wait(self._refresh_s / 2):
            try:
                work()
                reported = ""
            except PlaceLibreError as error:  # the store may come back; searches report the failure meanwhile
                if error.message("en") != reported:
                    reported = error.message("en")
                    logger.warning("looking for changes failed: %s", reported)

    def relax(self, query: Query, zone: ZoneInfo, enough: int, router: Router | None = None) -> tuple[Relaxation, ...]:
        """The smallest changes that give more places than a query has, when it has fewer than `enough`."""
        return self._index.relax(query, self._now(), zone, enough, router)

    def warm(self) -> None:
        """Loads and compiles what the first search needs."""
        self._index.warm(self._now())

    def touch(self) -> None:
        """This process changed the store: the next search looks at once."""
        with self._touching:
            self._touches += 1

    def settle(self) -> None:
        """Takes in all that changed, and waits for the affinities that are learned in a thread."""
        self.refresh()
        self._affinities.settle()

    def refresh(self) -> None:
        """Takes in a newer snapshot, opened while searches go on, and the places and communities changed since it was
        built."""
        with self._swapping:
            self._look(self._index.open_newer(self._check_origin))

    def _swap(self) -> None:
        """Takes in a newer snapshot, if there is one."""
        with self._swapping:
            newer = self._index.open_newer(self._check_origin)
            if newer is not None:
                self._look(newer)

    def _check_origin(self, meta: Meta) -> None:
        """Raises IndexOfAnotherStore."""
        with reading(self._engine) as connection:
            check_origin(meta, self._folder, connection)

    def _look(self, newer: SnapshotLayer | None = None) -> None:
        """Takes in what changed; `newer` in the same step, so that no search sees it without the changes since it was
        built."""
        with self._lock:
            now, begun, touches = self._now(), time.monotonic(), self._touches
            snapshot = self._index.snapshot if newer is None else newer.snapshot
            with reading(self._engine) as connection:
                check_origin(snapshot.meta, self._folder, connection)
                latest, communities_at = revisions(connection)
                if newer is not None or latest != self._changed.revision:
                    self._behind = count_changed_since(connection, snapshot.meta.revision)
            behind = self._behind
            # A short command would wait for a build that it starts: it does so only when it cannot answer without.
            is_overdue = bool(self._watching) and _is_outdated(snapshot, behind, now)
            if is_overdue or behind > OVERLAY_PLACES:
                self._background_build.start(now, snapshot.meta.version)
            if newer is not None or latest != self._changed.revision:
                before = self._changed if newer is None else _Changes(snapshot.meta.revision)
                changed = before.up_to_now(self._engine, first_slot_of(now)) if behind else _Changes(latest)
                if newer is not None or changed is not before:
                    self._index.set_overlay(changed.rows, changed.place_ids, newer)
                self._changed = changed
            if newer is not None:
                self._affinities.restart()
            self._affinities.follow(communities_at)
            self._looked, self._next_look = touches, begun + self._refresh_s

    def close(self) -> None:
        self._closing.set()
        for thread in self._watching:
            thread.join()
        self._background_build.wait()
        self._affinities.settle()
        self._index.close()
