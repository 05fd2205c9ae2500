"""Where several people meet: the free rooms they reach soonest, exactly, with everybody's minutes.

`docs/ranking.md` tells the order. Minutes are those of the straight line (`geo.travel.straight_line`); by a network see
`matching.meeting.travel_time`.
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
from matching.query.results import Way
from matching.search.engine import Layer, merged
from matching.search.hits import Ranked
from matching.search.prepared_index import Searchable
from matching.search.window_check import check_window
from matching.snapshot.layout import UNKNOWN_CENTS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Paces = Mapping[Mode, float]
"""Metres as the crow flies in a minute, which are also decimetres in a tenth of it."""
BY_STRAIGHT_LINE: Paces = {mode: PACES[mode].straight_m_per_minute for mode in Mode}


class Trip(NamedTuple):
    """The way of one person, in tenths of a minute and of a metre; the distance is that of the straight line."""

    minutes: float
    distance_m: float
    by: Way
    """How the minutes were found."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """One place with the room that suits best; see `matching.query.results.Result` for what both tell."""

    place_id: int
    space_id: int | None
    other_spaces: int
    trips: tuple[Trip, ...]
    """In the order of the people asked about."""
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
    """How the minutes of a meeting came about."""

    by: Way
    fallback: PlaceLibreError | None = None
    """Why the network was not asked after all."""
    routed: int = 0
    """Places to which a way was looked up."""
    exact: bool = True
    """Whether no other place is better for certain; if not, only the most promising were looked up."""


@dataclass(frozen=True, slots=True)
class MeetingResults:
    query: MeetingQuery
    results: tuple[Meeting, ...]
    as_of: datetime
    """When the index was built."""
    index_version: str
    travel: MeetingTravel


def meet(layers: Sequence[Layer], query: MeetingQuery, now: datetime, version: str | None = None) -> MeetingResults:
    """The best places to meet, over layers that share no place. The first layer decides what the index knows.

    Raises InvalidInput for a window partly over or beyond the days known.
    """
    base = layers[0].searchable.snapshot
    for window in query.room.windows:
        check_window(window, base.meta, now)
    found = [rank_meetings(layer, query, BY_STRAIGHT_LINE, slot_floor(now)) for layer in layers]
    return MeetingResults(
        query=query,
        results=tuple(
            told(layers[number].searchable, found[number], at, query)
            for number, at in merged([one.ranked for one in found], query.room.limit)
        ),
        as_of=base.meta.as_of,
        index_version=version or base.meta.version,
        travel=MeetingTravel(Way.STRAIGHT_LINE),
    )


class RankedMeetings(NamedTuple):
    """The best of one layer. `ranked`: merit (`matching.kernel.meeting`), size of the room, place, space; how far each
    person is from each place, in tenths of minutes at their pace and in decimetres: shape (places, people)."""

    ranked: Ranked
    tenths: Ints
    decimetres: Ints


def rank_meetings(
    layer: Layer, query: MeetingQuery, paces: Paces, now: int, after: Cursor | None = None
) -> RankedMeetings:
    """The best `query.room.limit` places of a layer after `after`, which in place of a distance has the size of a room;
    `now` is the number of the slot that runs."""
    searchable, room = layer.searchable, query.room
    asked, working = searchable.asked(room, {}, after, now=now), thread_workspace.reserve(searchable.parts)
    people, order = _farthest_first(query.people, paces)
    ways = np.empty((room.limit, len(query.people)), np.int64)
    size = meeting_places(
        searchable.tree_addresses.address,
        *asked[:3],
        working.addresses.address,
        people.ctypes.data,
        len(query.people),
        query.by is Goal.SUM,
        room.limit,
        ways.ctypes.data,
    )
    decimetres = np.empty((size, len(query.people)), np.int64)
    decimetres[:, order] = ways[:size]
    tenths = np.rint(decimetres / [paces[one.mode] for one in query.people]).astype(np.int64)
    return RankedMeetings(Ranked(size, working.results.copy(), working.arrays.values[:0]), tenths, decimetres)


def _farthest_first(people: Sequence[Person], paces: Paces) -> tuple[Floats, Ints]:
    """The people as `matching.kernel.meeting` takes them, those first who are long on the way to the middle of all; and
    who stands where."""
    vectors = np.array([unit_vector(one.point.lon, one.point.lat) for one in people])
    pace = np.array([paces[one.mode] for one in people])
    order = np.argsort(-np.linalg.norm(vectors - vectors.mean(axis=0), axis=1) / pace, kind="stable")
    points = [(one.point.lon, one.point.lat) for one in people]
    numbers = np.column_stack((points, vectors, pace, most_tenths(people)))
    return np.ascontiguousarray(numbers[order]), order


def most_tenths(people: Sequence[Person]) -> Floats:
    """How many tenths of a minute each would travel at most."""
    return np.floor(np.array([one.most_minutes for one in people]) * 10)


def told(
    searchable: Searchable,
    found: RankedMeetings,
    at: int,
    query: MeetingQuery,
    ways: Iterable[Way] = repeat(Way.STRAIGHT_LINE),
) -> Meeting:
    """What was found at a position, and how the minutes of each person were."""
    snapshot, ranked = searchable.snapshot, found.ranked
    numbers = dict(zip(RESULT_COLUMNS, ranked.columns[:, at].tolist(), strict=True))
    row, windows = numbers["rows"], numbers["windows"]
    _, _, place_id, space_id = ranked.keys[at].tolist()
    seen = searchable.seen(query.room, int(snapshot.columns.set_id[row]))
    tenths, first = found.tenths[at], snapshot.meta.first_slot
    minutes, metres = (tenths / 10).tolist(), (found.decimetres[at] / 10).tolist()
    return Meeting(
        place_id=place_id,
        space_id=space_id or None,
        other_spaces=numbers["other_spaces"],
        trips=tuple(map(Trip, minutes, metres, ways)),
        worst_minutes=max(minutes),
        sum_minutes=int(tenths.sum()) / 10,
        facts={**snapshot.facts.of(row), "communities": sorted(seen)},
        seats_left=numbers["left"] if windows else None,
        free_from=slot_start(first + numbers["start"]) if windows else None,
        free_until=slot_start(first + numbers["stop"]) if windows else None,
        price_cents=None if numbers["cents"] == UNKNOWN_CENTS else numbers["cents"],
        free_windows=tuple(bool(windows >> number & 1) for number in range(len(query.room.windows))),
    )
