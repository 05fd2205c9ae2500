"""OpenStreetMap tags of places that could host a teleworker: their kinds and amenities.

`docs/readers.md` shows the same tables. Tag meanings: the OpenStreetMap wiki, "Map features".
"""

from collections.abc import Mapping

from geo.reference.toponyms import fold
from geo.types import Amenity, PlaceKind

KINDS: tuple[tuple[str, str, PlaceKind], ...] = (
    ("amenity", "coworking_space", PlaceKind.COWORKING),
    ("office", "coworking", PlaceKind.COWORKING),
    ("office", "coworking_space", PlaceKind.COWORKING),
    ("leisure", "hackerspace", PlaceKind.FABLAB),
    ("amenity", "fablab", PlaceKind.FABLAB),
    ("amenity", "library", PlaceKind.LIBRARY),
    ("amenity", "townhall", PlaceKind.MAIRIE),
    ("amenity", "cafe", PlaceKind.CAFE),
    ("amenity", "internet_cafe", PlaceKind.CAFE),
    ("tourism", "hotel", PlaceKind.HOTEL),
    ("tourism", "hostel", PlaceKind.HOTEL),
    ("railway", "station", PlaceKind.STATION),
    ("amenity", "university", PlaceKind.EDUCATION),
    ("amenity", "college", PlaceKind.EDUCATION),
    ("amenity", "community_centre", PlaceKind.ASSOCIATION),
    ("amenity", "social_centre", PlaceKind.ASSOCIATION),
    ("office", "association", PlaceKind.ASSOCIATION),
    ("office", "ngo", PlaceKind.ASSOCIATION),
    ("office", "government", PlaceKind.PUBLIC_BODY),
    ("office", "company", PlaceKind.COMPANY),
    ("amenity", "conference_centre", PlaceKind.OTHER),
)
"""The first line that fits decides."""

NOT_PLACES: tuple[tuple[str, frozenset[str]], ...] = (
    ("station", frozenset({"subway", "light_rail", "tram", "monorail", "funicular", "miniature"})),
    ("disused", frozenset({"yes"})),
    ("abandoned", frozenset({"yes"})),
    ("access", frozenset({"no"})),
)
"""Objects with one of these are no candidates, whatever else they are."""

_YES_NO = {"yes": "yes", "no": "no"}
AMENITIES: tuple[tuple[Amenity, str, Mapping[str, str]], ...] = (
    (Amenity.WIFI, "internet_access", {"wlan": "yes", "yes": "yes", "no": "no"}),
    (Amenity.STEP_FREE, "wheelchair", {"yes": "yes", "designated": "yes", "no": "no"}),
    (Amenity.AIR_CONDITIONING, "air_conditioning", _YES_NO),
    (Amenity.POWER, "power_supply", _YES_NO),
    (Amenity.PRINTER, "service:printing", _YES_NO),
    (Amenity.COFFEE, "drink:coffee", {"yes": "yes", "served": "yes", "no": "no"}),
    (Amenity.KITCHEN, "kitchen", _YES_NO),
    (Amenity.VIDEO, "projector", _YES_NO),
)
"""With any other value (`limited`, `terminal`, ...) the amenity stays unknown."""

TAGS = (
    *("name", "name:fr", "official_name", "alt_name", "brand"),
    *("addr:housenumber", "addr:street", "addr:place", "addr:postcode", "addr:city"),
    *("contact:housenumber", "contact:street", "contact:postcode", "contact:city"),
    *("phone", "contact:phone", "website", "contact:website", "url", "email", "contact:email"),
    *("opening_hours", "capacity", "ref:FR:SIRET", "ref:INSEE", "check_date", "survey:date"),
)
"""Tags kept as columns; the others do not travel."""

KEYS = tuple(dict.fromkeys(key for key, _, _ in KINDS))
KIND_COLUMN = "@kind"
AMENITY_COLUMNS = tuple(f"@{amenity}" for amenity, _, _ in AMENITIES)

_KIND_OF = {(key, value): (rank, kind) for rank, (key, value, kind) in enumerate(KINDS)}


def kind_of(tags: Mapping[str, str]) -> PlaceKind | None:
    """The kind of place of an object, None when it is no candidate. France Services is recognised by the name."""
    if any(tags.get(key) in values for key, values in NOT_PLACES):
        return None
    # Several values of one key are written with semicolons.
    matches = [
        _KIND_OF[key, value.strip()]
        for key in KEYS
        if key in tags
        for value in tags[key].split(";")
        if (key, value.strip()) in _KIND_OF
    ]
    if not matches:
        return None
    kind = min(matches, key=lambda item: item[0])[1]
    names_it = "france services" in fold(f"{tags.get('name', '')} / {tags.get('brand', '')}")
    return PlaceKind.FRANCE_SERVICES if names_it and kind == PlaceKind.PUBLIC_BODY else kind


def amenities_of(tags: Mapping[str, str]) -> dict[str, str]:
    """yes, no or "" per amenity column."""
    return {
        column: answers.get(tags.get(key, ""), "")
        for column, (_, key, answers) in zip(AMENITY_COLUMNS, AMENITIES, strict=True)
    }
