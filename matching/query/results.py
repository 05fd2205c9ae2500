"""The answer to a query: places with their best space, and the terms that make up their scores."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from geo.errors import PlaceLibreError
from geo.types import Amenity
from matching.affinity.affinity_matrix import NO_SHARED_TRAITS, SharedTraits
from matching.query.query import Query


class TravelMethod(StrEnum):
    """Where minutes come from."""

    NETWORK = "network"
    STRAIGHT_LINE = "straight_line"


@dataclass(frozen=True, slots=True)
class TermScore:
    """One term of a score; the contributions of all terms sum to the score."""

    name: str
    value: float
    """In [0, 1]."""
    weight: float

    @property
    def contribution(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Result:
    """One place with its best space for the query."""

    place_id: int
    space_id: int | None
    """None for a candidate."""
    other_spaces: int
    """Number of further spaces of the place that fit the query."""
    score: float
    """Sum of the contributions of `terms`; results are ordered by it, rounded to a millionth."""
    distance_m: float
    """Straight-line distance in tenths of a metre; for a place known by its commune, at least the expected one."""
    terms: tuple[TermScore, ...]
    facts: dict[str, Any]
    """Properties that do not depend on the query, as rendered when the index was built (keys:
    `matching/snapshot/feature_rendering.py`), and `communities`: slugs of those that the searcher may see."""
    seats_left: int | None
    """The fewest in any window in which it is free; None without windows."""
    free_from: datetime | None
    """UTC start of the free time around the first window in which it is free, at most a day before it; for "any n
    hours", start of the first free time that is long enough. None without windows."""
    free_until: datetime | None
    """UTC end of that time, at most a day after the window."""
    price_cents: int | None
    """Per half-day, at the searcher's price; None if unknown."""
    free_windows: tuple[bool, ...] = ()
    """Per window of the query: whether it is free."""
    wishes: frozenset[Amenity] = frozenset()
    """The wishes of the query, so that a result can be explained on its own."""
    minutes: float | None = None
    """Travel time by the mode of the query, in tenths rounded up; None without a mode, and if there is no way."""
    minutes_by: TravelMethod | None = None
    closest_community: str | None = None
    """Slug of the visible offering community that is closest to the searcher's, which `affinity` refers to."""
    shared_traits: SharedTraits = NO_SHARED_TRAITS
    """What that community and the searcher's have in common."""


@dataclass(frozen=True, slots=True)
class Travel:
    """Where the minutes of a search come from."""

    method: TravelMethod
    fallback: PlaceLibreError | None = None
    """Why the straight line replaces the network."""
    routed: int = 0
    """Places routed to rank them."""
    within_reach: int = 0
    """Places that fit and that may be reached in time at top speed."""
    all_counted: bool = True
    """Whether `total` and `to_confirm` are exact; if not, they are lower bounds."""


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The answer to a query."""

    query: Query
    results: tuple[Result, ...]
    total: int
    """Places that fit; `results` are the best `query.limit` of them."""
    to_confirm: int
    """Places where a need is unknown and everything else fits; they are in neither `results` nor `total`."""
    as_of: datetime
    """When the index was built."""
    index_version: str
    travel: Travel | None = None
    """None if the query has no mode."""
