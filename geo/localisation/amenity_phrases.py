"""Phrases for amenities inside a sentence, present or missing."""

from collections.abc import Mapping, Sequence

from geo.errors import Language
from geo.types import Amenity

_FR: Mapping[Amenity, tuple[str, str]] = {
    Amenity.WIFI: ("du wifi", "pas de wifi"),
    Amenity.QUIET: ("au calme", "pas au calme"),
    Amenity.SCREEN: ("un écran", "pas d'écran"),
    Amenity.POWER: ("des prises", "pas de prises"),
    Amenity.COFFEE: ("du café", "pas de café"),
    Amenity.STEP_FREE: ("de plain-pied", "pas de plain-pied"),
    Amenity.PRINTER: ("une imprimante", "pas d'imprimante"),
    Amenity.PHONE_BOOTH: ("une cabine téléphonique", "pas de cabine téléphonique"),
    Amenity.PARKING: ("un parking", "pas de parking"),
    Amenity.BIKE_PARKING: ("un abri à vélos", "pas d'abri à vélos"),
    Amenity.KITCHEN: ("une cuisine", "pas de cuisine"),
    Amenity.VIDEO: ("la visioconférence", "pas de visioconférence"),
    Amenity.WHITEBOARD: ("un tableau blanc", "pas de tableau blanc"),
    Amenity.AIR_CONDITIONING: ("la climatisation", "pas de climatisation"),
}
_EN: Mapping[Amenity, tuple[str, str]] = {
    Amenity.WIFI: ("wifi", "no wifi"),
    Amenity.QUIET: ("quiet", "not quiet"),
    Amenity.SCREEN: ("a screen", "no screen"),
    Amenity.POWER: ("power sockets", "no power sockets"),
    Amenity.COFFEE: ("coffee", "no coffee"),
    Amenity.STEP_FREE: ("step-free", "not step-free"),
    Amenity.PRINTER: ("a printer", "no printer"),
    Amenity.PHONE_BOOTH: ("a phone booth", "no phone booth"),
    Amenity.PARKING: ("parking", "no parking"),
    Amenity.BIKE_PARKING: ("bike parking", "no bike parking"),
    Amenity.KITCHEN: ("a kitchen", "no kitchen"),
    Amenity.VIDEO: ("video conferencing", "no video conferencing"),
    Amenity.WHITEBOARD: ("a whiteboard", "no whiteboard"),
    Amenity.AIR_CONDITIONING: ("air conditioning", "no air conditioning"),
}
_QUALITIES = frozenset({Amenity.QUIET, Amenity.STEP_FREE})
"""Amenities that describe the place itself; the others are things that it has."""


def having(amenity: Amenity, language: Language) -> str:
    """Such as "un écran" or "a screen"."""
    return (_FR if language == "fr" else _EN)[amenity][0]


def missing(amenity: Amenity, language: Language) -> str:
    """Such as "pas d'écran" or "no screen"."""
    return (_FR if language == "fr" else _EN)[amenity][1]


def with_these(amenities: Sequence[Amenity], language: Language) -> str:
    """Such as "au calme et avec un écran" or "quiet and with a screen"."""
    qualities = [having(amenity, language) for amenity in amenities if amenity in _QUALITIES]
    things = [having(amenity, language) for amenity in amenities if amenity not in _QUALITIES]
    if things:
        qualities.append(("avec " if language == "fr" else "with ") + listed(things, language))
    return listed(qualities, language)


def listed(items: Sequence[str], language: Language) -> str:
    """Such as "a, b et c" or "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {'et' if language == 'fr' else 'and'} {items[-1]}"
