"""Bit-sliced availability: per block and half-hour one 64-bit word, bit i = row i has at least one seat free.

Distinct days are stored once; seats left beyond the first are a sparse table. See `matching/snapshot/layout.py`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.spatial.packed_tree import BLOCK_ROWS
from matching.compiler.array_table import address_table, bytes_, ints, longs, words
from matching.compiler.jit import entry_point, inlined
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
SLOTS = DAYS * SLOTS_PER_DAY
MAX_SEEDS = 8
"""Attempts with another digest when two different days share one, which is next to impossible."""
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
    pattern_of_row: Ints, open_tables: npt.NDArray[np.bool_], busy: pl.DataFrame, seats: npt.NDArray[np.int32]
) -> Availability:
    """Availability of the offered rows. `busy` holds `row`, `slot` (from the first day) and `seats_taken`."""
    busy = busy.filter((pl.col("slot") >= 0) & (pl.col("slot") < SLOTS) & (pl.col("seats_taken") > 0))
    busy = busy.sort(pl.col("row") // BLOCK_ROWS, "slot", "row")
    row, slot = busy["row"].to_numpy().astype(np.int64), busy["slot"].to_numpy().astype(np.int32)
    left = seats[row] - busy["seats_taken"].to_numpy().astype(np.int32)
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

    Day by day: a search reads one day of many neighbouring blocks, which are then close in memory.
    """
    blocks = -(-len(pattern_of_row) // BLOCK_ROWS)
    full_start = np.searchsorted(full_row, np.arange(blocks + 1, dtype=np.int64) * BLOCK_ROWS)
    open_slots = np.ascontiguousarray(open_tables, np.bool_)
    words_of_block = np.empty(SLOTS, np.uint64)
    source = [np.ascontiguousarray(pattern_of_row), open_slots, full_start, full_row, full_slot, words_of_block]
    for seed in range(MAX_SEEDS):
        digests = np.empty(blocks * DAYS, np.uint64)
        table = address_table([*source, digests])
        digest_days(table.address, 2 * seed + 1)
        _, first, day_of = np.unique(digests, return_index=True, return_inverse=True)
        appearance = np.argsort(first, kind="stable")
        number = np.empty(len(first), np.int64)
        number[appearance] = np.arange(len(first))
        of_day = number[day_of]
        day_words, is_written = np.zeros(len(first) * SLOTS_PER_DAY, np.uint64), np.zeros(len(first), np.bool_)
        table = address_table([*source, of_day, day_words, is_written])
        if write_days(table.address):
            return of_day.astype(np.int32), day_words
    raise RuntimeError("different days share every digest")


class _Source(NamedTuple):
    """What days are made of, and memory for the words of the block at hand, one per slot."""

    pattern_of_row: Any
    open_slots: Any
    """1 per pattern and slot where it is open."""
    full_start: Any
    """Per block, its first entry in the two columns after; and the number of entries."""
    full_row: Any
    full_slot: Any
    words: Any


@inlined
def _read_source(table: Any) -> Any:
    return _Source(longs(table, 0), bytes_(table, 1), longs(table, 2), longs(table, 3), ints(table, 4), words(table, 5))


@entry_point
def digest_days(table: int, seed: int) -> int:
    """Fills in a number per (day, block), equal for equal days. `table`: `_Source`, then these numbers. Returns 0."""
    source, digests = _read_source(table), words(table, 6)
    blocks = len(source.full_start) - 1
    for block in range(blocks):
        _write_block(source, block)
        for day in range(DAYS):
            digest = np.uint64(seed)
            for slot in range(day * SLOTS_PER_DAY, (day + 1) * SLOTS_PER_DAY):
                # Twice, for a product alone leaves the highest bit where it is, and the next word may take it back.
                digest = (digest ^ source.words[slot]) * PRIME
                digest = (digest ^ (digest >> np.uint64(32))) * OTHER_PRIME
                digest ^= digest >> np.uint64(29)
            digests[day * blocks + block] = digest
    return 0


@entry_point
def write_days(table: int) -> int:
    """Writes each distinct day once; returns 0 when two different days have one digest, else 1. `table`: `_Source`,
    then the number of the distinct day of each (day, block), the words of the distinct days, and which are written."""
    source, of_day, day_words, is_written = _read_source(table), longs(table, 6), words(table, 7), bytes_(table, 8)
    blocks = len(source.full_start) - 1
    for block in range(blocks):
        _write_block(source, block)
        for day in range(DAYS):
            number = of_day[day * blocks + block]
            for slot in range(SLOTS_PER_DAY):
                word = source.words[day * SLOTS_PER_DAY + slot]
                if is_written[number] == 0:
                    day_words[number * SLOTS_PER_DAY + slot] = word
                elif day_words[number * SLOTS_PER_DAY + slot] != word:
                    return 0
            is_written[number] = 1
    return 1


@inlined
def _write_block(source: _Source, block: int) -> None:
    """Fills in a word per slot: bit i says that row i of the block is open and has a seat left."""
    for slot in range(SLOTS):
        source.words[slot] = np.uint64(0)
    first = block * BLOCK_ROWS
    stop = min(len(source.pattern_of_row), first + BLOCK_ROWS)
    handled = np.uint64(0)
    for row in range(first, stop):
        if (handled >> np.uint64(row - first)) & np.uint64(1):
            continue
        pattern, lanes = source.pattern_of_row[row], np.uint64(0)
        for other in range(row, stop):
            if source.pattern_of_row[other] == pattern:
                lanes |= np.uint64(1) << np.uint64(other - first)
        handled |= lanes
        for slot in range(SLOTS):
            if source.open_slots[pattern * SLOTS + slot] != 0:
                source.words[slot] |= lanes
    for entry in range(source.full_start[block], source.full_start[block + 1]):
        source.words[source.full_slot[entry]] &= ~(np.uint64(1) << np.uint64(source.full_row[entry] - first))
