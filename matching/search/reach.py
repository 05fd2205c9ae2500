"""How far a search looks, and how proximity falls with distance: the two numbers that travel time changes."""

from typing import NamedTuple

from geo.travel import straight_line
from geo.travel.router import top_m_per_minute
from matching.query.query import Mode, Query
from matching.terms.proximity import HALF_M


class Reach(NamedTuple):
    """Both as the crow flies."""

    radius_m: float
    half_m: float


def by_distance(query: Query) -> Reach:
    """As `docs/ranking.md` has it without a network."""
    return Reach(query.radius_m, HALF_M[query.mode])


def half_minutes(mode: Mode) -> float:
    """Every so many minutes proximity falls by half: as long as the half distance takes by the straight line."""
    return straight_line.minutes(HALF_M[mode], mode)


def at_top_speed(query: Query, mode: Mode) -> Reach:
    """Bounds of what any network could give: nobody gets farther in the time, and no place is nearer in time."""
    top = top_m_per_minute(mode)
    return Reach(query.radius_m if query.minutes is None else query.minutes * top, half_minutes(mode) * top)
