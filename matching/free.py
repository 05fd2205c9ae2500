"""When spaces are free: reading the bit-sliced availability of a snapshot for one window.

`Free` knows all half-hours asked for some blocks at once: word [b, s] has bit i set when row i of block b has the
seats asked in slot s. A fixed window is the AND of its words; "any n hours" the OR of all runs of n.
"""

from datetime import datetime

import numpy as np
import numpy.typing as npt

from geo.blocks import BLOCK_ROWS, expand
from geo.errors import InvalidInput
from matching.query import Window, slot_floor, slot_start
from matching.snapshot.layout import SLOTS_PER_DAY, Meta
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
    words: Words = snapshot.days()[snapshot.block_days()[days[None, :], blocks[:, None]], of_day[None, :]]
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
