"""`GET /api/v1/search`, `/suggest`: open to all; a community's key shows what it may see."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from service.api.authentication import Caller, Container
from service.api.inlined_schemas import inlined
from service.api.problems import documented
from service.feedback.consent import RANKING
from service.localisation.negotiation import language_of
from service.search.geojson import GEOJSON
from service.search.relaxation import told_relaxations
from service.search.request import MOST_WEEKS, SearchRequest


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
    minutes: float | None = Field(None, description="On the way, where a mode was asked for; null: no way leads there")
    minutes_by: str | None = Field(None, description="network or straight_line, where a mode was asked for")
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
    next: str | None
    total: int
    to_confirm: int
    radius_m: float
    mode: str | None
    travel: Travel | None
    as_of: datetime
    relaxations: list[Relaxation] | None = Field(None, description="When asked for and fewer than `limit` places fit")


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
        at: Annotated[
            list[Annotated[str, Field(max_length=80)]],
            Query(max_length=62, description="`2026-11-24T09:00/PT3H`, local to where; several are fine"),
        ] = [],  # noqa: B006
        any: Annotated[str | None, Query(max_length=20, description="A duration, with `between`")] = None,
        between: Annotated[str | None, Query(max_length=80)] = None,
        weeks: Annotated[int, Query(ge=1, le=MOST_WEEKS, description="The same hours, so many weeks running")] = 1,
        dates: Annotated[str, Query(max_length=10, description="Of several windows: `all`, or `most` of them")] = "all",
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
        after: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
        relaxations: Annotated[
            bool, Query(description="When fewer than `limit` places fit, tell the smallest changes that would help")
        ] = False,
        per_host: Annotated[
            int | None, Query(ge=0, le=100, description="Of one host on the first page at most; 0: no limit")
        ] = None,
        new_floor: Annotated[
            float | None, Query(ge=0, le=1, description="Share of the first page kept for new spaces")
        ] = None,
        placelibre_consent: Annotated[
            str | None, Header(max_length=20, description="`ranking`: whoever searches agreed to be logged for it")
        ] = None,
    ) -> Response:
        asked = SearchRequest(
            where=where,
            at=tuple(at),
            any=any,
            between=between,
            weeks=weeks,
            dates=dates,
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
            per_host=per_host,
            new_floor=new_floor,
        )
        located, found = services.find(asked, authenticated=caller, after=after)
        language = language_of(request)
        changes = told_relaxations(services, asked, located, found, language) if relaxations else None
        body = services.as_geojson(located, found, asked, language, authenticated=caller, relaxations=changes)
        response = Response(body, media_type=GEOJSON)
        if placelibre_consent == RANKING and found.order:
            response.headers["PlaceLibre-Impression"] = services.search_log.shown(found.to_results(), limit)
        return response

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
