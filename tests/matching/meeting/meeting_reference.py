"""Reference implementation of `matching.meeting.ranking`: tries every room."""

import math
from datetime import datetime
from typing import Any

import numpy as np

from matching.meeting.query import MeetingQuery
from tests.matching.reference import Reference, Row

METRES_A_MINUTE = {"walk": 4800 / 60 / 1.3, "bike": 15_000 / 60 / 1.3, "car": 40_000 / 60 / 1.4}


def all_decimetres(reference: Reference, query: MeetingQuery) -> Any:
    """Haversine distances, shape (places, people); at least the expected one for a place known by its commune."""
    phi = np.radians([place["lat"] for place in reference.places])[:, None]
    lam = np.radians([place["lon"] for place in reference.places])[:, None]
    to_phi = np.radians([person.point.lat for person in query.people])[None, :]
    to_lam = np.radians([person.point.lon for person in query.people])[None, :]
    half = np.sin((to_phi - phi) / 2) ** 2 + np.cos(phi) * np.cos(to_phi) * np.sin((to_lam - lam) / 2) ** 2
    metres = 2 * 6_371_008.8 * np.arcsin(np.sqrt(np.minimum(1, half)))
    expected = np.array([place["expected_m"] for place in reference.places])[:, None]
    return np.maximum(np.round(metres * 10), np.round(expected * 10)).astype(np.int64)


def by_straight_line(decimetres: list[int], query: MeetingQuery) -> list[float]:
    """Everybody's tenths of minutes, rounded."""
    return [round(far / METRES_A_MINUTE[person.mode]) for far, person in zip(decimetres, query.people, strict=True)]


def meet(
    reference: Reference, query: MeetingQuery, now: datetime, minutes: list[dict[int, float]] | None = None
) -> list[Row]:
    """The best rooms within everybody's limit, one per place, with their availability.

    `minutes`: of each person, minutes by place id; by the straight line unless given.
    """
    room, results = query.room, []
    for place, decimetres in zip(reference.places, all_decimetres(reference, query).tolist(), strict=True):
        if (place["status"] == "candidate" and not room.candidates) or (room.kinds and place["kind"] not in room.kinds):
            continue
        if minutes is None:
            tenths = by_straight_line(decimetres, query)
        else:
            tenths = [10 * by_place[place["place_id"]] for by_place in minutes]
        if any(way > person.most_minutes * 10 for way, person in zip(tenths, query.people, strict=True)):
            continue
        assert all(map(math.isfinite, tenths))
        tenths = [round(way) for way in tenths]
        rows = [
            row
            for row in reference.rows_of(place)
            if all(row["answers"].get(need.value) == "yes" for need in room.needs) and reference.fits(row, room)
        ]
        if rows:
            results.append(best(reference, place, rows, tenths, decimetres, query))
    results.sort(key=lambda result: result["order"])
    for result in results[: room.limit]:
        reference.add_availability(result, room, now)
    return results[: room.limit]


def best(
    reference: Reference, place: Row, rows: list[Row], tenths: list[float], decimetres: list[int], query: MeetingQuery
) -> Row:
    goals = [max(tenths), sum(tenths)] if query.goal == "worst" else [sum(tenths), max(tenths)]
    orders = []
    for row in rows:
        seats, price = row.get("seats"), reference.price(row, query.room)
        size = (seats is None, seats or 0, price is None, price or 0)
        counts = query.room.most_windows and row["space_id"] is not None
        windows = sum(reference.free_windows(row, query.room)) if counts else 0
        orders.append(((-windows, *goals, size, place["place_id"], row["space_id"] or 0), row))
    order, row = min(orders, key=lambda pair: pair[0])
    return {
        "order": order,
        "place_id": place["place_id"],
        "space_id": row["space_id"],
        "others": len(rows) - 1,
        "minutes": [way / 10 for way in tenths],
        "distances": [far / 10 for far in decimetres],
        "worst": max(tenths) / 10,
        "sum": sum(tenths) / 10,
        "price": reference.price(row, query.room),
        "row": row,
    }
