"""Meeting places as GeoJSON, the shape that CLI and API share."""

from collections.abc import Sequence
from typing import Any

from geo.gazetteer.location import Located
from matching.meeting.ranking import Meeting, MeetingResults, MeetingTravel
from service.search.geojson import utc

FACTS = (
    "name", "kind", "status", "address", "postcode", "commune", "insee", "precision", "time_zone", "opening_hours",
    "amenities", "communities", "space", "demo",
)  # fmt: skip


def meeting_feature(meeting: Meeting) -> dict[str, Any]:
    """A place with its best room; `trips` in the order of the people."""
    return {
        "type": "Feature",
        "id": meeting.place_id,
        "geometry": {"type": "Point", "coordinates": [meeting.facts["lon"], meeting.facts["lat"]]},
        "properties": {
            "place_id": meeting.place_id,
            "space_id": meeting.space_id,
            "other_spaces": meeting.other_spaces,
            "worst_minutes": meeting.worst_minutes,
            "sum_minutes": meeting.sum_minutes,
            "trips": [
                {"minutes": trip.minutes, "minutes_by": trip.method, "distance_m": trip.distance_m}
                for trip in meeting.trips
            ],
            **{name: meeting.facts[name] for name in FACTS},
            "seats_left": meeting.seats_left,
            "free_from": utc(meeting.free_from),
            "free_until": utc(meeting.free_until),
            "price_half_day_cents": meeting.price_cents,
            **({"free_windows": meeting.free_windows} if len(meeting.free_windows) > 1 else {}),
        },
    }


def meeting_collection(located: Sequence[Located], results: MeetingResults) -> dict[str, Any]:
    """A FeatureCollection of meeting places, best first; `people`, `by`, `seats`, `travel` and `as_of` are foreign
    members."""
    return {
        "type": "FeatureCollection",
        "features": [meeting_feature(meeting) for meeting in results.results],
        "people": [
            {
                "label": there.label,
                "lon": there.point.lon,
                "lat": there.point.lat,
                "precision": str(there.precision),
                "mode": str(person.mode),
                "most_minutes": person.most_minutes,
            }
            for there, person in zip(located, results.query.people, strict=True)
        ],
        "by": str(results.query.goal),
        "seats": results.query.room.seats,
        "travel": _travel(results.travel),
        "as_of": utc(results.as_of),
    }


def _travel(travel: MeetingTravel) -> dict[str, Any]:
    """How minutes were results. Of a failure the code: the rest is for the operator."""
    return {
        "by": travel.method,
        "fallback": None if travel.fallback is None else travel.fallback.code,
        "routed": travel.routed,
        "exact": travel.exact,
    }
