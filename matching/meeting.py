"""Where several people meet: the free rooms they reach soonest, exactly, with everybody's minutes.

`docs/ranking.md` tells the order. Minutes are those of the straight line (`geo.travel.straight_line`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.distance import unit_vector
from geo.errors import InvalidInput
from geo.travel.straight_line import PACES
from geo.types import Point
from matching.engine import Layer, merged
from matching.found import Ranked
from matching.free import check_window
from matching.kernel.meeting import PACE, PERSON, meeting_places
from matching.kernel.passing import some_handed
from matching.kernel.space import own
from matching.query import Mode, Query, slot_floor, slot_start
from matching.searchable import Searchable
from matching.snapshot.layout import UNKNOWN_CENTS

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
FEWEST_PEOPLE, MOST_PEOPLE = 2, 20
DEFAULT_MINUTES, MAX_MINUTES = 120.0, 24 * 60.0


class Goal(StrEnum):
    """What is made as small as can be: the minutes of who travels longest, or those of all together."""

    WORST = "worst"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Person:
    """Where somebody sets out, how, and how long they would travel at most."""

    point: Point
    mode: Mode = Mode.CAR
    most_minutes: float = DEFAULT_MINUTES

    def __post_init__(self) -> None:
        if not 1 <= self.most_minutes <= MAX_MINUTES:
            raise InvalidInput(
                field="most_minutes",
                value=self.most_minutes,
                fr="Le temps de trajet d'une personne doit être compris entre 1 minute et 24 heures.",
                en="How long somebody may travel must be between 1 minute and 24 hours.",
            )


def check_group(count: int) -> None:
    """Raises InvalidInput for one person alone, or too many."""
    if not FEWEST_PEOPLE <= count <= MOST_PEOPLE:
        raise InvalidInput(
            field="from",
            value=count,
            fr=f"On se retrouve à plusieurs : donnez de {FEWEST_PEOPLE} à {MOST_PEOPLE} points de départ.",
            en=f"Meeting takes several people: give {FEWEST_PEOPLE} to {MOST_PEOPLE} places to set out from.",
        )


@dataclass(frozen=True, slots=True)
class MeetingQuery:
    """Who meets, and in what: `room` filters as in a search (window, seats, needs, kinds, price, audience, candidates)
    and says how many results; its point, reach, wishes and weights do not count here."""

    people: tuple[Person, ...]
    room: Query
    by: Goal = Goal.WORST

    def __post_init__(self) -> None:
        check_group(len(self.people))


@dataclass(frozen=True, slots=True)
class Trip:
    """The way of one person, in tenths of a minute and of a metre."""

    minutes: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Meeting:
    """One place with the room that suits best; see `matching.results.Result` for what both tell."""

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


@dataclass(frozen=True, slots=True)
class MeetingResults:
    query: MeetingQuery
    results: tuple[Meeting, ...]
    as_of: datetime
    """When the index was built."""
    index_version: str


def meet(layers: Sequence[Layer], query: MeetingQuery, now: datetime, version: str | None = None) -> MeetingResults:
    """The best places to meet, over layers that share no place. The first layer decides what the index knows.

    Raises InvalidInput for a window partly over or beyond the days known.
    """
    base = layers[0].searchable.snapshot
    for window in query.room.windows:
        check_window(window, base.meta, now)
    people = _numbers(query.people)
    found = [_found(layer, query, people, slot_floor(now)) for layer in layers]
    return MeetingResults(
        query=query,
        results=tuple(
            _meeting(layers[number].searchable, *found[number], at, query)
            for number, at in merged([ranked for ranked, _, _ in found], query.room.limit)
        ),
        as_of=base.meta.as_of,
        index_version=version or base.meta.version,
    )


def _numbers(people: Sequence[Person]) -> Floats:
    """The people as `matching.kernel.meeting` takes them. Metres in a minute are decimetres in a tenth of it."""
    rows = [
        (
            one.point.lon,
            one.point.lat,
            *unit_vector(one.point.lon, one.point.lat),
            PACES[one.mode].straight_m_per_minute,
            math.floor(one.most_minutes * 10),
        )
        for one in people
    ]
    return np.array(rows, np.float64).reshape(-1)


def _found(layer: Layer, query: MeetingQuery, people: Floats, now: int) -> tuple[Ranked, Ints, Ints]:
    """The best of one layer, and how far each person is from each, in tenths of minutes and in decimetres: shape
    (places, people)."""
    searchable, room = layer.searchable, query.room
    person, reach_m = _narrowest(query.people)
    rows = layer.rows_within(person.point, reach_m, candidates=room.candidates)
    asked, working = searchable.asked(room, {}, now=now), own.large_enough(searchable.parts)
    ways = np.empty((room.limit, len(query.people)), np.int64)
    size = meeting_places(
        searchable.handed.at,
        *asked[:3],
        working.handed.at,
        people.ctypes.data,
        len(query.people),
        query.by is Goal.SUM,
        room.limit,
        ways.ctypes.data,
        *some_handed(rows),
    )
    tenths = np.rint(ways[:size] / people[PACE::PERSON]).astype(np.int64)
    return Ranked(size, working.found.copy(), working.space.values[:0]), tenths, ways


def _narrowest(people: Sequence[Person]) -> tuple[Person, float]:
    """Who gets least far, and how far, as the crow flies: a minute more than they may travel, for all is rounded."""
    reaches_m = [(one.most_minutes + 1) * PACES[one.mode].straight_m_per_minute for one in people]
    at = min(range(len(people)), key=reaches_m.__getitem__)
    return people[at], reaches_m[at]


def _meeting(searchable: Searchable, ranked: Ranked, tenths: Ints, ways: Ints, at: int, query: MeetingQuery) -> Meeting:
    snapshot = searchable.snapshot
    told = {
        name: int(ranked.told(name)[at]) for name in ("rows", "cents", "others", "windows", "start", "stop", "left")
    }
    _, _, place_id, space_id = ranked.keys[at].tolist()
    seen = searchable.seen(query.room, int(snapshot.columns.set_id[told["rows"]]))
    minutes, far, first = tenths[at].tolist(), ways[at].tolist(), snapshot.meta.first_slot
    return Meeting(
        place_id=place_id,
        space_id=space_id or None,
        other_spaces=told["others"],
        trips=tuple(Trip(way / 10, metres / 10) for way, metres in zip(minutes, far, strict=True)),
        worst_minutes=max(minutes) / 10,
        sum_minutes=sum(minutes) / 10,
        facts={**snapshot.facts.of(told["rows"]), "communities": sorted(seen)},
        seats_left=told["left"] if told["windows"] else None,
        free_from=slot_start(first + told["start"]) if told["windows"] else None,
        free_until=slot_start(first + told["stop"]) if told["windows"] else None,
        price_cents=None if told["cents"] == UNKNOWN_CENTS else told["cents"],
    )
