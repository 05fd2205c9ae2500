"""`GET /api/v1/search`, `/suggest`: open to all; a community's key shows what it may see."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from service.api.authentication import Caller
from service.api.dependencies import Names, Searches
from service.api.filter_parameters import with_filters
from service.api.inlined_schemas import inlined
from service.api.problems import documented
from service.feedback.consent import RANKING
from service.feedback.search_log import SearchLog
from service.localisation.negotiation import language_of
from service.search.geojson import GEOJSON
from service.search.request import FILTERS, build_request


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


@with_filters(FILTERS)
class SearchFilters(BaseModel):
    """Where to search, and every filter."""

    where: str = Field(max_length=200, description="Commune, station, address or `lat,lon`")


class SearchParameters(SearchFilters):
    after: str | None = Field(None, max_length=200, description="`next` of the page before")
    relaxations: bool = Field(
        False, description="When fewer than `limit` places fit, tell the smallest changes that would help"
    )


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
        searches: Searches,
        caller: Caller,
        parameters: Annotated[SearchParameters, Query()],
        placelibre_consent: Annotated[
            str | None, Header(max_length=20, description="`ranking`: whoever searches agreed to be logged for it")
        ] = None,
    ) -> Response:
        values = dict(parameters)
        asked = build_request(parameters.where, {**values, "community": caller or values["community"]})
        located, hits = searches.find(asked, authenticated=caller, after=parameters.after)
        language = language_of(request)
        changes = searches.relaxations(asked, located, hits, language) if parameters.relaxations else None
        body = searches.as_geojson(located, hits, asked, language, authenticated=caller, relaxations=changes)
        response = Response(body, media_type=GEOJSON)
        if placelibre_consent == RANKING and hits.order:
            log: SearchLog = request.app.state.services.search_log
            response.headers["PlaceLibre-Impression"] = log.log_impression(hits.to_results(), asked.limit)
        return response

    @router.get("/suggest", summary="Communes and stations whose name starts like this")
    def suggest(
        gazetteer: Names,
        q: Annotated[str, Query(max_length=200)],
        limit: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> list[Suggestion]:
        return [
            Suggestion(label=s.label, sublabel=s.sublabel, kind=s.kind, value=s.value, lon=s.lon, lat=s.lat)
            for s in gazetteer.suggest(q, limit)
        ]

    return router
