"""Tables that the index is built from. The service reads them from the store; nothing here reads a database."""

from collections.abc import Collection
from dataclasses import dataclass, field

import polars as pl

from geo.store.frames import BUSY, COMMUNITIES, MEMBERSHIPS, PLACES, SPACES, Schema


def _empty(schema: Schema) -> pl.DataFrame:
    return pl.DataFrame(schema=dict(schema))


@dataclass(frozen=True, slots=True)
class IndexInput:
    """Five tables with the columns of `geo.store.frames` (more columns are ignored, order is free) and the store's
    revision they were read at. Raises polars' own errors when a column is missing or cannot be cast."""

    places: pl.DataFrame = field(default_factory=lambda: _empty(PLACES))
    spaces: pl.DataFrame = field(default_factory=lambda: _empty(SPACES))
    busy: pl.DataFrame = field(default_factory=lambda: _empty(BUSY))
    communities: pl.DataFrame = field(default_factory=lambda: _empty(COMMUNITIES))
    memberships: pl.DataFrame = field(default_factory=lambda: _empty(MEMBERSHIPS))
    revision: int = 0

    def __post_init__(self) -> None:
        for name, schema in (
            ("places", PLACES),
            ("spaces", SPACES),
            ("busy", BUSY),
            ("communities", COMMUNITIES),
            ("memberships", MEMBERSHIPS),
        ):
            table: pl.DataFrame = getattr(self, name)
            conformed = table.select(pl.col(column).cast(dtype) for column, dtype in schema.items())
            object.__setattr__(self, name, conformed)

    def with_places_replaced(self, place_ids: Collection[int], current: "IndexInput") -> "IndexInput":
        """These tables, in which all rows of some places are replaced by the `current` ones."""
        is_other = ~pl.col("place_id").is_in(list(place_ids))
        spaces = self.spaces.filter(is_other)
        return IndexInput(
            places=pl.concat([self.places.filter(is_other), current.places]),
            spaces=pl.concat([spaces, current.spaces]),
            busy=pl.concat([self.busy.join(spaces, on="space_id", how="semi"), current.busy]),
            communities=current.communities,
            revision=current.revision,
        )
