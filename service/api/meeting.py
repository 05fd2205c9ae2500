"""`GET` and `POST /api/v1/meet`: where several people meet. Open to all; a community's key shows what it may see.

By GET, people set out from communes and stations only: precise addresses are personal, so they travel in a body.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from matching.meeting.query import DEFAULT_MINUTES, MAX_MINUTES, MAX_PEOPLE
from service.api.authentication import Caller
from service.api.dependencies import Meetings
from service.api.filter_parameters import with_filters
from service.api.inlined_schemas import inlined
from service.api.problems import documented
from service.api.search import Geometry
from service.search.geojson import GEOJSON
from service.search.meeting_desk import MeetingDesk
from service.search.meeting_geojson import meeting_collection
from service.search.meeting_request import ROOM_FILTERS, MeetingRequest, Origin, build_room, check_named

Minutes = Annotated[float, Field(ge=1, le=MAX_MINUTES, description="On the way, at most")]
LONGEST_WORDS = 64
"""Characters of each text of a filter with several."""


@with_filters(ROOM_FILTERS, LONGEST_WORDS)
class Room(BaseModel):
    """What the room must be, as in a search."""

    by: Annotated[str, Field(max_length=10, description="`worst`: the longest way; `sum`: all ways together")] = "worst"
    mode: Annotated[str, Field(max_length=10, description="Of those who do not say theirs")] = "car"
    most_minutes: Minutes = DEFAULT_MINUTES


class FromNames(Room):
    """A question short and public enough for a web address."""

    people: list[Annotated[str, Field(max_length=200)]] = Field(
        alias="from", max_length=MAX_PEOPLE, description="A commune or station: `Angers`, `Angers:bike:45min`"
    )


class Someone(BaseModel):
    where: str = Field(max_length=200, description="Commune, station, address or `lat,lon`")
    mode: str | None = Field(None, max_length=10, description="walk, bike or car")
    most_minutes: Minutes | None = None


class FromAnywhere(Room):
    people: list[Someone] = Field(max_length=MAX_PEOPLE)


class TripModel(BaseModel):
    minutes: float
    minutes_by: str = Field(description="network or straight_line")
    distance_m: float


class MeetingProperties(BaseModel, extra="allow"):
    place_id: int
    space_id: int | None
    other_spaces: int
    name: str
    kind: str
    worst_minutes: float
    sum_minutes: float
    trips: list[TripModel]


class MeetingFeature(BaseModel):
    type: str
    id: int
    geometry: Geometry
    properties: MeetingProperties


class Traveller(BaseModel):
    label: str
    lon: float
    lat: float
    precision: str
    mode: str
    most_minutes: float


class MeetingTravelModel(BaseModel):
    by: str = Field(description="network or straight_line")
    fallback: str | None = Field(description="Why not by the network: routing_unavailable or off_the_network")
    routed: int = Field(description="Places to which ways were looked up")
    exact: bool = Field(description="If not, only the most promising places were looked up")


class MeetingCollection(BaseModel):
    type: str
    features: list[MeetingFeature]
    people: list[Traveller]
    by: str
    seats: int
    travel: MeetingTravelModel
    as_of: datetime


def create_router() -> APIRouter:
    router = APIRouter(tags=["search"])
    description = {"description": "Best first", "content": {GEOJSON: {"schema": inlined(MeetingCollection)}}}
    answers = {200: description, **documented(401, 404, 409, 422, 503)}

    @router.get(
        "/meet",
        summary="Where people of several communes or stations meet",
        response_class=Response,
        responses=answers,
    )
    def meet_by_names(meetings: Meetings, caller: Caller, asked: Annotated[FromNames, Query()]) -> Response:
        people = tuple(Origin.read(one) for one in asked.people)
        return _answer(meetings, caller, asked, people, named_only=True)

    @router.post(
        "/meet",
        summary="Where several people meet, wherever they set out; nothing of it is kept",
        response_class=Response,
        responses=answers,
    )
    def meet(meetings: Meetings, caller: Caller, asked: FromAnywhere) -> Response:
        people = tuple(Origin(one.where, one.mode, one.most_minutes) for one in asked.people)
        return _answer(meetings, caller, asked, people, named_only=False)

    return router


def _answer(
    meetings: MeetingDesk, caller: str | None, asked: Room, people: tuple[Origin, ...], *, named_only: bool
) -> Response:
    values = dict(asked)
    request = MeetingRequest(
        people=people,
        by=asked.by,
        mode=asked.mode,
        most_minutes=asked.most_minutes,
        room=build_room({**values, "community": caller or values["community"]}, len(people)),
    )
    located, found = meetings.meet(request, authenticated=caller)
    if named_only:
        check_named(located)
    response = Response(msgspec.json.encode(meeting_collection(located, found)), media_type=GEOJSON)
    if not named_only:
        response.headers["Cache-Control"] = "no-store"
    return response
