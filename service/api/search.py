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
from service.relaxing import told_relaxations
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


class NamedPlace(BaseModel):
    place_id: int
    name: str


class Relaxation(BaseModel):
    changes: list[str] = Field(description="What changes: `distance`, `later`, `needs`, ...")
    text: str
    parameters: dict[str, str] = Field(description="The search to ask instead")
    total: int
    more: int
    to_confirm: int
    cost: float = Field(description="How far from what was asked; half an hour is 1")
    first: list[NamedPlace]


class SearchCollection(BaseModel):
    type: str
    features: list[ResultFeature]
    where: Where
    total: int
    to_confirm: int
    radius_m: float
    as_of: datetime
    relaxations: list[Relaxation] | None = Field(None, description="Only when fewer than `limit` places fit")


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
        language = language_of(request)
        relaxations = told_relaxations(services, asked, located, found, language)
        body = search_collection(located, found, names, language, relaxations)
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
