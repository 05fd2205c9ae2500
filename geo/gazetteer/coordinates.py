"""Typed coordinates, `lat,lon`: the only place where latitude comes first."""

import re

from geo.errors import InvalidInput
from geo.reference.overseas import TERRITORIES
from geo.types import Point

_NUMBER = r"([+-]?\d{1,3}(?:[.,]\d+)?)"
_PAIR = re.compile(rf"^\(?\s*{_NUMBER}\s*(?:[,;]\s*|\s+){_NUMBER}\s*\)?$")
_DECIMAL_POINTS = re.compile(r"^\(?\s*([+-]?\d+\.\d+)\s*[,;\s]\s*([+-]?\d+\.\d+)\s*\)?$")
_SPACED_POSTCODE = re.compile(r"^\d{2} \d{3}$")

_FRANCE = (
    (-5.5, 41.2, 9.8, 51.3),
    (-63.3, 14.2, -60.6, 18.2),
    (-54.8, 2.0, -51.4, 6.2),
    (55.0, -21.6, 56.0, -20.7),
    (44.8, -13.2, 45.5, -12.4),
    *(territory.box for territory in TERRITORIES),
)
"""Boxes (lon_min, lat_min, lon_max, lat_max) around France, wide enough for its seas."""


def read_position(text: str) -> Point | None:
    """The point of "47.2184,-1.5536", "47.2184 -1.5536" or "47,2184 -1,5536"; None when `text` is no pair of numbers.

    Raises InvalidInput for numbers out of range, and for a pair that is in France only when swapped.
    """
    match = _DECIMAL_POINTS.match(text) or _PAIR.match(text)
    if not match or _SPACED_POSTCODE.match(text):
        return None
    lat, lon = (float(number.replace(",", ".")) for number in match.groups())
    if not _in_france(lon, lat) and _in_france(lat, lon):
        raise InvalidInput(
            field="where",
            value=text,
            fr=f"Ces coordonnées semblent inversées : donnez la latitude puis la longitude, « {lon},{lat} ».",
            en=f"These coordinates look swapped: give latitude, then longitude, “{lon},{lat}”.",
        )
    return Point(lon, lat)


def _in_france(lon: float, lat: float) -> bool:
    return any(west <= lon <= east and south <= lat <= north for west, south, east, north in _FRANCE)
