"""When a space is open, slot by slot: what the builder asks of the calendar, and asks once per distinct pattern."""

from datetime import date
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from matching.snapshot.layout import DAYS, SLOTS_PER_DAY

Bools = npt.NDArray[np.bool_]


class Calendar(Protocol):
    """Opening patterns expanded per date; public holidays depend on the region of the commune."""

    def region(self, insee: str) -> str:
        """Name of the set of public holidays that holds in a commune."""
        ...

    def open_slots(self, pattern: str, *, first_day: date, time_zone: str, region: str) -> Bools:
        """Which UTC half-hours are open, shape (DAYS, 48), for a pattern in OSM syntax, local to `time_zone`."""
        ...


class GeoCalendar:
    """The calendar of the product: `geo.opening_hours` with the holidays of `geo.public_holidays`."""

    def region(self, insee: str) -> str:
        from geo.public_holidays import holiday_region

        return str(holiday_region(insee))

    def open_slots(self, pattern: str, *, first_day: date, time_zone: str, region: str) -> Bools:
        from geo.opening_hours import open_slots

        opened = open_slots(
            pattern, first_day=first_day, days=DAYS, time_zone=time_zone, holiday_region=region
        )
        return np.asarray(opened, np.bool_)


def open_tables(
    rows: pl.DataFrame, first_day: date, calendar: Calendar
) -> tuple[npt.NDArray[np.int64], Bools]:
    """Which pattern each row follows, and the expanded patterns, shape (patterns, DAYS * 48).

    Pattern 0 is "never": a space whose hours nobody knows is not free, whatever else is true.
    `rows` holds `hours`, `time_zone` and `insee`.
    """
    communes = rows["insee"].unique().to_list()
    regions = pl.DataFrame(
        {"insee": communes, "region": [calendar.region(insee) for insee in communes]},
        schema={"insee": pl.String, "region": pl.String},
    )
    keys = ["hours", "time_zone", "region"]
    asked = rows.select("hours", "time_zone", "insee").join(
        regions, on="insee", how="left", maintain_order="left"
    )
    distinct = asked.select(keys).filter(pl.col("hours").is_not_null()).unique(maintain_order=True)
    numbered = distinct.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("pattern"))
    of_row = asked.join(numbered, on=keys, how="left", maintain_order="left")["pattern"].fill_null(0)
    tables = np.zeros((len(distinct) + 1, DAYS * SLOTS_PER_DAY), np.bool_)
    for index, (hours, time_zone, region) in enumerate(distinct.iter_rows(), start=1):
        opened = calendar.open_slots(hours, first_day=first_day, time_zone=time_zone, region=region)
        tables[index] = opened.reshape(-1)
    return of_row.to_numpy().astype(np.int64), tables
