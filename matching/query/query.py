"""What a teleworker asks, validated once; already resolved: a point, not a name; UTC slots, not local hours."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from geo.errors import InvalidInput
from geo.types import Amenity, PlaceKind, Point, SpaceKind

SLOT_S = 1800
MAX_WINDOW_SLOTS = 24
"""A window of one search is at most 12 hours; searching "any n hours" may look into a longer span."""
MAX_WINDOWS = 62
"""As many as there are bits in a word, and about as many as there are days to search in."""
DEFAULT_RADIUS_M = 30_000.0
MAX_RADIUS_M = 100_000.0
MAX_LIMIT = 100
MAX_MINUTES = 120.0


class Mode(StrEnum):
    WALK = "walk"
    BIKE = "bike"
    CAR = "car"


class Preset(StrEnum):
    BALANCED = "balanced"
    CLOSEST = "closest"
    COMMUNITY = "community"
    CHEAPEST = "cheapest"


def slot_floor(moment: datetime) -> int:
    """Number of the UTC half-hour that contains `moment` (timezone-aware), since 1970."""
    return int(moment.timestamp()) // SLOT_S


def slot_ceil(moment: datetime) -> int:
    """First slot that starts at or after `moment`: a busy minute makes its slot busy, so windows round outwards."""
    return -(-int(moment.timestamp()) // SLOT_S)


def slot_start(slot: int) -> datetime:
    """UTC start of a slot."""
    return datetime.fromtimestamp(slot * SLOT_S, UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open run of UTC slots [start, stop).

    With `any_slots`, a space fits when it is free for that many consecutive slots somewhere inside;
    without, it must be free for the whole window.
    """

    start: int
    stop: int
    any_slots: int | None = None

    @classmethod
    def between(cls, start: datetime, stop: datetime, any_slots: int | None = None) -> "Window":
        """Window of the slots touched by [start, stop), rounded outwards; both timezone-aware."""
        return cls(slot_floor(start), slot_ceil(stop), any_slots)

    def __post_init__(self) -> None:
        if self.stop <= self.start:
            raise InvalidInput(
                field="window",
                fr="La fin du créneau précède son début : donnez une heure de fin plus tardive.",
                en="The window ends before it starts: give a later end.",
            )
        asked = self.any_slots if self.any_slots is not None else self.stop - self.start
        if not 0 < asked <= MAX_WINDOW_SLOTS or (self.any_slots is not None and asked > self.stop - self.start):
            raise InvalidInput(
                field="window",
                fr="La durée demandée doit aller de 30 minutes à 12 heures et tenir dans l'intervalle : "
                "raccourcissez-la.",
                en="The duration must be 30 minutes to 12 hours and fit in the interval: shorten it.",
            )


@dataclass(frozen=True, slots=True)
class Query:
    """One search. Needs filter, wishes score. `visible` holds the slugs of the communities whose
    offers the searcher may see; a place or space that belongs to no community is visible to all."""

    point: Point
    windows: tuple[Window, ...] = ()
    """In order, none overlapping another; a space must be free in all of them, unless `most_windows`."""
    most_windows: bool = False
    """Enough to be free in one: whoever is free in more comes first, whatever the score."""
    seats: int = 1
    needs: frozenset[Amenity] = frozenset()
    wishes: frozenset[Amenity] = frozenset()
    kinds: frozenset[PlaceKind] = frozenset()
    space_kinds: frozenset[SpaceKind] = frozenset()
    max_price_cents: int | None = None
    community: str | None = None
    visible: frozenset[str] = frozenset()
    radius_m: float = DEFAULT_RADIUS_M
    mode: Mode | None = None
    minutes: float | None = None
    """At most so long by `mode`, where a network is known; `radius_m` is then how far that is by the straight line."""
    preset: Preset = Preset.BALANCED
    weights: tuple[tuple[str, float], ...] | None = field(default=None)
    """Free weights by term name; None means those of the preset."""
    candidates: bool = False
    """Also list places that never agreed to host; they have no space and no known availability."""
    limit: int = 20

    def __post_init__(self) -> None:
        if len(self.windows) > MAX_WINDOWS or any(a.stop > b.start for a, b in pairwise(self.windows)):
            raise InvalidInput(
                field="windows",
                value=len(self.windows),
                fr=f"Les créneaux doivent se suivre sans se chevaucher, {MAX_WINDOWS} au plus : retirez-en.",
                en=f"Windows must follow each other without overlapping, {MAX_WINDOWS} at most: take some away.",
            )
        if not 1 <= self.seats <= 10_000:
            raise InvalidInput(
                field="seats",
                value=self.seats,
                fr="Le nombre de places doit être compris entre 1 et 10 000.",
                en="The number of seats must be between 1 and 10,000.",
            )
        if not 0 <= self.radius_m <= MAX_RADIUS_M:
            raise InvalidInput(
                field="radius",
                value=self.radius_m,
                fr="La distance doit être comprise entre 0 et 100 km.",
                en="The distance must be between 0 and 100 km.",
            )
        if self.minutes is not None and not 0 <= self.minutes <= MAX_MINUTES:
            raise InvalidInput(
                field="within",
                value=self.minutes,
                fr="La durée du trajet doit être comprise entre 0 et 120 minutes.",
                en="The travel time must be between 0 and 120 minutes.",
            )
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InvalidInput(
                field="limit",
                value=self.limit,
                fr="Le nombre de résultats doit être compris entre 1 et 100.",
                en="The number of results must be between 1 and 100.",
            )
        if self.max_price_cents is not None and self.max_price_cents < 0:
            raise InvalidInput(
                field="max_price",
                value=self.max_price_cents,
                fr="Le prix maximal ne peut pas être négatif.",
                en="The highest price cannot be negative.",
            )


class Cursor(NamedTuple):
    """The last result of a page, as it was ordered: the next page begins after it, in the one order there is."""

    merit: int
    """Score in millionths; see `matching.kernel.scoring.merit`."""
    distance_dm: int
    place_id: int


CLEAN_DM, CLEAN_FAR_DM, FAR_DM = 1_000, 5_000, 100_000
"""A radius is proposed in steps of 100 m, from 10 km on of 500 m."""


def clean_dm(distance_dm: int) -> int:
    """The smallest radius to propose that reaches so far."""
    step = CLEAN_DM if distance_dm <= FAR_DM else CLEAN_FAR_DM
    return (distance_dm + step - 1) // step * step
