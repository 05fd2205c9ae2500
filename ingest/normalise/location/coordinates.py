"""Coordinates in lists: `detect` finds the system of a whole list, `convert_all` reads its rows.

Decimal degrees with points or commas, degrees and minutes, swapped axes, zeros, one "lat, lon" cell, metres of the
projections that France uses, degrees that lost their decimal point.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np

from geo.reference.overseas import territory_at
from geo.spatial.distance import EARTH_RADIUS_M
from ingest.normalise.location.coordinate_systems import (
    BESIDE_LAMBERT_93,
    METROPOLE,
    OVERSEAS,
    PROJECTIONS,
    Floats,
    Projection,
    inside,
)

Points = Sequence[tuple[float, float] | None]
"""Where rows should be (lon, lat in decimal degrees): the middle of the commune that each states, None without one."""

NEAR_M = 25_000.0
"""A point this close to the middle of its commune agrees with it; so large communes pass and wrong systems do not."""
SAMPLE_ROWS = 400
_ENOUGH = 0.5
LAMBERT_93 = 2154
_SCALES = (1e6, 1e5, 1e7, 1e4, 1e8)

_DECIMAL = re.compile(r"^[+-]?\d{1,3}(?:[.,]\d+)?(?:[eE]-?\d{1,2})?°?$")
_NUMBER = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{3})*(?:[.,]\d+)?(?:[eE][+-]?\d{1,2})?")
_SPACES = re.compile(r"[\s\u00a0\u202f']+")
_PAIR = re.compile(r"^\s*\(?([+-]?\d{1,2}\.\d+)\s*[,; ]\s*([+-]?\d{1,3}\.\d+)\)?\s*$")
_POINT = re.compile(r"^(?:SRID=\d+;)?POINT\s*\(\s*([+-]?[\d.]+)\s+([+-]?[\d.]+)\s*\)$", re.IGNORECASE)
_LETTERED_PAIR = re.compile(r"^\s*(\d[^NSEWO]*[NS])[\s,;/]+(\d[^NSEWO]*[EWO])\s*$", re.IGNORECASE)
"""Latitude, then longitude, each with its letter at its end."""
_SEXAGESIMAL = re.compile(
    r"""^\s*([NSEWO])?\s*([+-]?)(\d{1,3})\s*(?:°|º|d|deg|\s)\s*"""
    r"""(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:'|’|′|m|min|\s|$)\s*)?"""
    r"""(?:(\d{1,2}(?:[.,]\d+)?)\s*(?:"|”|″|''|’’|s|sec|\s|$)\s*)?([NSEWO])?[a-zé]*\s*$""",
    re.IGNORECASE,
)


class Fault(StrEnum):
    """Faults of a pair of coordinates."""

    OUT_OF_RANGE = "coordinates_out_of_range"
    OUTSIDE_FRANCE = "outside_france"
    SWAPPED = "axes_swapped"


@dataclass(frozen=True, slots=True)
class PositionReading:
    """A usable position (None: unknown), and the fault of the cells if any."""

    lon: float | None = None
    lat: float | None = None
    fault: Fault | None = None


NOTHING = PositionReading()


@dataclass(frozen=True, slots=True)
class CoordinateSystem:
    """The system of two columns of a list, and the confidence in it.

    `projection`: metres of it, None for degrees. `scale`: degrees were multiplied by it; 0 when they lost their decimal
    point, row by row. `confidence`: share of the rows that it puts where they should be.
    """

    projection: Projection | None = None
    swapped: bool = False
    scale: float = 1.0
    confidence: float = 0.0
    checked: int = 0

    @property
    def plain(self) -> bool:
        """Whether cells are decimal degrees in the right columns: nothing to convert."""
        return self.projection is None and not self.swapped and self.scale == 1.0

    def convert_all(
        self, lon_texts: Sequence[str], lat_texts: Sequence[str], expected: Points | None = None
    ) -> list[PositionReading]:
        """The positions of many rows at once: a projection is dear to call and cheap per point.

        Rows in plain degrees are read as such whatever the others are. Swapped axes are put right and noted.
        `expected` helps only where a lost decimal point leaves a choice.
        """
        reads = [normalise(lon, lat) for lon, lat in zip(lon_texts, lat_texts, strict=True)]
        todo = [i for i, read in enumerate(reads) if read.lon is None and read.fault]
        if self.plain or not todo:
            return reads
        firsts = np.array([_number_or_nan(lon_texts[i]) for i in todo])
        seconds = np.array([_number_or_nan(lat_texts[i]) for i in todo])
        lons, lats = self.to_degrees(firsts, seconds, [expected[i] for i in todo] if expected else None)
        if self.projection and self.projection.epsg == LAMBERT_93:
            lons, lats = _overseas_rows(self, firsts, seconds, lons, lats)
        usable = inside(lons, lats, (METROPOLE, *OVERSEAS))
        for i, lon, lat, good in zip(todo, lons.tolist(), lats.tolist(), usable.tolist(), strict=True):
            fault = Fault.SWAPPED if self.swapped else None
            if good:
                reads[i] = PositionReading(round(lon, 7), round(lat, 7), fault)
            elif math.isfinite(lon) and math.isfinite(lat):
                reads[i] = PositionReading(fault=Fault.OUTSIDE_FRANCE)
        return reads

    def to_degrees(self, firsts: Floats, seconds: Floats, expected: Points | None = None) -> tuple[Floats, Floats]:
        """Longitudes and latitudes from the numbers of the longitude column and of the latitude column."""
        xs, ys = (seconds, firsts) if self.swapped else (firsts, seconds)
        if self.projection is not None:
            return self.projection.to_degrees(xs, ys)
        return _with_points(xs, ys, expected) if self.scale == 0 else (xs / self.scale, ys / self.scale)

    def sentence(self) -> tuple[str, str]:
        """The system of the two columns in words, in French and in English."""
        french = self.projection.name if self.projection else "degrés décimaux"
        english = self.projection.name if self.projection else "decimal degrees"
        if self.projection:
            french, english = (f"{name} (EPSG:{self.projection.epsg})" for name in (french, english))
        if self.scale == 0:
            french, english = f"{french} sans leur virgule", f"{english} without their point"
        elif self.scale != 1:
            french, english = (
                f"{french} multipliés par {self.scale:,.0f}".replace(",", " "),
                f"{english} times {self.scale:,.0f}",
            )
        if self.swapped:
            french, english = f"{french}, axes inversés", f"{english}, axes swapped"
        if not self.checked:
            return f"{french}.", f"{english}."
        return (
            f"{french} ; {self.confidence:.0%} des points sont près de leur commune.".replace("%", " %"),
            f"{english}; {self.confidence:.0%} of the points are near their commune.",
        )


DEGREES = CoordinateSystem()


def detect(
    lon_texts: Sequence[str], lat_texts: Sequence[str], expected: Points | None = None, hint: str = ""
) -> CoordinateSystem:
    """The system of the two columns of a list, one for all rows.

    `expected` are the points of the rows' communes; the system that agrees with them wins, else the one that falls in
    France. `hint` is the names of the columns, which may name a projection ("X_L93"). `DEGREES` when no system fits
    half of the rows.
    """
    points = list(expected) if expected is not None else [None] * len(lon_texts)
    rows = [
        (first, second, point)
        for lon, lat, point in zip(lon_texts, lat_texts, points, strict=True)
        if math.isfinite(first := _number_or_nan(lon))
        and math.isfinite(second := _number_or_nan(lat))
        and (first or second)
    ]
    rows = rows[:: max(1, len(rows) // SAMPLE_ROWS)][:SAMPLE_ROWS]
    if not rows:
        return DEGREES
    firsts, seconds = (np.array(values, dtype=float) for values in list(zip(*rows, strict=True))[:2])
    known_points = [point for _, _, point in rows]
    best, best_worth = DEGREES, 0.0
    for system in _candidates(firsts, seconds):
        fit, near, checked = _fit(system, firsts, seconds, known_points)
        named = (
            any(word in hint.lower().replace("_", " ") for word in system.projection.words)
            if system.projection
            else False
        )
        worth = (2 * near if checked else 0.0) + fit + 0.3 * named * (fit > _ENOUGH)
        if fit >= _ENOUGH and worth > best_worth + 0.02:
            best_worth = worth
            best = CoordinateSystem(
                system.projection, system.swapped, system.scale, round(near if checked else fit, 3), checked
            )
    return best


SMALLEST_METRES = 10_000
"""Smaller numbers are degrees, right or wrong: no projection puts France so near its origin, no lost point leaves so
few digits."""


def _overseas_rows(
    system: CoordinateSystem, firsts: Floats, seconds: Floats, lons: Floats, lats: Floats
) -> tuple[Floats, Floats]:
    """The same degrees, with rows that are outside Lambert 93 read in the projection of the territory they fall in."""
    outside = ~inside(lons, lats, (METROPOLE,))
    for projection in BESIDE_LAMBERT_93 if outside.any() else ():
        xs, ys = CoordinateSystem(projection, system.swapped).to_degrees(firsts, seconds)
        here = outside & projection.holds(xs, ys)
        lons, lats = np.where(here, xs, lons), np.where(here, ys, lats)
        outside &= ~here
    return lons, lats


def _candidates(firsts: Floats, seconds: Floats) -> list[CoordinateSystem]:
    """The systems that may be meant, most usual first."""
    systems = [CoordinateSystem(), CoordinateSystem(swapped=True)]
    if np.median(np.maximum(np.abs(firsts), np.abs(seconds))) < SMALLEST_METRES:
        return systems
    for swapped in (False, True):
        systems += [CoordinateSystem(projection, swapped) for projection in PROJECTIONS]
    for scale in (*_SCALES, 0.0):
        systems += [CoordinateSystem(scale=scale), CoordinateSystem(scale=scale, swapped=True)]
    return systems


def _fit(system: CoordinateSystem, firsts: Floats, seconds: Floats, points: Points) -> tuple[float, float, int]:
    """Share of points where the system is used, share near where they should be, how many could be checked."""
    lons, lats = system.to_degrees(firsts, seconds, points)
    boxes = system.projection.boxes if system.projection else (METROPOLE, *OVERSEAS)
    within = inside(lons, lats, boxes)
    has_point = np.array([point is not None for point in points])
    if not has_point.any():
        return float(within.mean()), 0.0, 0
    expected = np.array([point for point in points if point is not None], dtype=float)
    metres = _distances_m(lons[has_point], lats[has_point], expected[:, 0], expected[:, 1])
    near = (metres <= NEAR_M) & within[has_point]
    return float(within.mean()), float(near.mean()), int(has_point.sum())


def _distances_m(lons: Floats, lats: Floats, other_lons: Floats, other_lats: Floats) -> Floats:
    """Row by row, on a plane that touches the sphere: right to a few per cent at the distances compared here."""
    with np.errstate(invalid="ignore", over="ignore"):
        across = np.radians(lons - other_lons) * np.cos(np.radians(other_lats))
        along = np.radians(lats - other_lats)
        return np.asarray(EARTH_RADIUS_M * np.hypot(across, along), dtype=float)


def _with_points(xs: Floats, ys: Floats, expected: Points | None) -> tuple[Floats, Floats]:
    """Degrees whose decimal point was lost, row by row: "488566" is 48.8566, and 23522 is 2.3522.

    A latitude has one reading. A longitude may have two: the nearest to where the row should be, else the largest.
    """
    lons, lats = np.full(len(xs), np.nan), np.full(len(ys), np.nan)
    for i, (x, y) in enumerate(zip(xs.tolist(), ys.tolist(), strict=True)):
        point = expected[i] if expected else None
        for box in (METROPOLE, *OVERSEAS):
            lat = next((value for value in _readings(y) if box[1] <= value <= box[3]), None)
            readings = [value for value in _readings(x) if box[0] <= value <= box[2]]
            if lat is not None and readings:
                lons[i] = readings[0] if point is None else min(readings, key=partial(_gap, point[0]))
                lats[i] = lat
                break
    return lons, lats


def _gap(first: float, second: float) -> float:
    return abs(first - second)


def _readings(value: float) -> list[float]:
    return (
        [value / 10**power for power in range(13) if 0.001 < abs(value) / 10**power < 181]
        if math.isfinite(value)
        else []
    )


def normalise(lon_text: str, lat_text: str) -> PositionReading:
    """Decimal degrees from two cells, or from one that holds "lat, lon" or "POINT (lon lat)".

    Never (0, 0). Axes that are swapped (only the other order falls in France) are put right and noted.
    """
    both = None
    if not lon_text or not lat_text or lon_text == lat_text:
        both = _both(lat_text) or _both(lon_text)
    lon, lat = both or (degrees(lon_text), degrees(lat_text))
    if lon is None or lat is None or (lon == 0 and lat == 0):
        return NOTHING if _blank(lon_text, lat_text) else PositionReading(fault=Fault.OUT_OF_RANGE)
    if in_france(lon, lat):
        return PositionReading(lon, lat)
    if in_france(lat, lon):
        return PositionReading(lat, lon, Fault.SWAPPED)
    valid = abs(lat) <= 90 and abs(lon) <= 180
    return PositionReading(fault=Fault.OUTSIDE_FRANCE if valid else Fault.OUT_OF_RANGE)


def _both(text: str) -> tuple[float | None, float | None] | None:
    """Longitude and latitude from one cell."""
    if pair := _PAIR.match(text):
        return decimal(pair.group(2)), decimal(pair.group(1))
    if two := _LETTERED_PAIR.match(text):
        return degrees(two[2]), degrees(two[1])
    point = _POINT.match(text)
    return (decimal(point.group(1)), decimal(point.group(2))) if point else None


def degrees(text: str) -> float | None:
    """Degrees from a decimal number or from degrees, minutes, seconds: "48°51'24\\"N", "2° 21.1' O", "N 48 51 24"."""
    value = decimal(text)
    if value is not None or not text:
        return value
    match = _SEXAGESIMAL.match(text)
    if not match:
        return None
    before, sign, whole, minutes, seconds, after = match.groups()
    hemisphere = (before or after or "").upper()
    # "48 51" is ambiguous without a degree sign or a hemisphere.
    if not hemisphere and not re.search(r"[°ºd]", text):
        return None
    parts = [float(part.replace(",", ".")) if part else 0.0 for part in (whole, minutes, seconds)]
    if parts[1] >= 60 or parts[2] >= 60:
        return None
    size = parts[0] + parts[1] / 60 + parts[2] / 3600
    return -size if sign == "-" or hemisphere in {"S", "W", "O"} else size


def decimal(text: str) -> float | None:
    """A decimal number with a point or a comma, None when the cell is not one."""
    compact = text.strip().replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    if not _DECIMAL.match(compact):
        return None
    value = float(compact.rstrip("°").replace(",", "."))
    return value if math.isfinite(value) else None


def number(text: str) -> float | None:
    """Any number as people write it, projected metres too: "652 469,02", "6862035.26 m"; None when it is none."""
    compact = _SPACES.sub("", text).rstrip("°m")
    if not _NUMBER.fullmatch(compact):
        return None
    marks = compact.count(".") + compact.count(",")
    # One mark is the decimal's; of several, the last is, unless all are the same ("6.862.035").
    if marks > 1 and len({mark for mark in compact if mark in ".,"}) == 1:
        compact = compact.replace(".", "").replace(",", "")
    elif marks > 1:
        whole, mark, fraction = compact.rpartition("." if compact.rfind(".") > compact.rfind(",") else ",")
        compact = f"{whole.replace('.', '').replace(',', '')}.{fraction}" if mark else compact
    value = float(compact.replace(",", "."))
    return value if math.isfinite(value) else None


def in_france(lon: float, lat: float) -> bool:
    """Whether a point lies in the bounding box of a French territory."""
    west, south, east, north = METROPOLE
    if west <= lon <= east and south <= lat <= north:
        return True  # nearly always, and the cheapest test
    overseas = any(west <= lon <= east and south <= lat <= north for west, south, east, north in OVERSEAS)
    return overseas or territory_at(lon, lat) is not None


def _number_or_nan(text: str) -> float:
    value = degrees(text)
    if value is None:
        value = number(text)
    return math.nan if value is None else value


def _blank(lon_text: str, lat_text: str) -> bool:
    """Whether a cell is missing or zero, which is no mistake to report."""
    zero = {"", "0", "0.0", "0,0"}
    return lon_text.strip() in zero or lat_text.strip() in zero
