"""Coverage report: the share of people within each distance of a place, overall and by area."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.coverage.demand import Demand
from geo.coverage.nearest import Indices, nearest_place
from geo.errors import InvalidInput
from geo.spatial.distance import Floats
from geo.types import Precision


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places as arrays of one length: ids, names, decimal degrees, `geo.types.Precision` words, floors in metres.

    `expected_m` is 0 except for places known only by their commune.
    """

    ids: Indices
    names: Sequence[str]
    lon: Floats
    lat: Floats
    precision: npt.NDArray[np.str_]
    expected_m: Floats

    def __len__(self) -> int:
        return len(self.lon)

    @classmethod
    def at(cls, lon: Floats, lat: Floats, names: Sequence[str] | None = None) -> "Places":
        """Well-placed places numbered from 0, for notebooks and tests."""
        count = len(lon)
        return cls(
            ids=np.arange(count, dtype=np.int64),
            names=names if names is not None else [""] * count,
            lon=np.asarray(lon, dtype=np.float64),
            lat=np.asarray(lat, dtype=np.float64),
            precision=np.full(count, Precision.EXACT.value),
            expected_m=np.zeros(count),
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """A distance to report on, and how the planner wrote it ("5km", "15min")."""

    label: str
    metres: float


@dataclass(frozen=True, slots=True)
class CommuneOnly:
    """Places known only by their commune: how many, and the share of people that they alone bring within reach."""

    places: int
    adds: dict[str, float]


@dataclass(frozen=True, slots=True)
class AreaRow:
    """People of one area and how near the places are to them. Distances in metres, None without places."""

    code: str
    people: float
    within: dict[str, float]
    mean_m: float | None
    median_m: float | None
    beyond: float
    """People farther than the longest distance of the report."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """Population within reach of a place, overall and by area.

    Arrays follow the cells of `demand`; without places `nearest` is -1 and the distance infinite.
    """

    demand: Demand
    places: Places
    reaches: tuple[Reach, ...]
    distance_m: Floats
    nearest: Indices
    people: float
    within: dict[str, float]
    commune_only: CommuneOnly
    areas: tuple[AreaRow, ...]
    """By area code, the most people beyond the longest distance first; empty without `areas_of_cells`."""

    @property
    def farthest(self) -> Reach:
        """The longest distance of the report: people beyond it count as not covered."""
        return max(self.reaches, key=lambda reach: reach.metres)

    @property
    def median_m(self) -> float | None:
        """Distance within which half of the people live, in metres; None without places or people."""
        whole = np.zeros(len(self.distance_m), dtype=np.int64)
        median = float(weighted_medians(self.distance_m, self.demand.people, whole, 1)[0])
        return median if np.isfinite(median) else None

    @property
    def beyond(self) -> float:
        """People farther than the longest distance of the report."""
        return float(self.demand.people[self.distance_m > self.farthest.metres].sum())


def coverage(
    demand: Demand,
    places: Places,
    reaches: Sequence[Reach],
    areas_of_cells: npt.NDArray[Any] | None = None,
) -> Coverage:
    """Shares of people within each reach of the nearest place, overall and by area.

    `areas_of_cells` holds one code per cell ("" for a cell of no area, which then counts only overall).
    Distances are spherical, from cell centres; a place known only by its commune is never nearer than its
    expected distance. Raises InvalidInput without any reach, or with one that is not positive.
    """
    if not reaches or not all(0 < reach.metres < np.inf for reach in reaches):
        raise InvalidInput(
            field="within",
            fr="Donnez au moins une distance positive, par exemple 5km.",
            en="Give at least one positive distance, for example 5km.",
        )
    distance_m, index = nearest_place(demand.lon, demand.lat, places.lon, places.lat, places.expected_m)
    within = {reach.label: share_within(demand.people, distance_m, reach.metres) for reach in reaches}
    longest_m = max(reach.metres for reach in reaches)
    rows = () if areas_of_cells is None else _by_area(demand.people, distance_m, reaches, longest_m, areas_of_cells)
    return Coverage(
        demand=demand,
        places=places,
        reaches=tuple(reaches),
        distance_m=distance_m,
        nearest=index,
        people=float(demand.people.sum()),
        within=within,
        commune_only=_commune_only(demand, places, reaches, within),
        areas=rows,
    )


def share_within(people: Floats, distance_m: Floats, radius_m: float) -> float:
    """Share (0 to 1) of people whose distance is at most `radius_m` metres; 0 when there is nobody."""
    total = float(people.sum())
    return float(people[distance_m <= radius_m].sum()) / total if total else 0.0


def _commune_only(demand: Demand, places: Places, reaches: Sequence[Reach], within: dict[str, float]) -> CommuneOnly:
    vague = places.precision == Precision.COMMUNE.value
    count = int(np.count_nonzero(vague))
    if not count:
        return CommuneOnly(0, {reach.label: 0.0 for reach in reaches})
    sharp = ~vague
    without_m, _ = nearest_place(demand.lon, demand.lat, places.lon[sharp], places.lat[sharp], places.expected_m[sharp])
    adds = {
        reach.label: max(0.0, within[reach.label] - share_within(demand.people, without_m, reach.metres))
        for reach in reaches
    }
    return CommuneOnly(count, adds)


def _by_area(
    people: Floats,
    distance_m: Floats,
    reaches: Sequence[Reach],
    longest_m: float,
    areas_of_cells: npt.NDArray[Any],
) -> tuple[AreaRow, ...]:
    codes, area = np.unique(areas_of_cells.astype(str), return_inverse=True)
    count = len(codes)
    total = np.bincount(area, people, count)
    inside = {
        reach.label: np.bincount(area, np.where(distance_m <= reach.metres, people, 0.0), count) for reach in reaches
    }
    beyond = np.bincount(area, np.where(distance_m > longest_m, people, 0.0), count)
    reachable = bool(np.isfinite(distance_m).all())
    means = np.bincount(area, people * np.where(np.isfinite(distance_m), distance_m, 0.0), count)
    medians = weighted_medians(distance_m, people, area, count)
    rows = [
        AreaRow(
            code=str(code),
            people=float(total[i]),
            within={label: float(sums[i] / total[i]) if total[i] else 0.0 for label, sums in inside.items()},
            mean_m=float(means[i] / total[i]) if reachable and total[i] else None,
            median_m=float(medians[i]) if np.isfinite(medians[i]) else None,
            beyond=float(beyond[i]),
        )
        for i, code in enumerate(codes)
        if code
    ]
    return tuple(sorted(rows, key=lambda row: (-row.beyond, row.code)))


def weighted_medians(values: Floats, weights: Floats, group: npt.NDArray[np.int64], count: int) -> Floats:
    """Per group, the lowest value up to which at least half of its weight lies; NaN for groups without weight."""
    order = np.lexsort((values, group))
    cumulated = np.cumsum(weights[order])
    total = np.bincount(group, weights, count)
    ends = np.cumsum(np.bincount(group, minlength=count))
    starts = ends - np.bincount(group, minlength=count)
    before = np.where(starts > 0, cumulated[np.maximum(starts - 1, 0)], 0.0)
    # Sums of people are exact in float64 up to 2^53, so half of a whole number compares exactly.
    at = np.searchsorted(cumulated, before + total / 2)
    medians = np.full(count, np.nan)
    filled = total > 0
    medians[filled] = values[order][np.clip(at[filled], starts[filled], ends[filled] - 1)]
    return medians
