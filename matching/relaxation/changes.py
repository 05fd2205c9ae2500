"""What a search may change to find more, and what each change costs a person.

Costs are whole millionths of the smallest change there is, half an hour earlier or later; `docs/ranking.md` gives them
and why. Each change makes a new query of one; who may see what is never changed.
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
"""For each half-hour less."""
OTHER_DAY, FURTHER_DAY = 5_000_000, 1_000_000
"""The next day, and each day after it."""
ANY_TIME = 30_000_000
DECIMETRE: Mapping[Mode | None, int] = {None: 100, Mode.WALK: 400, Mode.BIKE: 150, Mode.CAR: 50}
"""One kilometre is 1, on foot 4, by bike 1.5, by car 0.5."""
OTHER_MODE = 4_000_000
NEED = 3_000_000
SEAT = 2_000_000
CENT = 5_000
ANY_PRICE = 10_000_000
ANY_KIND = 4_000_000
CANDIDATES = 12_000_000
FASTER: Mapping[Mode | None, tuple[Mode, ...]] = {Mode.WALK: (Mode.BIKE, Mode.CAR), Mode.BIKE: (Mode.CAR,)}

Windows = tuple[Window, ...]


def windows_of(query: Query) -> Windows:
    """The windows asked, in all of which a space must be free."""
    return query.windows


def at(query: Query, windows: Windows) -> Query:
    """The query at other times."""
    return replace(query, windows=windows)


@dataclass(frozen=True, slots=True)
class Further:
    """A larger radius."""

    radius_m: float

    @classmethod
    def to(cls, distance_dm: int) -> "Further":
        """The smallest clean radius that reaches so far."""
        return cls(clean_dm(distance_dm) / 10)

    def of(self, query: Query) -> Query:
        return replace(query, radius_m=self.radius_m, minutes=None)

    def cost(self, query: Query) -> int:
        return (round(10 * self.radius_m) - int(10 * query.radius_m)) * DECIMETRE[query.mode]


@dataclass(frozen=True, slots=True)
class InsteadBy:
    """Another way to move, for as many minutes as the radius takes now."""

    mode: Mode

    def of(self, query: Query) -> Query:
        reach = reach_m(minutes(query.radius_m, query.mode or Mode.WALK), self.mode)
        return replace(query, mode=self.mode, radius_m=min(MAX_RADIUS_M, round(reach, 6)))

    def cost(self, query: Query) -> int:
        return OTHER_MODE


class Time(StrEnum):
    EARLIER = "earlier"
    LATER = "later"
    OTHER_DAY = "other_day"
    SHORTER = "shorter"
    ANY = "any_time"


@dataclass(frozen=True, slots=True)
class OtherTime:
    """Other windows: so many half-hours earlier, later or shorter, so many days later; none for any time."""

    how: Time
    amount: int
    windows: Windows

    def of(self, query: Query) -> Query:
        return at(query, self.windows)

    def cost(self, query: Query | None = None) -> int:
        match self.how:
            case Time.EARLIER | Time.LATER:
                return self.amount * HALF_HOUR
            case Time.SHORTER:
                return self.amount * SHORTER
            case Time.OTHER_DAY:
                return OTHER_DAY + (self.amount - 1) * FURTHER_DAY
            case Time.ANY:
                return ANY_TIME


@dataclass(frozen=True, slots=True)
class Without:
    """Needs that become wishes."""

    needs: frozenset[Amenity]

    def of(self, query: Query) -> Query:
        return replace(query, needs=query.needs - self.needs, wishes=query.wishes | self.needs)

    def cost(self, query: Query) -> int:
        return NEED * len(self.needs)


@dataclass(frozen=True, slots=True)
class FewerSeats:
    seats: int

    def of(self, query: Query) -> Query:
        return replace(query, seats=self.seats)

    def cost(self, query: Query) -> int:
        return SEAT * (query.seats - self.seats)


@dataclass(frozen=True, slots=True)
class Dearer:
    """A higher price at most; None: any, known or not."""

    max_price_cents: int | None

    def of(self, query: Query) -> Query:
        return replace(query, max_price_cents=self.max_price_cents)

    def cost(self, query: Query) -> int:
        if self.max_price_cents is None or query.max_price_cents is None:
            return ANY_PRICE
        return min(ANY_PRICE, CENT * (self.max_price_cents - query.max_price_cents))


@dataclass(frozen=True, slots=True)
class AnyKind:
    """Any kind of place."""

    def of(self, query: Query) -> Query:
        return replace(query, kinds=frozenset())

    def cost(self, query: Query) -> int:
        return ANY_KIND


@dataclass(frozen=True, slots=True)
class AnySpaceKind:
    """Any kind of space."""

    def of(self, query: Query) -> Query:
        return replace(query, space_kinds=frozenset())

    def cost(self, query: Query) -> int:
        return ANY_KIND


@dataclass(frozen=True, slots=True)
class AlsoCandidates:
    """Places that never agreed to host too."""

    def of(self, query: Query) -> Query:
        return replace(query, candidates=True)

    def cost(self, query: Query) -> int:
        return CANDIDATES


Change = Further | InsteadBy | OtherTime | Without | FewerSeats | Dearer | AnyKind | AnySpaceKind | AlsoCandidates


def other_times(windows: Windows, zone: ZoneInfo, first: int, stop: int) -> list[OtherTime]:
    """Every other time within slots [first, stop) for a searcher in `zone`, the smallest change first: the same day
    half-hours earlier or later, shorter, the same hours of a later day, any time."""
    if not windows:
        return []
    every = [
        *_same_day(windows, zone, first, stop),
        *_shorter(windows),
        *_later_days(windows, zone, stop),
        OtherTime(Time.ANY, 1, ()),
    ]
    return sorted(every, key=OtherTime.cost)


def _same_day(windows: Windows, zone: ZoneInfo, first: int, stop: int) -> Iterator[OtherTime]:
    """Windows begin and end on the days on which they do."""
    ends = [(slot, *_day(slot, zone)) for one in windows for slot in (one.start, one.stop - 1)]
    later = min(*(midnight - 1 - slot for slot, _, midnight in ends), stop - max(one.stop for one in windows))
    earlier = min(slot - max(midnight, first) for slot, midnight, _ in ends)
    for amount in range(1, later + 1):
        yield OtherTime(Time.LATER, amount, _moved(windows, amount))
    for amount in range(1, earlier + 1):
        yield OtherTime(Time.EARLIER, amount, _moved(windows, -amount))


def _day(slot: int, zone: ZoneInfo) -> tuple[int, int]:
    """Slots [start, stop) of the local day of a slot."""
    midnight = slot_start(slot).astimezone(zone).replace(hour=0, minute=0)
    return slot_floor(midnight), slot_floor(midnight + timedelta(days=1))


def _moved(windows: Windows, by: int) -> Windows:
    return tuple(Window(one.start + by, one.stop + by, one.any_slots) for one in windows)


def _shorter(windows: Windows) -> Iterator[OtherTime]:
    for number, one in enumerate(windows):
        for part, less in _parts(one):
            yield OtherTime(Time.SHORTER, less, (*windows[:number], part, *windows[number + 1 :]))


def _parts(window: Window) -> Iterator[tuple[Window, int]]:
    """Parts of a window, or its span for a shorter time; and how many half-hours less."""
    if window.any_slots is not None:
        for less in range(1, window.any_slots):
            yield Window(window.start, window.stop, window.any_slots - less), less
        return
    length = window.stop - window.start
    for less in range(1, length):
        for start in range(window.start, window.start + less + 1):
            yield Window(start, start + length - less), less


def _later_days(windows: Windows, zone: ZoneInfo, stop: int) -> Iterator[OtherTime]:
    """The same hours on the clock; not on a day whose clock changes in between, for then they are not as long."""
    local = [tuple(slot_start(slot).astimezone(zone) for slot in (one.start, one.stop)) for one in windows]
    lengths = [one.stop - one.start for one in windows]
    for days in range(1, DAYS):
        moved = [[slot_floor(moment + timedelta(days=days)) for moment in moments] for moments in local]
        if max(end for _, end in moved) > stop:
            return
        if [end - start for start, end in moved] == lengths:
            every = zip(moved, windows, strict=True)
            yield OtherTime(
                Time.OTHER_DAY, days, tuple(Window(begin, end, one.any_slots) for (begin, end), one in every)
            )
