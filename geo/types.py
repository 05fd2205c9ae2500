"""Shared vocabulary of every package: kinds, statuses, amenities, precision, a point.

Coordinates are decimal degrees, WGS 84, always lon before lat.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from geo.errors import InvalidInput


class PlaceKind(StrEnum):
    """Kind of a place. The order is the code stored in snapshots: append only."""

    COWORKING = "coworking"
    COMPANY = "company"
    ASSOCIATION = "association"
    HOTEL = "hotel"
    MAIRIE = "mairie"
    PUBLIC_BODY = "public_body"
    LIBRARY = "library"
    FRANCE_SERVICES = "france_services"
    STATION = "station"
    CAFE = "cafe"
    EDUCATION = "education"
    FABLAB = "fablab"
    OTHER = "other"


class SpaceKind(StrEnum):
    """Kind of a bookable space. The order is the code stored in snapshots: append only."""

    DESK = "desk"
    OPEN_SPACE = "open_space"
    MEETING_ROOM = "meeting_room"
    PRIVATE_OFFICE = "private_office"
    EVENT_ROOM = "event_room"


class PlaceStatus(StrEnum):
    CANDIDATE = "candidate"
    OFFERED = "offered"
    CLOSED = "closed"


class Sharing(StrEnum):
    """Audience of the spaces that a community offers."""

    PRIVATE = "private"
    PARTNERS = "partners"
    NETWORK = "network"


class Amenity(StrEnum):
    """An amenity of a place. The order is the bit in snapshots: append only."""

    WIFI = "wifi"
    QUIET = "quiet"
    SCREEN = "screen"
    POWER = "power"
    COFFEE = "coffee"
    STEP_FREE = "step_free"
    PRINTER = "printer"
    PHONE_BOOTH = "phone_booth"
    PARKING = "parking"
    BIKE_PARKING = "bike_parking"
    KITCHEN = "kitchen"
    VIDEO = "video"
    WHITEBOARD = "whiteboard"
    AIR_CONDITIONING = "air_conditioning"


class Answer(StrEnum):
    """Whether a place has an amenity. Unknown is never treated as no, nor as yes."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Precision(StrEnum):
    """How well a position is known."""

    EXACT = "exact"
    STREET = "street"
    LOCALITY = "locality"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Point:
    """A valid position: finite, lon in [-180, 180], lat in [-90, 90]."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.lon) and math.isfinite(self.lat)) or abs(self.lon) > 180 or abs(self.lat) > 90:
            raise InvalidInput(
                field="point",
                value=f"{self.lat},{self.lon}",
                fr=f"Les coordonnées {self.lat}, {self.lon} sont hors limites : "
                "donnez la latitude (-90 à 90) puis la longitude (-180 à 180).",
                en=f"The coordinates {self.lat}, {self.lon} are out of range: "
                "give latitude (-90 to 90), then longitude (-180 to 180).",
            )


def expected_distance_m(area_km2: float) -> float:
    """Mean distance, in metres, from the centre of a disk of `area_km2` to a uniform point of it.

    2/3 of the radius: the least distance shown for a place known only by its commune.
    """
    return 2.0 / 3.0 * math.sqrt(area_km2 * 1e6 / math.pi)
