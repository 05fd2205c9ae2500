"""`GET /api/v1/coverage`: share of people near a place, its hexagons for a map, and files to download. Open to all."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from geo.spatial.h3_cells import cell_text
from service.api.authentication import Caller
from service.api.dependencies import Coverages, Directory
from service.api.inlined_schemas import inlined
from service.api.problems import documented
from service.planning.coverage_desk import Answer, CoverageRequest, as_json
from service.search.geojson import GEOJSON

GEOPACKAGE = "application/geopackage+sqlite3"
FINEST_HEXAGONS = 7
"""Finer H3 cells than these would be smaller than the 1 km cells of the census."""
_JSON = "application/json"


class CoverageArea(BaseModel):
    code: str
    name: str
    people: float
    within: dict[str, float]
    mean_m: float | None
    median_m: float | None
    beyond: float


class Beyond(BaseModel):
    limit: str
    people: float


class CommunePrecision(BaseModel):
    places: int
    adds: dict[str, float]


class CoverageBody(BaseModel, extra="allow"):
    people: float
    within: dict[str, float]
    beyond: Beyond
    cells: int
    places: int
    commune_precision: CommunePrecision
    areas: list[CoverageArea] = []


class HexagonBody(BaseModel):
    """Columns of equal length; `beyond` counts people farther than `limit`, `mean_m` is null without places."""

    resolution: int
    limit: str
    limit_m: float
    cells: list[str]
    people: list[float]
    beyond: list[float]
    mean_m: list[float | None]


Words = Annotated[list[str], Query(max_length=20, description="One or several, comma-separated or repeated")]
Within = Annotated[list[str], Query(max_length=6, description="`5km`, `800m` or `15min`; may be repeated")]


def read_request(
    within: Within = ["5km", "10km"],  # noqa: B006  FastAPI copies the default
    kind: Words = [],  # noqa: B006
    source: Words = [],  # noqa: B006
    status: Words = [],  # noqa: B006
    mode: Annotated[str | None, Query(max_length=10, description="For minutes: walk, bike or car")] = None,
    by: Annotated[str | None, Query(max_length=20, description="commune, epci, departement or region")] = None,
    all_cells: Annotated[bool, Query(description="Also cells shared with another country")] = False,
) -> CoverageRequest:
    """The parameters that every coverage route shares."""
    return CoverageRequest(
        within=tuple(within),
        kind=tuple(kind),
        source=tuple(source),
        status=tuple(status),
        mode=mode or None,
        by=by or None,
        border_cells=all_cells,
    )


def read_answer(
    coverages: Coverages,
    directory: Directory,
    caller: Caller,
    question: Annotated[CoverageRequest, Depends(read_request)],
) -> Answer:
    """The answer, over the places that the caller may see."""
    return coverages.answer(question, directory.visible_to(caller))


CoverageAnswer = Annotated[Answer, Depends(read_answer)]


def create_router() -> APIRouter:
    router = APIRouter(prefix="/coverage", tags=["coverage"])

    @router.get(
        "",
        summary="Share of people within given distances of a place",
        response_class=Response,
        responses={200: _body(CoverageBody), **documented(401, 422, 503)},
    )
    def coverage(
        request: Request,
        answer: CoverageAnswer,
        limit: Annotated[int | None, Query(ge=1, le=50_000, description="Areas at most, worst first")] = None,
    ) -> Response:
        return Response(msgspec.json.encode(as_json(answer, limit)), media_type=_JSON)

    @router.get(
        "/hexagons",
        summary="People and those out of reach, by H3 hexagon",
        response_class=Response,
        responses={
            200: {
                "description": "Compact columns, or GeoJSON polygons",
                "content": {
                    _JSON: {"schema": HexagonBody.model_json_schema()},
                    GEOJSON: {"schema": {"type": "object"}},
                },
            },
            **documented(401, 422, 503),
        },
    )
    def hexagons(
        request: Request,
        coverages: Coverages,
        answer: CoverageAnswer,
        resolution: Annotated[int, Query(ge=3, le=FINEST_HEXAGONS)] = 6,
        f: Annotated[Literal["compact", "geojson"], Query(description="Shape of the answer")] = "compact",
    ) -> Response:
        sums = coverages.hexagons(answer, resolution)
        if f == "geojson":
            from service.planning.coverage_export import hexagon_frame

            text = hexagon_frame(sums, answer.coverage).to_json(drop_id=True)
            return Response(text.encode(), media_type=GEOJSON)
        reachable = len(answer.coverage.places) > 0
        body = {
            "resolution": resolution,
            "limit": answer.coverage.farthest.label,
            "limit_m": answer.coverage.farthest.metres,
            "cells": [cell_text(cell) for cell in sums.cells.tolist()],
            "people": sums.people.round().astype(int).tolist(),
            "beyond": sums.beyond.round().astype(int).tolist(),
            "mean_m": sums.mean_m.round().astype(int).tolist() if reachable else [None] * len(sums.cells),
        }
        return Response(msgspec.json.encode(body), media_type=_JSON)

    @router.get(
        "/areas.csv",
        summary="The table of areas as CSV",
        response_class=Response,
        responses={200: _file("text/csv"), **documented(401, 422, 503)},
    )
    def areas_csv(answer: CoverageAnswer) -> Response:
        from service.planning.coverage_export import area_csv

        return _download(area_csv(answer), "text/csv; charset=utf-8", "placelibre-coverage.csv")

    @router.get(
        "/coverage.gpkg",
        summary="Hexagons and areas as a GeoPackage",
        response_class=Response,
        responses={200: _file(GEOPACKAGE), **documented(401, 422, 503)},
    )
    def package(coverages: Coverages, answer: CoverageAnswer) -> Response:
        from service.planning.coverage_export import hexagon_package

        content = hexagon_package(answer, coverages.hexagons(answer, 6), coverages.outlines(answer))
        return _download(content, GEOPACKAGE, "placelibre-coverage.gpkg")

    return router


def _body(model: type[BaseModel]) -> dict[str, Any]:
    return {"description": "The answer", "content": {_JSON: {"schema": inlined(model)}}}


def _file(media_type: str) -> dict[str, Any]:
    return {"description": "A file", "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
