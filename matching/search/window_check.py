"""When spaces are free: reading the bit-sliced availability of a snapshot for one window.

`Free` knows all half-hours asked for some blocks at once: word [b, s] has bit i set when row i of block b has the
seats asked in slot s. A fixed window is the AND of its words; "any n hours" the OR of all runs of n.
"""

from datetime import datetime

import numpy as np
import numpy.typing as npt

from geo.errors import InvalidInput
from matching.query.query import Window, slot_floor, slot_start
from matching.snapshot.layout import Meta

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
