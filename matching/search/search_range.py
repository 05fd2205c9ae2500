"""How far a search looks, and over which distance proximity falls by half: the two numbers that travel time changes."""

from typing import NamedTuple

from geo.travel import straight_line
from geo.travel.router import top_m_per_minute
from matching.query.query import Mode, Query
from matching.terms.proximity import HALF_M


class SearchRange(NamedTuple):
    """Metres in a straight line: no hit lies beyond `radius_m`; every `half_m` proximity falls by half."""

    radius_m: float
    half_m: float


def range_by_distance(query: Query) -> SearchRange:
    """The range of a search that ranks by distance."""
    return SearchRange(query.radius_m, HALF_M[query.mode])


def proximity_half_minutes(mode: Mode) -> float:
    """Minutes after which proximity falls by half: the time that the half distance of the mode takes in a straight
    line."""
    return straight_line.minutes(HALF_M[mode], mode)


def range_at_top_speed(query: Query, mode: Mode) -> SearchRange:
    """Upper bounds for any network: at top speed a searcher gets farthest in the time, and every place is nearest."""
    top = top_m_per_minute(mode)
    radius_m = query.radius_m if query.minutes is None else query.minutes * top
    return SearchRange(radius_m, proximity_half_minutes(mode) * top)
