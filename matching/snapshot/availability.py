"""Bit-sliced availability: per block and half-hour one 64-bit word, bit i = row i has at least one seat free.

Distinct days are stored once; seats left beyond the first are a sparse table. See `matching/snapshot/layout.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.compiler.jit import building, inner
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
SLOTS = DAYS * SLOTS_PER_DAY
MOST_SEEDS = 8
"""Two days with one digest are told apart by another; once would be a miracle."""
PRIME, OTHER_PRIME = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)


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
    taken = taken.sort(pl.col("row") // BLOCK_ROWS, "slot", "row")
    row, slot = taken["row"].to_numpy().astype(np.int64), taken["slot"].to_numpy().astype(np.int32)
    left = seats[row] - taken["seats_taken"].to_numpy().astype(np.int32)
    full = left <= 0
    block_day, day_words = _day_words(pattern_of_row, open_tables, row[full], slot[full])
    some = ~full
    blocks = -(-len(pattern_of_row) // BLOCK_ROWS)
    left_start = np.searchsorted(row[some] // BLOCK_ROWS, np.arange(blocks + 1))
    return Availability(
        block_day, day_words, left_start.astype(np.int64), row[some], slot[some], left[some].astype(np.int32)
    )


def _day_words(
    pattern_of_row: Ints, open_tables: npt.NDArray[np.bool_], full_row: Ints, full_slot: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], Words]:
    """Index of each (day, block) into the distinct days, numbered by first appearance, and their words.

    Day by day, for a search reads one day of many blocks that are near each other: what it reads lies together.
    """
    blocks = -(-len(pattern_of_row) // BLOCK_ROWS)
    full_start = np.searchsorted(full_row, np.arange(blocks + 1, dtype=np.int64) * BLOCK_ROWS)
    told = (pattern_of_row, np.ascontiguousarray(open_tables), full_start, full_row, full_slot)
    for seed in range(MOST_SEEDS):
        digests = np.empty(blocks * DAYS, np.uint64)
        _digest_days(*told, np.uint64(2 * seed + 1), digests)
        _, first, day_of = np.unique(digests, return_index=True, return_inverse=True)
        appearance = np.argsort(first, kind="stable")
        number = np.empty(len(first), np.int64)
        number[appearance] = np.arange(len(first))
        of_day = number[day_of]
        words = np.zeros(len(first) * SLOTS_PER_DAY, np.uint64)
        if _write_days(*told, of_day, words):
            return of_day.astype(np.int32), words
    raise RuntimeError("days differ and their digests never do")


@building
def _digest_days(
    pattern_of_row: Any, open_tables: Any, full_start: Any, full_row: Any, full_slot: Any, seed: Any, digests: Any
) -> None:
    """A number per (day, block), equal for equal days."""
    words = np.empty(SLOTS, np.uint64)
    blocks = len(full_start) - 1
    for block in range(blocks):
        _block_words(pattern_of_row, open_tables, full_start, full_row, full_slot, block, words)
        for day in range(DAYS):
            digest = seed
            for slot in range(day * SLOTS_PER_DAY, (day + 1) * SLOTS_PER_DAY):
                # Twice, for a product alone leaves the highest bit where it is, and the next word may take it back.
                digest = (digest ^ words[slot]) * PRIME
                digest = (digest ^ (digest >> np.uint64(32))) * OTHER_PRIME
                digest ^= digest >> np.uint64(29)
            digests[day * blocks + block] = digest


@building
def _write_days(
    pattern_of_row: Any,
    open_tables: Any,
    full_start: Any,
    full_row: Any,
    full_slot: Any,
    of_day: Any,
    written: Any,
) -> bool:
    """Writes each distinct day once; False when two days only had one digest."""
    words = np.empty(SLOTS, np.uint64)
    is_there = np.zeros(len(written) // SLOTS_PER_DAY, np.bool_)
    blocks = len(full_start) - 1
    for block in range(blocks):
        _block_words(pattern_of_row, open_tables, full_start, full_row, full_slot, block, words)
        for day in range(DAYS):
            number = of_day[day * blocks + block]
            for slot in range(SLOTS_PER_DAY):
                word = words[day * SLOTS_PER_DAY + slot]
                if not is_there[number]:
                    written[number * SLOTS_PER_DAY + slot] = word
                elif written[number * SLOTS_PER_DAY + slot] != word:
                    return False
            is_there[number] = True
    return True


@inner
def _block_words(
    pattern_of_row: Any, open_tables: Any, full_start: Any, full_row: Any, full_slot: Any, block: int, words: Any
) -> None:
    """One word per slot: bit i says that row i of the block is open and has a seat left."""
    words[:] = 0
    first = block * BLOCK_ROWS
    stop = min(len(pattern_of_row), first + BLOCK_ROWS)
    done = np.uint64(0)
    for row in range(first, stop):
        if (done >> np.uint64(row - first)) & np.uint64(1):
            continue
        pattern, lanes = pattern_of_row[row], np.uint64(0)
        for other in range(row, stop):
            if pattern_of_row[other] == pattern:
                lanes |= np.uint64(1) << np.uint64(other - first)
        done |= lanes
        for slot in range(SLOTS):
            if open_tables[pattern, slot]:
                words[slot] |= lanes
    for entry_ in range(full_start[block], full_start[block + 1]):
        words[full_slot[entry_]] &= ~(np.uint64(1) << np.uint64(full_row[entry_] - first))
