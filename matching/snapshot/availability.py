"""Bit-sliced availability: per block and half-hour one 64-bit word, bit i = row i has at least one seat free.

Distinct days are stored once; seats left beyond the first are a sparse table. See `matching/snapshot/layout.py`.
"""

import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.blocks import BLOCK_ROWS
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
SLOTS = DAYS * SLOTS_PER_DAY
CHUNK_BLOCKS = 64
"""Blocks expanded at a time: 64 x 64 rows x 3,024 slots are 12 MB of booleans."""


@dataclass(frozen=True, slots=True)
class Availability:
    """The availability columns of a snapshot."""

    block_day: npt.NDArray[np.int32]
    day_words: Words
    left_start: Ints
    left_row: Ints
    left_slot: npt.NDArray[np.int32]
    left_seats: npt.NDArray[np.int32]


def build_availability(
    pattern_of_row: Ints, open_tables: npt.NDArray[np.bool_], taken: pl.DataFrame, seats: npt.NDArray[np.int32]
) -> Availability:
    """Availability of the offered rows. `taken` holds `row`, `slot` (from the first day) and `seats_taken`."""
    taken = taken.filter((pl.col("slot") >= 0) & (pl.col("slot") < SLOTS) & (pl.col("seats_taken") > 0))
    taken = taken.sort("row", "slot")
    row, slot = taken["row"].to_numpy().astype(np.int64), taken["slot"].to_numpy().astype(np.int32)
    left = seats[row] - taken["seats_taken"].to_numpy().astype(np.int32)
    full = left <= 0
    block_day, day_words = _day_words(pattern_of_row, open_tables, row[full], slot[full])
    some = ~full
    blocks = -(-len(pattern_of_row) // BLOCK_ROWS)
    left_start = np.searchsorted(row[some], np.arange(blocks + 1, dtype=np.int64) * BLOCK_ROWS)
    return Availability(
        block_day, day_words, left_start.astype(np.int64), row[some], slot[some], left[some].astype(np.int32)
    )


def _day_words(
    pattern_of_row: Ints, open_tables: npt.NDArray[np.bool_], full_row: Ints, full_slot: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], Words]:
    """Index of each (block, day) into the distinct days, numbered by first appearance, and their words."""
    day_bytes = SLOTS_PER_DAY * 8
    numbers: dict[bytes, int] = {}
    indexes: list[int] = []
    step = CHUNK_BLOCKS * BLOCK_ROWS
    for start in range(0, len(pattern_of_row), step):
        patterns = pattern_of_row[start : start + step]
        blocks = -(-len(patterns) // BLOCK_ROWS)
        free = np.zeros((blocks * BLOCK_ROWS, SLOTS), np.bool_)
        free[: len(patterns)] = open_tables[patterns]
        low, high = np.searchsorted(full_row, (start, start + step))
        free[full_row[low:high] - start, full_slot[low:high]] = False
        raw = _words(free.reshape(blocks, BLOCK_ROWS, SLOTS)).tobytes()
        for offset in range(0, len(raw), day_bytes):
            day = raw[offset : offset + day_bytes]
            indexes.append(numbers.setdefault(day, len(numbers)))
    words = np.frombuffer(b"".join(numbers), np.dtype("<u8")).astype(np.uint64)
    return np.array(indexes, np.int32), words


def _words(free: npt.NDArray[np.bool_]) -> Words:
    """(blocks, 64, slots) booleans to (blocks, slots) words, lane 0 in the lowest bit."""
    packed = np.packbits(free, axis=1, bitorder="little")
    words: Words = np.ascontiguousarray(packed.transpose(0, 2, 1)).view("<u8")[..., 0]
    return words if sys.byteorder == "little" else words.astype("<u8")
