"""The index that a running service searches: the snapshot, the overlay of what changed since, swapped safely."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from geo.errors import InvalidInput, SnapshotUnusable
from geo.travel.router import Router
from matching.affinity.affinities import Affinities
from matching.meeting.query import MeetingQuery
from matching.meeting.ranking import MeetingResults
from matching.meeting.travel_time import meet_by_minutes
from matching.query.query import Cursor, Query
from matching.query.results import SearchResults
from matching.relaxation.relaxer import Relaxation, relax
from matching.relaxation.relaxer import warm as warm_relaxing
from matching.search.engine import Layer, Whole, warm, weights_of
from matching.search.hits import Found
from matching.search.result_builder import told
from matching.search.travel_time import find_by_minutes
from matching.snapshot.files import current_version, open_snapshot, verify
from matching.snapshot.snapshot import Snapshot

if TYPE_CHECKING:
    from matching.overlay.overlay import Overlay
    from matching.snapshot.index_input import IndexInput
    from matching.snapshot.layout import Meta
    from matching.snapshot.open_slots import Calendar

MAX_AGE = timedelta(days=21)
"""Older than this a snapshot no longer answers: a third of the days it knows are over, its ages are wrong."""

WARMED = 64
"""So many of those who asked last have their joint bounds before a new snapshot serves: some 20 ms each at 750,000
spaces."""


@dataclass(frozen=True, slots=True)
class _State:
    """What one search sees, whole: replaced by one assignment, never changed."""

    whole: Whole
    overlay: "Overlay | None"
    version: str

    @property
    def snapshot(self) -> Snapshot:
        return self.whole.snapshot

    def layers(self) -> tuple[Layer, ...]:
        if self.overlay is None:
            return (self.whole,)
        return self.overlay.layers()


class LiveIndex:
    """Thread-safe: searches go on undisturbed while a snapshot or an overlay is swapped in."""

    def __init__(self, snapshot: Snapshot, folder: Path | None = None, calendar: "Calendar | None" = None) -> None:
        self._folder = folder
        self._calendar = calendar
        self._calendar_of: tuple[date, Calendar] | None = None
        self._swap = threading.Lock()
        self._state = _State(Whole(snapshot), None, snapshot.meta.version)
        self._before: _State | None = None
        self._overlays = 0

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The current snapshot under `folder`. Raises SnapshotUnusable, which says why and what to do."""
        return cls(open_snapshot(folder), folder)

    def search(self, query: Query, now: datetime) -> SearchResults:
        """`find`, place by place."""
        return told(self.find(query, now))

    def find(
        self,
        query: Query,
        now: datetime,
        after: Cursor | None = None,
        pinned: str | None = None,
        router: Router | None = None,
    ) -> Found:
        """The best places at the moment `now` (timezone-aware), those after a cursor that version `pinned` gave; with a
        mode, by the minutes of the `router`.

        Raises InvalidInput (a window over or too far ahead, unusable weights, a page of a version that is gone) and
        SnapshotUnusable (stale).
        """
        state = self._fresh(now) if pinned is None else self._pinned(pinned)
        return find_by_minutes(state.layers(), query, now, state.version, after, router)

    def meet(self, query: MeetingQuery, now: datetime, router: Router | None = None) -> MeetingResults:
        """Where several people meet at the moment `now` (timezone-aware), by the minutes of the `router`; raises as
        `find` does."""
        state = self._fresh(now)
        return meet_by_minutes(state.layers(), query, now, state.version, router)

    def _fresh(self, now: datetime) -> _State:
        """What is searched. Raises SnapshotUnusable when it is too old to answer."""
        state = self._state
        if now - state.snapshot.meta.as_of > MAX_AGE:
            days = (now - state.snapshot.meta.as_of).days
            raise SnapshotUnusable(
                path=self._folder or state.version, fr=f"date de {days} jours", en=f"is {days} days old"
            )
        return state

    def _pinned(self, version: str) -> _State:
        for state in (self._state, self._before):
            if state is not None and state.snapshot.meta.version == version:
                return state
        raise InvalidInput(
            field="after",
            value=version,
            fr="La liste a été renouvelée depuis la page précédente : reprenez à la première page.",
            en="The list was renewed since the page before: start again at the first page.",
        )

    def relax(
        self, query: Query, now: datetime, zone: ZoneInfo, enough: int, router: Router | None = None
    ) -> tuple[Relaxation, ...]:
        """The smallest changes that give more places than a query has, when it has fewer than `enough`."""
        return relax(self._state.layers(), query, now, zone, enough, router)

    def warm(self, now: datetime) -> None:
        """Loads what searches need, compiling it the first time: some minutes, then never again."""
        self.snapshot.load()
        layers = self._state.layers()
        warm(layers, now)
        warm_relaxing(layers)

    def newer(self, check: "Callable[[Meta], None] | None" = None) -> Whole | None:
        """The version that `CURRENT` names when it is another one, warm: nothing that was known of those who asked
        lately must be found out again by the searches. It serves once `set_overlay` takes it in.

        `check` raises when that version must not serve. Raises SnapshotUnusable when it is damaged.
        """
        if self._folder is None or current_version(self._folder) == self._state.snapshot.meta.version:
            return None
        snapshot = open_snapshot(self._folder)
        if check is not None:
            check(snapshot.meta)
        whole = Whole(snapshot)
        whole.snapshot.load()
        for query in self._state.whole.searchable.asked_lately(WARMED):
            whole.searchable.asked(query, weights_of(query, whole.snapshot))
        whole.searchable.wait_for_bounds()
        whole.searchable.rows_of([])  # orders rows by place
        return whole

    def set_overlay(self, now_are: "IndexInput | None", place_ids: Collection[int], newer: Whole | None = None) -> None:
        """Takes in all the places changed since `revision`: `place_ids` of all, `now_are` those that still exist (None
        when there are none at all).

        With `newer` they are those changed since that snapshot, and from now on it is the one that serves.
        """
        with self._swap:
            whole = self._state.whole if newer is None else newer
            overlay = None if now_are is None or not place_ids else self._overlay(whole, now_are, place_ids)
            self._overlays += 1
            version = whole.snapshot.meta.version
            if overlay is not None:
                version = f"{version}+{self._overlays}"
            if newer is None:
                version = self._marked(version)
            else:
                self._before = self._state  # whoever is reading its pages goes on
            self._state = _State(whole, overlay, version)

    def _overlay(self, whole: Whole, now_are: "IndexInput", place_ids: Collection[int]) -> "Overlay":
        from matching.overlay.overlay import build_overlay  # what builds is heavy, and often nothing changed
        from matching.snapshot.open_slots import GeoCalendar

        first_day = whole.snapshot.meta.first_day
        if self._calendar_of is None or self._calendar_of[0] != first_day:
            self._calendar_of = first_day, GeoCalendar(first_day)  # it remembers zones and holidays
        return build_overlay(whole.searchable, now_are, place_ids, calendar=self._calendar or self._calendar_of[1])

    def set_affinities(self, affinities: Affinities) -> None:
        """From now on communities are as close as this says; searches that have begun end with the old."""
        with self._swap:
            state = self._state
            whole, overlay = state.whole.with_affinities(affinities), state.overlay
            if overlay is not None:
                overlay = overlay.with_affinities(affinities, whole.searchable)
            version = f"{state.version.partition('~')[0]}~{affinities.digest()}"
            self._state = _State(whole, overlay, version)

    def _marked(self, version: str) -> str:
        """The version with the mark of the affinities that are searched by."""
        _, mark, digest = self._state.version.partition("~")
        return f"{version}{mark}{digest}"

    @property
    def snapshot(self) -> Snapshot:
        return self._state.snapshot

    @property
    def affinities(self) -> Affinities:
        """How close communities are for the searches of now."""
        return self._state.snapshot.affinities

    @property
    def revision(self) -> int:
        """Of the store, when the snapshot was built: what changed later belongs in the overlay."""
        return self._state.snapshot.meta.revision

    @property
    def as_of(self) -> datetime:
        return self._state.snapshot.meta.as_of

    @property
    def version(self) -> str:
        return self._state.version

    def figures(self) -> dict[str, int | float | str]:
        """What a person may want to know of the index: counts, sizes in bytes, version."""
        snapshot = self._state.snapshot
        meta, size = snapshot.meta, snapshot.columns.bytes()
        return {
            "version": meta.version,
            "as_of": meta.as_of.isoformat(),
            "rows": meta.rows,
            "spaces": meta.offered_rows,
            "candidates": meta.rows - meta.offered_rows,
            "blocks": meta.blocks,
            "bytes": size,
            "bytes_per_row": size / max(1, meta.rows),
            "bytes_per_space": _bytes_per_space(snapshot),
            "facts_bytes": int(snapshot.facts.data.nbytes + snapshot.facts.start.nbytes),
        }

    def verify(self) -> None:
        """Reads every byte of the files. Raises SnapshotUnusable naming what is damaged."""
        if self._folder is not None:
            verify(self._folder)

    def close(self) -> None:
        """Frees the overlay's tree; mapped files go with the last array over them."""
        overlay = self._state.overlay
        if overlay is not None:
            overlay.changed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bytes_per_space(snapshot: Snapshot) -> float:
    """Search columns per offered space: its share of the row columns, and all of the availability."""
    c, meta = snapshot.columns, snapshot.meta
    availability = sum(
        int(column.nbytes) for column in (c.block_day, c.day_words, c.left_start, c.left_row, c.left_slot, c.left_seats)
    )
    shared = (c.bytes() - availability) / max(1, meta.rows)
    return shared + availability / max(1, meta.offered_rows)
