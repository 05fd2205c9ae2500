"""`/outlines/...`: our own map background, for when no tile server answers. Open to all, cached for a day."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from geo.reference import commune_outlines_gz, departement_outlines_gz

from geo.errors import NotFound
from service.api.problems import documented
from service.api.security import Container
from service.features import GEOJSON

_CACHED = {"Cache-Control": "public, max-age=86400", "Content-Encoding": "gzip"}


def create_router() -> APIRouter:
    router = APIRouter(prefix="/outlines", tags=["map"], include_in_schema=False)

    @router.get("/departements.geojson", response_class=Response, responses=documented(503))
    def departements(request: Request, services: Container) -> Response:
        return Response(departement_outlines_gz(services.settings.data), media_type=GEOJSON, headers=_CACHED)

    @router.get("/communes/{departement}.geojson", response_class=Response, responses=documented(404))
    def communes(services: Container, departement: Annotated[str, Path(pattern=r"^(\d{2,3}|2[AB])$")]) -> Response:
        outlines = commune_outlines_gz(services.settings.data, departement)
        if outlines is None:
            raise NotFound(
                fr=f"Aucun contour pour le département {departement} : vérifiez son code.",
                en=f"No outlines for the département {departement}: check its code.",
            )
        return Response(outlines, media_type=GEOJSON, headers=_CACHED)

    return router
