"""What a search answers: places with their best space, the score cut into its terms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from geo.errors import PlaceLibreError
from geo.types import Amenity
from matching.affinity.affinities import NO_KINSHIP, Kinship
from matching.query.query import Query


class Way(StrEnum):
    """How minutes were found."""

    NETWORK = "network"
    STRAIGHT_LINE = "straight_line"


@dataclass(frozen=True, slots=True)
class TermScore:
    """One named part of a score: `contribution = weight * value`; contributions sum to the score."""

    name: str
    value: float
    weight: float

    @property
    def contribution(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Result:
    """One place with its best space for the query.

    `facts` is what does not depend on the query, as rendered when the index was built (keys: see
    `matching/snapshot/feature_rendering.py`, and `communities`, those that the searcher may see). `score` is the sum
    of the
    terms' contributions; places are ordered by it rounded to a millionth. `free_from`/`free_until` (UTC) bound the free
    run around the first asked window in which it is free, a day before and after at most, None without a window; for
    "any n hours" they are the first run that fits.
    """

    place_id: int
    space_id: int | None
    other_spaces: int
    """Further spaces of the same place that fit the query."""
    score: float
    distance_m: float
    terms: tuple[TermScore, ...]
    facts: dict[str, Any]
    seats_left: int | None
    """The fewest in any of the windows in which it is free."""
    free_from: datetime | None
    free_until: datetime | None
    price_cents: int | None
    """Per half-day, at the searcher's price; None when unknown."""
    free_windows: tuple[bool, ...] = ()
    """Per window asked: whether it is free in it."""
    wishes: frozenset[Amenity] = frozenset()
    """Those of the query, so that a result can be explained on its own."""
    minutes: float | None = None
    """By the mode asked for, as ranked, in tenths rounded up; None without a mode, and where no way leads."""
    minutes_by: Way | None = None
    closest_community: str | None = None
    """Slug of the visible community offering this that is closest to the searcher's; what affinity refers to."""
    kinship: Kinship = NO_KINSHIP
    """What the two have in common."""


@dataclass(frozen=True, slots=True)
class Travel:
    """How the minutes of a search came about."""

    by: Way
    fallback: PlaceLibreError | None = None
    """Why the network was not asked after all."""
    routed: int = 0
    """Places whose way was looked up to rank them, of the `within_reach` that fit and are not too far for certain."""
    within_reach: int = 0
    all_counted: bool = True
    """Whether `total` and `to_confirm` are exact; if not, there are at least so many."""


@dataclass(frozen=True, slots=True)
class SearchResults:
    query: Query
    results: tuple[Result, ...]
    total: int
    """Places that fit, of which `results` are the best."""
    to_confirm: int
    """Places where a need is unknown and all else fits: counted apart, never mixed in."""
    as_of: datetime
    """When the index was built."""
    index_version: str
    travel: Travel | None = None
    """None when no mode was asked for."""
