"""Names for the maps without a basemap: the communes of a département, the most populated first."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service.container import Services


def commune_labels(request: Request, departement: Annotated[str, Path(pattern=r"^(\d{2,3}|2[AB])$")]) -> Response:
    """`[name, lon, lat, population]` of each commune of a département; whole cities, not their arrondissements."""
    services: Services = request.app.state.services
    found = [one for one in services.areas.communes if one.departement == departement and one.kind == "COM"]
    found.sort(key=lambda one: -one.population)
    rows = [[one.name, round(one.lon, 5), round(one.lat, 5), one.population] for one in found]
    return JSONResponse(rows, headers={"Cache-Control": "public, max-age=86400"})


def add_routes(router: APIRouter) -> None:
    router.add_api_route("/outlines/names/{departement}.json", commune_labels, methods=["GET", "HEAD"])
