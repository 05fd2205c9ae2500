"""A snapshot prepared for the kernel: its tree, caches per searcher, and the encoding of queries."""

import struct
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import replace
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.spatial.distance import unit_vector
from geo.spatial.packed_tree import BLOCK_ROWS, expand
from geo.types import Amenity, PlaceKind, SpaceKind
from matching.affinity.affinity_matrix import AffinityMatrix
from matching.arrays.query_arrays import FLOATS, INTEGERS, NO_CURSOR
from matching.arrays.tree import Tree
from matching.arrays.workspace import thread_workspace
from matching.compiler.array_table import AddressTable, address_table
from matching.kernel.joint_bounds import compute_joint_bounds
from matching.kernel.tree_builder import build_tree, row_bitmask
from matching.query.query import SLOT_S, Query
from matching.query.weights import TERM_NAMES
from matching.search.audience import Audience, build_audience
from matching.search.joint_bounds_cache import JointBounds, JointBoundsCache, SearcherProfile
from matching.search.phrase_cache import PhraseCache
from matching.search.search_range import SearchRange, range_by_distance
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms import fit, price

if TYPE_CHECKING:
    from matching.query.query import Cursor

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
_NO_BOUNDS = (np.zeros(0), np.zeros(0, np.uint64), np.zeros(0, np.uint64))
_FLOATS = struct.Struct(f"{FLOATS + len(TERM_NAMES)}d")
CACHED_SEARCHERS, CACHED_SETS = 512, 16_384
"""Entries of the caches per searcher, and of that per searcher and set of communities."""
MAX_BOUNDS_BYTES = 128 * 1024 * 1024
"""Memory for all joint bounds of an index."""


class EncodedQuery(NamedTuple):
    """A query as the kernel reads it. `arrays` and `address_table` must live until the kernel has returned; the caches
    may drop them meanwhile."""

    floats: bytes
    integers: bytes
    tables: int
    """Memory address of the table of array addresses."""
    arrays: list[Array]
    address_table: AddressTable


class PreparedIndex:
    """A snapshot with its tree in memory. Thread-safe; `copy` with other columns or affinities is cheap."""

    def __init__(self, snapshot: Snapshot, *, cache_bounds: bool = True) -> None:
        """`cache_bounds`: compute joint bounds per searcher; only searches of the whole tree use them."""
        self.snapshot = snapshot
        self._set_tree(build_tree(snapshot))
        self.parts = len(self.tree.part_yes)
        """Number of blocks and nodes of the tree."""
        self._first_slot = snapshot.meta.first_slot
        self._moments = _slot_times(snapshot.meta.first_slot, snapshot.meta.stop_slot)
        self.rendered = address_table([snapshot.facts.data, snapshot.facts.start, self._moments])
        """Rendered facts of rows and texts of slots (`matching.kernel.answers.geojson_writer`)."""
        self._cache_bounds = cache_bounds
        self._reset_caches()

    def _set_tree(self, tree: Tree) -> None:
        self.tree = tree
        self._tree_addresses = address_table(tree)
        self.tree_address = self._tree_addresses.address
        """Memory address of the table of array addresses, for the kernel."""

    def _reset_caches(self) -> None:
        self.phrases = PhraseCache()
        self._audience = lru_cache(CACHED_SEARCHERS)(self._build_audience)
        self._visible = lru_cache(CACHED_SETS)(self._list_visible)
        self._tables = lru_cache(CACHED_SEARCHERS)(self._build_tables)
        self._bounds = JointBoundsCache(self._compute_bounds, self._bounds_capacity()) if self._cache_bounds else None

    def _bounds_capacity(self) -> int:
        bytes_each = 8 * (self.parts + 2) + (BLOCK_ROWS + 8) * self.snapshot.meta.blocks
        return max(1, min(CACHED_SEARCHERS, MAX_BOUNDS_BYTES // bytes_each))

    def with_columns(self, columns: Mapping[str, Array]) -> "PreparedIndex":
        """A copy in which some columns of the tree are replaced: fewer live rows (`alive`), other availability.

        The caches are shared with the original: bounds over more rows remain bounds, and none depends on availability.
        """
        other = copy(self)
        other._set_tree(self.tree._replace(**columns))
        return other

    def only_rows(self, rows: Ints) -> "PreparedIndex":
        """A copy in which only these rows are live."""
        return self.with_columns({"alive": self.tree.alive & row_bitmask(self.snapshot, rows)})

    def without_rows(self, rows: Ints) -> "PreparedIndex":
        """A copy in which these rows are not live."""
        return self.with_columns({"alive": self.tree.alive & ~row_bitmask(self.snapshot, rows)})

    def with_affinities(self, affinities: AffinityMatrix) -> "PreparedIndex":
        """A copy with the same tree, other affinities between communities, and empty caches."""
        other = copy(self)
        other.snapshot = replace(self.snapshot, affinities=affinities)
        other._reset_caches()
        return other

    def rows_of_places(self, place_ids: Collection[int]) -> Ints:
        """The rows of these places, ascending; unknown places have none."""
        places = np.array(sorted(set(place_ids)), np.int64)
        ids, order = self.snapshot.columns.place_id, self._rows_by_place
        first, stop = (np.searchsorted(ids, places, side=side, sorter=order) for side in ("left", "right"))
        runs = np.stack([first, stop], axis=1).reshape(-1)
        rows: Ints = np.sort(order[expand(runs, np.arange(0, len(runs), 2))])
        return rows

    @cached_property
    def _rows_by_place(self) -> Ints:
        """Row numbers ordered by place id."""
        return np.argsort(self.snapshot.columns.place_id, kind="stable")

    def wait_for_bounds(self) -> None:
        """Returns when no joint bounds are being computed."""
        if self._bounds is not None:
            self._bounds.wait()

    def recent_queries(self, limit: int) -> list[Query]:
        """One query of each of the `limit` most recent searcher profiles, the most recent first."""
        return [] if self._bounds is None else self._bounds.recent_queries(limit)

    def visible_communities(self, query: Query, set_id: int) -> tuple[str, ...]:
        """Slugs of the communities of a set that the searcher may see, closest first."""
        return self._visible(query.community, query.visible, set_id)

    def encode(
        self,
        query: Query,
        weights: dict[str, float],
        after: "Cursor | None" = None,
        *,
        now: int | None = None,
        search_range: SearchRange | None = None,
    ) -> EncodedQuery:
        """The query as `matching.arrays.query_arrays.read_query` reads it.

        `weights` by term name; empty if only filters matter. `after`: cursor of the previous page. `now`: number of the
        current slot, needed only for when results are free. `search_range`: by distance unless given.
        """
        search_range = search_range or range_by_distance(query)
        _, some_hidden, some_own, max_affinity = self._audience(query.community, query.visible)
        point = query.point
        floats = _FLOATS.pack(
            point.lon,
            point.lat,
            *unit_vector(point.lon, point.lat),
            search_range.radius_m,
            search_range.half_m,
            max_affinity,
            *[weights.get(name, 0.0) for name in TERM_NAMES],
        )
        first = self._first_slot
        windows = [
            number
            for window in query.windows
            for number in (window.start - first, window.stop - first, window.any_slots or 0)
        ]
        integers = struct.pack(
            f"{INTEGERS + len(windows)}q",
            amenity_mask(query.needs),
            amenity_mask(query.wishes),
            len(query.wishes),
            query.seats,
            -1 if query.max_price_cents is None else query.max_price_cents,
            some_own,
            query.candidates,
            *(NO_CURSOR if after is None else after),
            some_hidden,
            bool(query.kinds),
            bool(query.space_kinds),
            query.most_windows,
            -1 if now is None else max(0, now - first),
            len(query.windows),
            -1 if query.max_seats is None else query.max_seats,
            query.to_confirm,
            *windows,
        )
        profile = (query.community, query.visible, query.seats, tuple(weights.items()))
        bounds = None
        if weights and self._bounds is not None:
            bounds = self._bounds.get(profile, query, floats, integers)
        table, arrays = self._tables(
            query.community, query.visible, query.kinds, query.space_kinds, query.seats, bounds
        )
        return EncodedQuery(floats, integers, table.address, arrays, table)

    def _build_audience(self, community: str | None, visible: frozenset[str]) -> tuple[Audience, bool, bool, float]:
        """The audience; whether it cannot see some set, whether its own offers some; its highest affinity to a set."""
        audience = build_audience(community, visible, self.snapshot)
        max_affinity = float(audience.set_affinity.max(initial=0.0))
        return audience, not bool(audience.set_visible.all()), bool(audience.set_own.any()), max_affinity

    def _list_visible(self, community: str | None, visible: frozenset[str], set_id: int) -> tuple[str, ...]:
        members = self._audience(community, visible)[0].visible_members(self.snapshot, set_id)
        return tuple(self.snapshot.meta.communities[member].slug for member in members)

    def _build_tables(
        self,
        community: str | None,
        visible: frozenset[str],
        kinds: frozenset[PlaceKind],
        space_kinds: frozenset[SpaceKind],
        seats: int,
        bounds: JointBounds | None,
    ) -> tuple[AddressTable, list[Array]]:
        """The address table of the lookup arrays of a query, and these arrays, which must live as long."""
        audience = self._audience(community, visible)[0]
        arrays: list[Array] = [
            _membership_table(PlaceKind, kinds),
            _membership_table(SpaceKind, space_kinds),
            audience.set_visible,
            audience.set_own,
            audience.set_affinity,
            _price_values(),
            fit.values_of_seats(np.arange(fit.TABLE_SIZE, dtype=np.int32), seats),
            *(_NO_BOUNDS if bounds is None else bounds.arrays),
        ]
        return address_table(arrays), arrays

    def _compute_bounds(self, profile: SearcherProfile, floats: bytes, integers: bytes) -> tuple[Array, ...]:
        """The joint bounds of a profile, from any encoded query of it."""
        community, visible, seats, _ = profile
        table, _arrays = self._build_tables(community, visible, frozenset(), frozenset(), seats, None)
        blocks = self.snapshot.meta.blocks
        bounds = (
            np.empty(self.parts + 2, np.float64),
            np.zeros(blocks * BLOCK_ROWS // 8, np.uint64),
            np.empty(blocks, np.uint64),
        )
        working = thread_workspace.reserve(self.parts)
        scratch = np.empty(blocks * BLOCK_ROWS)
        out = [array.ctypes.data for array in (*bounds, scratch)]
        compute_joint_bounds(
            self.tree_address, floats, integers, table.address, working.addresses.address, self.parts, *out
        )
        return bounds


@lru_cache(maxsize=4)
def _slot_times(first_slot: int, stop_slot: int) -> npt.NDArray[np.uint8]:
    """Start of each slot, and of the slot `stop_slot`, as JSON text of `matching.kernel.answers.geojson_writer.MOMENT`
    bytes each."""
    texts = np.datetime_as_string((np.arange(first_slot, stop_slot + 1) * SLOT_S).astype("datetime64[s]"), unit="s")
    return np.frombuffer("".join(f'"{text}Z"' for text in texts.tolist()).encode(), np.uint8)


@lru_cache(maxsize=1)
def _price_values() -> Array:
    """Value of the price term for each price in cents, from UNKNOWN_CENTS on."""
    return price.values_of_cents(np.arange(UNKNOWN_CENTS, price.TABLE_SIZE, dtype=np.int32))


def amenity_mask(amenities: Collection[Amenity]) -> int:
    """Amenities as a bitmask, in the bit order of a snapshot."""
    return sum(_BIT[amenity] for amenity in amenities)


_BIT = {amenity: 1 << bit for bit, amenity in enumerate(Amenity)}


def _membership_table(kinds: type[StrEnum], selected: Collection[StrEnum]) -> npt.NDArray[np.bool_]:
    """From kind code to whether it is selected; 256 entries, so that the code for "no kind" is one of them."""
    table = np.zeros(256, np.bool_)
    table[[code for code, kind in enumerate(kinds) if kind in selected]] = True
    return table
