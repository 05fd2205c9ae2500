"""A snapshot ready for the kernel, and queries against it in the form that the kernel takes."""

import os
import struct
import sys
import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from enum import StrEnum
from functools import cached_property, lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import unit_vector
from geo.spatial.packed_tree import BLOCK_ROWS, expand
from geo.types import Amenity, PlaceKind, SpaceKind
from matching.affinity.affinities import Affinities
from matching.arrays.query_arrays import FLOATS, INTEGERS, NO_CURSOR
from matching.arrays.workspace import thread_workspace
from matching.compiler.array_table import AddressTable, address_table
from matching.kernel.joint_bounds import compute_joint_bounds
from matching.kernel.tree_builder import build_tree, row_bitmask
from matching.query.query import SLOT_S, Query
from matching.query.weights import TERM_NAMES
from matching.search.phrase_cache import Phrasebook
from matching.search.reach import Reach, by_distance
from matching.search.searcher import Audience, audience_of
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms import fit, price

if TYPE_CHECKING:
    from matching.query.query import Cursor

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
_NO_BOUNDS = (np.zeros(0), np.zeros(0, np.uint64), np.zeros(0, np.uint64))
_NUMBERS = struct.Struct(f"{FLOATS + len(TERM_NAMES)}d")
Profile = tuple[str | None, frozenset[str], int, tuple[tuple[str, float], ...]]
REMEMBERED, SETS_REMEMBERED = 512, 16_384
"""Audiences and tables of lately asked queries: most ask alike."""
LEAST_URGENT = 19
"""As `nice` counts."""
MOST_BYTES, WHILE_S = 128 * 1024 * 1024, 60.0
"""Of all joint bounds; and how long they are kept for who asked. Whoever then finds no room is searched for without."""


class Asked(NamedTuple):
    """Numbers, whole numbers, where the addresses of tables stand; and what must live until the kernel has answered:
    these tables, and their addresses. Nobody else may keep them: what two threads make of the same query at once is
    remembered of one of them."""

    numbers: bytes
    whole: bytes
    tables: int
    kept: list[Array]
    addresses: AddressTable


class Searchable:
    """The tree of a snapshot, its addresses, and what is remembered of lately asked queries."""

    def __init__(self, snapshot: Snapshot, *, bounded: bool = True) -> None:
        """`bounded`: joint bounds are kept for those who ask alike; only a search of the whole tree reads them."""
        self.snapshot = snapshot
        self.tree = build_tree(snapshot)
        self.tree_addresses = address_table(self.tree)
        self.parts = len(self.tree.part_yes)
        self._first_slot = snapshot.meta.first_slot
        self._moments = _moments(snapshot.meta.first_slot, snapshot.meta.stop_slot)
        self.rendered = address_table([snapshot.facts.data, snapshot.facts.start, self._moments])
        """What the kernel writes of a row and of a slot (`matching.kernel.answers.geojson_writer`)."""
        self._is_bounded = bounded
        self._remember()

    def _remember(self) -> None:
        self.phrases = Phrasebook()
        self._audience = lru_cache(REMEMBERED)(self._make_audience)
        self._seen = lru_cache(SETS_REMEMBERED)(self._make_seen)
        self._tables = lru_cache(REMEMBERED)(self._make_tables)
        self._profiles = Profiles(self) if self._is_bounded else None

    def replaced(self, columns: Mapping[str, Array]) -> "Searchable":
        """The same with other columns of the tree: fewer rows that stand (`alive`), other days. What is remembered is
        shared: bounds of more rows are bounds, and none of them depends on when a row is free."""
        other = copy(self)
        other.tree = self.tree._replace(**columns)
        other.tree_addresses = address_table(other.tree)
        return other

    def only(self, rows: Ints) -> "Searchable":
        """The same of which nothing stands but some rows."""
        return self.replaced({"alive": self.tree.alive & row_bitmask(self.snapshot, rows)})

    def without(self, rows: Ints) -> "Searchable":
        """The same of which some rows no longer stand."""
        return self.replaced({"alive": self.tree.alive & ~row_bitmask(self.snapshot, rows)})

    def rows_of(self, place_ids: Collection[int]) -> Ints:
        """The rows of some places, ascending."""
        places = np.array(sorted(set(place_ids)), np.int64)
        ids, order = self.snapshot.columns.place_id, self._by_place
        first, stop = (np.searchsorted(ids, places, side=side, sorter=order) for side in ("left", "right"))
        runs = np.stack([first, stop], axis=1).reshape(-1)
        rows: Ints = np.sort(order[expand(runs, np.arange(0, len(runs), 2))])
        return rows

    @cached_property
    def _by_place(self) -> Ints:
        """Rows by the id of their place."""
        return np.argsort(self.snapshot.columns.place_id, kind="stable")

    def with_affinities(self, affinities: Affinities) -> "Searchable":
        """The same tree for communities that are otherwise close; nothing remembered of searchers is kept."""
        other = copy(self)
        other.snapshot = replace(self.snapshot, affinities=affinities)
        other._remember()
        return other

    def wait_for_bounds(self) -> None:
        """Returns when all that is being worked out for those who asked is known."""
        if self._profiles is not None:
            self._profiles.wait()

    def asked_lately(self, most: int) -> list[Query]:
        """A query of each of the kinds of askers seen last, the last first."""
        return [] if self._profiles is None else self._profiles.asked(most)

    def audience(self, query: Query) -> Audience:
        """Who asks."""
        return self._audience(query.community, query.visible)[0]

    def seen(self, query: Query, set_id: int) -> tuple[str, ...]:
        """Slugs of the communities of a set that the searcher may see, closest first."""
        return self._seen(query.community, query.visible, set_id)

    def asked(
        self,
        query: Query,
        weights: dict[str, float],
        after: "Cursor | None" = None,
        *,
        now: int | None = None,
        reach: Reach | None = None,
    ) -> "Asked":
        """The query as `matching.arrays.query_arrays.read_query` takes it; `now` is the number of the slot that runs,
        where it
        is asked when results are free; `reach` is by distance unless given. Without weights, only its filters count."""
        reach = reach or by_distance(query)
        _, hides, owns, most = self._audience(query.community, query.visible)
        point = query.point
        numbers = _NUMBERS.pack(
            point.lon,
            point.lat,
            *unit_vector(point.lon, point.lat),
            reach.radius_m,
            reach.half_m,
            most,
            *[weights.get(name, 0.0) for name in TERM_NAMES],
        )
        first = self._first_slot
        windows = [
            number for one in query.windows for number in (one.start - first, one.stop - first, one.any_slots or 0)
        ]
        whole = struct.pack(
            f"{INTEGERS + len(windows)}q",
            mask_of(query.needs),
            mask_of(query.wishes),
            len(query.wishes),
            query.seats,
            -1 if query.max_price_cents is None else query.max_price_cents,
            owns,
            query.candidates,
            *(NO_CURSOR if after is None else after),
            hides,
            bool(query.kinds),
            bool(query.space_kinds),
            query.most_windows,
            -1 if now is None else max(0, now - first),
            len(query.windows),
            *windows,
        )
        profile = (query.community, query.visible, query.seats, tuple(weights.items()))
        bounds = None
        if weights and self._profiles is not None:
            bounds = self._profiles.of(profile, query, numbers, whole)
        tables, kept = self._tables(query.community, query.visible, query.kinds, query.space_kinds, query.seats, bounds)
        return Asked(numbers, whole, tables.address, kept, tables)

    def _make_audience(self, community: str | None, visible: frozenset[str]) -> tuple[Audience, bool, bool, float]:
        one = audience_of(community, visible, self.snapshot)
        most = float(one.set_affinity.max(initial=0.0))
        return one, not bool(one.set_visible.all()), bool(one.set_own.any()), most

    def _make_seen(self, community: str | None, visible: frozenset[str], set_id: int) -> tuple[str, ...]:
        members = self._audience(community, visible)[0].seen(self.snapshot, set_id)
        return tuple(self.snapshot.meta.communities[member].slug for member in members)

    def _make_tables(
        self,
        community: str | None,
        visible: frozenset[str],
        kinds: frozenset[PlaceKind],
        space_kinds: frozenset[SpaceKind],
        seats: int,
        bounds: "Bounds | None",
    ) -> tuple[AddressTable, list[Array]]:
        """Addresses, and the arrays that must live as long."""
        audience = self._audience(community, visible)[0]
        arrays: list[Array] = [
            _among(PlaceKind, kinds),
            _among(SpaceKind, space_kinds),
            audience.set_visible,
            audience.set_own,
            audience.set_affinity,
            _worths(),
            fit.values_of_seats(np.arange(fit.TABLE_SIZE, dtype=np.int32), seats),
            *(_NO_BOUNDS if bounds is None else bounds.known),
        ]
        return address_table(arrays), arrays


class Bounds:
    """Joint bounds of one profile, and a query of it."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.asked_at = monotonic()
        self.known: tuple[Array, ...] = ()
        """`joint_bounds`, `row_bounds` and `eligible_rows` of `matching.arrays.query_arrays`; empty until computed."""


class Profiles:
    """Joint bounds (`matching.kernel.joint_bounds`) for those who ask alike, worked out beside the searches: the
    first to
    ask does not wait for them. Who asked longest ago makes room for others, once that is a while ago."""

    def __init__(self, searchable: Searchable) -> None:
        self._searchable = searchable
        self._lock = threading.Lock()
        self._lately: OrderedDict[Profile, Bounds] = OrderedDict()
        self._beside = ThreadPoolExecutor(1, "placelibre-bounds", _give_way)
        bytes_each = 8 * (searchable.parts + 2) + (BLOCK_ROWS + 8) * searchable.snapshot.meta.blocks
        self._most = max(1, min(REMEMBERED, MOST_BYTES // bytes_each))

    def of(self, profile: Profile, query: Query, numbers: bytes, whole: bytes) -> Bounds | None:
        """The bounds; None when they are not known: they will be, where there is room."""
        with self._lock:
            bounds = self._lately.get(profile)
            if bounds is not None:
                bounds.asked_at = monotonic()
                self._lately.move_to_end(profile)
                return bounds if bounds.known else None
            if len(self._lately) >= self._most:
                oldest, asked = next(iter(self._lately.items()))
                if monotonic() - asked.asked_at < WHILE_S:
                    return None
                del self._lately[oldest]
            bounds = self._lately[profile] = Bounds(query)
        working = self._beside.submit(self._work_out, profile, bounds, numbers, whole)
        working.add_done_callback(lambda done: done.result())  # a fault is logged, not lost with its future
        return None

    def asked(self, most: int) -> list[Query]:
        """A query of each of the profiles asked last, the last first."""
        with self._lock:
            return [bounds.query for bounds in reversed(self._lately.values())][:most]

    def wait(self) -> None:
        """Until nothing is being worked out."""
        self._beside.submit(lambda: None).result()

    def _work_out(self, profile: Profile, bounds: Bounds, numbers: bytes, whole: bytes) -> None:
        with self._lock:
            if self._lately.get(profile) is not bounds:
                return  # others came meanwhile, more than are remembered
        searchable = self._searchable
        community, visible, seats, _ = profile
        tables, _kept = searchable._make_tables(community, visible, frozenset(), frozenset(), seats, None)
        blocks = searchable.snapshot.meta.blocks
        known = (
            np.empty(searchable.parts + 2, np.float64),
            np.zeros(blocks * BLOCK_ROWS // 8, np.uint64),
            np.empty(blocks, np.uint64),
        )
        working = thread_workspace.reserve(searchable.parts)
        rests = np.empty(blocks * BLOCK_ROWS)
        into = [array.ctypes.data for array in (*known, rests)]
        tree, memory = searchable.tree_addresses.address, working.addresses.address
        compute_joint_bounds(tree, numbers, whole, tables.address, memory, searchable.parts, *into)
        bounds.known = known


def _give_way() -> None:
    """What this thread does may wait until no search wants the processor."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LEAST_URGENT)


@lru_cache(maxsize=4)
def _moments(first_slot: int, stop_slot: int) -> npt.NDArray[np.uint8]:
    """When each slot begins, the one after the last too, as `matching.kernel.answers.geojson_writer.MOMENT` bytes
    each."""
    texts = np.datetime_as_string((np.arange(first_slot, stop_slot + 1) * SLOT_S).astype("datetime64[s]"), unit="s")
    return np.frombuffer("".join(f'"{text}Z"' for text in texts.tolist()).encode(), np.uint8)


@lru_cache(maxsize=1)
def _worths() -> Array:
    return price.values_of_cents(np.arange(UNKNOWN_CENTS, price.TABLE_SIZE, dtype=np.int32))


def mask_of(amenities: Collection[Amenity]) -> int:
    """Amenities as the bits of a snapshot."""
    return sum(_BIT[amenity] for amenity in amenities)


_BIT = {amenity: 1 << bit for bit, amenity in enumerate(Amenity)}


def _among(words: type[StrEnum], wanted: Collection[StrEnum]) -> npt.NDArray[np.bool_]:
    """Table from kind code to "is wanted"; 256 entries, so that "no kind" is one of them."""
    table = np.zeros(256, np.bool_)
    table[[code for code, word in enumerate(words) if word in wanted]] = True
    return table
