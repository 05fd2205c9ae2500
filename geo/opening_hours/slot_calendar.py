"""Expands opening patterns into the open UTC half-hours of a window of days.

A UTC minute is open when the place's wall clock, at that minute, shows an open minute of that local date;
a slot is open when its 30 minutes are. So opening rounds inwards, an hour that a clock change repeats is
open twice, and one that it skips is simply not there.

Most patterns are a plain week that ends at midnight: those become a table of 14 kinds of day (seven
weekdays, each also as a public holiday) and are laid over the window all at once. The others (seasons,
nights) are expanded minute by minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import gcd
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from geo.errors import InvalidInput
from geo.opening_hours.day_selectors import InSeason, always_in_season, needs_calendar, season_dates, spans_on
from geo.opening_hours.parser import parse
from geo.opening_hours.public_holidays import holiday_dates
from geo.opening_hours.rules import DAY_MIN, Days, Rule, Span, State, merged

SLOT_MIN = 30
SLOTS_PER_DAY = DAY_MIN // SLOT_MIN
_KINDS_OF_DAY = 14
_CHUNK = 2048

Slots = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Zone:
    """One time zone over the window. `step_min` divides 30 and every UTC offset met there; `local_steps`
    gives, for each UTC step of the window, its place in the local days, the first being one day earlier."""

    step_min: int
    local_steps: npt.NDArray[np.int32]


class HoursCalendar:
    """The UTC days `first_day` ... `first_day + days - 1`, ready to expand many patterns.

    Caches zones, holidays and patterns, so keep it as long as its window is used.
    """

    def __init__(self, first_day: date, days: int) -> None:
        if days < 1:
            raise InvalidInput(
                field="days",
                value=days,
                fr=f"On ne peut pas calculer {days} jours d'ouverture : demandez au moins un jour.",
                en=f"Opening hours over {days} days cannot be worked out: ask for at least one day.",
            )
        self.first_day = first_day
        self.days = days
        # Local dates that touch the window, whatever the zone.
        self._local_dates = [first_day + timedelta(days=step) for step in range(-1, days + 1)]
        self._zones: dict[str, _Zone] = {}
        self._holidays: dict[str, frozenset[date]] = {}
        self._seasons: dict[Days, frozenset[date]] = {}
        self._rules: dict[str, tuple[Rule, ...]] = {}

    def slots(self, pattern: str, time_zone: str, holiday_region: str) -> Slots:
        """Open slots of one pattern, shape (days, 48)."""
        result: Slots = self.slots_many([pattern], time_zone, holiday_region)[0]
        return result

    def slots_many(self, patterns: Sequence[str], time_zone: str, holiday_region: str) -> Slots:
        """Open slots of patterns that share a zone and its holidays, shape (patterns, days, 48).

        Raises InvalidInput for the first pattern, the zone or the region that is not valid.
        """
        zone = self._zone(time_zone)
        kinds = self._kinds_of_day(holiday_region)
        per_day = DAY_MIN // zone.step_min
        result = np.zeros((len(patterns), self.days, SLOTS_PER_DAY), dtype=np.bool_)
        for begin in range(0, len(patterns), _CHUNK):
            chunk = patterns[begin : begin + _CHUNK]
            week = np.zeros((len(chunk), _KINDS_OF_DAY, per_day), dtype=np.bool_)
            by_minute: list[int] = []
            for row, pattern in enumerate(chunk):
                if not self._fill_week(self._parsed(pattern), week[row], zone.step_min):
                    by_minute.append(row)
            local = week[:, kinds].reshape(len(chunk), -1)
            for row in by_minute:
                local[row] = self._expand_by_minute(self._parsed(chunk[row]), holiday_region, zone.step_min)
            steps = np.take(local, zone.local_steps, axis=1)
            result[begin : begin + len(chunk)] = steps.reshape(len(chunk), self.days, SLOTS_PER_DAY, -1).all(axis=3)
        return result

    # --- a plain week ----------------------------------------------------------------------------

    def _kinds_of_day(self, region: str) -> npt.NDArray[np.intp]:
        holidays = self._holiday_dates(region)
        return np.array([day.weekday() + 7 * (day in holidays) for day in self._local_dates], dtype=np.intp)

    @staticmethod
    def _fill_week(rules: Sequence[Rule], week: Slots, step_min: int) -> bool:
        """Fill `week` (14 kinds of day, steps); False when the rules need the calendar or run past midnight."""
        if needs_calendar(rules) or any(span.end_min > DAY_MIN for rule in rules for span in rule.spans):
            return False
        for kind in range(_KINDS_OF_DAY):
            for start_min, end_min in _open_minutes(spans_on(rules, kind % 7, kind >= 7, always_in_season)):
                week[kind, -(-start_min // step_min) : end_min // step_min] = True
        return True

    # --- minute by minute ------------------------------------------------------------------------

    def _expand_by_minute(self, rules: Sequence[Rule], region: str, step_min: int) -> Slots:
        """Open local steps over the local dates, flat; includes the night of the day before them."""
        holidays = self._holiday_dates(region)
        eve = self._local_dates[0] - timedelta(days=1)
        minutes = np.zeros((len(self._local_dates) + 3) * DAY_MIN, dtype=np.bool_)
        for index, day in enumerate([eve, *self._local_dates]):
            spans = spans_on(rules, day.weekday(), day in holidays, self._in_season(day))
            for start_min, end_min in _open_minutes(spans):
                minutes[index * DAY_MIN + start_min : index * DAY_MIN + end_min] = True
        window = minutes[DAY_MIN : (len(self._local_dates) + 1) * DAY_MIN]
        result: Slots = window.reshape(-1, step_min).all(axis=1)
        return result

    def _in_season(self, day: date) -> InSeason:
        def in_season(days: Days) -> bool:
            dates = self._seasons.get(days)
            if dates is None:
                first, last = self._local_dates[0] - timedelta(days=1), self._local_dates[-1]
                dates = self._seasons[days] = season_dates(days, first, last)
            return day in dates

        return in_season

    # --- caches ----------------------------------------------------------------------------

    def _parsed(self, pattern: str) -> tuple[Rule, ...]:
        rules = self._rules.get(pattern)
        if rules is None:
            rules = self._rules[pattern] = parse(pattern)
        return rules

    def _holiday_dates(self, region: str) -> frozenset[date]:
        dates = self._holidays.get(region)
        if dates is None:
            first, last = self._local_dates[0] - timedelta(days=1), self._local_dates[-1]
            dates = self._holidays[region] = holiday_dates(region, first, last)
        return dates

    def _zone(self, name: str) -> _Zone:
        zone = self._zones.get(name)
        if zone is None:
            zone = self._zones[name] = self._build_zone(load_zone(name))
        return zone

    def _build_zone(self, zone: ZoneInfo) -> _Zone:
        start = datetime.combine(self.first_day, datetime.min.time(), tzinfo=UTC)
        # Zones change their offset on a half-hour of UTC at the finest, so one offset per slot is enough.
        offsets_min = np.array(
            [
                _offset_min(zone, start + timedelta(minutes=SLOT_MIN * slot))
                for slot in range(self.days * SLOTS_PER_DAY)
            ],
            dtype=np.int32,
        )
        step_min = gcd(SLOT_MIN, *{int(offset) for offset in offsets_min})
        steps_per_slot = SLOT_MIN // step_min
        utc_min = np.arange(self.days * SLOTS_PER_DAY * steps_per_slot, dtype=np.int32) * step_min
        local_min = utc_min + np.repeat(offsets_min, steps_per_slot) + DAY_MIN
        return _Zone(step_min=step_min, local_steps=local_min // step_min)


def load_zone(name: str) -> ZoneInfo:
    """The IANA zone of that name ("Europe/Paris", "Indian/Reunion"). Raises InvalidInput when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
        raise InvalidInput(
            field="time_zone",
            value=name,
            fr=f"Le fuseau horaire « {name} » n'existe pas ; donnez un nom comme « Europe/Paris ».",
            en=f"There is no time zone “{name}”; give a name like “Europe/Paris”.",
        ) from error


def _offset_min(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset() or timedelta()
    return int(offset.total_seconds() // 60)


def _open_minutes(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Minutes that are surely open; spans that touch are one, so that a slot across both is open."""
    if len(spans) == 1:
        span = spans[0]
        return [(span.start_min, span.end_min)] if span.state is State.OPEN else []
    certain = [Span(span.start_min, span.end_min) for span in spans if span.state is State.OPEN]
    return [(span.start_min, span.end_min) for span in merged(certain)]
