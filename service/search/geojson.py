"""Search results and places as GeoJSON, the shape that CLI and API share."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from geo.errors import Language
from geo.gazetteer.location import Located
from geo.types import Amenity
from matching.presentation.geojson import render_features
from matching.query.results import Travel
from matching.search.hits import Hits

if TYPE_CHECKING:
    from geo.store.queries import PlaceRecord

GEOJSON = "application/geo+json"
_HIDDEN = {"position", "match_key", "h3_r9", "origins"}


@lru_cache(maxsize=1024)
def utc(moment: datetime | None) -> str | None:
    """A moment as the API writes it."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def search_collection(
    located: Located,
    hits: Hits,
    names: Mapping[str, str],
    language: Language,
    next_page: str | None = None,
    relaxations: list[dict[str, Any]] | None = None,
) -> bytes:
    """A FeatureCollection of results, best first, as bytes; the index holds what does not depend on the query already
    rendered. Foreign members: `where`, `total`, `to_confirm`, `next` (the cursor of the next page) and `relaxations`,
    unless they are None. `names` are those of communities by slug."""
    about: dict[str, Any] = {
        "where": {
            "label": located.label,
            "kind": located.kind,
            "lon": located.point.lon,
            "lat": located.point.lat,
            "precision": str(located.precision),
            "time_zone": located.time_zone,
        },
        "total": hits.total,
        "to_confirm": hits.to_confirm,
        "radius_m": hits.query.radius_m,
        "mode": hits.query.mode,
        "travel": _travel(hits.travel),
        "as_of": utc(hits.as_of),
        "next": next_page,
    }
    if relaxations is not None:
        about["relaxations"] = relaxations
    begin = b'{"type":"FeatureCollection","features":['
    return b"".join((begin, render_features(hits, language, names), b"],", msgspec.json.encode(about)[1:]))


def _travel(travel: Travel | None) -> dict[str, Any] | None:
    """The travel model behind the minutes; None for a search without a mode. A failure shows its code only: the rest is
    for the operator."""
    if travel is None:
        return None
    return {
        "by": travel.method,
        "fallback": None if travel.fallback is None else travel.fallback.code,
        "routed": travel.routed,
        "within_reach": travel.within_reach,
        "all_counted": travel.all_counted,
    }


def place_feature(record: "PlaceRecord") -> dict[str, Any]:
    """A place with its spaces and provenance, as a Feature."""
    place = record.place
    properties = {name: value for name, value in place.items() if name not in _HIDDEN | {"id", "lon", "lat"}}
    properties["amenities"] = {name: place["amenities"].get(name, "unknown") for name in Amenity}
    properties["checked_on"] = None if place["checked_on"] is None else place["checked_on"].isoformat()
    properties["spaces"] = [{name: value for name, value in row.items() if name != "key"} for row in record.spaces]
    properties["listings"] = record.listings
    return {
        "type": "Feature",
        "id": place["id"],
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
        "properties": {"place_id": place["id"], **properties},
    }
