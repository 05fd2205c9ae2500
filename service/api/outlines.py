"""`/outlines/...`: our own map background, for when no tile server answers. Open to all, cached for a day."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Response

from geo.errors import NotFound
from geo.reference.files import commune_outlines_gz, departement_outlines_gz
from service.api.authentication import Container
from service.search.geojson import GEOJSON

_HEADERS = {"Cache-Control": "public, max-age=86400", "Content-Encoding": "gzip"}


def create_router() -> APIRouter:
    router = APIRouter(prefix="/outlines", tags=["map"], include_in_schema=False)
    packed: dict[str, bytes | None] = {}

    def once(key: str, read: Callable[[], bytes | None]) -> bytes | None:
        """The outlines, read and compressed once per process: they never change while it runs."""
        if key not in packed:
            packed[key] = read()
        return packed[key]

    @router.get("/departements.geojson", response_class=Response)
    def departements(services: Container) -> Response:
        outlines = once("", lambda: departement_outlines_gz(services.settings.data))
        return Response(outlines, media_type=GEOJSON, headers=_HEADERS)

    @router.get("/communes/{departement}.geojson", response_class=Response)
    def communes(services: Container, departement: Annotated[str, Path(pattern=r"^(\d{2,3}|2[AB])$")]) -> Response:
        outlines = once(departement, lambda: commune_outlines_gz(services.settings.data, departement))
        if outlines is None:
            raise NotFound(
                fr=f"Aucun contour pour le département {departement} : vérifiez son code.",
                en=f"No outlines for the département {departement}: check its code.",
            )
        return Response(outlines, media_type=GEOJSON, headers=_HEADERS)

    return router
