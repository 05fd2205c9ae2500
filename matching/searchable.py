"""A snapshot ready for the kernel, and queries against it in the form that the kernel takes."""

import math
import struct
from collections.abc import Collection
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geo.types import Amenity, PlaceKind, SpaceKind
from matching.audience import Audience, audience_of
from matching.kernel.asked import FIRST_WEIGHT, NO_PAGE_BEFORE, WHOLE_NUMBERS
from matching.kernel.passing import addresses
from matching.kernel.planting import tree_of
from matching.kernel.tree import handed
from matching.presets import TERM_NAMES
from matching.query import Query
from matching.snapshot.layout import UNKNOWN_CENTS
from matching.snapshot.snapshot import Snapshot
from matching.terms import fit, price
from matching.terms.proximity import HALF_M

if TYPE_CHECKING:
    from matching.engine import Cursor

Array = npt.NDArray[Any]
_NUMBERS = struct.Struct(f"{FIRST_WEIGHT + len(TERM_NAMES)}d")
REMEMBERED = 512
"""Audiences and tables of lately asked queries: most ask alike."""


class Searchable:
    """The tree of a snapshot, its addresses, and what is remembered of lately asked queries."""

    def __init__(self, snapshot: Snapshot, alive: npt.NDArray[np.uint64] | None = None) -> None:
        self.snapshot = snapshot
        self.tree = tree_of(snapshot, alive)
        self.handed = handed(self.tree)
        self.parts = len(self.tree.part_yes)
        self._first_slot = snapshot.meta.first_slot
        self._audience = lru_cache(REMEMBERED)(self._make_audience)
        self._tables = lru_cache(REMEMBERED)(self._make_tables)

    def audience(self, query: Query) -> Audience:
        """Who asks."""
        return self._audience(query.community, query.visible)[0]

    def asked(self, query: Query, weights: dict[str, float], after: "Cursor | None") -> tuple[Array, Array, Array]:
        """Numbers, whole numbers and addresses of tables, as `matching.kernel.asked.understood` takes them."""
        _, hides, owns, most = self._audience(query.community, query.visible)
        point = query.point
        lon, lat = math.radians(point.lon), math.radians(point.lat)
        numbers = np.frombuffer(
            _NUMBERS.pack(
                point.lon,
                point.lat,
                math.cos(lat) * math.cos(lon),
                math.cos(lat) * math.sin(lon),
                math.sin(lat),
                query.radius_m,
                HALF_M[query.mode],
                most,
                *[weights.get(name, 0.0) for name in TERM_NAMES],
            )
        )
        page = NO_PAGE_BEFORE
        if after is not None:
            page = (round(after.score * 1e6), round(after.distance_m * 10), after.place_id)
        window: tuple[int, ...] = (0,)
        if query.window is not None:
            first = self._first_slot
            window = (1, query.window.start - first, query.window.stop - first, query.window.any_slots or 0)
        whole = np.frombuffer(
            struct.pack(
                f"{WHOLE_NUMBERS + 3 * window[0]}q",
                mask_of(query.needs),
                mask_of(query.wishes),
                len(query.wishes),
                query.seats,
                -1 if query.max_price_cents is None else query.max_price_cents,
                owns,
                query.candidates,
                *page,
                hides,
                bool(query.kinds),
                bool(query.space_kinds),
                *window,
            ),
            np.int64,
        )
        tables, _ = self._tables(query.community, query.visible, query.kinds, query.space_kinds, query.seats)
        return numbers, whole, tables

    def _make_audience(self, community: str | None, visible: frozenset[str]) -> tuple[Audience, bool, bool, float]:
        one = audience_of(community, visible, self.snapshot)
        most = float(one.set_affinity.max(initial=0.0))
        return one, not bool(one.set_visible.all()), bool(one.set_own.any()), most

    def _make_tables(
        self,
        community: str | None,
        visible: frozenset[str],
        kinds: frozenset[PlaceKind],
        space_kinds: frozenset[SpaceKind],
        seats: int,
    ) -> tuple[Array, list[Array]]:
        """Addresses, and the arrays that must live as long."""
        audience = self._audience(community, visible)[0]
        arrays: list[Array] = [
            _among(PlaceKind, kinds),
            _among(SpaceKind, space_kinds),
            audience.set_visible,
            audience.set_own,
            audience.set_affinity,
            _worths(),
            fit.all_suit(np.arange(fit.TABLED, dtype=np.int32), seats),
        ]
        return addresses(arrays), arrays


@lru_cache(maxsize=1)
def _worths() -> Array:
    return price.worths(np.arange(UNKNOWN_CENTS, price.TABLED, dtype=np.int32))


def mask_of(amenities: Collection[Amenity]) -> int:
    """Amenities as the bits of a snapshot."""
    return sum(_BIT[amenity] for amenity in amenities)


_BIT = {amenity: 1 << bit for bit, amenity in enumerate(Amenity)}


def _among(words: type[StrEnum], wanted: Collection[StrEnum]) -> npt.NDArray[np.bool_]:
    """Table from kind code to "is wanted"; 256 entries, so that "no kind" is one of them."""
    table = np.zeros(256, np.bool_)
    table[[code for code, word in enumerate(words) if word in wanted]] = True
    return table
