"""`/outlines/...`: our own map background, for when no tile server answers. Open to all, cached for a day.

Each file is read and compressed once per process: it never changes while it runs.
"""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from geo.errors import NotFound
from geo.reference.files import commune_outlines_gz, departement_outlines_gz
from service.search.geojson import GEOJSON

_HEADERS = {"Cache-Control": "public, max-age=86400", "Content-Encoding": "gzip"}


def create_router() -> APIRouter:
    router = APIRouter(prefix="/outlines", tags=["map"], include_in_schema=False)
    read_departements, read_communes = cache(departement_outlines_gz), cache(commune_outlines_gz)

    @router.get("/departements.geojson", response_class=Response)
    def departements(request: Request) -> Response:
        outlines = read_departements(request.app.state.services.settings.data)
        return Response(outlines, media_type=GEOJSON, headers=_HEADERS)

    @router.get("/communes/{departement}.geojson", response_class=Response)
    def communes(request: Request, departement: Annotated[str, Path(pattern=r"^(\d{2,3}|2[AB])$")]) -> Response:
        outlines = read_communes(request.app.state.services.settings.data, departement)
        if outlines is None:
            raise NotFound(
                fr=f"Aucun contour pour le département {departement} : vérifiez son code.",
                en=f"No outlines for the département {departement}: check its code.",
            )
        return Response(outlines, media_type=GEOJSON, headers=_HEADERS)

    return router
