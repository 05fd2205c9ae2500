"""Coverage: how far people are from the nearest place, computed on arrays.

`demand` reads population per grid cell and `supply` the places of the store. `nearest` measures distances on the
sphere, `range_counts` counts the places within a radius of each cell. `report` turns distances into shares of people,
overall and by area (`administrative_areas`). `hexagons` sums cells into H3 cells for a map.
"""

from geo.coverage.administrative_areas import NO_EPCI, Level, codes_at, communes_of, names_at, outlines_at
from geo.coverage.demand import Demand, read_demand
from geo.coverage.hexagons import Hexagons, sum_by_hexagon
from geo.coverage.nearest import nearest, nearest_place
from geo.coverage.range_counts import count_within
from geo.coverage.report import AreaRow, CommuneOnly, Coverage, Places, Reach, coverage, share_within

__all__ = [
    "NO_EPCI",
    "AreaRow",
    "CommuneOnly",
    "Coverage",
    "Demand",
    "Hexagons",
    "Level",
    "Places",
    "Reach",
    "codes_at",
    "communes_of",
    "count_within",
    "coverage",
    "names_at",
    "nearest",
    "nearest_place",
    "outlines_at",
    "read_demand",
    "share_within",
    "sum_by_hexagon",
]
