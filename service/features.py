"""Search results and places as GeoJSON, the one shape that CLI and API share."""

from datetime import datetime
from typing import Any

from geo.errors import Language
from geo.located import Located
from geo.store.reading import PlaceRecord
from geo.types import Amenity
from matching.reasons import sentence
from matching.results import Result, SearchResults

GEOJSON = "application/geo+json"
_HIDDEN = {"position", "match_key", "h3_r9", "origins"}


def utc(moment: datetime | None) -> str | None:
    """A moment as the API writes it."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def result_feature(result: Result, names: dict[str, str], language: Language) -> dict[str, Any]:
    """One result: the place with its best space, the score cut into terms that sum to it, and the reason in words."""
    facts = result.facts
    return {
        "type": "Feature",
        "id": result.place_id,
        "geometry": {"type": "Point", "coordinates": [facts["lon"], facts["lat"]]},
        "properties": {
            "place_id": result.place_id,
            "space_id": result.space_id,
            "other_spaces": result.other_spaces,
            "name": facts["name"],
            "kind": facts["kind"],
            "score": result.score,
            "distance_m": result.distance_m,
            "terms": {
                term.name: {"value": term.value, "weight": term.weight, "contribution": term.contribution}
                for term in result.terms
            },
            "reason": sentence(result, language, names),
            "status": facts["status"],
            "address": facts["address"],
            "postcode": facts["postcode"],
            "commune": facts["commune"],
            "insee": facts["insee"],
            "precision": facts["precision"],
            "time_zone": facts["time_zone"],
            "opening_hours": facts["opening_hours"],
            "amenities": facts["amenities"],
            "communities": facts["communities"],
            "space": facts["space"],
            "seats_left": result.seats_left,
            "free_from": utc(result.free_from),
            "free_until": utc(result.free_until),
            "price_half_day_cents": result.price_cents,
            "demo": facts["demo"],
        },
    }


def search_collection(
    located: Located, found: SearchResults, names: dict[str, str], language: Language
) -> dict[str, Any]:
    """A FeatureCollection of results, best first; `where`, `total` and `to_confirm` are foreign members."""
    return {
        "type": "FeatureCollection",
        "features": [result_feature(result, names, language) for result in found.results],
        "where": {
            "label": located.label,
            "kind": located.kind,
            "lon": located.point.lon,
            "lat": located.point.lat,
            "precision": str(located.precision),
            "time_zone": located.time_zone,
        },
        "total": found.total,
        "to_confirm": found.to_confirm,
        "radius_m": found.query.radius_m,
        "as_of": utc(found.as_of),
    }


def place_feature(record: PlaceRecord) -> dict[str, Any]:
    """A place with its spaces and provenance, as a Feature."""
    place = record.place
    properties = {name: value for name, value in place.items() if name not in _HIDDEN | {"id", "lon", "lat"}}
    properties["amenities"] = {name: place["amenities"].get(name, "unknown") for name in Amenity}
    properties["checked_on"] = None if place["checked_on"] is None else place["checked_on"].isoformat()
    properties["spaces"] = [{name: value for name, value in one.items() if name != "key"} for one in record.spaces]
    properties["listings"] = record.listings
    return {
        "type": "Feature",
        "id": place["id"],
        "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
        "properties": {"place_id": place["id"], **properties},
    }
