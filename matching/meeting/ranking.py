"""Meeting places ranked exactly: the free rooms that everybody reaches soonest, with everybody's minutes.

`docs/ranking.md` gives the order. Minutes here are those of the straight line (`geo.travel.straight_line`); those of a
network are in `matching.meeting.travel_time`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geo.errors import PlaceLibreError
from geo.spatial.distance import unit_vector
from geo.travel.straight_line import PACES
from matching.arrays.workspace import RESULT_COLUMNS, thread_workspace
from matching.kernel.meeting import meeting_places
from matching.meeting.query import Goal, MeetingQuery, Person
from matching.query.query import Cursor, Mode, slot_floor, slot_start
from matching.query.results import TravelMethod
from matching.search.engine import Layer, check_windows, merge_layers
from matching.search.hits import LayerHits
from matching.search.prepared_index import PreparedIndex
from matching.snapshot.layout import UNKNOWN_CENTS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Paces = Mapping[Mode, float]
"""Straight-line metres per minute, which are also decimetres per tenth of a minute."""
STRAIGHT_LINE_PACES: Paces = {mode: PACES[mode].straight_m_per_minute for mode in Mode}


class Trip(NamedTuple):
    """The way of one person. Minutes in tenths; `distance_m` is the straight-line distance, to the decimetre."""

    minutes: float
    distance_m: float
    method: TravelMethod
    """Where the minutes come from."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One place with its best room; fields shared with `matching.query.results.Result` mean the same."""

    place_id: int
    space_id: int | None
    other_spaces: int
    trips: tuple[Trip, ...]
    """In the order of the people of the query."""
    worst_minutes: float
    sum_minutes: float
    facts: dict[str, Any]
    seats_left: int | None
    free_from: datetime | None
    free_until: datetime | None
    price_cents: int | None
    free_windows: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class MeetingTravel:
    """Where the minutes of a meeting come from."""

    method: TravelMethod
    fallback: PlaceLibreError | None = None
    """Why the straight line replaces the network."""
    routed: int = 0
    """Places that were routed."""
    exact: bool = True
    """False if too many places would have had to be routed: then a better one may exist."""


@dataclass(frozen=True, slots=True)
class MeetingResults:
    """The answer to a meeting query."""

    query: MeetingQuery
    results: tuple[Meeting, ...]
    """Best first, at most `query.room.limit`."""
    as_of: datetime
    """When the index was built."""
    index_version: str
    travel: MeetingTravel


def meet(layers: Sequence[Layer], query: MeetingQuery, now: datetime, version: str | None = None) -> MeetingResults:
    """The best places to meet, by the minutes of the straight line.

    `layers` share no place; the first is the snapshot. `now`: timezone-aware. Raises InvalidInput for a window that has
    begun or lies beyond the days of the index.
    """
    base = layers[0].index.snapshot
    check_windows(query.room.windows, base.meta, now)
    hits = [rank_meetings(layer, query, STRAIGHT_LINE_PACES, slot_floor(now)) for layer in layers]
    order = merge_layers([meeting_hits.hits for meeting_hits in hits], query.room.limit)
    return MeetingResults(
        query=query,
        results=tuple(build_meeting(layers[layer].index, hits[layer], at, query) for layer, at in order),
        as_of=base.meta.as_of,
        index_version=version or base.meta.version,
        travel=MeetingTravel(TravelMethod.STRAIGHT_LINE),
    )


class MeetingHits(NamedTuple):
    """The best places of one layer."""

    hits: LayerHits
    """Its keys: merit (`matching.kernel.meeting`), size of the room, place, space."""
    tenths: Ints
    """Tenths of a minute from each person to each place, shape (places, people)."""
    decimetres: Ints
    """Straight-line distances, shape (places, people)."""


def rank_meetings(
    layer: Layer, query: MeetingQuery, paces: Paces, now: int, after: Cursor | None = None
) -> MeetingHits:
    """The best `query.room.limit` places of a layer after the cursor `after`, with minutes at straight-line `paces`.

    The cursor holds the size of the room in place of a distance. `now`: number of the current slot.
    """
    index, room = layer.index, query.room
    encoded, working = index.encode(room, {}, after, now=now), thread_workspace.reserve(index.parts)
    people, order = _farthest_first(query.people, paces)
    distances = np.empty((room.limit, len(query.people)), np.int64)
    size = meeting_places(
        index.tree_address,
        *encoded[:3],
        working.addresses.address,
        people.ctypes.data,
        len(query.people),
        query.goal is Goal.SUM,
        room.limit,
        distances.ctypes.data,
    )
    decimetres = np.empty((size, len(query.people)), np.int64)
    decimetres[:, order] = distances[:size]
    tenths = np.rint(decimetres / [paces[person.mode] for person in query.people]).astype(np.int64)
    return MeetingHits(LayerHits(size, working.results.copy(), working.arrays.values[:0]), tenths, decimetres)


def _farthest_first(people: Sequence[Person], paces: Paces) -> tuple[Floats, Ints]:
    """The people as `matching.kernel.meeting` reads them, shape (people, 7), and their positions in `people`.

    Those farthest in time from the middle of all come first: they exclude places soonest.
    """
    vectors = np.array([unit_vector(person.point.lon, person.point.lat) for person in people])
    pace = np.array([paces[person.mode] for person in people])
    order = np.argsort(-np.linalg.norm(vectors - vectors.mean(axis=0), axis=1) / pace, kind="stable")
    points = [(person.point.lon, person.point.lat) for person in people]
    numbers = np.column_stack((points, vectors, pace, max_tenths(people)))
    return np.ascontiguousarray(numbers[order]), order


def max_tenths(people: Sequence[Person]) -> Floats:
    """The longest each person would travel, in whole tenths of a minute."""
    return np.floor(np.array([person.most_minutes for person in people]) * 10)


def build_meeting(
    index: PreparedIndex,
    hits: MeetingHits,
    at: int,
    query: MeetingQuery,
    methods: Iterable[TravelMethod] = repeat(TravelMethod.STRAIGHT_LINE),
) -> Meeting:
    """The hit at a position as a `Meeting`; `methods`: where the minutes of each person come from."""
    snapshot, layer_hits = index.snapshot, hits.hits
    numbers = dict(zip(RESULT_COLUMNS, layer_hits.columns[:, at].tolist(), strict=True))
    row, windows = numbers["rows"], numbers["windows"]
    _, _, place_id, space_id = layer_hits.keys[at].tolist()
    slugs = index.visible_communities(query.room, int(snapshot.columns.set_id[row]))
    tenths, first = hits.tenths[at], snapshot.meta.first_slot
    minutes, metres = (tenths / 10).tolist(), (hits.decimetres[at] / 10).tolist()
    return Meeting(
        place_id=place_id,
        space_id=space_id or None,
        other_spaces=numbers["other_spaces"],
        trips=tuple(map(Trip, minutes, metres, methods)),
        worst_minutes=max(minutes),
        sum_minutes=int(tenths.sum()) / 10,
        facts={**snapshot.facts.of(row), "communities": sorted(slugs)},
        seats_left=numbers["left"] if windows else None,
        free_from=slot_start(first + numbers["start"]) if windows else None,
        free_until=slot_start(first + numbers["stop"]) if windows else None,
        price_cents=None if numbers["cents"] == UNKNOWN_CENTS else numbers["cents"],
        free_windows=tuple(bool(windows >> number & 1) for number in range(len(query.room.windows))),
    )
