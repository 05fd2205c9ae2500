"""The columns of a snapshot: name, type and length of each.

Rows are spaces of offered places, then places that are only candidates; both parts are sorted by H3 cell
(resolution 15), place id, space id, and cut into blocks of 64 that never cross from one part to the other. Two parts,
because nearly all searches ask for offered places only, while nearly all places are candidates: a search then reads
full blocks, and candidates cost no availability words.

Changing a column changes `FORMAT`: a snapshot of another format is refused and rebuilt, never converted.
A flag for feeds that went stale ("unknown", never free) will be one more column of the rows and one more filter.
"""

from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.spatial.packed_tree import BLOCK_ROWS
from geo.types import Amenity
from matching.affinity.affinity_matrix import CommunityEntry

FORMAT = 4
DAYS = 63
SLOTS_PER_DAY = 48
NONE = 255
"""Code of "no kind of space" (a candidate)."""
UNKNOWN_CENTS = -1
NO_PRICE_CENTS = np.iinfo(np.int32).max
"""Block summary when no price is known in the block."""
UNIX_EPOCH = date(1970, 1, 1)

Array = npt.NDArray[Any]


def _column(dtype: type[np.generic], of: str) -> Any:
    return field(metadata={"dtype": np.dtype(dtype), "of": of})


@dataclass(frozen=True, slots=True)
class Columns:
    """Plain arrays, memory-mapped or in memory. Each column says what its elements are for: rows, blocks, and so on."""

    place_id: npt.NDArray[np.int64] = _column(np.int64, "rows")
    space_id: npt.NDArray[np.int64] = _column(np.int64, "rows")
    """0 for a candidate."""
    lon: npt.NDArray[np.float64] = _column(np.float64, "rows")
    lat: npt.NDArray[np.float64] = _column(np.float64, "rows")
    x: npt.NDArray[np.float32] = _column(np.float32, "rows")
    """With y and z the point on the unit sphere, good to half a metre: a distance without a sine."""
    y: npt.NDArray[np.float32] = _column(np.float32, "rows")
    z: npt.NDArray[np.float32] = _column(np.float32, "rows")
    expected_dm: npt.NDArray[np.int32] = _column(np.int32, "rows")
    """Decimetres: a place of which only the commune is known is never shown nearer than this."""
    kind: npt.NDArray[np.uint8] = _column(np.uint8, "rows")
    """Position in `PlaceKind`."""
    space_kind: npt.NDArray[np.uint8] = _column(np.uint8, "rows")
    """Position in `SpaceKind`, or NONE."""
    yes: npt.NDArray[np.uint32] = _column(np.uint32, "rows")
    """Bit i: amenity i is there."""
    no: npt.NDArray[np.uint32] = _column(np.uint32, "rows")
    """Bit i: amenity i is known not to be there; in neither mask means unknown."""
    precision: npt.NDArray[np.uint8] = _column(np.uint8, "rows")
    """Position in `Precision`."""
    checked_year: npt.NDArray[np.uint8] = _column(np.uint8, "rows")
    """Year in which the facts were checked, less 1970; 0: unknown."""
    seats: npt.NDArray[np.int32] = _column(np.int32, "rows")
    """0 for a candidate."""
    price_cents: npt.NDArray[np.int32] = _column(np.int32, "rows")
    """Per half-day; UNKNOWN_CENTS when unknown."""
    member_price_cents: npt.NDArray[np.int32] = _column(np.int32, "rows")
    set_id: npt.NDArray[np.int32] = _column(np.int32, "rows")
    """Which set of communities offers the row (see `set_start`)."""
    trust: npt.NDArray[np.float64] = _column(np.float64, "rows")
    """Freshness times completeness, at `as_of`: see `matching/snapshot/trust_score.py`."""

    block_start: npt.NDArray[np.int64] = _column(np.int64, "blocks+1")
    """First row of each block, and the number of rows."""
    block_lon: npt.NDArray[np.float64] = _column(np.float64, "blocks")
    block_lat: npt.NDArray[np.float64] = _column(np.float64, "blocks")
    block_radius_m: npt.NDArray[np.float64] = _column(np.float64, "blocks")
    block_yes: npt.NDArray[np.uint32] = _column(np.uint32, "blocks")
    """Amenities that some row has."""
    block_unknown: npt.NDArray[np.uint32] = _column(np.uint32, "blocks")
    """Amenities that are unknown for some row."""
    block_price_cents: npt.NDArray[np.int32] = _column(np.int32, "blocks")
    """Lowest known price, or NO_PRICE_CENTS."""
    block_member_price_cents: npt.NDArray[np.int32] = _column(np.int32, "blocks")
    block_seats: npt.NDArray[np.int32] = _column(np.int32, "blocks")
    """Fewest known seats; 0 when none are known."""
    block_trust: npt.NDArray[np.float64] = _column(np.float64, "blocks")
    block_has: npt.NDArray[np.uint64] = _column(np.uint64, "block_amenities")
    """Per block and amenity one word: bit i, row i of the block has it."""
    block_lacks: npt.NDArray[np.uint64] = _column(np.uint64, "block_amenities")
    """The same of amenities that a row is known not to have."""
    block_last: npt.NDArray[np.uint64] = _column(np.uint64, "blocks")
    """Bit i: row i is the last of its place in the block."""
    block_expected_dm: npt.NDArray[np.int32] = _column(np.int32, "blocks")
    """Highest `expected_dm`."""
    block_set_id: npt.NDArray[np.int32] = _column(np.int32, "blocks")
    """Set of all communities that offer some row of the block."""

    set_start: npt.NDArray[np.int64] = _column(np.int64, "sets+1")
    """Sets of communities, each stored once: members of set i are `set_members[set_start[i]:set_start[i + 1]]`."""
    set_members: npt.NDArray[np.int32] = _column(np.int32, "members")
    akin_start: npt.NDArray[np.int64] = _column(np.int64, "described+1")
    """Learned affinities (`matching/affinity/similarity.py`): described community i is close to those in the next
    three columns from `akin_start[i]` to `akin_start[i + 1]`. Declared partners are in `CommunityEntry.partners`."""
    akin_other: npt.NDArray[np.int32] = _column(np.int32, "akin")
    akin_value: npt.NDArray[np.float64] = _column(np.float64, "akin")
    akin_members: npt.NDArray[np.uint8] = _column(np.uint8, "akin")
    """1: the two share members."""

    block_day: npt.NDArray[np.int32] = _column(np.int32, "block_days")
    """Day x offered block: which day of `day_words` says when its rows have a seat free."""
    day_words: npt.NDArray[np.uint64] = _column(np.uint64, "words")
    """Each distinct day once, 48 words: bit i of a word, row i of the block has at least one seat in that half-hour."""
    left_start: npt.NDArray[np.int64] = _column(np.int64, "offered_blocks+1")
    """Per offered block, its run in the sparse table of slots where some but not all seats are taken, in order of slot,
    then row."""
    left_row: npt.NDArray[np.int64] = _column(np.int64, "lefts")
    left_slot: npt.NDArray[np.int32] = _column(np.int32, "lefts")
    """Half-hours since the first day; a slot not listed has all seats when its bit is set."""
    left_seats: npt.NDArray[np.int32] = _column(np.int32, "lefts")

    def bytes(self) -> int:
        """Size of all search columns."""
        return sum(int(getattr(self, name).nbytes) for name in COLUMN_DTYPES)


COLUMN_DTYPES: dict[str, np.dtype[Any]] = {item.name: item.metadata["dtype"] for item in fields(Columns)}
_LENGTHS: dict[str, str] = {item.name: item.metadata["of"] for item in fields(Columns)}


@dataclass(frozen=True, slots=True)
class Meta:
    """Metadata of a snapshot."""

    version: str
    as_of: datetime
    """UTC; the age of facts is counted up to it."""
    revision: int
    """Of the store when it was read; later changes belong to the overlay."""
    rows: int
    offered_rows: int
    blocks: int
    offered_blocks: int
    communities: tuple[CommunityEntry, ...]
    """The described ones first."""
    store_id: str = ""
    """Identity of the store that a published snapshot was built from; empty: not recorded."""

    @property
    def first_day(self) -> date:
        return self.as_of.date()

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=DAYS - 1)

    @property
    def first_slot(self) -> int:
        return first_slot_of(self.first_day)

    @property
    def stop_slot(self) -> int:
        return self.first_slot + DAYS * SLOTS_PER_DAY


def first_slot_of(day: date) -> int:
    """Number of the half-hour at which a UTC day begins, since 1970."""
    return (day - UNIX_EPOCH).days * SLOTS_PER_DAY


def wrong_length(columns: Columns, meta: Meta) -> str | None:
    """Name of the first column whose length contradicts the counts, or None."""
    c = columns
    expected = {
        "rows": meta.rows,
        "blocks": meta.blocks,
        "blocks+1": meta.blocks + 1,
        "members": int(c.set_start[-1]) if len(c.set_start) else -1,
        "described+1": 1 + sum(entry.described for entry in meta.communities),
        "akin": int(c.akin_start[-1]) if len(c.akin_start) else -1,
        "block_amenities": meta.blocks * len(Amenity),
        "block_days": meta.offered_blocks * DAYS,
        "offered_blocks+1": meta.offered_blocks + 1,
        "lefts": int(c.left_start[-1]) if len(c.left_start) else -1,
    }
    for name, of in _LENGTHS.items():
        if of in expected and len(getattr(c, name)) != expected[of]:
            return name
    return None


def block_of(rows: npt.NDArray[np.int64], meta: Meta) -> npt.NDArray[np.int64]:
    """The block of each row; the first row of a part starts a block, so no search is needed."""
    offered = rows // BLOCK_ROWS
    candidates = meta.offered_blocks + (rows - meta.offered_rows) // BLOCK_ROWS
    result: npt.NDArray[np.int64] = np.where(rows < meta.offered_rows, offered, candidates)
    return result
