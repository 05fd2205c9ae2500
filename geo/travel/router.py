"""The `Router` protocol: travel times by a network. Ranking depends on it, not on an engine."""

from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from geo.errors import Language, OperationError, UserError
from geo.types import Point

Floats = npt.NDArray[np.float64]

TOP_KM_H: dict[str, float] = {"walk": 4.8, "bike": 20.0, "car": 130.0}
"""Upper bound of the speed along the straight line. On foot and by car it is the speed limit given to engines; by bike
engines use 18 km/h, which a downhill slope may exceed."""


def top_m_per_minute(mode: str) -> float:
    """Upper bound of the straight-line metres covered in a minute."""
    return TOP_KM_H[mode] * 1000.0 / 60.0


class RoutingUnavailable(OperationError):
    """Use `RoutingUnavailable(fr=..., en=...)`: what is wrong and the remedy, as half a sentence."""

    code = "routing_unavailable"
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Le calcul d'itinéraires ne répond pas : {fr}.",
        "en": "Routing does not answer: {en}.",
    }


class OffTheNetwork(UserError):
    """No point of the request lies near the network."""

    code = "off_the_network"
    http_status = 422
    messages: ClassVar[dict[Language, str]] = {
        "fr": "Le réseau routier connu ne couvre pas cet endroit ; ajoutez sa région par « placelibre routing build ».",
        "en": "The road network known does not cover this place; add its region with “placelibre routing build”.",
    }


class Router(Protocol):
    """Travel times by a network."""

    def minutes(self, origin: Point, points: Floats, mode: str) -> Floats:
        """Minutes from a point to many (lon, lat; shape (n, 2)) on foot, by bike or by car, the ways from and to the
        network included; inf: there is no way; nan: the network does not come near. Raises RoutingUnavailable."""
        ...
