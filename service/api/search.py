"""`GET /api/v1/search`, `/suggest`: open to all; a community's key shows what it may see."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.api.problems import documented
from service.api.schemas import inlined
from service.api.security import Caller, Container
from service.features import GEOJSON, search_collection
from service.language import language_of
from service.searching import SearchRequest


class Geometry(BaseModel):
    type: str
    coordinates: list[float] = Field(min_length=2, max_length=2, description="lon, lat")


class Term(BaseModel):
    value: float
    weight: float
    contribution: float


class ResultProperties(BaseModel, extra="allow"):
    place_id: int
    space_id: int | None
    other_spaces: int
    name: str
    kind: str
    score: float
    distance_m: float
    minutes: float | None
    minutes_by: str | None
    terms: dict[str, Term]
    reason: str


class ResultFeature(BaseModel):
    type: str
    id: int
    geometry: Geometry
    properties: ResultProperties


class Where(BaseModel):
    label: str
    kind: str
    lon: float
    lat: float
    precision: str
    time_zone: str


class Travel(BaseModel):
    by: str = Field(description="network or straight_line")
    fallback: str | None = Field(description="Why not by the network: routing_unavailable or off_the_network")
    routed: int
    within_reach: int
    all_counted: bool = Field(description="If not, there are at least `total` places")


class SearchCollection(BaseModel):
    type: str
    features: list[ResultFeature]
    where: Where
    total: int
    to_confirm: int
    radius_m: float
    mode: str | None
    travel: Travel | None
    as_of: datetime


class Suggestion(BaseModel):
    label: str
    sublabel: str
    kind: str
    value: str
    lon: float
    lat: float


Words = Annotated[list[str], Query(description="One or several, comma-separated or repeated")]


def create_router() -> APIRouter:
    router = APIRouter(tags=["search"])

    @router.get(
        "/search",
        summary="Free spaces near a place, ranked, with reasons",
        response_class=Response,
        responses={
            200: {"description": "Results, best first", "content": {GEOJSON: {"schema": inlined(SearchCollection)}}},
            **documented(401, 404, 409, 422, 503),
        },
    )
    def search(
        request: Request,
        services: Container,
        caller: Caller,
        where: Annotated[str, Query(max_length=200, description="Commune, station, address or `lat,lon`")],
        at: Annotated[str | None, Query(max_length=80, description="`2026-11-24T09:00/PT3H`, local to where")] = None,
        any: Annotated[str | None, Query(max_length=20, description="A duration, with `between`")] = None,
        between: Annotated[str | None, Query(max_length=80)] = None,
        seats: Annotated[int, Query(ge=1, le=10_000)] = 1,
        need: Words = [],  # noqa: B006  FastAPI copies the default
        wish: Words = [],  # noqa: B006
        kind: Words = [],  # noqa: B006
        space_kind: Words = [],  # noqa: B006
        max_price: Annotated[float | None, Query(ge=0, le=100_000, description="Euros per half-day")] = None,
        community: Annotated[str | None, Query(max_length=64)] = None,
        within: Annotated[str | None, Query(max_length=20, description="`10km` or `20min`")] = None,
        mode: Annotated[str | None, Query(max_length=10)] = None,
        preset: Annotated[str, Query(max_length=20)] = "balanced",
        candidates: bool = False,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Response:
        asked = SearchRequest(
            where=where,
            at=at,
            any=any,
            between=between,
            seats=seats,
            need=tuple(need),
            wish=tuple(wish),
            kind=tuple(kind),
            space_kind=tuple(space_kind),
            max_price=max_price,
            community=caller or community,
            within=within,
            mode=mode,
            preset=preset,
            candidates=candidates,
            limit=limit,
        )
        located, found = services.search(asked, authenticated=caller)
        names = {one.slug: one.name for one in services.communities}
        body = search_collection(located, found, names, language_of(request))
        return Response(msgspec.json.encode(body), media_type=GEOJSON)

    @router.get("/suggest", summary="Communes and stations whose name starts like this")
    def suggest(
        services: Container,
        q: Annotated[str, Query(max_length=200)],
        limit: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> list[Suggestion]:
        return [
            Suggestion(label=s.label, sublabel=s.sublabel, kind=s.kind, value=s.value, lon=s.lon, lat=s.lat)
            for s in services.gazetteer.suggest(q, limit)
        ]

    return router
