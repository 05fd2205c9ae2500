"""When spaces are free: reading the bit-sliced availability of a snapshot for one window.

`Free` knows all half-hours asked for some blocks at once: word [b, s] has bit i set when row i of block b has the
seats asked in slot s. A fixed window is the AND of its words; "any n hours" the OR of all runs of n.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from geo.blocks import BLOCK_ROWS, expand
from geo.errors import InvalidInput
from matching.query import Window, slot_floor, slot_start
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY, Meta
from matching.snapshot.snapshot import Snapshot

Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]


def check_window(window: Window, meta: Meta, now: datetime) -> None:
    """Raises InvalidInput for a window that is partly over, or beyond the days the index knows."""
    if window.start < max(slot_floor(now), meta.first_slot):
        raise InvalidInput(
            field="window",
            value=slot_start(window.start).isoformat(),
            fr="Ce créneau est déjà commencé ou passé : choisissez un début à venir.",
            en="This window has already begun or is over: choose a start to come.",
        )
    if window.stop > meta.stop_slot:
        last = meta.last_day
        raise InvalidInput(
            field="window",
            value=slot_start(window.start).isoformat(),
            fr=f"Les disponibilités sont connues jusqu'au {last:%d/%m/%Y} : choisissez une date plus proche.",
            en=f"Availability is known until {last:%Y-%m-%d}: choose an earlier date.",
        )


def free_words(snapshot: Snapshot, blocks: Ints, start: int, stop: int, seats: int) -> Words:
    """Shape (blocks, stop - start): bit i says that row i of an offered block has `seats` free in that slot."""
    first = snapshot.meta.first_slot
    days, of_day = np.divmod(np.arange(start - first, stop - first), SLOTS_PER_DAY)
    words: Words = snapshot.days()[snapshot.block_days()[blocks[:, None], days[None, :]], of_day[None, :]]
    if seats > 1:
        _clear_short(snapshot, blocks, start - first, seats, words)
    return words


def _clear_short(snapshot: Snapshot, blocks: Ints, first: int, seats: int, words: Words) -> None:
    """Clears the bits of slots in which fewer than `seats` remain; `words` begins at slot `first` of the snapshot."""
    c = snapshot.columns
    entries = expand(c.left_start, blocks)
    counts = c.left_start[blocks + 1] - c.left_start[blocks]
    block = np.repeat(np.arange(len(blocks)), counts)
    slot = c.left_slot[entries] - first
    short = (slot >= 0) & (slot < words.shape[1]) & (c.left_seats[entries] < seats)
    lane = (c.left_row[entries[short]] % BLOCK_ROWS).astype(np.uint64)
    np.bitwise_and.at(words, (block[short], slot[short]), ~(np.uint64(1) << lane))


def fitting(words: Words, any_slots: int | None) -> Words:
    """One word per block: the rows free all along, or for `any_slots` slots in a row somewhere."""
    if any_slots is None:
        all_along: Words = np.bitwise_and.reduce(words, axis=1)
        return all_along
    runs = words[:, : words.shape[1] - any_slots + 1].copy()
    for shift in range(1, any_slots):
        runs &= words[:, shift : shift + runs.shape[1]]
    somewhere: Words = np.bitwise_or.reduce(runs, axis=1)
    return somewhere


@dataclass(frozen=True, slots=True)
class FreeRun:
    """Slots [start, stop) in which a row has the seats asked, and the fewest seats left in the asked part of it."""

    start: int
    stop: int
    seats_left: int


def free_run(snapshot: Snapshot, row: int, window: Window, seats: int, now: datetime) -> FreeRun:
    """The free run around a fixed window, from now to the last day known; for "any n slots", the first that fits
    inside the span, its seats being those of its first n slots. `row` must fit the window."""
    meta = snapshot.meta
    block = np.array([row // BLOCK_ROWS], np.int64)
    if window.any_slots is None:
        low, high = max(meta.first_slot, slot_floor(now)), meta.first_slot + DAYS * SLOTS_PER_DAY
        begin, length = window.start, window.stop - window.start
    else:
        low, high = window.start, window.stop
        begin, length = low, window.any_slots
    words = free_words(snapshot, block, low, high, seats)[0]
    free = (words >> np.uint64(row % BLOCK_ROWS)) & np.uint64(1) == 1
    edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8))) + low
    runs = edges.reshape(-1, 2)
    if window.any_slots is None:
        start, stop = next((int(a), int(b)) for a, b in runs if a <= begin < b)
    else:
        start, stop = next((int(a), int(b)) for a, b in runs if b - a >= length)
        begin = start
    return FreeRun(start, stop, _seats_left(snapshot, row, begin, begin + length))


def _seats_left(snapshot: Snapshot, row: int, start: int, stop: int) -> int:
    c, first = snapshot.columns, snapshot.meta.first_slot
    block = row // BLOCK_ROWS
    entries = slice(int(c.left_start[block]), int(c.left_start[block + 1]))
    slot = c.left_slot[entries]
    here = (c.left_row[entries] == row) & (slot >= start - first) & (slot < stop - first)
    return int(min(c.left_seats[entries][here], default=c.seats[row]))
