"""`GET /api/v1/places/{id}`: open to all; spaces of closed circles only with a key that may see them."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Response

from geo.errors import NotFound
from service.api.authentication import Caller
from service.api.dependencies import Places
from service.api.problems import documented
from service.search.geojson import GEOJSON, place_feature


def create_router() -> APIRouter:
    router = APIRouter(tags=["places"])

    @router.get(
        "/places/{place_id}",
        summary="One place with its spaces and where the facts come from",
        response_class=Response,
        responses={
            200: {"description": "A GeoJSON feature", "content": {GEOJSON: {"schema": {"type": "object"}}}},
            **documented(401, 404, 422, 503),
        },
    )
    def place(places: Places, caller: Caller, place_id: Annotated[int, Path(ge=1, le=2**53)]) -> Response:
        record = places.read(place_id, caller)
        if record is None:
            raise NotFound(
                fr="Ce lieu n'existe pas ou n'est plus proposé : relancez une recherche.",
                en="This place does not exist or is no longer offered: search again.",
            )
        return Response(msgspec.json.encode(place_feature(record)), media_type=GEOJSON)

    return router
