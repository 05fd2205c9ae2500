"""Coordinates as lists give them: decimal commas, swapped columns, zeros, one "lat, lon" cell."""

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from geo.territories import territory_at

_DECIMAL = re.compile(r"^[+-]?\d{1,3}(?:[.,]\d+)?(?:[eE]-?\d{1,2})?°?$")
_PAIR = re.compile(r"^\s*\(?([+-]?\d{1,2}\.\d+)\s*[,; ]\s*([+-]?\d{1,3}\.\d+)\)?\s*$")

# (west, south, east, north) where communes have outlines, a little wide: enough to tell swapped axes from real ones.
_BOXES = (
    (-5.9, 41.2, 9.8, 51.3),  # metropolitan France and Corsica
    (55.1, -21.5, 55.95, -20.8),  # La Réunion
    (44.9, -13.1, 45.4, -12.5),  # Mayotte
    (-61.9, 15.7, -60.9, 16.6),  # Guadeloupe
    (-61.3, 14.3, -60.7, 15.0),  # Martinique
    (-54.7, 2.0, -51.5, 5.9),  # Guyane
)


class Fault(StrEnum):
    """What was wrong with a pair of coordinates."""

    OUT_OF_RANGE = "coordinates_out_of_range"
    OUTSIDE_FRANCE = "outside_france"
    SWAPPED = "axes_swapped"


@dataclass(frozen=True, slots=True)
class Read:
    """A position that may be used (None: unknown) and what was found wrong on the way."""

    lon: float | None = None
    lat: float | None = None
    fault: Fault | None = None


NOTHING = Read()


def normalise(lon_text: str, lat_text: str) -> Read:
    """Decimal degrees from two cells, or from one that holds "lat, lon".

    Never (0, 0). Axes that are swapped (only the other order falls in France) are put right and said so.
    """
    pair = _PAIR.match(lat_text) or _PAIR.match(lon_text)
    if pair and (not lon_text or not lat_text or lon_text == lat_text):
        lat, lon = decimal(pair.group(1)), decimal(pair.group(2))
    else:
        lon, lat = decimal(lon_text), decimal(lat_text)
    if lon is None or lat is None or (lon == 0 and lat == 0):
        return NOTHING if _blank(lon_text, lat_text) else Read(fault=Fault.OUT_OF_RANGE)
    if in_france(lon, lat):
        return Read(lon, lat)
    if in_france(lat, lon):
        return Read(lat, lon, Fault.SWAPPED)
    valid = abs(lat) <= 90 and abs(lon) <= 180
    return Read(fault=Fault.OUTSIDE_FRANCE if valid else Fault.OUT_OF_RANGE)


def decimal(text: str) -> float | None:
    """A decimal number with a point or a comma, None when the cell is not one."""
    compact = text.strip().replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    if not _DECIMAL.match(compact):
        return None
    value = float(compact.rstrip("°").replace(",", "."))
    return value if math.isfinite(value) else None


def in_france(lon: float, lat: float) -> bool:
    """Whether a point lies in the bounding box of a French territory."""
    boxes = any(west <= lon <= east and south <= lat <= north for west, south, east, north in _BOXES)
    return boxes or territory_at(lon, lat) is not None


def _blank(lon_text: str, lat_text: str) -> bool:
    """Zeros and single missing cells are ways of saying nothing, not mistakes to report."""
    zero = {"", "0", "0.0", "0,0"}
    return lon_text.strip() in zero or lat_text.strip() in zero
