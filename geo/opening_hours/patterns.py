"""Opening hours of a place, written in OSM's `opening_hours` syntax.

    "Mo-Fr 09:00-12:00,14:00-18:00; Sa 09:00-12:00; PH off"

`normalise` checks a pattern and spells it one way (what the store keeps); `open_slots` and `HoursCalendar`
expand it to the UTC half-hours of a window of days; `describe_day`, `describe_week` and
`describe_briefly` put it into words.

How a pattern is read (see `geo.opening_hours.day_selectors` for the reasons):

* local wall-clock time of the place, so clock changes and nights ("Fr 18:00-02:00", Friday's) are right;
* on a public holiday a place is closed unless its pattern says otherwise ("PH 10:00-12:00") or is "24/7";
* rules for school holidays ("SH ...") never apply, since no calendar of them is kept;
* what is not certain ("by appointment" without a state, "20:00+") is shown but never open.
"""

from datetime import date

from geo.opening_hours.canonical import canonical
from geo.opening_hours.describe import describe_briefly, describe_day, describe_week
from geo.opening_hours.parser import parse
from geo.opening_hours.slot_calendar import SLOT_MIN, SLOTS_PER_DAY, HoursCalendar, Slots

__all__ = [
    "SLOTS_PER_DAY",
    "SLOT_MIN",
    "HoursCalendar",
    "describe_briefly",
    "describe_day",
    "describe_week",
    "normalise",
    "open_slots",
]


def normalise(pattern: str) -> str:
    """The canonical spelling of an OSM pattern; normalising it again changes nothing.

    Raises InvalidInput (`field="hours"`) with one sentence when the pattern cannot be used.
    """
    return canonical(parse(pattern))


def open_slots(pattern: str, *, first_day: date, days: int, time_zone: str, holiday_region: str) -> Slots:
    """Whether the place is open in each UTC half-hour, shape (days, 48), from `first_day` (a UTC day) on.

    A slot is open only when all its 30 minutes are. Raises InvalidInput for a pattern, an IANA zone or a
    holiday region (`geo.opening_hours.public_holidays`) that is not valid. For many patterns, keep an `HoursCalendar`.
    """
    return HoursCalendar(first_day, days).slots(pattern, time_zone, holiday_region)
