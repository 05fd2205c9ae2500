"""The changes that relax a query, and the cost of each: how much it asks of the searcher.

Costs are integers in millionths of the smallest change, half an hour earlier or later; `docs/ranking.md` gives them and
the reasons. `apply` gives the relaxed query; no change touches what the searcher may see.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from geo.travel.straight_line import minutes, reach_m
from geo.types import Amenity
from matching.query.query import MAX_RADIUS_M, Mode, Query, Window, clean_dm, slot_floor, slot_start
from matching.snapshot.layout import DAYS

HALF_HOUR = 1_000_000
SHORTER = 1_500_000
"""Per half-hour less."""
OTHER_DAY, FURTHER_DAY = 5_000_000, 1_000_000
"""The next day, and each further day."""
ANY_TIME = 30_000_000
DECIMETRE: Mapping[Mode | None, int] = {None: 100, Mode.WALK: 400, Mode.BIKE: 150, Mode.CAR: 50}
"""Per decimetre: a kilometre costs 1, on foot 4, by bike 1.5, by car 0.5."""
OTHER_MODE = 4_000_000
NEED = 3_000_000
SEAT = 2_000_000
EXTRA_SEAT = 100_000
"""For each seat by which a room may be larger."""
CENT = 5_000
ANY_PRICE = 10_000_000
ANY_KIND = 4_000_000
CANDIDATES = 12_000_000
FASTER_MODES: Mapping[Mode | None, tuple[Mode, ...]] = {Mode.WALK: (Mode.BIKE, Mode.CAR), Mode.BIKE: (Mode.CAR,)}

Windows = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class LargerRadius:
    """A larger radius."""

    radius_m: float

    @classmethod
    def covering(cls, distance_dm: int) -> "LargerRadius":
        """The smallest round radius that includes a distance in decimetres."""
        return cls(clean_dm(distance_dm) / 10)

    def apply(self, query: Query) -> Query:
        return replace(query, radius_m=self.radius_m, minutes=None)

    def cost(self, query: Query) -> int:
        return (round(10 * self.radius_m) - int(10 * query.radius_m)) * DECIMETRE[query.mode]


@dataclass(frozen=True, slots=True)
class OtherMode:
    """A faster mode, with the radius that it covers in the time of the present radius."""

    mode: Mode

    def apply(self, query: Query) -> Query:
        radius_m = reach_m(minutes(query.radius_m, query.mode or Mode.WALK), self.mode)
        return replace(query, mode=self.mode, radius_m=min(MAX_RADIUS_M, round(radius_m, 6)))

    def cost(self, query: Query) -> int:
        return OTHER_MODE


class TimeChange(StrEnum):
    """Kinds of other times; the values are codes of the API."""

    EARLIER = "earlier"
    LATER = "later"
    OTHER_DAY = "other_day"
    SHORTER = "shorter"
    ANY = "any_time"


@dataclass(frozen=True, slots=True)
class OtherTime:
    """Other windows."""

    kind: TimeChange
    amount: int
    """Half-hours earlier, later or shorter, or days later."""
    windows: Windows
    """Empty for any time."""

    def apply(self, query: Query) -> Query:
        return replace(query, windows=self.windows)

    def cost(self, query: Query | None = None) -> int:
        match self.kind:
            case TimeChange.EARLIER | TimeChange.LATER:
                return self.amount * HALF_HOUR
            case TimeChange.SHORTER:
                return self.amount * SHORTER
            case TimeChange.OTHER_DAY:
                return OTHER_DAY + (self.amount - 1) * FURTHER_DAY
            case TimeChange.ANY:
                return ANY_TIME


@dataclass(frozen=True, slots=True)
class DropNeeds:
    """Some needs become wishes."""

    needs: frozenset[Amenity]

    def apply(self, query: Query) -> Query:
        return replace(query, needs=query.needs - self.needs, wishes=query.wishes | self.needs)

    def cost(self, query: Query) -> int:
        return NEED * len(self.needs)


@dataclass(frozen=True, slots=True)
class FewerSeats:
    """A smaller number of seats."""

    seats: int

    def apply(self, query: Query) -> Query:
        return replace(query, seats=self.seats)

    def cost(self, query: Query) -> int:
        return SEAT * (query.seats - self.seats)


@dataclass(frozen=True, slots=True)
class LargerRoom:
    """A higher maximum of seats."""

    max_seats: int

    def apply(self, query: Query) -> Query:
        return replace(query, max_seats=self.max_seats)

    def cost(self, query: Query) -> int:
        return EXTRA_SEAT * (self.max_seats - (query.max_seats or self.max_seats))


@dataclass(frozen=True, slots=True)
class HigherPrice:
    """A higher maximum price; None accepts any price, unknown ones included."""

    max_price_cents: int | None

    def apply(self, query: Query) -> Query:
        return replace(query, max_price_cents=self.max_price_cents)

    def cost(self, query: Query) -> int:
        if self.max_price_cents is None or query.max_price_cents is None:
            return ANY_PRICE
        return min(ANY_PRICE, CENT * (self.max_price_cents - query.max_price_cents))


@dataclass(frozen=True, slots=True)
class AnyKind:
    """Any kind of place."""

    def apply(self, query: Query) -> Query:
        return replace(query, kinds=frozenset())

    def cost(self, query: Query) -> int:
        return ANY_KIND


@dataclass(frozen=True, slots=True)
class AnySpaceKind:
    """Any kind of space."""

    def apply(self, query: Query) -> Query:
        return replace(query, space_kinds=frozenset())

    def cost(self, query: Query) -> int:
        return ANY_KIND


@dataclass(frozen=True, slots=True)
class IncludeCandidates:
    """Candidates, too: places that never agreed to host."""

    def apply(self, query: Query) -> Query:
        return replace(query, candidates=True)

    def cost(self, query: Query) -> int:
        return CANDIDATES


Change = (
    LargerRadius
    | OtherMode
    | OtherTime
    | DropNeeds
    | FewerSeats
    | LargerRoom
    | HigherPrice
    | AnyKind
    | AnySpaceKind
    | IncludeCandidates
)


def other_times(windows: Windows, zone: ZoneInfo, first: int, stop: int) -> list[OtherTime]:
    """Every other time within slots [first, stop), the smallest change first.

    These are: half-hours earlier or later on the same local day (in `zone`), shorter windows, the same local hours on a
    later day, and any time. Empty without windows.
    """
    if not windows:
        return []
    every = [
        *_same_day(windows, zone, first, stop),
        *_shorter(windows),
        *_later_days(windows, zone, stop),
        OtherTime(TimeChange.ANY, 1, ()),
    ]
    return sorted(every, key=OtherTime.cost)


def _same_day(windows: Windows, zone: ZoneInfo, first: int, stop: int) -> Iterator[OtherTime]:
    """All windows moved by half-hours; each begins and ends on its own local day."""
    ends = [(slot, *_day(slot, zone)) for window in windows for slot in (window.start, window.stop - 1)]
    later = min(*(midnight - 1 - slot for slot, _, midnight in ends), stop - max(window.stop for window in windows))
    earlier = min(slot - max(midnight, first) for slot, midnight, _ in ends)
    for amount in range(1, later + 1):
        yield OtherTime(TimeChange.LATER, amount, _moved(windows, amount))
    for amount in range(1, earlier + 1):
        yield OtherTime(TimeChange.EARLIER, amount, _moved(windows, -amount))


def _day(slot: int, zone: ZoneInfo) -> tuple[int, int]:
    """Slots [start, stop) of the local day that contains a slot."""
    midnight = slot_start(slot).astimezone(zone).replace(hour=0, minute=0)
    return slot_floor(midnight), slot_floor(midnight + timedelta(days=1))


def _moved(windows: Windows, by: int) -> Windows:
    return tuple(Window(window.start + by, window.stop + by, window.any_slots) for window in windows)


def _shorter(windows: Windows) -> Iterator[OtherTime]:
    for number, window in enumerate(windows):
        for part, less in _parts(window):
            yield OtherTime(TimeChange.SHORTER, less, (*windows[:number], part, *windows[number + 1 :]))


def _parts(window: Window) -> Iterator[tuple[Window, int]]:
    """Parts of a window, or its whole span with fewer `any_slots`; and by how many half-hours each is shorter."""
    if window.any_slots is not None:
        for less in range(1, window.any_slots):
            yield Window(window.start, window.stop, window.any_slots - less), less
        return
    length = window.stop - window.start
    for less in range(1, length):
        for start in range(window.start, window.start + less + 1):
            yield Window(start, start + length - less), less


def _later_days(windows: Windows, zone: ZoneInfo, stop: int) -> Iterator[OtherTime]:
    """The same local hours on later days, except on days whose clock change would alter the length."""
    local = [tuple(slot_start(slot).astimezone(zone) for slot in (window.start, window.stop)) for window in windows]
    lengths = [window.stop - window.start for window in windows]
    for days in range(1, DAYS):
        moved = [[slot_floor(moment + timedelta(days=days)) for moment in moments] for moments in local]
        if max(end for _, end in moved) > stop:
            return
        if [end - start for start, end in moved] == lengths:
            pairs = zip(moved, windows, strict=True)
            yield OtherTime(
                TimeChange.OTHER_DAY,
                days,
                tuple(Window(begin, end, window.any_slots) for (begin, end), window in pairs),
            )
