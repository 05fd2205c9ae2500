"""Meeting places as GeoJSON, the one shape that CLI and API share."""

from collections.abc import Sequence
from typing import Any

from geo.gazetteer.location import Located
from matching.meeting.ranking import Meeting, MeetingResults, MeetingTravel
from service.search.geojson import utc

FACTS = (
    "name", "kind", "status", "address", "postcode", "commune", "insee", "precision", "time_zone", "opening_hours",
    "amenities", "communities", "space", "demo",
)  # fmt: skip


def meeting_feature(one: Meeting) -> dict[str, Any]:
    """A place with its best room; `trips` in the order of the people."""
    return {
        "type": "Feature",
        "id": one.place_id,
        "geometry": {"type": "Point", "coordinates": [one.facts["lon"], one.facts["lat"]]},
        "properties": {
            "place_id": one.place_id,
            "space_id": one.space_id,
            "other_spaces": one.other_spaces,
            "worst_minutes": one.worst_minutes,
            "sum_minutes": one.sum_minutes,
            "trips": [
                {"minutes": trip.minutes, "minutes_by": trip.method, "distance_m": trip.distance_m}
                for trip in one.trips
            ],
            **{name: one.facts[name] for name in FACTS},
            "seats_left": one.seats_left,
            "free_from": utc(one.free_from),
            "free_until": utc(one.free_until),
            "price_half_day_cents": one.price_cents,
            **({"free_windows": one.free_windows} if len(one.free_windows) > 1 else {}),
        },
    }


def meeting_collection(located: Sequence[Located], found: MeetingResults) -> dict[str, Any]:
    """A FeatureCollection of meeting places, best first; `people`, `by`, `seats`, `travel` and `as_of` are foreign
    members."""
    return {
        "type": "FeatureCollection",
        "features": [meeting_feature(one) for one in found.results],
        "people": [
            {
                "label": there.label,
                "lon": there.point.lon,
                "lat": there.point.lat,
                "precision": str(there.precision),
                "mode": str(person.mode),
                "most_minutes": person.most_minutes,
            }
            for there, person in zip(located, found.query.people, strict=True)
        ],
        "by": str(found.query.goal),
        "seats": found.query.room.seats,
        "travel": _travel(found.travel),
        "as_of": utc(found.as_of),
    }


def _travel(travel: MeetingTravel) -> dict[str, Any]:
    """How minutes were found. Of a failure the code: the rest is for the operator."""
    return {
        "by": travel.method,
        "fallback": None if travel.fallback is None else travel.fallback.code,
        "routed": travel.routed,
        "exact": travel.exact,
    }
