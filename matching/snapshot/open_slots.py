"""When a space is open, slot by slot: the calendar expands each distinct opening pattern once."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from geo.errors import InvalidInput
from geo.opening_hours.patterns import HoursCalendar
from geo.opening_hours.public_holidays import holiday_region
from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Calendar(Protocol):
    """Opening patterns expanded per date; public holidays depend on the region of the commune."""

    def region(self, insee: str) -> str:
        """Name of the set of public holidays that holds in a commune."""
        ...

    def open_slots(self, patterns: Sequence[str], time_zone: str, region: str) -> Bools:
        """Which UTC half-hours are open, shape (patterns, DAYS, 48), for patterns in OSM syntax local to `time_zone`.

        Raises InvalidInput when one of them cannot be read.
        """
        ...


class GeoCalendar:
    """The calendar of the product: `geo.opening_hours.patterns` with the holidays of
    `geo.opening_hours.public_holidays`."""

    def __init__(self, first_day: date) -> None:
        self._calendar = HoursCalendar(first_day, DAYS)

    def region(self, insee: str) -> str:
        return holiday_region(insee)

    def open_slots(self, patterns: Sequence[str], time_zone: str, region: str) -> Bools:
        return self._calendar.slots_many(patterns, time_zone, region)


def open_tables(rows: pl.DataFrame, calendar: Calendar) -> tuple[Ints, Bools]:
    """Which pattern each row follows, and the expanded patterns, shape (patterns, DAYS * 48).

    Pattern 0 is "never": a space whose hours are unknown or unreadable is never free. `rows` holds `hours`, `time_zone`
    and `insee`.
    """
    communes = rows["insee"].unique().to_list()
    regions = pl.DataFrame(
        {"insee": communes, "region": [calendar.region(insee or "") for insee in communes]},
        schema={"insee": pl.String, "region": pl.String},
    )
    keys = ["time_zone", "region", "hours"]
    keyed = rows.select("hours", "time_zone", "insee").join(
        regions, on="insee", how="left", nulls_equal=True, maintain_order="left"
    )
    distinct = keyed.select(keys).filter(pl.col("hours").is_not_null()).unique().sort(keys)
    numbered = distinct.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("pattern"))
    of_row = keyed.join(numbered, on=keys, how="left", maintain_order="left")["pattern"].fill_null(0)
    tables = np.zeros((len(distinct) + 1, DAYS * SLOTS_PER_DAY), np.bool_)
    filled = 1
    for (time_zone, region), group in distinct.group_by("time_zone", "region", maintain_order=True):
        opened = _open(calendar, group["hours"].to_list(), str(time_zone), str(region))
        tables[filled : filled + len(group)] = opened.reshape(len(group), -1)
        filled += len(group)
    return of_row.to_numpy().astype(np.int64), tables


def _open(calendar: Calendar, patterns: list[str], time_zone: str, region: str) -> Bools:
    """All patterns of a zone at once; one by one when some cannot be read, which are never open."""
    try:
        return calendar.open_slots(patterns, time_zone, region)
    except InvalidInput:
        if len(patterns) == 1:
            return np.zeros((1, DAYS, SLOTS_PER_DAY), np.bool_)
    return np.concatenate([_open(calendar, [pattern], time_zone, region) for pattern in patterns])
