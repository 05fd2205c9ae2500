"""Where several people meet, in the one filter grammar: what CLI, API and pages pass on as a `MeetingQuery`."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from geo.errors import InvalidInput
from geo.gazetteer.gazetteer import Gazetteer
from geo.gazetteer.location import Located
from matching.meeting.query import DEFAULT_MINUTES, MAX_MINUTES, Goal, MeetingQuery, Person, check_group
from matching.meeting.ranking import MeetingResults
from matching.query.query import Mode
from service.search.filters import room_filter
from service.search.request import FILTERS, SearchRequest, build_request, query_at
from service.search.vocabulary import word

_MINUTES = re.compile(r"^(\d+(?:[.,]\d+)?)\s*min$", re.IGNORECASE)
ROOM_FILTERS = tuple(room for room in map(room_filter, FILTERS) if room is not None)
"""The filters of a meeting's room."""
NAMED = frozenset({"commune", "arrondissement", "station"})
"""Kinds of `Located` that thousands of people share: the others may be somebody's home."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody sets out, as typed; how, and for how many minutes at most, when they said so."""

    where: str
    mode: str | None = None
    most_minutes: float | None = None

    @classmethod
    def read(cls, text: str) -> "Origin":
        """`gare de Cholet:bike:45min`: a place, then how and how long, in any order. Raises InvalidInput."""
        where, *told = (part.strip() for part in text.split(":"))
        origin = cls(where)
        for part in filter(None, told):
            minutes = _MINUTES.match(part)
            if minutes:
                origin = replace(origin, most_minutes=float(minutes[1].replace(",", ".")))
            else:
                origin = replace(origin, mode=word(Mode, part, "mode"))
        return origin


@dataclass(frozen=True, slots=True)
class MeetingRequest:
    """Who meets, and in what: times of `room` without offset are local to the first person, who also stands for its
    `where`; its `within` does not count. `mode` and `most_minutes` are of those who did not say theirs."""

    people: tuple[Origin, ...]
    room: SearchRequest
    by: str = Goal.WORST
    mode: str = Mode.CAR
    most_minutes: float = DEFAULT_MINUTES


def build_room(values: Mapping[str, Any], people: int) -> SearchRequest:
    """The room for so many people, with the filters of a door by name, as `build_request` takes them."""
    names = [room.name for room in ROOM_FILTERS if values.get(room.name) is not None]
    return build_request("", {"seats": people, **{name: values[name] for name in names}})


def understand_meeting(
    request: MeetingRequest, gazetteer: Gazetteer, visible: frozenset[str], now: datetime
) -> tuple[tuple[Located, ...], MeetingQuery]:
    """Where everybody sets out, and what is asked. Raises UserError with the first thing not understood."""
    check_group(len(request.people))
    by = word(Goal, request.by, "by")
    located = tuple(gazetteer.where(one.where) for one in request.people)
    people = tuple(
        Person(
            there.point,
            word(Mode, one.mode or request.mode, "mode"),
            request.most_minutes if one.most_minutes is None else one.most_minutes,
        )
        for one, there in zip(request.people, located, strict=True)
    )
    return located, MeetingQuery(people, query_at(request.room, located[0], visible, now), by)


def check_named(located: Collection[Located]) -> None:
    """Raises InvalidInput for an address or coordinates, which do not belong in the address of a page: it is kept
    in histories and logs, and others than the one who asks may live there."""
    homes = [one for one in located if one.kind not in NAMED]
    if homes:
        raise InvalidInput(
            field="from",
            fr="Une adresse précise ne se met pas dans une adresse web, qui reste dans les historiques : donnez une "
            "commune ou une gare, ou envoyez la demande par POST (le bouton « Trouver » de la page le fait).",
            en="A precise address does not belong in a web address, which histories keep: give a commune or a "
            "station, or send the question by POST (the “Find” button of the page does).",
        )


def patience_needed(query: MeetingQuery, answer: Callable[[MeetingQuery], MeetingResults]) -> float | None:
    """Minutes after which the first meeting would be in reach of all, were everybody as patient as the slowest must be;
    None when there is no such room at all."""
    people = tuple(replace(one, most_minutes=MAX_MINUTES) for one in query.people)
    found = answer(MeetingQuery(people, replace(query.room, limit=1), Goal.WORST)).results
    return found[0].worst_minutes if found else None
