"""The query of a search, validated: a point instead of a place name, UTC slots instead of local hours."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from geo.errors import InvalidInput
from geo.types import Amenity, PlaceKind, Point, SpaceKind

SLOT_S = 1800
"""Seconds in a slot."""
MAX_WINDOW_SLOTS = 24
"""Longest window, 12 hours; a search for "any n hours" may span more."""
MAX_WINDOWS = 62
"""Most windows of a query: windows are bits of a word, and there are about as many days to search in."""
DEFAULT_RADIUS_M = 30_000.0
MAX_RADIUS_M = 100_000.0
MAX_LIMIT = 100
MAX_MINUTES = 120.0
"""Longest travel time of a search."""


class Mode(StrEnum):
    """Means of travel."""

    WALK = "walk"
    BIKE = "bike"
    CAR = "car"


class Preset(StrEnum):
    """Names of sets of weights (`matching.query.weights.PRESETS`)."""

    BALANCED = "balanced"
    CLOSEST = "closest"
    COMMUNITY = "community"
    CHEAPEST = "cheapest"


def slot_floor(moment: datetime) -> int:
    """Number of the UTC half-hour that contains `moment` (timezone-aware), counted from 1970."""
    return int(moment.timestamp()) // SLOT_S


def slot_ceil(moment: datetime) -> int:
    """First slot that starts at or after `moment` (timezone-aware)."""
    return -(-int(moment.timestamp()) // SLOT_S)


def slot_start(slot: int) -> datetime:
    """Start of a slot, in UTC."""
    return datetime.fromtimestamp(slot * SLOT_S, UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """UTC slots [start, stop). Raises InvalidInput for an empty or too long window."""

    start: int
    stop: int
    any_slots: int | None = None
    """A space fits if it is free for this many consecutive slots in the window; None: for the whole window."""

    @classmethod
    def between(cls, start: datetime, stop: datetime, any_slots: int | None = None) -> "Window":
        """The slots that [start, stop) touches; both timezone-aware. A busy minute makes its slot busy."""
        return cls(slot_floor(start), slot_ceil(stop), any_slots)

    def __post_init__(self) -> None:
        if self.stop <= self.start:
            raise InvalidInput(
                field="window",
                fr="La fin du créneau précède son début : donnez une heure de fin plus tardive.",
                en="The window ends before it starts: give a later end.",
            )
        length = self.any_slots if self.any_slots is not None else self.stop - self.start
        if not 0 < length <= MAX_WINDOW_SLOTS or (self.any_slots is not None and length > self.stop - self.start):
            raise InvalidInput(
                field="window",
                fr="La durée demandée doit aller de 30 minutes à 12 heures et tenir dans l'intervalle : "
                "raccourcissez-la.",
                en="The duration must be 30 minutes to 12 hours and fit in the interval: shorten it.",
            )


@dataclass(frozen=True, slots=True)
class Query:
    """One search. Needs filter, wishes score. Raises InvalidInput for a value out of range."""

    point: Point
    windows: tuple[Window, ...] = ()
    """In order, without overlap; a space must be free in all of them, unless `most_windows`."""
    most_windows: bool = False
    """Free in one window is enough; spaces free in more windows come first, before any score."""
    seats: int = 1
    max_seats: int | None = None
    """Of the whole space, free or not: no hall for a few people."""
    needs: frozenset[Amenity] = frozenset()
    wishes: frozenset[Amenity] = frozenset()
    kinds: frozenset[PlaceKind] = frozenset()
    space_kinds: frozenset[SpaceKind] = frozenset()
    max_price_cents: int | None = None
    """Per half-day, at the searcher's price."""
    community: str | None = None
    """Slug of the searcher's community."""
    visible: frozenset[str] = frozenset()
    """Slugs of the communities whose offers the searcher may see; offers of no community are visible to all."""
    radius_m: float = DEFAULT_RADIUS_M
    mode: Mode | None = None
    minutes: float | None = None
    """Longest travel time by `mode`, over a network; without one, `radius_m` stands for it in a straight line."""
    preset: Preset = Preset.BALANCED
    weights: tuple[tuple[str, float], ...] | None = field(default=None)
    """Weights by term name, on any scale; None means those of the preset."""
    candidates: bool = False
    """Include places that never agreed to host; they have no space and no availability."""
    to_confirm: bool = False
    """Only places to confirm: none of their spaces is known to meet all needs, and some space may."""
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
        if self.max_seats is not None and not self.seats <= self.max_seats <= 10_000:
            raise InvalidInput(
                field="max_seats",
                value=self.max_seats,
                fr="Le nombre de places au plus doit être compris entre le nombre de places demandé et 10 000.",
                en="The number of seats at most must be between the seats asked for and 10,000.",
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
    """Keyset cursor: the sort key of the last result of a page; the next page begins after it."""

    merit: int
    """Score in millionths, above it the number of free windows (`matching.kernel.scoring.merit`)."""
    distance_dm: int
    place_id: int


CLEAN_DM, CLEAN_FAR_DM, FAR_DM = 1_000, 5_000, 100_000
"""Steps of proposed radii, in decimetres: 100 m, and 500 m beyond 10 km."""


def clean_dm(distance_dm: int) -> int:
    """The smallest round radius, in decimetres, that includes a distance."""
    step = CLEAN_DM if distance_dm <= FAR_DM else CLEAN_FAR_DM
    return (distance_dm + step - 1) // step * step
