"""The searchable index: a snapshot and the overlay of later changes, both replaceable while searches run.

From a notebook: `with LiveIndex.open(folder) as index: index.search(Query(Point(lon, lat)), moment)`.
"""

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
from matching.affinity.affinity_matrix import AffinityMatrix
from matching.meeting.query import MeetingQuery
from matching.meeting.ranking import MeetingResults
from matching.meeting.travel_time import meet_by_travel_time
from matching.query.query import Cursor, Query
from matching.query.results import SearchResults
from matching.relaxation.relaxer import Relaxation, relax
from matching.relaxation.relaxer import warm as warm_relaxation
from matching.search.engine import Layer, SnapshotLayer, usable_weights, warm
from matching.search.hits import Hits
from matching.search.travel_time import find_by_travel_time
from matching.snapshot.files import current_version, open_snapshot, verify
from matching.snapshot.snapshot import Snapshot

if TYPE_CHECKING:
    from matching.overlay.layers import Overlay
    from matching.snapshot.index_input import IndexInput
    from matching.snapshot.layout import Meta
    from matching.snapshot.open_slots import Calendar

MAX_AGE = timedelta(days=21)
"""An older snapshot is refused: a third of its days are over, and ages in it are wrong."""

WARMED_PROFILES = 64
"""Recent searcher profiles whose joint bounds are computed before a new snapshot serves: some 20 ms each at 750,000
spaces."""


@dataclass(frozen=True, slots=True)
class _State:
    """All that one search reads. Immutable, so that one assignment replaces it."""

    snapshot_layer: SnapshotLayer
    overlay: "Overlay | None"
    version: str

    @property
    def snapshot(self) -> Snapshot:
        return self.snapshot_layer.snapshot

    def layers(self) -> tuple[Layer, ...]:
        if self.overlay is None:
            return (self.snapshot_layer,)
        return self.overlay.layers()


class LiveIndex:
    """A snapshot with an optional overlay. Thread-safe: a running search keeps the state it began with."""

    def __init__(self, snapshot: Snapshot, folder: Path | None = None, calendar: "Calendar | None" = None) -> None:
        """`folder`: where newer snapshots appear. `calendar`: opening hours to slots, by default `GeoCalendar`."""
        self._folder = folder
        self._calendar = calendar
        self._default_calendar: tuple[date, Calendar] | None = None
        """With its first day."""
        self._swap = threading.Lock()
        self._state = _State(SnapshotLayer(snapshot), None, snapshot.meta.version)
        self._previous: _State | None = None
        """The state before the last new snapshot; its pages can still be continued."""
        self._overlay_count = 0

    @classmethod
    def open(cls, folder: Path) -> Self:
        """An index on the current snapshot in `folder`. Raises SnapshotUnusable if there is none, or it is damaged."""
        return cls(open_snapshot(folder), folder)

    def search(self, query: Query, now: datetime) -> SearchResults:
        """The best `query.limit` places as `Result` objects. `now`: timezone-aware. Raises as `find` does."""
        return self.find(query, now).to_results()

    def find(
        self,
        query: Query,
        now: datetime,
        after: Cursor | None = None,
        pinned: str | None = None,
        router: Router | None = None,
    ) -> Hits:
        """The best `query.limit` places in numbers (`Hits.to_results` gives objects).

        `now`: timezone-aware. `after`, `pinned`: the cursor of the previous page, and the version of the snapshot that
        gave it. `router`: for minutes over a network, if the query has a mode. Raises InvalidInput for a window that
        has begun or lies beyond the days of the index, for unusable weights, and for a cursor of a version that is
        gone; SnapshotUnusable for a snapshot older than MAX_AGE.
        """
        state = self._current_state(now) if pinned is None else self._pinned_state(pinned)
        return find_by_travel_time(state.layers(), query, now, state.version, after, router)

    def meet(self, query: MeetingQuery, now: datetime, router: Router | None = None) -> MeetingResults:
        """The best places for several people to meet. `now`: timezone-aware. `router`: for minutes over a network.
        Raises as `find` does."""
        state = self._current_state(now)
        return meet_by_travel_time(state.layers(), query, now, state.version, router)

    def _current_state(self, now: datetime) -> _State:
        """Raises SnapshotUnusable if the snapshot is older than MAX_AGE."""
        state = self._state
        if now - state.snapshot.meta.as_of > MAX_AGE:
            days = (now - state.snapshot.meta.as_of).days
            raise SnapshotUnusable(
                path=self._folder or state.version, fr=f"date de {days} jours", en=f"is {days} days old"
            )
        return state

    def _pinned_state(self, version: str) -> _State:
        """The state with this version of the snapshot. Raises InvalidInput if it is gone."""
        for state in (self._state, self._previous):
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
        """The smallest changes of a query that find more places, cheapest first; empty if it has `enough` already.

        `zone`: time zone of the searcher. See `matching.relaxation.relaxer.relax`.
        """
        return relax(self._state.layers(), query, now, zone, enough, router)

    def warm(self, now: datetime) -> None:
        """Loads all that searches need. The first time on a machine it compiles the kernel, which takes minutes."""
        self.snapshot.load()
        layers = self._state.layers()
        warm(layers, now)
        warm_relaxation(layers)

    def open_newer(self, check: "Callable[[Meta], None] | None" = None) -> SnapshotLayer | None:
        """The snapshot that `CURRENT` names, if it is another one: loaded, with the joint bounds of recent searchers.

        It serves once it is given to `set_overlay`. `check` raises if that snapshot must not serve. Raises
        SnapshotUnusable if it is damaged.
        """
        if self._folder is None or current_version(self._folder) == self._state.snapshot.meta.version:
            return None
        snapshot = open_snapshot(self._folder)
        if check is not None:
            check(snapshot.meta)
        newer = SnapshotLayer(snapshot)
        newer.snapshot.load()
        for query in self._state.snapshot_layer.index.recent_queries(WARMED_PROFILES):
            newer.index.encode(query, usable_weights(query, newer.snapshot))
        newer.index.wait_for_bounds()
        newer.index.rows_of_places([])  # orders the rows by place
        return newer

    def set_overlay(
        self, current: "IndexInput | None", place_ids: Collection[int], newer: SnapshotLayer | None = None
    ) -> None:
        """Replaces the overlay by one of all places changed since `revision`.

        `place_ids`: ids of the changed places, removed ones included. `current`: those that still exist, as they are
        now; None if no place changed. With `newer`, which then serves, the changes are those since that snapshot.
        """
        with self._swap:
            snapshot_layer = self._state.snapshot_layer if newer is None else newer
            overlay = None if current is None or not place_ids else self._overlay(snapshot_layer, current, place_ids)
            self._overlay_count += 1
            version = snapshot_layer.snapshot.meta.version
            if overlay is not None:
                version = f"{version}+{self._overlay_count}"
            if newer is None:
                version = self._with_affinity_digest(version)
            else:
                self._previous = self._state
            self._state = _State(snapshot_layer, overlay, version)

    def _overlay(self, snapshot_layer: SnapshotLayer, current: "IndexInput", place_ids: Collection[int]) -> "Overlay":
        from matching.overlay.layers import build_overlay  # slow to import, and often nothing changed
        from matching.snapshot.open_slots import GeoCalendar

        first_day = snapshot_layer.snapshot.meta.first_day
        if self._default_calendar is None or self._default_calendar[0] != first_day:
            self._default_calendar = first_day, GeoCalendar(first_day)  # it caches time zones and holidays
        calendar = self._calendar or self._default_calendar[1]
        return build_overlay(snapshot_layer.index, current, place_ids, calendar=calendar)

    def set_affinities(self, affinities: AffinityMatrix) -> None:
        """Replaces the affinities between communities; searches that have begun keep the old ones."""
        with self._swap:
            state = self._state
            snapshot_layer, overlay = state.snapshot_layer.with_affinities(affinities), state.overlay
            if overlay is not None:
                overlay = overlay.with_affinities(affinities, snapshot_layer.index)
            version = f"{state.version.partition('~')[0]}~{affinities.digest()}"
            self._state = _State(snapshot_layer, overlay, version)

    def _with_affinity_digest(self, version: str) -> str:
        """The version, followed by the digest of the affinities if they were replaced."""
        _, mark, digest = self._state.version.partition("~")
        return f"{version}{mark}{digest}"

    @property
    def snapshot(self) -> Snapshot:
        return self._state.snapshot

    @property
    def affinities(self) -> AffinityMatrix:
        """The affinities that searches use now."""
        return self._state.snapshot.affinities

    @property
    def revision(self) -> int:
        """Revision of the store from which the snapshot was built; later changes belong in the overlay."""
        return self._state.snapshot.meta.revision

    @property
    def as_of(self) -> datetime:
        """When the snapshot was built."""
        return self._state.snapshot.meta.as_of

    @property
    def version(self) -> str:
        """Version of the snapshot, `+` the number of the overlay, `~` the digest of replaced affinities."""
        return self._state.version

    def statistics(self) -> dict[str, int | float | str]:
        """Version, date, counts, and sizes in bytes, by name."""
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
        """Reads every byte of the snapshot's files. Raises SnapshotUnusable with the name of a damaged file."""
        if self._folder is not None:
            verify(self._folder)

    def close(self) -> None:
        """Frees the R-tree of the overlay; mapped files are closed with the last array over them."""
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
    """Bytes of search columns per offered space: its share of the row columns, and all availability."""
    c, meta = snapshot.columns, snapshot.meta
    availability = sum(
        int(column.nbytes) for column in (c.block_day, c.day_words, c.left_start, c.left_row, c.left_slot, c.left_seats)
    )
    shared = (c.bytes() - availability) / max(1, meta.rows)
    return shared + availability / max(1, meta.offered_rows)
